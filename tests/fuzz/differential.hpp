// What the fuzz targets share: inputs are plain text of the protocol, and all else is drawn from
// it.
#pragma once

#include <gtest/gtest.h>

#include <annulus/bytes/crc32c.hpp>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace annulus::fuzz {

/// Numbers drawn from what is fuzzed, so that a finding is its input and nothing else.
class draw {
 public:
  explicit draw(std::string_view text) noexcept : state_(crc32c(std::as_bytes(std::span(text)))) {}
  /// 0 <= result < bound.
  std::size_t below(std::size_t bound) noexcept {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX
    return static_cast<std::size_t>(state_ >> 33) % bound;
  }

 private:
  std::uint64_t state_;
};

/// Where portions of `text` end: single bytes, a few, or many at a time.
inline std::vector<std::size_t> arrivals(std::string_view text) {
  draw drawn(text);
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < text.size();) {
    constexpr std::size_t sizes[] = {1, 2, 8, 64};
    at += 1 + drawn.below(sizes[drawn.below(4)]);
    if (at < text.size()) places.push_back(at);
  }
  return places;
}

/// Makes a failed expectation end the program, which libFuzzer takes as a finding.
inline void fail_hard() {
  // It keeps the input of an abort, but not that of GoogleTest's breakpoint.
  std::signal(SIGTRAP, [](int) { std::abort(); });
  GTEST_FLAG_SET(break_on_failure, true);
}

}  // namespace annulus::fuzz
