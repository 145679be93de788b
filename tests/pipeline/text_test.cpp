// Names as text, and JSON before it is parsed.
#include <gtest/gtest.h>

#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/json_depth.hpp>
#include <string>

namespace {

using annulus::pipeline::escaped;
using annulus::pipeline::nests_deeper;
using annulus::pipeline::unescaped;

TEST(escaped, leaves_printable_utf_8_as_it_is) {
  for (const auto* name : {"big.iso", "Ärger mit 日本 \xF0\x9F\x98\x80", "a b'c\"d", "-x", "{}"})
    EXPECT_EQ(escaped(std::string_view(name)), name);
}

TEST(escaped, shows_what_a_terminal_would_obey) {
  EXPECT_EQ(escaped(std::string_view("a\nwhole  b\x1b[2J\x7f")), R"(a\x0awhole  b\x1b[2J\x7f)");
  EXPECT_EQ(escaped(std::string_view("\xC2\x9B"
                                     "31m")),
            R"(\xc2\x9b31m)");  // C1
  EXPECT_EQ(escaped(std::string_view("a\xE2\x80\xAE"
                                     "b")),
            R"(a\xe2\x80\xaeb)");  // right to left
  EXPECT_EQ(escaped(std::string_view("a\xE2\x80\xA8"
                                     "b")),
            R"(a\xe2\x80\xa8b)");  // line separator
}

TEST(escaped, shows_each_byte_that_is_no_utf_8) {
  EXPECT_EQ(escaped(std::string_view("caf\xE9.txt")), R"(caf\xe9.txt)");
  EXPECT_EQ(escaped(std::string_view("\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80")),
            R"(\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80)");  // overlong, a surrogate, beyond the last
  EXPECT_EQ(escaped(std::string_view("\xE2\x82")), R"(\xe2\x82)");
}

TEST(escaped, is_undone_for_all_bytes) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += {static_cast<char>(byte), 'x', '\\'};
  EXPECT_EQ(unescaped(escaped(all)), all);
  EXPECT_EQ(unescaped(escaped(std::string_view("caf\xC3\xA9\\x41"))), "caf\xC3\xA9\\x41");
}

TEST(escaped, is_the_only_text_that_is_taken_for_its_bytes) {
  for (const auto* text : {R"(\)", R"(\x)", R"(\x4)", R"(\x41)", R"(\xAB)", R"(\n)", "a\n", "\xE9"})
    EXPECT_EQ(unescaped(text), std::nullopt) << text;
}

TEST(json_depth, counts_brackets_outside_of_strings_only) {
  EXPECT_FALSE(nests_deeper(R"({"a": [1, {"b": 2}], "c": [[]]})", 3));
  EXPECT_TRUE(nests_deeper(R"({"a": [1, {"b": 2}]})", 2));
  EXPECT_FALSE(nests_deeper(R"(["[[[[[[", "\"[[[["])", 1));
  EXPECT_TRUE(nests_deeper(std::string(300'000, '['), 16));
  EXPECT_FALSE(nests_deeper("]]]]}}}}[", 1));
}

}  // namespace
