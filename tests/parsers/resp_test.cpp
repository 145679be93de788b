// What the RESP tokenizer accepts, refuses and asks for.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "parsers/any_arrivals.hpp"
#include "parsers/resp_support.hpp"

namespace annulus::testing {
namespace {

TEST(resp, every_type_is_a_token) {
  EXPECT_EQ(tokens_of("+OK\r\n"), "+0 OK.\nmore");
  EXPECT_EQ(tokens_of("-ERR no such key\r\n"), "-0 ERR no such key.\nmore");
  EXPECT_EQ(tokens_of(":-42\r\n:+7\r\n:0\r\n"), ":-42 .\n:7 .\n:0 .\nmore");
  EXPECT_EQ(tokens_of("$5\r\na\r\nbc\r\n$0\r\n\r\n"), "$0 a\r\nbc.\n$0 .\nmore");
  EXPECT_EQ(tokens_of("$-1\r\n*-1\r\n"), "n0 .\nN0 .\nmore");
  EXPECT_EQ(tokens_of("+\r\n"), "+0 .\nmore");
}

TEST(resp, arrays_nest_and_the_last_element_ends_the_message) {
  EXPECT_EQ(tokens_of("*3\r\n*2\r\n:1\r\n:2\r\n*0\r\n*1\r\n$-1\r\n+next\r\n"),
            "*3 \n  *2 \n    :1 \n    :2 \n  *0 \n  *1 \n    n0 .\n+0 next.\nmore");
  EXPECT_EQ(tokens_of("*0\r\n"), "*0 .\nmore");
}

TEST(resp, integers_reach_their_limits) {
  EXPECT_EQ(tokens_of(":9223372036854775807\r\n:-9223372036854775808\r\n"),
            ":9223372036854775807 .\n:-9223372036854775808 .\nmore");
}

TEST(resp, what_is_missing_is_known) {
  resp_tokenizer tokenizer;
  resp_token token;
  const auto result = tokenizer.next(bytes_of("$10\r\nabc"), token);
  EXPECT_EQ(result.status, parse_status::need_more);
  EXPECT_EQ(result.consumed, 5U);  // the header
  EXPECT_EQ(result.examined, 8U);
  EXPECT_EQ(result.missing, 9U);  // of "abc" + 7 + CR LF
}

TEST(resp, reset_forgets_what_came_before) {
  resp_tokenizer tokenizer;
  resp_token token;
  EXPECT_EQ(tokenizer.next(bytes_of("*2\r\n"), token).status, parse_status::message);
  EXPECT_EQ(tokenizer.next(bytes_of("?"), token).error, resp_errc::unknown_type);
  tokenizer.reset();
  EXPECT_EQ(tokenizer.next(bytes_of(":1\r\n"), token).status, parse_status::message);
  EXPECT_EQ(token.depth, 0U);
  EXPECT_TRUE(token.last);
}

// What every split must not change, whole and broken.
const std::vector<std::string>& texts() {
  static const std::vector<std::string> all = {
      "+OK\r\n-ERR x\r\n:12\r\n$3\r\nabc\r\n$-1\r\n*-1\r\n*0\r\n",
      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n\r\n\r\n\r\n*1\r\n$4\r\nPING\r\n",
      "*2\r\n*2\r\n:1\r\n+two\r\n*1\r\n*0\r\n:3\r\n",
      "$0\r\n\r\n+\r\n-\r\n",
      "+no end of line",
      "$5\r\nab",
      "$2\r\nabc\r\n",
      "$2\r\nab\rx",
      "$2\r\nab\n\n",
      "+bare\nfeed\r\n",
      "+bare\rreturn\r\n",
      "+ends in two\r\r\n",
      "+\n",
      ":\n",
      ":\r\n",
      ":12x\r\n",
      ":+-1\r\n",
      ":-+1\r\n",
      ":99999999999999999999\r\n",
      ":123456789012345678901234567890\r\n",
      "$-2\r\n",
      "$+3\r\nabc\r\n",
      "$03\r\nabc\r\n",
      "$-0\r\n",
      "$\r\n",
      "$51\r\n",
      "$9223372036854775808\r\n",
      "$18446744073709551616\r\n",
      "*7\r\n",
      "*-2\r\n",
      "*9223372036854775808\r\n",
      "*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
      "*1\r\n*1\r\n*1\r\n:1\r\n:2\r\n",
      "+a line that is longer than the limit of forty bytes\r\n",
      "+a line that is just forty bytes long, so.\r\n",
      "+a line that is just forty bytes long, so\r\n",
      "+a line that is just forty bytes long, \r\n",
      "*4\r\n$50\r\n" + std::string(50, 'a') + "\r\n$50\r\n" + std::string(50, 'b') +
          "\r\n$50\r\n" + std::string(50, 'c') + "\r\n",
      "PING\r\n",
      "?",
      std::string("\0", 1),
      "",
  };
  return all;
}

TEST(resp, every_split_at_every_byte_gives_the_same_tokens) {
  for (const auto& text : texts()) {
    const auto whole = tokens_of(text, {}, form::span, small_resp);
    for (const auto in : forms) {
      for (std::size_t cut = 0; cut <= text.size(); ++cut)
        ASSERT_EQ(tokens_of(text, {cut}, in, small_resp), whole) << text << " cut at " << cut;
      ASSERT_EQ(tokens_of(text, each_byte(text), in, small_resp), whole) << text;
    }
  }
}

// A random value, written to `out` and as tokens_of should tell it.
void any_value(buffer_writer<vector_sink>& out, std::string& told, std::size_t depth, bool last) {
  const auto tell = [&](char type, std::int64_t value, const std::string& text, bool ends) {
    told += std::string(2 * depth, ' ') + type + std::to_string(value) + " " + text;
    told += ends && last ? ".\n" : "\n";
  };
  switch (*rc::gen::inRange(0, depth < 4 ? 8 : 6)) {
    case 0: {
      auto text = *rc::gen::arbitrary<std::string>();
      std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
      write_resp_simple_string(out, text);
      return tell('+', 0, text, true);
    }
    case 1: {
      write_resp_error(out, "ERR");
      return tell('-', 0, "ERR", true);
    }
    case 2: {
      const auto value = *rc::gen::arbitrary<std::int64_t>();
      write_resp_integer(out, value);
      return tell(':', value, "", true);
    }
    case 3: {
      const auto text = *rc::gen::arbitrary<std::string>();
      write_resp_bulk(out, bytes_of(text));
      return tell('$', 0, text, true);
    }
    case 4:
      write_resp_null_bulk(out);
      return tell('n', 0, "", true);
    case 5:
      write_resp_null_array(out);
      return tell('N', 0, "", true);
    default: {
      const auto n = *rc::gen::inRange<std::size_t>(0, 4);
      write_resp_array(out, n);
      tell('*', static_cast<std::int64_t>(n), "", n == 0);
      for (std::size_t i = 0; i < n; ++i) any_value(out, told, depth + 1, last && i + 1 == n);
    }
  }
}

RC_GTEST_PROP(resp, what_is_written_is_parsed_however_it_arrives, ()) {
  vector_sink sink;
  std::string told;
  {
    buffer_writer out(sink);
    const auto messages = *rc::gen::inRange(1, 4);
    for (int i = 0; i < messages; ++i) any_value(out, told, 0, true);
  }
  const auto text = text_of(sink.written());
  RC_ASSERT(tokens_of(text) == told + "more");
  for (const auto in : forms)
    RC_ASSERT(tokens_of(text, any_arrivals(text.size()), in) == told + "more");
}

RC_GTEST_PROP(resp, what_is_broken_is_refused_alike_however_it_arrives, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::weightedElement<char>({{3, '*'},
                                                                                     {3, '$'},
                                                                                     {3, ':'},
                                                                                     {3, '+'},
                                                                                     {1, '-'},
                                                                                     {6, '1'},
                                                                                     {2, '2'},
                                                                                     {1, 'x'},
                                                                                     {9, '\r'},
                                                                                     {9, '\n'}}));
  const auto whole = tokens_of(text, {}, form::span, small_resp);
  const auto commands = commands_of(text, {}, form::span, small_resp);
  for (const auto in : forms) {
    RC_ASSERT(tokens_of(text, any_arrivals(text.size()), in, small_resp) == whole);
    RC_ASSERT(commands_of(text, any_arrivals(text.size()), in, small_resp) == commands);
  }
}

TEST(resp_limits, each_must_be_within_bounds) {
  const auto refuses = [](const resp_limits& limits, const std::string& sentence) {
    try {
      const resp_tokenizer tokenizer(limits);
      ADD_FAILURE() << sentence;
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code(), resp_errc::bad_limits);
      EXPECT_EQ(std::string(error.what()).substr(0, sentence.size()), sentence);
    }
  };
  refuses({.line = 0}, "resp_limits::line is 0, must be 1 to 4611686018427387904");
  refuses({.bulk = 0}, "resp_limits::bulk is 0");
  refuses({.bulk = ~std::size_t{0}}, "resp_limits::bulk is 18446744073709551615");
  refuses({.elements = 0}, "resp_limits::elements is 0");
  refuses({.depth = 0}, "resp_limits::depth is 0");
  refuses({.depth = 65537}, "resp_limits::depth is 65537, must be 1 to 65536");
  refuses({.message = 0}, "resp_limits::message is 0");
}

}  // namespace
}  // namespace annulus::testing
