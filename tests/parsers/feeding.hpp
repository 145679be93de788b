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
  arrivals.push_back(text.size());
  std::size_t consumed = 0;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    for (;;) {
      const auto given = text.substr(consumed, arrivals[i] - consumed);
      std::vector<std::size_t> cuts;
      for (std::size_t j = 0; j < i; ++j) {
        if (arrivals[j] > consumed) cuts.push_back(arrivals[j] - consumed);
      }
      if (in == form::pair && cuts.size() > 1) cuts = {cuts.back()};
      if (in == form::span) cuts.clear();
      const scattered bytes(given, cuts);
      const auto result = in == form::span   ? parse(bytes.span())
                          : in == form::pair ? parse(bytes.pair())
                                             : parse(bytes.chain());
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

}  // namespace annulus::testing
