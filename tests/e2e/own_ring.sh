#!/bin/sh
# Configures a build with the example ring of one's own and checks that it is a ring like any other.
#   own_ring.sh quick SOURCE BUILD    it is what the header says, and carries bytes
#   own_ring.sh whole SOURCE BUILD    it passes the conformance suite, and the command knows it
set -eu
what=$1 source=$2 build=$3
case $what in quick) tests=OFF ;; whole) tests=ON ;; *) exit 2 ;; esac
configure() {
  cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DANNULUS_TESTS=$tests "-DANNULUS_OWN_RINGS=$1"
}

refusal=$(configure examples/no_ring.hpp 2>&1 >/dev/null) && exit 1
echo "$refusal" | grep -q 'names "examples/no_ring.hpp"'
configure examples/my_ring.hpp >/dev/null

if [ "$what" = quick ]; then
  cat >"$build/smoke.cpp" <<'CPP'
#include <annulus/all.hpp>
static_assert(annulus::byte_ring<annulus::my_ring>);
int main() {
  std::byte got[7];
  bool carried = false;
  annulus::all_rings::with("my", [&]<class Ring>(std::type_identity<Ring>) {
    Ring ring(5);
    for (int turn = 0; turn < 100; ++turn) {
      const std::byte sent[] = {std::byte(turn), std::byte(turn + 1), std::byte(turn + 2)};
      carried = !ring.writer().write(sent).error && ring.reader().read(got, 3).bytes == 3 && got[0] == sent[0] && got[2] == sent[2];
      if (!carried) return;
    }
    ring.writer().close();
    carried = ring.reader().read(got).error == annulus::errc::end_of_stream;
  });
  return carried ? 0 : 1;
}
CPP
  "${CXX:-c++}" -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I "$source/variants/include" \
    -I "$build/generated" "$build/smoke.cpp" -o "$build/smoke" -lnuma -pthread
  "$build/smoke"
  exit
fi

ninja -C "$build" annulus_cli annulus_conformance_test >/dev/null
"$build/harness/annulus" variants | grep -q '^ *my  *heap '
ran=$("$build/tests/conformance/annulus_conformance_test" '--gtest_filter=*/my.*:registry.*')
echo "$ran" | grep -q '\[  PASSED  \] [0-9][0-9]* tests'
echo "$ran" | grep -q 'blocking/my\.'
