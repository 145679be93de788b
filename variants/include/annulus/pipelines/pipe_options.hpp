// How a pipe is to be.
#pragma once

#include <annulus/error.hpp>
#include <annulus/pipelines/memory_pool.hpp>
#include <annulus/pipelines/scheduler.hpp>
#include <cstddef>
#include <memory>
#include <system_error>

namespace annulus::pipelines {

/// Given at construction. Sizes are in bytes. Defaults and the meaning of the thresholds are those
/// of System.IO.Pipelines.
template <class Platform = std_platform>
struct basic_pipe_options {
  /// Where segments come from; one of the pipe's own if there is none.
  std::shared_ptr<basic_memory_pool<Platform>> pool{};
  /// An allocation gets a segment of this size, or of its own minimum if that is more.
  std::size_t minimum_segment = std::size_t{4} << 10;
  /// A flush waits once so much is committed that the reader has not examined. 0: never.
  std::size_t pause_threshold = std::size_t{64} << 10;
  /// It goes on once less than this is left unexamined; 0 is taken as 1, which is when all is
  /// examined. At most the pause threshold, unless that is 0.
  std::size_t resume_threshold = std::size_t{32} << 10;
  /// Committed bytes that are not consumed never exceed this, whatever was examined. 0: no limit.
  std::size_t max_size = 0;
  /// Where awaiting readers and writers go on. The thread that makes progress possible, by default.
  scheduler reader_scheduler{};
  scheduler writer_scheduler{};

  /// Clear, or why there can be no such pipe.
  [[nodiscard]] std::error_code check() const noexcept {
    if (minimum_segment == 0) return errc::no_segment_size;
    if (pause_threshold != 0 && resume_threshold > pause_threshold) return errc::resume_above_pause;
    return {};
  }
};

using pipe_options = basic_pipe_options<>;

}  // namespace annulus::pipelines
