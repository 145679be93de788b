// The algorithms against those of the standard library on a string, wherever the bytes are cut.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <annulus/bytes/algorithms.hpp>
#include <charconv>
#include <limits>

#include "bytes/any_cuts.hpp"
#include "bytes/scattered.hpp"

namespace annulus::testing {
namespace {

// Few letters, so that what is looked for is there as often as not.
std::string any_text() {
  return *rc::gen::container<std::string>(rc::gen::element('a', 'b', 'c', '\xFF'));
}
std::string any_pattern() {
  return *rc::gen::resize(5, rc::gen::container<std::string>(rc::gen::element('a', 'b', '\xFF')));
}
std::optional<std::size_t> offset(std::size_t found) {
  return found == std::string::npos ? std::nullopt : std::optional(found);
}
template <class Sign>
int sign(Sign order) {
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

RC_GTEST_PROP(algorithms, find_is_that_of_a_string, ()) {
  const auto text = any_text();
  const auto pattern = any_pattern();
  const auto from = *rc::gen::inRange<std::size_t>(0, text.size() + 3);
  in_all_forms(text, any_cuts(100), [&](const auto& bytes) {
    RC_ASSERT(find(bytes, std::byte{'b'}, from) == offset(text.find('b', from)));
    RC_ASSERT(find_pattern(bytes, bytes_of(pattern), from) == offset(text.find(pattern, from)));
    RC_ASSERT(find_any(bytes, bytes_of(pattern), from) ==
              offset(text.find_first_of(pattern, from)));
    RC_ASSERT(count(bytes, std::byte{0xFF}) ==
              static_cast<std::size_t>(std::count(text.begin(), text.end(), '\xFF')));
    RC_ASSERT(starts_with(bytes, bytes_of(pattern)) == text.starts_with(pattern));
    RC_ASSERT(starts_with(bytes, bytes_of(text)));
    RC_ASSERT(!starts_with(bytes, bytes_of(text + "a")));
  });
}

RC_GTEST_PROP(algorithms, compare_is_that_of_a_string_however_both_are_cut, ()) {
  const auto left = any_text();
  const auto right = *rc::gen::oneOf(rc::gen::exec(any_text), rc::gen::just(left),
                                     rc::gen::just(left + "a"), rc::gen::just("a" + left));
  const auto right_cuts = any_cuts(100);
  in_all_forms(left, any_cuts(100), [&](const auto& a) {
    in_all_forms(right, right_cuts, [&](const auto& b) {
      RC_ASSERT(sign(compare(a, b)) == sign(left.compare(right)));
      RC_ASSERT(equal(a, b) == (left == right));
    });
  });
}

TEST(algorithms, a_pattern_over_many_pieces_is_found) {
  const scattered bytes("xxabcdefyy", {3, 4, 5, 5, 6, 7});
  EXPECT_EQ(find_pattern(bytes.chain(), bytes_of("abcdef")), 2U);
  EXPECT_EQ(find_pattern(bytes.chain(), bytes_of("abcdefg")), std::nullopt);
}

TEST(algorithms, a_false_start_before_a_boundary_hides_nothing) {
  const scattered bytes("aaab", {2});
  EXPECT_EQ(find_pattern(bytes.pair(), bytes_of("aab")), 1U);
}

TEST(algorithms, bytes_compare_unsigned) {
  EXPECT_TRUE(compare(bytes_of("\x80"), bytes_of("\x7F")) > 0);
}

TEST(algorithms, the_checksum_is_crc_32c) {
  EXPECT_EQ(checksum(bytes_of("123456789")), 0xE3069283U);
  EXPECT_EQ(checksum(bytes_view()), 0U);
  // RFC 3720, appendix B.4: 32 bytes of zeroes.
  EXPECT_EQ(checksum(bytes_of(std::string(32, '\0'))), 0x8A9136AAU);
}

RC_GTEST_PROP(algorithms, the_checksum_knows_no_cuts_and_needs_no_instruction,
              (const std::string& text)) {
  const auto whole = ~detail::crc32c_portable(~0U, bytes_of(text));
  in_all_forms(text, any_cuts(100),
               [&](const auto& bytes) { RC_ASSERT(checksum(bytes) == whole); });
}

// Digits, and now and then what is none.
std::string any_number() {
  const auto digits = *rc::gen::resize(
      *rc::gen::inRange(0, 24), rc::gen::container<std::string>(rc::gen::weightedElement<char>(
                                    {{20, '0'}, {40, '1'}, {40, '9'}, {20, 'f'}, {1, '-'}})));
  return *rc::gen::element<std::string>("", "", "-", "+") + digits;
}

template <class T>
void same_number(const parsed_integer<T>& got, std::string_view text, int base) {
  T value{};
  auto expected = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (expected.ptr != text.data() + text.size()) expected.ec = std::errc::invalid_argument;
  RC_ASSERT(got.error == expected.ec);
  RC_ASSERT(static_cast<bool>(got) == (expected.ec == std::errc{}));
  if (got) RC_ASSERT(got.value == value);
}

RC_GTEST_PROP(algorithms, numbers_are_those_of_from_chars, ()) {
  const auto text = any_number();
  // from_chars takes no '+', which decimals with a sign do here.
  const std::string_view plain = text.starts_with("+") && !text.starts_with("+-")
                                     ? std::string_view(text).substr(1)
                                     : std::string_view(text);
  in_all_forms(text, any_cuts(100), [&](const auto& bytes) {
    same_number(parse_decimal<std::uint64_t>(bytes), text, 10);
    same_number(parse_decimal<std::uint8_t>(bytes), text, 10);
    same_number(parse_hex<std::uint64_t>(bytes), text, 16);
    same_number(parse_hex<std::uint16_t>(bytes), text, 16);
    same_number(parse_decimal<std::int64_t>(bytes), plain, 10);
    same_number(parse_decimal<std::int8_t>(bytes), plain, 10);
  });
}

TEST(algorithms, numbers_reach_their_limits_and_no_further) {
  using limits = std::numeric_limits<std::int64_t>;
  EXPECT_EQ(parse_decimal<std::int64_t>(bytes_of("-9223372036854775808")).value, limits::min());
  EXPECT_EQ(parse_decimal<std::int64_t>(bytes_of("+9223372036854775807")).value, limits::max());
  EXPECT_EQ(parse_decimal<std::int64_t>(bytes_of("9223372036854775808")).error,
            std::errc::result_out_of_range);
  EXPECT_EQ(parse_decimal<std::int64_t>(bytes_of("-9223372036854775809")).error,
            std::errc::result_out_of_range);
  EXPECT_EQ(parse_decimal<std::uint64_t>(bytes_of("18446744073709551616")).error,
            std::errc::result_out_of_range);
  EXPECT_EQ(parse_hex<std::uint64_t>(bytes_of("FFFFffffFFFFffff")).value, ~std::uint64_t{0});
  EXPECT_EQ(parse_hex<std::uint64_t>(bytes_of("10000000000000000")).error,
            std::errc::result_out_of_range);
}

TEST(algorithms, two_signs_are_no_number) {
  for (const auto* text : {"+-1", "-+1", "--1", "++1", "+", "-", "", " 1", "1 ", "0x1"}) {
    EXPECT_EQ(parse_decimal<std::int64_t>(bytes_of(text)).error, std::errc::invalid_argument)
        << text;
  }
}

}  // namespace
}  // namespace annulus::testing
