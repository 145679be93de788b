// What a peer may try: each is an error with its name, in memory that the limits bound.
#include <gtest/gtest.h>

#include "parsers/chunked_support.hpp"
#include "parsers/resp_support.hpp"
#include "suites/pipes/allocations.hpp"

namespace annulus::testing {
namespace {

using bench::allocations_of_this_thread;

std::error_code token_error(std::string_view text, const resp_limits& limits = {}) {
  resp_tokenizer tokenizer(limits);
  resp_token token;
  for (bytes_view left = bytes_of(text);;) {
    const auto result = tokenizer.next(left, token);
    if (result.status != parse_status::message) return result.error;
    left = left.subspan(result.consumed);
  }
}
std::error_code command_error(std::string_view text, const resp_limits& limits = {}) {
  resp_command_parser parser(limits);
  for (bytes_view left = bytes_of(text);;) {
    const auto result = parser.parse(left);
    if (result.status != parse_status::message) return result.error;
    left = left.subspan(result.consumed);
  }
}
std::error_code chunked_error(std::string_view text, const chunked_limits& limits = {}) {
  chunked_decoder decoder(limits);
  for (bytes_view left = bytes_of(text);;) {
    const auto result = decoder.next(left);
    if (result.status != chunked_status::body && result.status != chunked_status::trailer)
      return result.error;
    left = left.subspan(result.consumed);
  }
}

TEST(hostile, resp_bulk_length_of_two_to_the_63) {
  EXPECT_EQ(token_error("$9223372036854775808\r\n"), resp_errc::bulk_too_long);
  EXPECT_EQ(command_error("*1\r\n$9223372036854775808\r\n"), resp_errc::bulk_too_long);
}

TEST(hostile, resp_bulk_length_of_two_to_the_64) {
  EXPECT_EQ(token_error("$18446744073709551616\r\n"), resp_errc::bulk_too_long);
  EXPECT_EQ(token_error("$18446744073709551615\r\n"), resp_errc::bulk_too_long);
}

TEST(hostile, resp_length_with_more_digits_than_a_number_has) {
  EXPECT_EQ(token_error("$000000000000000000001\r\n"), resp_errc::line_too_long);
  EXPECT_EQ(token_error("*" + times(1000, "1")), resp_errc::line_too_long);
}

TEST(hostile, resp_negative_lengths) {
  EXPECT_EQ(token_error("$-2\r\n"), resp_errc::bad_length);
  EXPECT_EQ(token_error("*-2\r\n"), resp_errc::bad_length);
  EXPECT_EQ(token_error("$-9223372036854775808\r\n"), resp_errc::bad_length);
  EXPECT_EQ(token_error("$-01\r\n"), resp_errc::bad_length);
}

TEST(hostile, resp_lengths_with_signs) {
  EXPECT_EQ(token_error("$+1\r\na\r\n"), resp_errc::bad_length);
  EXPECT_EQ(token_error("*+1\r\n"), resp_errc::bad_length);
  EXPECT_EQ(token_error("$+-1\r\n"), resp_errc::bad_length);
}

TEST(hostile, resp_integers_with_two_signs) {
  EXPECT_EQ(token_error(":+-1\r\n"), resp_errc::bad_integer);
  EXPECT_EQ(token_error(":--1\r\n"), resp_errc::bad_integer);
  EXPECT_EQ(token_error(":+\r\n"), resp_errc::bad_integer);
  EXPECT_EQ(token_error(":9223372036854775808\r\n"), resp_errc::bad_integer);
}

TEST(hostile, resp_bulk_without_its_line_end) {
  EXPECT_EQ(token_error("$1\r\nabc"), resp_errc::missing_terminator);
  EXPECT_EQ(token_error("$1\r\na\n\n"), resp_errc::missing_terminator);
  EXPECT_EQ(token_error("$1\n"), resp_errc::bare_line_feed);
  EXPECT_EQ(token_error("$1\r\r\n"), resp_errc::bad_length);
}

TEST(hostile, resp_a_million_nested_arrays) {
  const auto text = times(1'000'000, "*1\r\n");
  const auto before = allocations_of_this_thread();
  EXPECT_EQ(token_error(text), resp_errc::too_deep);
  EXPECT_EQ(command_error(text), resp_errc::not_a_command);
  EXPECT_EQ(token_error(text, {.depth = 65536}), resp_errc::too_deep);
  EXPECT_LE(allocations_of_this_thread().bytes - before.bytes, 65536 * 8 + 2000);
}

TEST(hostile, resp_nested_arrays_of_the_deepest_limit_are_parsed) {
  EXPECT_EQ(token_error(times(65536, "*1\r\n") + ":1\r\n?", {.depth = 65536}),
            resp_errc::unknown_type);
}

TEST(hostile, resp_array_of_two_to_the_62_elements) {
  EXPECT_EQ(token_error("*4611686018427387904\r\n"), resp_errc::too_many_elements);
  EXPECT_EQ(token_error("*18446744073709551616\r\n"), resp_errc::too_many_elements);
}

TEST(hostile, resp_a_promise_of_elements_allocates_nothing) {
  resp_command_parser parser;
  const auto before = allocations_of_this_thread();
  EXPECT_EQ(parser.parse(bytes_of("*1048576\r\n")).status, parse_status::need_more);
  EXPECT_EQ(parser.parse(bytes_of("*1048576\r\n$536870912\r\n")).status, parse_status::need_more);
  EXPECT_EQ(allocations_of_this_thread().calls, before.calls);
}

TEST(hostile, resp_arguments_that_together_are_too_long) {
  EXPECT_EQ(command_error("*3\r\n$50\r\n" + times(50, "a") + "\r\n$50\r\n", {.message = 100}),
            resp_errc::message_too_long);
  // Before they are there.
  EXPECT_EQ(command_error("*1\r\n$90\r\n", {.message = 100}), resp_errc::message_too_long);
}

TEST(hostile, resp_an_endless_line) {
  EXPECT_EQ(token_error("+" + times(70'000, "a")), resp_errc::line_too_long);
  EXPECT_EQ(command_error(times(70'000, "a")), resp_errc::line_too_long);
}

TEST(hostile, resp_an_inline_command_of_very_many_words) {
  EXPECT_EQ(command_error(times(30'000, "a ") + "\n", {.elements = 1000}),
            resp_errc::too_many_elements);
}

TEST(hostile, resp_what_a_browser_sends_is_an_inline_command) {
  // Redis defends against cross-protocol scripting in its commands, not in its parser.
  EXPECT_EQ(commands_of("POST / HTTP/1.1\r\nHost: x\r\n"),
            "[POST][/][HTTP/1.1] inline\n[Host:][x] inline\nmore");
}

TEST(hostile, resp_steady_commands_allocate_nothing) {
  const std::string text =
      "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\nGET 'key'\r\n*1\r\n$4\r\nPING\r\n";
  resp_command_parser parser;
  bench::allocation_counts before;
  for (int round = 0; round < 1000; ++round) {
    if (round == 1) before = allocations_of_this_thread();
    bytes_view left = bytes_of(text);
    while (!left.empty()) {
      const auto result = parser.parse(left);
      ASSERT_EQ(result.status, parse_status::message);
      left = left.subspan(result.consumed);
    }
  }
  EXPECT_EQ(allocations_of_this_thread().calls, before.calls);
}

TEST(hostile, chunked_size_of_two_to_the_64) {
  EXPECT_EQ(chunked_error("10000000000000000\r\n"), chunked_errc::size_overflow);
  EXPECT_EQ(chunked_error("FFFFFFFFFFFFFFFFF\r\n"), chunked_errc::size_overflow);
}

TEST(hostile, chunked_sizes_whose_sum_overflows) {
  EXPECT_EQ(chunked_error("ffffffffffffffff\r\n"), chunked_errc::chunk_too_long);
  EXPECT_EQ(chunked_error("1\r\na\r\nffffffffffffffff\r\n"), chunked_errc::chunk_too_long);
  EXPECT_EQ(chunked_error("1\r\na\r\n4000000000000000\r\n"), chunked_errc::chunk_too_long);
}

TEST(hostile, chunked_endless_zeroes) {
  EXPECT_EQ(chunked_error(times(5000, "0")), chunked_errc::header_too_long);
}

TEST(hostile, chunked_sizes_that_others_might_read_otherwise) {
  for (const auto* size : {"0x1", "+1", "-1", " 1", "1_0", "", "1,", "G"})
    EXPECT_EQ(chunked_error(std::string(size) + "\r\n"), chunked_errc::bad_size) << size;
  EXPECT_EQ(chunked_error("1 \r\n"), chunked_errc::bad_extension);
}

TEST(hostile, chunked_bare_line_feeds) {
  EXPECT_EQ(chunked_error("1\na\r\n"), chunked_errc::bad_line_end);
  EXPECT_EQ(chunked_error("1;a\n"), chunked_errc::bad_line_end);
  EXPECT_EQ(chunked_error("1;a=b\n"), chunked_errc::bad_line_end);
  EXPECT_EQ(chunked_error("1\r\na\n"), chunked_errc::missing_line_end);
  EXPECT_EQ(chunked_error("0\r\n\n"), chunked_errc::bad_line_end);
  EXPECT_EQ(chunked_error("0\r\nA: b\n"), chunked_errc::bad_line_end);
}

TEST(hostile, chunked_bare_carriage_returns) {
  EXPECT_EQ(chunked_error("1\ra"), chunked_errc::bad_line_end);
  EXPECT_EQ(chunked_error("0\r\nA: b\rc"), chunked_errc::bad_line_end);
  EXPECT_EQ(chunked_error("1\r\na\ra"), chunked_errc::missing_line_end);
}

TEST(hostile, chunked_data_longer_than_their_size) {
  EXPECT_EQ(chunked_error("1\r\nab\r\n"), chunked_errc::missing_line_end);
}

TEST(hostile, chunked_a_line_end_within_a_quoted_string) {
  EXPECT_EQ(chunked_error("1;a=\"\r\n0\r\n\r\n\"\r\n"), chunked_errc::bad_extension);
  EXPECT_EQ(chunked_error("1;a=\"\\\r\n"), chunked_errc::bad_extension);
}

TEST(hostile, chunked_an_endless_extension) {
  EXPECT_EQ(chunked_error("1;" + times(5000, "a")), chunked_errc::header_too_long);
  EXPECT_EQ(chunked_error("1;a=\"" + times(5000, "a")), chunked_errc::header_too_long);
}

TEST(hostile, chunked_a_long_extension_with_each_byte) {
  const auto chunk = "1;" + times(1000, "a") + "\r\nx\r\n";
  EXPECT_EQ(chunked_error(times(100, chunk)), chunked_errc::too_much_framing);
  // The same with as much data is no attack: a signature a chunk, as S3 clients send.
  const auto signed_chunk = "400;" + times(1000, "a") + "\r\n" + times(1024, "x") + "\r\n";
  EXPECT_EQ(chunked_error(times(100, signed_chunk) + "0\r\n\r\n"), std::error_code());
}

TEST(hostile, chunked_an_endless_trailer) {
  EXPECT_EQ(chunked_error("0\r\n" + times(5000, "A: b\r\n")), chunked_errc::trailer_too_long);
  EXPECT_EQ(chunked_error("0\r\nA: " + times(20000, "b")), chunked_errc::trailer_too_long);
}

TEST(hostile, chunked_trailer_fields_that_others_might_read_otherwise) {
  for (const auto* field : {"A : b", " A: b", ": b", "A", "A: \x7F", "A\x80: b", "(A): b"})
    EXPECT_EQ(chunked_error("0\r\n" + std::string(field) + "\r\n"), chunked_errc::bad_trailer)
        << field;
  EXPECT_EQ(chunked_error("0\r\nA: b\r\n folded: c\r\n"), chunked_errc::bad_trailer);
}

TEST(hostile, chunked_allocates_nothing) {
  const auto text = times(1000, "3;a=\"b\"\r\nabc\r\n") + "0\r\nA: b\r\n\r\n";
  const auto before = allocations_of_this_thread();
  EXPECT_EQ(chunked_error(text), std::error_code());
  EXPECT_EQ(allocations_of_this_thread().calls, before.calls);
}

}  // namespace
}  // namespace annulus::testing
