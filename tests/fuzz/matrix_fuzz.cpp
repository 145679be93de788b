// Any bytes as a matrix: refused in a sentence that names its source, or a matrix that is written
// and read back as it is.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "fuzz/differential.hpp"
#include "harness/fixtures.hpp"

namespace annulus::fuzz {
namespace {

bool is_one_line(std::string_view sentence) {
  return std::ranges::none_of(sentence, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

std::string written_again(std::string_view text, std::string_view source) {
  return harness::to_toml(harness::parse_matrix(text, source, harness::fake_suites()));
}

}  // namespace

void check(std::string_view text) {
  std::string written;
  try {
    written = written_again(text, "the matrix");
  } catch (const harness::bad_input& refusal) {
    EXPECT_TRUE(std::string_view(refusal.what()).starts_with("the matrix")) << refusal.what();
    EXPECT_TRUE(is_one_line(refusal.what())) << refusal.what();
    return;
  }
  EXPECT_EQ(written_again(written, "its text"), written);
}

}  // namespace annulus::fuzz
