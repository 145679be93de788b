// What libFuzzer calls in every target.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "fuzz/differential.hpp"

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {  // NOLINT: libFuzzer's name
  // A failed expectation ends the program, which libFuzzer takes as a finding; it keeps the input
  // of an abort, but not that of GoogleTest's breakpoint.
  std::signal(SIGTRAP, [](int) { std::abort(); });
  GTEST_FLAG_SET(break_on_failure, true);
  // Files that no disk has to hold.
  if (std::filesystem::is_directory("/dev/shm")) setenv("TMPDIR", "/dev/shm", 1);  // NOLINT
  return 0;
}
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
  annulus::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
