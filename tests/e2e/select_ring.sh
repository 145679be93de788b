#!/bin/sh
# Builds the command with one ring selected and checks that `annulus variants` marks it. The objects are kept
# between rings, since only what includes <annulus/ring.hpp> differs.
set -eu
source=$1 build=$2 ring=$3
cmake -S "$source" -B "$build" -G Ninja -DANNULUS_TESTS=OFF -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-g0 \
  -DANNULUS_RING="$ring" >/dev/null
ninja -C "$build" annulus_cli >/dev/null
"$build/harness/annulus" variants | grep -q "^\* *$ring "
test "$("$build/harness/annulus" variants | grep -c '^\* *[a-z]* .*')" -eq 2 # the ring and the legend
