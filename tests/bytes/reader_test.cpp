// The sequence_reader against a string and an index, wherever the bytes are cut.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <annulus/bytes/sequence_reader.hpp>
#include <type_traits>

#include "bytes/any_cuts.hpp"
#include "bytes/scattered.hpp"

namespace annulus::testing {
namespace {

// The sequence, the place in it and three words: small enough for two cache lines at worst.
static_assert(sizeof(sequence_reader<bytes_view>) == 56);
static_assert(sizeof(sequence_reader<span_pair<const std::byte>>) == 88);
static_assert(sizeof(sequence_reader<chain>) == 88);
static_assert(std::is_trivially_copyable_v<sequence_reader<bytes_view>>);
static_assert(std::is_trivially_copyable_v<sequence_reader<chain>>);

std::optional<char> text_of(std::optional<std::byte> byte) {
  return byte ? std::optional(static_cast<char>(*byte)) : std::nullopt;
}
using testing::text_of;

// The first `delimiter` in `text` that no `escape` before it makes an ordinary byte.
std::size_t find_unescaped(const std::string& text, char delimiter, char escape) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == delimiter) return i;
    if (text[i] == escape) ++i;
  }
  return std::string::npos;
}

// A read to the end that begins at `expected` in the text behind `at` and has `end` bytes.
template <class Found>
void read_to(const Found& got, const std::string& text, std::size_t& at, std::size_t expected,
             std::size_t end, stop_at where) {
  RC_ASSERT(got.has_value() == (expected != std::string::npos));
  if (!got) return;
  RC_ASSERT(text_of(*got) == text.substr(at, expected));
  at += expected + (where == stop_at::behind ? end : 0);
}

// One random call on the reader and on (text, at); both must agree, and on every position after it.
template <class Reader>
void step(Reader& reader, const std::string& text, std::size_t& at) {
  const auto n = *rc::gen::inRange<std::size_t>(0, 8);
  const auto rest = text.substr(at);
  const auto where = *rc::gen::element(stop_at::behind, stop_at::before);
  switch (*rc::gen::inRange(0, 15)) {
    case 0:
      RC_ASSERT(text_of(reader.peek()) == (rest.empty() ? std::nullopt : std::optional(rest[0])));
      RC_ASSERT(text_of(reader.peek_at(n)) ==
                (n < rest.size() ? std::optional(rest[n]) : std::nullopt));
      break;
    case 1:
    case 2:
      RC_ASSERT(text_of(reader.next()) == (rest.empty() ? std::nullopt : std::optional(rest[0])));
      at += rest.empty() ? 0 : 1;
      break;
    case 3:
      RC_ASSERT(reader.skip(n) == (n <= rest.size()));
      at += n <= rest.size() ? n : 0;
      break;
    case 4:
      RC_ASSERT(reader.rewind(n) == (n <= at));
      at -= n <= at ? n : 0;
      break;
    case 5: {
      std::string got(n, '?');
      const bool fits = n <= rest.size();
      RC_ASSERT(reader.read(std::as_writable_bytes(std::span(got))) == fits);
      RC_ASSERT(got == (fits ? rest.substr(0, n) : std::string(n, '?')));
      at += fits ? n : 0;
      break;
    }
    case 6: {
      const auto got = reader.read_slice(n);
      RC_ASSERT(got.has_value() == (n <= rest.size()));
      if (!got) break;
      RC_ASSERT(text_of(*got) == rest.substr(0, n));
      at += n;
      break;
    }
    case 7: {
      read_to(reader.read_until(std::byte{'c'}, where), text, at, rest.find('c'), 1, where);
      break;
    }
    case 8: {
      read_to(reader.read_until(bytes_of("ab"), where), text, at, rest.find("ab"), 2, where);
      break;
    }
    case 9: {
      const auto pattern = *rc::gen::element<std::string>("", "a", "ba", "abc");
      RC_ASSERT(reader.is_next(bytes_of(pattern)) == rest.starts_with(pattern));
      RC_ASSERT(reader.position() == at);
      RC_ASSERT(reader.advance_past(bytes_of(pattern)) == rest.starts_with(pattern));
      at += rest.starts_with(pattern) ? pattern.size() : 0;
      break;
    }
    case 10: {
      const auto run = std::min(rest.find_first_not_of('b'), rest.size());
      RC_ASSERT(reader.advance_past_all(std::byte{'b'}) == run);
      at += run;
      break;
    }
    case 11: {
      const auto values = *rc::gen::element<std::string>("", "a", "ab", "cab");
      const auto run = std::min(rest.find_first_not_of(values), rest.size());
      RC_ASSERT(reader.advance_past_any(bytes_of(values)) == run);
      at += run;
      break;
    }
    case 12: {
      const auto ends = *rc::gen::element<std::string>("", "c", "bc", "abc");
      read_to(reader.read_until_any(bytes_of(ends), where), text, at, rest.find_first_of(ends), 1,
              where);
      break;
    }
    case 13: {
      const auto escape = *rc::gen::element('a', 'b');
      const auto got = reader.read_until(std::byte{'c'}, static_cast<std::byte>(escape), where);
      read_to(got, text, at, find_unescaped(rest, 'c', escape), 1, where);
      break;
    }
    default: {
      const auto expected = n <= rest.size() ? rest.find('c', n) : std::string::npos;
      RC_ASSERT(reader.distance_to(std::byte{'c'}, n) ==
                (expected == std::string::npos ? std::nullopt : std::optional(expected)));
    }
  }
  RC_ASSERT(reader.position() == at);
  RC_ASSERT(reader.remaining() == text.size() - at);
  RC_ASSERT(reader.at_end() == (at == text.size()));
  RC_ASSERT(reader.piece().empty() == reader.at_end());
  RC_ASSERT(text_of(reader.rest()) == text.substr(at));
}

RC_GTEST_PROP(reader, is_a_string_and_an_index_through_any_calls, ()) {
  const auto text =
      *rc::gen::resize(60, rc::gen::container<std::string>(rc::gen::element('a', 'b', 'c')));
  in_all_forms(text, any_cuts(60), [&](const auto& bytes) {
    sequence_reader reader(bytes);
    std::size_t at = 0;
    for (int i = 0; i < 40; ++i) step(reader, text, at);
  });
}

RC_GTEST_PROP(reader, integers_are_read_in_both_orders_over_any_cut, (std::uint64_t value)) {
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) text.push_back(static_cast<char>(value >> (8 * i)));
  in_all_forms(text, any_cuts(60), [&](const auto& bytes) {
    sequence_reader reader(bytes);
    RC_ASSERT(reader.template read_integer<std::uint64_t>(std::endian::little) == value);
    RC_ASSERT(!reader.template read_integer<std::uint8_t>(std::endian::little));
    RC_ASSERT(reader.rewind(8));
    RC_ASSERT(reader.template read_integer<std::uint64_t>(std::endian::big) ==
              __builtin_bswap64(value));
    RC_ASSERT(reader.rewind(8));
    RC_ASSERT(reader.template read_integer<std::int32_t>(std::endian::little) ==
              static_cast<std::int32_t>(value));
    RC_ASSERT(reader.template read_integer<std::uint8_t>(std::endian::big) ==
              static_cast<std::uint8_t>(value >> 32));
    RC_ASSERT(!reader.template read_integer<std::uint32_t>(std::endian::big));
    RC_ASSERT(reader.position() == 5);
  });
}

TEST(reader, a_byte_at_a_time_goes_through_every_piece) {
  in_all_forms("abcdef", {0, 1, 1, 4, 6}, [](const auto& bytes) {
    sequence_reader reader(bytes);
    std::string got;
    while (const auto byte = reader.next()) got.push_back(static_cast<char>(*byte));
    EXPECT_EQ(got, "abcdef");
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.rewind(6));
    EXPECT_EQ(reader.peek(), std::byte{'a'});
  });
}

TEST(reader, nothing_is_at_its_end_at_once) {
  in_all_forms("", {0, 0}, [](const auto& bytes) {
    sequence_reader reader(bytes);
    EXPECT_TRUE(reader.at_end());
    EXPECT_FALSE(reader.peek());
    EXPECT_TRUE(reader.skip(0));
    EXPECT_TRUE(reader.rewind(0));
    EXPECT_FALSE(reader.skip(1));
    EXPECT_FALSE(reader.rewind(1));
  });
}

TEST(reader, an_escape_at_the_end_of_a_piece_counts_in_the_next) {
  in_all_forms(R"(say \"hi\" \\" rest)", {5, 9, 10, 12, 13}, [](const auto& bytes) {
    sequence_reader reader(bytes);
    const auto got = reader.read_until(std::byte{'"'}, std::byte{'\\'});
    ASSERT_TRUE(got);
    EXPECT_EQ(text_of(*got), R"(say \"hi\" \\)");
    EXPECT_EQ(reader.peek(), std::byte{' '});
    EXPECT_FALSE(reader.read_until(std::byte{'"'}, std::byte{'\\'}));
    EXPECT_EQ(reader.peek(), std::byte{' '}) << "nothing has changed";
  });
}

TEST(reader, which_delimiter_it_was_can_be_seen) {
  in_all_forms("key: value; rest", {3, 4, 10}, [](const auto& bytes) {
    sequence_reader reader(bytes);
    EXPECT_EQ(text_of(*reader.read_until_any(bytes_of(":;"), stop_at::before)), "key");
    EXPECT_EQ(reader.next(), std::byte{':'});
    EXPECT_EQ(reader.advance_past_any(bytes_of(" \t")), 1U);
    EXPECT_EQ(text_of(*reader.read_until_any(bytes_of(":;"))), "value");
    EXPECT_EQ(text_of(reader.rest()), " rest");
  });
}

TEST(reader, a_copy_is_a_second_position) {
  const scattered bytes("abcd", {2});
  sequence_reader reader(bytes.pair());
  auto ahead = reader;
  ASSERT_TRUE(ahead.skip(3));
  EXPECT_EQ(ahead.peek(), std::byte{'d'});
  EXPECT_EQ(reader.peek(), std::byte{'a'});
}

}  // namespace
}  // namespace annulus::testing
