#!/bin/sh
# Installs to a prefix and uses the package from a project outside.
set -eu
build=$1 work=$2
rm -rf "$work"
mkdir -p "$work/project"
cmake --install "$build" --prefix "$work/prefix" >/dev/null
cat >"$work/project/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.22)
project(outside LANGUAGES CXX)
find_package(annulus REQUIRED)
add_executable(outside main.cpp)
target_link_libraries(outside PRIVATE annulus::variants)
add_executable(log log.cpp)
target_link_libraries(log PRIVATE annulus::chunklog annulus::pipeline)
CMAKE
cat >"$work/project/main.cpp" <<'CPP'
#include <annulus/ring.hpp>
#include <cstdio>
int main() {
  annulus::ring ring(1000);
  const std::byte sent[3] = {std::byte{'y'}, std::byte{'e'}, std::byte{'s'}};
  std::byte got[3];
  if (ring.writer().write(sent).error || ring.reader().read(got, 3).error) return 1;
  std::printf("%c%c%c\n", int(got[0]), int(got[1]), int(got[2]));
}
CPP
cat >"$work/project/log.cpp" <<'CPP'
#include <annulus/chunklog/log.hpp>
#include <annulus/pipeline/bitrot.hpp>
int main(int, char** argv) {
  const auto opened = annulus::chunklog::chunk_log::open(std::string(argv[0]) + ".log");
  const auto hash = annulus::pipeline::bitrot_hash({});
  return opened.ok() && opened.log->writer().append(hash).id == 1 ? 0 : 1;
}
CPP
cmake -S "$work/project" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
ninja -C "$work/build" >/dev/null
test "$("$work/build/outside")" = yes
"$work/build/log"
"$work/prefix/bin/annulus" variants >/dev/null
