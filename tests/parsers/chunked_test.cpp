// What the chunked decoder accepts, refuses and leaves alone.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <annulus/bytes/buffer_writer.hpp>

#include "parsers/any_arrivals.hpp"
#include "parsers/chunked_support.hpp"

namespace annulus::testing {
namespace {

constexpr chunked_limits small_body{.body = 100, .header = 30, .trailer = 40, .excess = 50};

TEST(chunked, chunks_are_a_body) {
  EXPECT_EQ(decoded("4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n"), "{Wikipedia} end ");
  EXPECT_EQ(decoded("0\r\n\r\n"), "{} end ");
  EXPECT_EQ(decoded("1\r\n\r\r\n2\r\n\r\n\r\n00\r\n\r\n"), "{\r\r\n} end ");
}

TEST(chunked, sizes_are_of_either_case_and_may_have_zeroes_before_them) {
  const std::string letters(26, 'x');
  EXPECT_EQ(decoded("1a\r\n" + letters + "\r\n1A\r\n" + letters + "\r\n0001\r\ny\r\n0\r\n\r\n"),
            "{" + letters + letters + "y} end ");
}

TEST(chunked, bytes_behind_the_end_are_not_consumed) {
  EXPECT_EQ(decoded("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n"), "{a} end GET / HTTP/1.1\r\n");
}

TEST(chunked, extensions_are_checked_and_dropped) {
  for (const std::string extension :
       {";a", ";a=b", ";a=\"b c\"", ";a=\"\"", ";a=\"\\\"\\\\;\"", " ; a = b ; c",
        ";a;b=\"x\" ;c=d", "\t;\ta\t=\t\"\xC3\xA9\""}) {
    EXPECT_EQ(decoded("1" + extension + "\r\nx\r\n0" + extension + "\r\n\r\n"), "{x} end ")
        << extension;
  }
}

TEST(chunked, trailer_fields_are_given_without_the_spaces_around_their_values) {
  EXPECT_EQ(decoded("0\r\nA: b\r\nC-d:\t e  f \t\r\nEmpty:\r\nSpaces:  \r\n\r\nrest"),
            "{}[A|b][C-d|e  f][Empty|][Spaces|] end rest");
}

TEST(chunked, data_are_given_as_they_come_and_not_copied) {
  chunked_decoder decoder;
  const auto text = bytes_of("a\r\n01234");
  const auto first = decoder.next(text);
  EXPECT_EQ(first.status, chunked_status::body);
  EXPECT_EQ(first.data, (extent{3, 5}));
  EXPECT_EQ(first.consumed, 8U);
  EXPECT_EQ(decoder.next(bytes_view()).status, chunked_status::need_more);
  const auto second = decoder.next(bytes_of("56789\r\n0\r\n\r\n"));
  EXPECT_EQ(second.data, (extent{0, 5}));
  EXPECT_EQ(second.consumed, 5U);
}

TEST(chunked, a_trailer_field_is_not_consumed_before_it_is_whole) {
  chunked_decoder decoder;
  const auto begun = decoder.next(bytes_of("0\r\nName: val"));
  EXPECT_EQ(begun.status, chunked_status::need_more);
  EXPECT_EQ(begun.consumed, 3U);
  EXPECT_EQ(begun.examined, 12U);
  const auto whole = decoder.next(bytes_of("Name: value\r\n"));
  EXPECT_EQ(whole.status, chunked_status::trailer);
  EXPECT_EQ(whole.name, (extent{0, 4}));
  EXPECT_EQ(whole.value, (extent{6, 5}));
}

TEST(chunked, reset_forgets_what_came_before) {
  chunked_decoder decoder(small_body);
  EXPECT_EQ(decoder.next(bytes_of("x")).error, chunked_errc::bad_size);
  decoder.reset();
  EXPECT_EQ(decoder.next(bytes_of("1\r\na")).status, chunked_status::body);
  EXPECT_EQ(decoder.body_size(), 1U);
  decoder.reset();
  EXPECT_EQ(decoder.body_size(), 0U);
  EXPECT_EQ(decoder.next(bytes_of("0\r\n\r\n")).status, chunked_status::end);
}

TEST(chunked, every_split_at_every_byte_gives_the_same_body) {
  for (const std::string text : {
           "4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n",
           "1;a=\"b\\\"\" ; c\r\n\r\r\n2\r\n\r\n\r\n0;x\r\nA: b\r\nC:d \r\n\r\nnext",
           "4\r\nab",
           "4",
           "0\r\nA: b\r\n",
           "",
           "\r\n",
           "g\r\n",
           "-1\r\n",
           "+1\r\n",
           " 1\r\n",
           "0x1\r\n",
           "1 \r\na\r\n",
           "1\na\r\n",
           "1\r\na\n",
           "1\r\nab\r\n",
           "1\r\r\n",
           "1;\r\n",
           "1;a\n",
           "1;a=\r\n",
           "1;a==\r\n",
           "1;a b\r\n",
           "1;a=\"b\r\n",
           "1;a=\"b\"c\r\n",
           "1;a=\"\\\n\"\r\n",
           "1;=a\r\n",
           "FFFFFFFFFFFFFFFF\r\n",
           "10000000000000000\r\n",
           "65\r\n",
           "1\r\na\r\n64\r\n",
           "1;abcdefghijklmnopqrstuvwxyz12\r\na\r\n0\r\n\r\n",
           "1;abcdefghijklmnopqrstuvwxyz123\r\na\r\n",
           "000000000000000000000000000000000000001\r\n",
           "1;abcdefghijklmnopqrstuvwxyz\r\na\r\n1;abcdefghijklmnopqrstuvwxyz\r\na\r\n"
           "1;abcdefghijklmnopqrstuvwxyz\r\na\r\n1;abcdefghijklmnopqrstuvwxyz\r\na\r\n",
           "0\r\n: b\r\n\r\n",
           "0\r\nA : b\r\n\r\n",
           "0\r\n A: b\r\n\r\n",
           "0\r\nA: b\r\n c\r\n\r\n",
           "0\r\nA\r\n\r\n",
           "0\r\nA: b\n\r\n",
           "0\r\nA: b\rc\r\n\r\n",
           "0\r\nA: \x01\r\n\r\n",
           "0\r\n\n",
           "0\r\n\rX",
           "0\r\nA: 78901234567890123456789012345678\r\n\r\n",
           "0\r\nA: 789012345678901234567890123456789012\r\n",
           "0\r\nA: b\r\nC: d\r\nE: 8901234567890123456789\r\n\r\n",
       }) {
    const auto whole = decoded(text, {}, form::span, small_body);
    for (const auto in : forms) {
      for (std::size_t cut = 0; cut <= text.size(); ++cut)
        ASSERT_EQ(decoded(text, {cut}, in, small_body), whole) << text << " cut at " << cut;
      ASSERT_EQ(decoded(text, each_byte(text), in, small_body), whole) << text;
    }
  }
}

RC_GTEST_PROP(chunked, what_is_coded_is_decoded_however_it_arrives,
              (const std::vector<std::string>& parts, const std::string& behind)) {
  vector_sink sink;
  std::string body;
  {
    buffer_writer out(sink);
    for (const auto& part : parts) {
      if (part.empty()) continue;
      out.write_hex(part.size());
      if (*rc::gen::arbitrary<bool>()) out.write(";name=\"a \\\" b\"");
      out.write("\r\n");
      out.write(part);
      out.write("\r\n");
      body += part;
    }
    out.write("0\r\nTrailer: field\r\n\r\n");
    out.write(behind);
  }
  const auto text = text_of(sink.written());
  const auto expected = "{" + body + "}[Trailer|field] end " + behind;
  for (const auto in : forms) RC_ASSERT(decoded(text, any_arrivals(text.size()), in) == expected);
}

RC_GTEST_PROP(chunked, what_is_broken_is_refused_alike_however_it_arrives, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::weightedElement<char>({{6, '1'},
                                                                                     {2, '0'},
                                                                                     {2, ';'},
                                                                                     {2, 'a'},
                                                                                     {1, '='},
                                                                                     {1, '"'},
                                                                                     {1, '\\'},
                                                                                     {1, ' '},
                                                                                     {1, ':'},
                                                                                     {8, '\r'},
                                                                                     {8, '\n'}}));
  const auto whole = decoded(text, {}, form::span, small_body);
  for (const auto in : forms)
    RC_ASSERT(decoded(text, any_arrivals(text.size()), in, small_body) == whole);
}

TEST(chunked_limits, each_must_be_within_bounds) {
  const auto refuses = [](const chunked_limits& limits, const std::string& sentence) {
    try {
      const chunked_decoder decoder(limits);
      ADD_FAILURE() << sentence;
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code(), chunked_errc::bad_limits);
      EXPECT_EQ(std::string(error.what()).substr(0, sentence.size()), sentence);
    }
  };
  refuses({.body = 0}, "chunked_limits::body is 0, must be 1 to 4611686018427387904");
  refuses({.header = 0}, "chunked_limits::header is 0");
  refuses({.trailer = 0}, "chunked_limits::trailer is 0");
  refuses({.excess = ~std::size_t{0}}, "chunked_limits::excess is 18446744073709551615");
}

}  // namespace
}  // namespace annulus::testing
