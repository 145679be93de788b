// What libFuzzer calls in every target.
#include <gtest/gtest.h>

#include "fuzz/differential.hpp"

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {  // NOLINT: libFuzzer's name
  GTEST_FLAG_SET(break_on_failure, true);  // ends the program, which libFuzzer takes as a finding
  return 0;
}
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
  annulus::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
