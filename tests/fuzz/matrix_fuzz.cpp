// Any bytes as a matrix: refused in a sentence that names its source, or a matrix that is written
// and read back as it is.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "error.hpp"
#include "fuzz/differential.hpp"
#include "matrix.hpp"

namespace annulus::fuzz {
namespace {

constexpr std::array<std::string_view, 2> rings{"futex", "mirror"};

bool is_one_line(std::string_view sentence) {
  return std::ranges::none_of(sentence, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

}  // namespace

void check(std::string_view text) {
  std::string written;
  try {
    written = harness::to_toml(harness::parse_matrix(text, "the matrix", rings));
  } catch (const harness::bad_input& refusal) {
    EXPECT_TRUE(std::string_view(refusal.what()).starts_with("the matrix")) << refusal.what();
    EXPECT_TRUE(is_one_line(refusal.what())) << refusal.what();
    return;
  }
  EXPECT_EQ(harness::to_toml(harness::parse_matrix(written, "its text", rings)), written);
}

}  // namespace annulus::fuzz
