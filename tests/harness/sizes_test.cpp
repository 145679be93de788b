#include "base/sizes.hpp"

#include "support.hpp"

namespace annulus::harness {
namespace {

TEST(sizes, reads_bytes_and_binary_units) {
  EXPECT_EQ(parse_size("4096", "x"), 4096U);
  EXPECT_EQ(parse_size("64KiB", "x"), 65536U);
  EXPECT_EQ(parse_size("1MiB", "x"), 1U << 20U);
  EXPECT_EQ(parse_size("3GiB", "x"), std::uint64_t{3} << 30U);
}

TEST(sizes, refuses_what_is_no_size) {
  for (const char* text : {"", "MiB", "1MB", "1 MiB", "-1", "1.5MiB", "1MiBx", "0",
                           "9223372036854775808", "18446744073709551616", "99999999999GiB"}) {
    EXPECT_THROW(parse_size(text, "x"), bad_input) << text;
  }
}

TEST(sizes, error_names_option_limits_and_value) {
  EXPECT_EQ(
      message_of<bad_input>([] { parse_size("5GiB", "--block", 4096, 1U << 20U); }),
      "--block must be a whole number of bytes, or one followed by KiB, MiB or GiB, from 4KiB "
      "to 1MiB, but is \"5GiB\"");
}

TEST(sizes, writes_what_it_reads) {
  for (const char* text : {"1", "1000", "4KiB", "65537", "2MiB", "1GiB", "1025KiB"}) {
    EXPECT_EQ(format_size(parse_size(text, "x")), text);
  }
  EXPECT_EQ(format_size(0), "0");
}

}  // namespace
}  // namespace annulus::harness
