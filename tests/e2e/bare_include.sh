#!/bin/sh
# The headers work with nothing but an include path: no build has been configured for them.
#   bare_include.sh SOURCE WORK
set -eu
source=$1 work=$2
mkdir -p "$work"
compile() {
  "${CXX:-c++}" -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only \
    -I "$source/variants/include" "$@"
}
cat >"$work/futex.cpp" <<'CPP'
#include <annulus/ring.hpp>

#include <annulus/all.hpp>
static_assert(annulus::variant<annulus::ring>.name == "futex");
static_assert(annulus::all_rings::infos.size() >= 6);
int main() {
  annulus::ring ring(1000);
  return ring.writer().write({}).error ? 1 : 0;
}
CPP
cat >"$work/chosen.cpp" <<'CPP'
#include <annulus/ring.hpp>
static_assert(annulus::variant<annulus::ring>.name == "mutex");
CPP
compile "$work/futex.cpp"
compile -DANNULUS_RING=mutex "$work/chosen.cpp"
