// What a byte_sequence is, and that what is none is not taken for one.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <list>

#include "bytes/scattered.hpp"

namespace annulus::testing {

static_assert(byte_sequence<bytes_view>);
static_assert(byte_sequence<bytes_span>);
static_assert(byte_sequence<std::span<const std::byte, 4>>);
static_assert(byte_sequence<span_pair<const std::byte>>);
static_assert(byte_sequence<span_pair<std::byte>>);
static_assert(byte_sequence<chain>);
static_assert(byte_chain<chain>);

// A container of bytes owns them, one of pieces counts pieces, and text is no bytes.
static_assert(!byte_sequence<std::vector<std::byte>>);
static_assert(!byte_sequence<std::vector<bytes_view>>);
static_assert(!byte_sequence<std::list<bytes_view>>);
static_assert(!byte_sequence<std::string_view>);
static_assert(!byte_sequence<std::span<const char>>);

static_assert(std::is_same_v<subsequence_t<bytes_span>, bytes_view>);
static_assert(
    std::is_same_v<subsequence_t<span_pair<const std::byte>>, span_pair<const std::byte>>);
static_assert(std::is_same_v<subsequence_t<chain>, chain>);

static_assert(std::forward_iterator<piece_iterator<1>>);
static_assert(std::forward_iterator<piece_iterator<2>>);
static_assert(sizeof(piece_iterator<1>) == 16);

TEST(sequence, a_default_pair_has_no_piece) {
  const auto none = pieces(span_pair<const std::byte>());
  EXPECT_TRUE(none.begin() == none.end());
}

TEST(sequence, a_pair_whose_first_part_is_empty_has_one_piece) {
  const scattered bytes("abc", {0});
  const auto all = pieces(bytes.pair());
  EXPECT_EQ(std::distance(all.begin(), all.end()), 1);
  EXPECT_EQ(text_of(bytes.pair()), "abc");
}

TEST(sequence, piece_iterators_outlive_the_view) {
  const scattered bytes("abcd", {2});
  const auto first = pieces(bytes.pair()).begin();
  EXPECT_EQ(text_of(*first), "ab");
  EXPECT_EQ(text_of(*std::next(first)), "cd");
}

RC_GTEST_PROP(sequence, every_part_of_every_form_is_the_same_text,
              (const std::string& text, const std::vector<std::uint8_t>& places)) {
  const std::vector<std::size_t> cuts(places.begin(), places.end());
  const auto offset = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
  const auto n = *rc::gen::inRange<std::size_t>(0, text.size() - offset + 1);
  in_all_forms(text, cuts, [&](const auto& bytes) {
    RC_ASSERT(length(bytes) == text.size());
    RC_ASSERT(text_of(bytes) == text);
    const auto part = subsequence(bytes, offset, n);
    RC_ASSERT(length(part) == n);
    RC_ASSERT(text_of(part) == text.substr(offset, n));
    RC_ASSERT(text_of(subsequence(bytes, extent{offset, n})) == text.substr(offset, n));
    std::string copied(n, '?');
    RC_ASSERT(copy_to(bytes, std::as_writable_bytes(std::span(copied))) == n);
    RC_ASSERT(copied == text.substr(0, n));
  });
}

TEST(sequence, copy_to_stops_at_the_end_of_the_bytes) {
  in_all_forms("abc", {1}, [](const auto& bytes) {
    std::string room(5, '.');
    EXPECT_EQ(copy_to(bytes, std::as_writable_bytes(std::span(room))), 3U);
    EXPECT_EQ(room, "abc..");
  });
}

}  // namespace annulus::testing
