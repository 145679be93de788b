// Transcripts of what the RESP parsers make of bytes.
#pragma once

#include <annulus/parsers/resp.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/feeding.hpp"

namespace annulus::testing {

// Small enough that what is over a limit is short.
inline constexpr resp_limits small_resp{
    .line = 40, .bulk = 50, .elements = 6, .depth = 3, .message = 150};

inline bool wants_more(const parse_result& result) {
  return result.status == parse_status::need_more;
}
inline bool failed(const parse_result& result) {
  return result.status == parse_status::error;
}

/// The tokens, one a line, and then the error or "more".
inline std::string tokens_of(std::string_view text, const std::vector<std::size_t>& arrivals = {},
                             form in = form::span, const resp_limits& limits = {}) {
  resp_tokenizer tokenizer(limits);
  std::string seen;
  std::string end = "more";
  feed(
      text, arrivals, in,
      [&](const auto& bytes) {
        resp_token token;
        const auto result = tokenizer.next(bytes, token);
        if (result.status == parse_status::message) {
          constexpr std::string_view types = "+-:$n*N";
          seen += std::string(2 * token.depth, ' ') + types[static_cast<std::size_t>(token.type)] +
                  std::to_string(token.value) + " " + text_of(subsequence(bytes, token.text)) +
                  (token.last ? ".\n" : "\n");
        } else if (result.status == parse_status::need_more) {
          EXPECT_GE(result.missing, 1U);
        } else {
          end = result.error.message();
          EXPECT_EQ(tokenizer.next(bytes, token).error, result.error);  // for ever
        }
        return result;
      },
      wants_more, failed);
  return seen + end;
}

/// The commands, one a line, each argument in brackets, and then the error or "more".
inline std::string commands_of(std::string_view text, const std::vector<std::size_t>& arrivals = {},
                               form in = form::span, const resp_limits& limits = {}) {
  resp_command_parser parser(limits);
  std::string seen;
  std::string end = "more";
  feed(
      text, arrivals, in,
      [&](const auto& bytes) {
        const auto result = parser.parse(bytes);
        if (result.status == parse_status::message) {
          EXPECT_GE(parser.size(), 1U);
          for (std::size_t i = 0; i < parser.size(); ++i) {
            seen += "[" + parser.argument_text(bytes, i) + "]";
            EXPECT_EQ(parser.argument_text(bytes, i).size(), parser.argument_size(i));
          }
          seen += parser.is_inline() ? " inline\n" : "\n";
        } else if (result.status == parse_status::need_more) {
          EXPECT_GE(result.missing, 1U);
        } else {
          end = result.error.message();
          EXPECT_EQ(parser.parse(bytes).error, result.error);  // for ever
        }
        return result;
      },
      wants_more, failed);
  return seen + end;
}

}  // namespace annulus::testing
