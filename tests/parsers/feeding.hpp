// Feeds a parser bytes in portions, as a connection would, and writes down what it answers.
#pragma once

#include <gtest/gtest.h>

#include <annulus/parsers/resp.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bytes/scattered.hpp"

namespace annulus::testing {

/// How what is not consumed yet lies in memory when the parser is given it.
enum class form { span, pair, chain };
inline constexpr std::array forms{form::span, form::pair, form::chain};

/// Calls `parse(bytes)`, which returns a result with status, consumed, examined and error and
/// writes down what it got, with what has arrived: text up to each of `arrivals`, and then all of
/// it. The pieces of a chain are the portions that arrived; two spans meet where the last one
/// began. `need_more` says of a result whether it asks for more bytes, `stop` whether it is the
/// last.
template <class Parse, class NeedMore, class Stop>
void feed(std::string_view text, std::vector<std::size_t> arrivals, form in, Parse parse,
          NeedMore need_more, Stop stop) {
  const scattered portions(text, arrivals);
  arrivals.push_back(text.size());
  std::size_t consumed = 0;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    for (;;) {
      const auto given = text.substr(consumed, arrivals[i] - consumed);
      const auto last = i == 0 ? 0 : std::max(arrivals[i - 1], consumed) - consumed;
      const auto result = in == form::span ? parse(scattered(given).span())
                          : in == form::pair
                              ? parse(scattered(given, {last}).pair())
                              : parse(portions.chain().slice(consumed, given.size()));
      ASSERT_LE(result.consumed, result.examined);
      ASSERT_LE(result.examined, given.size());
      consumed += result.consumed;
      if (stop(result)) return;
      if (!need_more(result)) continue;
      ASSERT_EQ(result.examined, given.size());  // or a pipe would not wait for more
      break;
    }
  }
}

/// The first places of every portion, if each is of one byte.
inline std::vector<std::size_t> each_byte(std::string_view text) {
  std::vector<std::size_t> places(text.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
  return places;
}

inline std::string times(std::size_t n, std::string_view text) {
  std::string all;
  all.reserve(n * text.size());
  for (std::size_t i = 0; i < n; ++i) all += text;
  return all;
}

}  // namespace annulus::testing
