// What the tests of the pipe share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <annulus/pipelines/pipe.hpp>
#include <atomic>
#include <cstdint>
#include <stop_token>
#include <thread>
#include <vector>

#include "support/stream.hpp"

namespace annulus::pipelines::testing {

using annulus::testing::pattern;
using annulus::testing::pattern_bytes;
using annulus::testing::sizes;

inline const auto some_error = std::make_error_code(std::errc::io_error);
inline const auto other_error = std::make_error_code(std::errc::no_space_on_device);

/// The thresholds of the telling tests.
inline pipe_options small_options() {
  return {.minimum_segment = 16, .pause_threshold = 64, .resume_threshold = 32};
}

/// Advances `n` bytes of the stream from position `from` on, not committed, in as many pieces as
/// the segments want.
inline void put(pipe_writer& writer, std::size_t n, std::uint64_t from = 0) {
  while (n > 0) {
    const auto got = writer.alloc();
    ASSERT_FALSE(got.error) << got.error.message();
    const auto step = std::min(n, got.memory.size());
    for (std::size_t i = 0; i < step; ++i) got.memory[i] = pattern(from++);
    ASSERT_FALSE(writer.advance(step));
    n -= step;
  }
}

/// True if `buffer` is the stream from position `from` on.
template <class Buffer>
bool holds(const Buffer& buffer, std::uint64_t from = 0) {
  for (const auto piece : buffer) {
    if (piece.empty() || !annulus::testing::matches(piece, from)) return false;
    from += piece.size();
  }
  return true;
}

inline void advance(pipe_reader& reader, const readable_buffer& buffer, std::size_t consumed,
                    std::size_t examined) {
  const auto error = reader.advance(buffer.at(consumed), buffer.at(examined));
  ASSERT_FALSE(error) << error.message();
}

/// Makes a call on an end of `of`, with a limit that ends it once it waits.
template <class Call>
auto ended_when_it_waits(const pipe& of, Call call) {
  const auto parks = [&of] {
    const auto seen = of.stats();
    return seen.reader.parks + seen.writer.parks;
  };
  std::stop_source stop;
  std::atomic<bool> over = false;
  std::thread stopper([&, before = parks()] {
    while (parks() == before && !over) std::this_thread::yield();
    stop.request_stop();
  });
  const auto result = call(until(stop.get_token()));
  over = true;
  stopper.join();
  return result;
}

/// Whether a flush of nothing would wait.
inline bool paused(pipe_writer& writer) {
  return writer.try_flush() == errc::would_block;
}

/// Counts how often foreign memory was released.
struct release_count {
  int calls = 0;
  static void count(void* context, bytes_view) noexcept {
    ++static_cast<release_count*>(context)->calls;
  }
  foreign_memory of(bytes_view bytes) { return {bytes, &release_count::count, this}; }
};

}  // namespace annulus::pipelines::testing
