#!/bin/sh
# A wrong ring's name must fail at configure time and list the right ones.
#   wrong_ring.sh SOURCE BUILD RING…
set -eu
source=$1 build=$2
shift 2
if out=$(cmake -S "$source" -B "$build" -G Ninja -DANNULUS_TESTS=OFF -DANNULUS_RING=sprocket 2>&1); then
  echo "configuring with a wrong ring succeeded"
  exit 1
fi
for word in sprocket "$@"; do
  printf '%s' "$out" | grep -q "$word" || { echo "no '$word' in: $out"; exit 1; }
done
