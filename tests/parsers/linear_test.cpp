// That bytes which come one by one cost no more looks than bytes which come at once, counted and
// not timed: in what the parser is given again, every byte that it should not need is replaced by
// one that would change the parse if it were looked at. What is left are the looks that it may
// take.
#include <gtest/gtest.h>

#include <annulus/parsers/chunked.hpp>
#include <annulus/parsers/resp.hpp>
#include <string>
#include <string_view>

#include "bytes/scattered.hpp"

namespace annulus::testing {
namespace {

// Feeds `text` byte by byte. Only the newest byte is shown, the first of its line, which tells what
// kind of line it is, and, when the newest ends the line, all of it. What came before is shown as
// line feeds, which would end a line that has not ended, or break one that has. Returns how many
// bytes were shown.
template <class Parse>
std::size_t shown(std::string_view text, Parse parse) {
  std::string seen;
  std::size_t line = 0;  // where the line of the newest byte begins, in `seen`
  std::size_t total = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    seen.push_back(text[i]);
    const auto begin = i + 1 - (seen.size() - line);  // the same in `text`
    const auto visible = text[i] == '\n' ? seen.size() - line : 1;
    seen.replace(line, visible, text.substr(begin, visible));
    total += visible + 1;
    const std::size_t consumed = parse(bytes_of(seen));
    // All that was shown, so that this test itself is linear.
    seen.replace(line, visible, visible, '\n');
    seen.back() = '\n';
    if (text[i] == '\n') line = seen.size();
    seen.erase(0, consumed);
    line -= std::min(line, consumed);
  }
  return total;
}

TEST(linear, resp_tokens_byte_by_byte) {
  const auto text = times(3, "+" + times(50'000, "a") + "\r\n*2\r\n:12345\r\n$50000\r\n" +
                                 times(50'000, "b") + "\r\n$0\r\n\r\n");
  resp_tokenizer tokenizer;
  std::size_t tokens = 0;
  const auto looks = shown(text, [&](bytes_view bytes) {
    resp_token token;
    const auto result = tokenizer.next(bytes, token);
    EXPECT_FALSE(result.error) << result.error.message();
    if (result.status == parse_status::message) ++tokens;
    return result.consumed;
  });
  EXPECT_EQ(tokens, 15U);
  EXPECT_LE(looks, 3 * text.size());
}

TEST(linear, resp_commands_byte_by_byte) {
  const auto text = times(3, "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$50000\r\n" + times(50'000, "v") +
                                 "\r\n" + times(10'000, "in ") + "line\r\n");
  resp_command_parser parser;
  std::size_t commands = 0;
  const auto looks = shown(text, [&](bytes_view bytes) {
    const auto result = parser.parse(bytes);
    EXPECT_FALSE(result.error) << result.error.message();
    if (result.status == parse_status::message) ++commands;
    return result.consumed;
  });
  EXPECT_EQ(commands, 6U);
  EXPECT_LE(looks, 3 * text.size());
}

// A command of many arguments is not consumed before its end, and yet its first lines are shown as
// line feeds while its last ones come in.
TEST(linear, resp_arguments_are_not_looked_at_again) {
  const auto text = "*10000\r\n" + times(10'000, "$3\r\nabc\r\n");
  resp_command_parser parser;
  parse_result last;
  const auto looks = shown(text, [&](bytes_view bytes) {
    last = parser.parse(bytes);
    return last.consumed;
  });
  EXPECT_EQ(last.status, parse_status::message);
  EXPECT_EQ(parser.size(), 10'000U);
  EXPECT_EQ(parser.argument_size(9'999), 3U);
  EXPECT_LE(looks, 3 * text.size());
}

// Headers and data are consumed as they come, so that what is given is all that could be looked at;
// of a trailer field, what has been looked at is shown as line feeds, also when it ends.
TEST(linear, chunked_bodies_byte_by_byte) {
  const auto text = times(1000, "a;name=\"value\"\r\n0123456789\r\n") +
                    "0\r\nTrailer: " + times(10'000, "t") + "\r\nAnother: one\r\n\r\n";
  chunked_decoder decoder;
  std::string seen;
  std::size_t looks = 0;
  std::size_t fields = 0;
  bool ended = false;
  for (const char byte : text) {
    seen.push_back(byte);
    ++looks;
    const auto result = decoder.next(bytes_of(seen));
    ASSERT_NE(result.status, chunked_status::error) << result.error.message();
    if (result.status == chunked_status::trailer) ++fields;
    ended = result.status == chunked_status::end;
    seen.assign(seen.size(), '\n');
    seen.erase(0, result.consumed);
  }
  EXPECT_TRUE(ended);
  EXPECT_EQ(fields, 2U);
  EXPECT_EQ(decoder.body_size(), 10'000U);
  EXPECT_EQ(looks, text.size());
}

}  // namespace
}  // namespace annulus::testing
