// The buffer_writer against a string, into sinks of every kind.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <annulus/bytes/buffer_writer.hpp>
#include <charconv>

#include "bytes/scattered.hpp"

namespace annulus::testing {
namespace {

static_assert(sizeof(buffer_writer<span_sink>) == 56);
static_assert(sizeof(buffer_writer<span_sink>) == sizeof(buffer_writer<vector_sink>));
static_assert(sizeof(span_sink) == 24);
static_assert(sizeof(vector_sink) == 40);
static_assert(!std::is_copy_constructible_v<buffer_writer<span_sink>>);
static_assert(std::is_nothrow_move_constructible_v<buffer_writer<span_sink>>);

// As a pipe's writer: gives just what is asked for, with an error of its own, and refuses beyond a
// limit and, once, to take what was written.
class strict_sink {
 public:
  struct given {
    bytes_span memory{};
    std::error_code error{};
  };
  explicit strict_sink(std::size_t limit) : limit_(limit) {}
  given alloc(std::size_t min) {
    EXPECT_GE(min, 1U);
    if (text_.size() + min > limit_) return {{}, std::make_error_code(std::errc::broken_pipe)};
    memory_.assign(min, std::byte{'?'});
    return {memory_, {}};
  }
  std::error_code advance(std::size_t n) {
    EXPECT_LE(n, memory_.size());
    if (fail_advance) return std::make_error_code(std::errc::io_error);
    text_ += text_of(bytes_view(memory_).first(n));
    return {};
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  bool fail_advance = false;

 private:
  std::size_t limit_;
  std::vector<std::byte> memory_;
  std::string text_;
};
static_assert(byte_sink<span_sink>);
static_assert(byte_sink<vector_sink>);
static_assert(byte_sink<strict_sink>);
static_assert(!byte_sink<std::vector<std::byte>>);

// One random write, to the writer and to `expected`.
template <class Writer>
void write_something(Writer& writer, std::string& expected) {
  const auto number = *rc::gen::arbitrary<std::int64_t>();
  const auto bits = static_cast<std::uint64_t>(number);
  std::array<char, 32> digits;
  switch (*rc::gen::inRange(0, 7)) {
    case 0: {
      const auto text = *rc::gen::arbitrary<std::string>();
      RC_ASSERT(!writer.write(text));
      expected += text;
      break;
    }
    case 1: {
      const auto text = *rc::gen::arbitrary<std::string>();
      const auto cut = *rc::gen::inRange<std::size_t>(0, 20);
      RC_ASSERT(!writer.write(scattered(text, {cut, 3}).chain()));
      expected += text;
      break;
    }
    case 2:
      RC_ASSERT(!writer.write_byte(static_cast<std::byte>(number)));
      expected.push_back(static_cast<char>(number));
      break;
    case 3:
      RC_ASSERT(!writer.write_integer(number, std::endian::little));
      for (std::size_t i = 0; i < 8; ++i) expected.push_back(static_cast<char>(bits >> (8 * i)));
      break;
    case 4:
      RC_ASSERT(!writer.write_integer(static_cast<std::uint16_t>(number), std::endian::big));
      expected.push_back(static_cast<char>(number >> 8));
      expected.push_back(static_cast<char>(number));
      break;
    case 5:
      RC_ASSERT(!writer.write_decimal(number));
      expected.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
      break;
    default:
      RC_ASSERT(!writer.write_hex(bits));
      expected.append(digits.data(), std::to_chars(digits.begin(), digits.end(), bits, 16).ptr);
  }
  RC_ASSERT(writer.written() == expected.size());
}

RC_GTEST_PROP(writer, every_sink_gets_the_same_bytes, ()) {
  std::string expected;
  std::vector<std::byte> scratch(1U << 16);
  span_sink fixed(scratch);
  vector_sink growing;
  strict_sink strict(scratch.size());
  const auto write_all = [&](auto& sink) {
    expected.clear();
    buffer_writer writer(sink);
    for (int i = 0; i < 20; ++i) write_something(writer, expected);
  };
  write_all(fixed);
  RC_ASSERT(text_of(fixed.written()) == expected);
  write_all(growing);
  RC_ASSERT(text_of(growing.written()) == expected);
  write_all(strict);
  RC_ASSERT(strict.text() == expected);
}

TEST(writer, a_full_span_is_an_error_and_nothing_is_written_beyond) {
  std::string scratch(8, '.');
  span_sink sink(std::as_writable_bytes(std::span(scratch)).first(5));
  buffer_writer writer(sink);
  EXPECT_FALSE(writer.write("abc"));
  EXPECT_EQ(writer.write_integer(std::uint32_t{1}, std::endian::big),
            std::errc::no_buffer_space);  // two bytes are left: none of the four is written
  EXPECT_EQ(writer.written(), 3U);
  EXPECT_EQ(scratch, "abc.....");
}

TEST(writer, what_fits_of_long_data_is_written) {
  std::string scratch(8, '.');
  span_sink sink(std::as_writable_bytes(std::span(scratch)).first(5));
  buffer_writer writer(sink);
  EXPECT_EQ(writer.write("abcdefgh"), std::errc::no_buffer_space);
  EXPECT_EQ(writer.written(), 5U);
  EXPECT_EQ(scratch, "abcde...");
}

TEST(writer, the_first_error_stays) {
  std::array<std::byte, 2> scratch{};
  span_sink sink(scratch);
  buffer_writer writer(sink);
  EXPECT_TRUE(writer.write_integer(std::uint64_t{1}, std::endian::little));
  // The byte would fit; but what it should follow is missing.
  EXPECT_EQ(writer.write_byte(std::byte{'x'}), std::errc::no_buffer_space);
  EXPECT_EQ(writer.write("x"), std::errc::no_buffer_space);
  EXPECT_EQ(writer.error(), std::errc::no_buffer_space);
  EXPECT_EQ(writer.written(), 0U);
}

TEST(writer, the_sinks_own_error_is_passed_on) {
  strict_sink sink(2);
  buffer_writer writer(sink);
  EXPECT_EQ(writer.write_decimal(1234), std::errc::broken_pipe);
}

TEST(writer, an_advance_that_fails_is_an_error_that_stays) {
  strict_sink sink(10);
  sink.fail_advance = true;
  buffer_writer writer(sink);
  EXPECT_FALSE(writer.write("a"));
  EXPECT_EQ(writer.flush(), std::errc::io_error);
  EXPECT_EQ(writer.write("c"), std::errc::io_error);
}

TEST(writer, a_vector_grows_to_its_limit_and_no_further) {
  vector_sink sink(100);
  buffer_writer writer(sink);
  EXPECT_FALSE(writer.write(std::string(100, 'a')));
  EXPECT_EQ(writer.write_byte(std::byte{'b'}), std::errc::no_buffer_space);
  writer.flush();
  EXPECT_EQ(text_of(sink.written()), std::string(100, 'a'));
  EXPECT_EQ(sink.take().size(), 100U);
  EXPECT_TRUE(sink.written().empty());
}

TEST(writer, flush_tells_the_sink_and_writing_goes_on) {
  std::array<std::byte, 8> scratch{};
  span_sink sink(scratch);
  buffer_writer writer(sink);
  writer.write("ab");
  EXPECT_TRUE(sink.written().empty());
  EXPECT_FALSE(writer.flush());
  EXPECT_EQ(text_of(sink.written()), "ab");
  writer.write("cd");
  EXPECT_FALSE(writer.flush());
  EXPECT_EQ(text_of(sink.written()), "abcd");
  EXPECT_EQ(writer.written(), 4U);
}

TEST(writer, moving_hands_on_what_is_not_flushed) {
  std::array<std::byte, 8> scratch{};
  span_sink sink(scratch);
  {
    buffer_writer first(sink);
    first.write("ab");
    auto second = std::move(first);
    second.write("cd");
    EXPECT_EQ(second.written(), 4U);
  }
  EXPECT_EQ(text_of(sink.written()), "abcd");
}

TEST(writer, assignment_flushes_what_it_replaces) {
  std::array<std::byte, 8> one{};
  std::array<std::byte, 8> two{};
  span_sink first_sink(one);
  span_sink second_sink(two);
  {
    buffer_writer writer(first_sink);
    writer.write("ab");
    writer = buffer_writer(second_sink);
    EXPECT_EQ(text_of(first_sink.written()), "ab");
    writer.write("cd");
  }
  EXPECT_EQ(text_of(second_sink.written()), "cd");
}

}  // namespace
}  // namespace annulus::testing
