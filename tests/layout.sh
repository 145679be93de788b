#!/bin/sh
# Which header of the rings knows of which, and what one of them takes with it: layout.sh SOURCE CXX.
set -eu
source=$1 cxx=$2
headers=$source/variants/include/annulus
status=0
complain() {
  echo "$1" >&2
  status=1
}

# The machinery and the rings know nothing of streams, but for `segment`.
streams='<annulus/\(bytes\|pipelines\|parsers\|segment_ring\)/'
for file in $(grep -l "include $streams" "$headers"/*.hpp "$headers"/core/*.hpp); do
  [ "$(basename "$file")" = segment.hpp ] || complain "${file#"$headers"/} includes streams"
done
# Bytes know of no pipe and no parser, pipes of no parser.
for above in "bytes pipelines" "bytes parsers" "bytes segment_ring" "pipelines parsers" \
  "pipelines segment_ring" "parsers pipelines"; do
  set -- $above
  for file in $(grep -l "include <annulus/$2/" "$headers/$1"/*.hpp || :); do
    complain "${file#"$headers"/} includes $2"
  done
done
# Machinery is no ring.
for file in $(grep -l 'include <annulus/\(pipe\|mutex\|futex\|spsc\|mirror\|segment\|ring\|all\).hpp>' "$headers"/core/*.hpp || :); do
  complain "${file#"$headers"/} includes a ring"
done

# A flat ring takes few headers with it, and no library but threads.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/use.cpp" <<'END'
#include <annulus/futex.hpp>
int main() {
  annulus::futex_ring ring(4096);
  const std::byte byte{7};
  std::byte got{};
  const bool is_written = !ring.writer().write({&byte, 1}).error;
  return is_written && ring.reader().read({&got, 1}).bytes == 1 && got == byte ? 0 : 1;
}
END
"$cxx" -std=c++20 -I "$source/variants/include" -M "$work/use.cpp" | tr ' ' '\n' |
  grep "^$headers/" | grep -v "^$headers/futex.hpp" | sort -u > "$work/taken"
taken=$(wc -l < "$work/taken")
[ "$taken" -ge 10 ] || complain "only $taken headers found of futex.hpp: is the check broken?"
[ "$taken" -le 15 ] || complain "futex.hpp includes $taken headers, more than 15: $(cat "$work/taken")"
"$cxx" -std=c++20 -I "$source/variants/include" "$work/use.cpp" -o "$work/use" -pthread
"$work/use" || complain "a ring that was built with nothing but an include path does not work"
exit $status
