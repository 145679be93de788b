#!/bin/sh
# Configures a build with one ring selected.
#   select_ring.sh quick SOURCE BUILD RING    annulus::ring is that one
#   select_ring.sh whole SOURCE BUILD RING    the command builds with it, and `annulus variants` marks it
set -eu
what=$1 source=$2 build=$3 ring=$4
cmake -S "$source" -B "$build" -G Ninja -DANNULUS_TESTS=OFF -DCMAKE_BUILD_TYPE=Debug -DANNULUS_RING="$ring" >/dev/null
case $what in
  quick)
    cat >"$build/smoke.cpp" <<CPP
#include <annulus/all.hpp>
#include <annulus/ring.hpp>
int main() { return annulus::variant<annulus::ring>.name == "$ring" ? 0 : 1; }
CPP
    "${CXX:-c++}" -std=c++20 -I "$source/variants/include" -I "$build/generated" "$build/smoke.cpp" \
      -o "$build/smoke" -lnuma -pthread
    "$build/smoke"
    ;;
  whole)
    ninja -C "$build" annulus_cli >/dev/null
    "$build/harness/annulus" variants | grep -q "^\* *$ring "
    test "$("$build/harness/annulus" variants | grep -c '^\* *[a-z]* .*')" -eq 2 # the ring and the legend
    ;;
  *) exit 2 ;;
esac
