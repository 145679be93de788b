// The RESP parsers on anything: however it arrives they see the same, and what they saw, written
// again, is what was there.
#include <gtest/gtest.h>

#include <annulus/parsers/resp.hpp>

#include "fuzz/differential.hpp"
#include "parsers/resp_support.hpp"

namespace annulus::fuzz {
namespace {

using testing::form;

// So small that an input of some hundred bytes passes every one.
constexpr resp_limits small{.line = 64, .bulk = 64, .elements = 8, .depth = 3, .message = 256};

std::string written(bytes_view given, const resp_token& token) {
  vector_sink sink;
  buffer_writer out(sink);
  const auto text = subsequence(given, token.text);
  const std::string_view line(reinterpret_cast<const char*>(text.data()), text.size());
  switch (token.type) {
    case resp_type::simple_string:
      write_resp_simple_string(out, line);
      break;
    case resp_type::error:
      write_resp_error(out, line);
      break;
    case resp_type::integer:
      write_resp_integer(out, token.value);
      break;
    case resp_type::bulk_string:
      write_resp_bulk(out, text);
      break;
    case resp_type::null_bulk:
      write_resp_null_bulk(out);
      break;
    case resp_type::array:
      write_resp_array(out, static_cast<std::size_t>(token.value));
      break;
    case resp_type::null_array:
      write_resp_null_array(out);
  }
  out.flush();
  return testing::text_of(sink.written());
}

// Every value has one form but an integer, whose value must come back.
void write_tokens_again(std::string_view text) {
  resp_tokenizer tokenizer;
  resp_token token;
  for (bytes_view left = bytes_of(text);;) {
    const auto result = tokenizer.next(left, token);
    if (result.status != parse_status::message) return;
    const auto again = written(left, token);
    if (token.type == resp_type::integer) {
      resp_token second;
      resp_tokenizer other;
      ASSERT_EQ(other.next(bytes_of(again), second).consumed, again.size());
      ASSERT_EQ(second.value, token.value);
    } else {
      ASSERT_EQ(again, testing::text_of(left.first(result.consumed)));
    }
    left = left.subspan(result.consumed);
  }
}

void write_commands_again(std::string_view text) {
  resp_command_parser parser;
  for (bytes_view left = bytes_of(text);;) {
    const auto result = parser.parse(left);
    if (result.status != parse_status::message) return;
    vector_sink sink;
    std::string expected;
    {
      buffer_writer out(sink);
      write_resp_array(out, parser.size());
      for (std::size_t i = 0; i < parser.size(); ++i) {
        const auto argument = parser.argument_text(left, i);
        write_resp_bulk(out, bytes_of(argument));
        expected += "[" + argument + "]";
      }
    }
    ASSERT_EQ(testing::commands_of(testing::text_of(sink.written())), expected + "\nmore");
    left = left.subspan(result.consumed);
  }
}

}  // namespace

void check(std::string_view text) {
  const auto portions = arrivals(text);
  for (const auto& limits : {small, resp_limits{}}) {
    const auto tokens = testing::tokens_of(text, {}, form::span, limits);
    const auto commands = testing::commands_of(text, {}, form::span, limits);
    for (const auto in : testing::forms) {
      ASSERT_EQ(testing::tokens_of(text, portions, in, limits), tokens);
      ASSERT_EQ(testing::commands_of(text, portions, in, limits), commands);
    }
  }
  write_tokens_again(text);
  write_commands_again(text);
}

}  // namespace annulus::fuzz
