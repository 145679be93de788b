#!/bin/sh
# Builds the conformance suite for AArch64 and runs it under QEMU: cross.sh SOURCE BUILD. It needs
# g++-aarch64-linux-gnu, qemu-user-static, googletest and libnuma-dev:arm64 (dpkg --add-architecture arm64).
set -eu
source=$1 work=$2/aarch64
cxx=aarch64-linux-gnu-g++
for tool in $cxx qemu-aarch64-static; do
  command -v $tool > /dev/null || {
    echo "there is no $tool: install g++-aarch64-linux-gnu, qemu-user-static and libnuma-dev:arm64" >&2
    exit 77
  }
done
gtest=/usr/src/googletest/googletest
mkdir -p "$work"
flags="-std=c++20 -O1 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I $source/variants/include -I $source/tests"
for file in gtest-all gtest_main; do
  [ -f "$work/$file.o" ] || $cxx -std=c++20 -O1 -I $gtest/include -I $gtest -c $gtest/src/$file.cc -o "$work/$file.o"
done
for test in "$source"/tests/conformance/*_test.cpp; do
  printf '%s\0' "$test"
done | xargs -0 -P "$(nproc)" -I {} sh -c \
  'object=$1/$(basename "$2" .cpp).o; [ "$object" -nt "$2" ] || $3 $4 -c "$2" -o "$object"' _ "$work" {} $cxx "$flags"
$cxx -static "$work"/*.o -o "$work/conformance" -pthread -lnuma
exec qemu-aarch64-static "$work/conformance" --gtest_brief=1
