// Transcripts of what the chunked decoder makes of bytes.
#pragma once

#include <annulus/parsers/chunked.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/feeding.hpp"

namespace annulus::testing {

/// The body in braces, each trailer field in brackets, and then how it ended: with the bytes left,
/// an error or "more".
inline std::string decoded(std::string_view text, const std::vector<std::size_t>& arrivals = {},
                           form in = form::span, const chunked_limits& limits = {}) {
  chunked_decoder decoder(limits);
  std::string body;
  std::string fields;
  std::string end = "more";
  std::size_t consumed = 0;
  feed(
      text, arrivals, in,
      [&](const auto& bytes) {
        const auto result = decoder.next(bytes);
        consumed += result.consumed;
        switch (result.status) {
          case chunked_status::need_more:
            break;
          case chunked_status::body:
            EXPECT_GT(result.data.length, 0U);
            body += text_of(subsequence(bytes, result.data));
            break;
          case chunked_status::trailer:
            fields += "[" + text_of(subsequence(bytes, result.name)) + "|" +
                      text_of(subsequence(bytes, result.value)) + "]";
            break;
          case chunked_status::end: {
            EXPECT_TRUE(decoder.at_end());
            end = "end";
            const auto again = decoder.next(bytes);
            EXPECT_EQ(again.status, chunked_status::end);
            EXPECT_EQ(again.consumed, 0U);
            break;
          }
          case chunked_status::error:
            end = result.error.message();
            EXPECT_EQ(decoder.next(bytes).error, result.error);  // for ever
        }
        EXPECT_EQ(decoder.body_size(), body.size());
        return result;
      },
      [](const chunked_result& result) { return result.status == chunked_status::need_more; },
      [](const chunked_result& result) {
        return result.status == chunked_status::end || result.status == chunked_status::error;
      });
  if (end == "end") end += " " + std::string(text.substr(consumed));
  return "{" + body + "}" + fields + " " + end;
}

}  // namespace annulus::testing
