// What the command parser makes of what a client sends.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "parsers/resp_support.hpp"

namespace annulus::testing {
namespace {

TEST(resp_command, an_array_of_bulk_strings_is_a_command) {
  EXPECT_EQ(commands_of("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n"),
            "[SET][k][]\n[PING]\nmore");
}

TEST(resp_command, a_line_is_a_command) {
  EXPECT_EQ(commands_of("PING\r\nSET k  v \nGET\tk\r\n"),
            "[PING] inline\n[SET][k][v] inline\n[GET][k] inline\nmore");
}

TEST(resp_command, quotes_are_those_of_redis) {
  EXPECT_EQ(commands_of(R"(SET "a b" 'c d')"
                        "\n"),
            "[SET][a b][c d] inline\nmore");
  EXPECT_EQ(commands_of(R"(E "\x41\x4a\n\r\t\b\a\"\\\q\xZZ" '\n\'' a"b" "")"
                        "\n"),
            "[E][AJ\n\r\t\b\a\"\\qxZZ][\\n'][ab][] inline\nmore");
  // A backslash outside quotes is a byte as others.
  EXPECT_EQ(commands_of("ECHO a\\n 'x'\n"), "[ECHO][a\\n][x] inline\nmore");
  for (const auto* text :
       {"\"a\n", "'a\n", "\"a\"b\n", "'a'b\n", "\"a\\\n", "'a\\'\n", "a\"b\n", "\"\\x4"}) {
    EXPECT_EQ(commands_of(std::string(text) + "\n"), "quotes are not balanced") << text;
  }
}

TEST(resp_command, empty_commands_are_passed_over) {
  EXPECT_EQ(commands_of("\r\n\n  \r\n*0\r\n*-1\r\nPING\r\n*0\r\n"), "[PING] inline\nmore");
}

TEST(resp_command, empty_commands_are_consumed_and_a_begun_one_is_not) {
  resp_command_parser parser;
  const auto result = parser.parse(bytes_of("\r\n*0\r\n*2\r\n$1\r\na\r\n$9\r\nbc"));
  EXPECT_EQ(result.status, parse_status::need_more);
  EXPECT_EQ(result.consumed, 6U);
  EXPECT_EQ(result.examined, 23U);
  EXPECT_EQ(result.missing, 9U);  // seven bytes and CR LF
  const auto rest = parser.parse(bytes_of("*2\r\n$1\r\na\r\n$9\r\nbcdefghij\r\n"));
  EXPECT_EQ(rest.status, parse_status::message);
  EXPECT_EQ(rest.consumed, 26U);
}

TEST(resp_command, arguments_of_one_piece_are_not_copied) {
  const auto text = bytes_of("*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n");
  resp_command_parser parser;
  ASSERT_EQ(parser.parse(text).status, parse_status::message);
  const auto* const where =
      parser.visit_argument(text, 1, [](const auto& argument) { return argument.data(); });
  EXPECT_EQ(where, text.data() + 18);
  const auto line = bytes_of("ECHO hello\n");
  ASSERT_EQ(parser.parse(line).status, parse_status::message);
  EXPECT_EQ(parser.visit_argument(line, 1, [](const auto& argument) { return argument.data(); }),
            line.data() + 5);
}

TEST(resp_command, names_are_compared_without_case) {
  const auto text = bytes_of("gEt k\n");
  resp_command_parser parser;
  ASSERT_EQ(parser.parse(text).status, parse_status::message);
  EXPECT_TRUE(parser.argument_is(text, 0, "GET"));
  EXPECT_FALSE(parser.argument_is(text, 0, "SET"));
  EXPECT_FALSE(parser.argument_is(text, 0, "GE"));
  EXPECT_FALSE(parser.argument_is(text, 0, "GETS"));
  const auto odd = bytes_of("@{[ x\n");  // neighbours of letters
  ASSERT_EQ(parser.parse(odd).status, parse_status::message);
  EXPECT_FALSE(parser.argument_is(odd, 0, "`[{"));
}

TEST(resp_command, every_split_at_every_byte_gives_the_same_commands) {
  for (const std::string text : {
           "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n\r\n\r\n\r\n*1\r\n$4\r\nPING\r\n",
           "PING\r\n\r\nSET \"a\\x41 b\" 'c'\n*0\r\n*-1\r\nGET k\n",
           "*1\r\n$4\r\nPING\r\nPING\r\n*1\r\n$4\r\nPING\r\n",
           "*2\r\n$1\r\na\r\n:1\r\n",
           "*2\r\n$1\r\na\r\n*1\r\n$1\r\nb\r\n",
           "*2\r\n$1\r\na\r\n$-1\r\n",
           "*2\r\n$1\r\na\r\nb\r\n",
           "*1\r\n$3\r\nabcde",
           "*1\n",
           "*7\r\n",
           "*-2\r\n",
           "SET \"a\n",
           "a b c d e f\n",
           "a b c d e f g\n",
           "this line is just forty bytes long, so?\r\n",
           "this line is just forty bytes long, so not\r\n",
           "*4\r\n$50\r\n01234567890123456789012345678901234567890123456789\r\n"
           "$50\r\n01234567890123456789012345678901234567890123456789\r\n$50\r\n",
       }) {
    const auto whole = commands_of(text, {}, form::span, small_resp);
    for (const auto in : forms) {
      for (std::size_t cut = 0; cut <= text.size(); ++cut)
        ASSERT_EQ(commands_of(text, {cut}, in, small_resp), whole) << text << " cut at " << cut;
      ASSERT_EQ(commands_of(text, each_byte(text), in, small_resp), whole) << text;
    }
  }
}

RC_GTEST_PROP(resp_command, any_line_is_refused_or_taken_alike_however_it_arrives, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::element('a', 'x', '4', ' ', '"', '\'', '\\', '\r', '\n', 'n'));
  auto arrivals = *rc::gen::container<std::vector<std::size_t>>(
      rc::gen::inRange<std::size_t>(0, text.size() + 1));
  std::sort(arrivals.begin(), arrivals.end());
  const auto whole = commands_of(text, {}, form::span, small_resp);
  for (const auto in : forms) RC_ASSERT(commands_of(text, arrivals, in, small_resp) == whole);
}

TEST(resp_command, reset_forgets_what_came_before) {
  resp_command_parser parser;
  EXPECT_EQ(parser.parse(bytes_of("*1\r\n:1\r\n")).error, resp_errc::not_a_command);
  parser.reset();
  EXPECT_EQ(parser.parse(bytes_of("PING\n")).status, parse_status::message);
  parser.reset();
  EXPECT_EQ(parser.parse(bytes_of("PING\n")).status, parse_status::message);
}

}  // namespace
}  // namespace annulus::testing
