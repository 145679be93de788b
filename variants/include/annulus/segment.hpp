// `segment`: the pipe of the Pipelines design document as a ring.
#pragma once

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/core/flat_storage.hpp>
#include <annulus/core/page_census.hpp>
#include <annulus/core/platform.hpp>
#include <annulus/pipelines/memory_pool.hpp>
#include <annulus/pipelines/pipe_options.hpp>
#include <annulus/segment_ring/core.hpp>
#include <annulus/segment_ring/reader.hpp>
#include <annulus/segment_ring/writer.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>

namespace annulus {

/// The core of a pipe (pipelines/pipe.hpp) that never pauses and whose max_size is the capacity,
/// with ends that keep the ring contract. Each segment has readable bytes and writable bytes behind
/// them; the writer appends a segment when its tail is too small for what it asks, the reader gives
/// emptied ones back. The capacity bounds readable bytes; memory held beyond it is at most the
/// unused ends of the segments, the stock, whose bytes are bounded by the capacity and two
/// segments, and the longest peek that had to be joined. In the steady state nothing is allocated.
/// A reservation is always one span, and a peek that would need more than two segments joins them
/// by copying; `peek_chain`, a call that only this ring's reader has, shows them where they lie.
template <class Platform = std_platform>
class basic_segment_ring : public observers<basic_segment_ring<Platform>> {
 public:
  /// The size of an ordinary segment in bytes, if the capacity is not less; a larger reservation
  /// gets a segment of its own size.
  static constexpr std::size_t segment_bytes = std::size_t{64} << 10;

  /// Segments come from the heap as the chain grows, when a policy that cannot be had could no
  /// longer be refused: any but the default one is errc::no_memory_policy.
  explicit basic_segment_ring(std::size_t capacity,
                              const memory_policy& memory = memory_policy::usual())
      : capacity_(checked(capacity, memory)), core_(options(), capacity + 2 * ordinary()) {}
  basic_segment_ring(const basic_segment_ring&) = delete;
  basic_segment_ring& operator=(const basic_segment_ring&) = delete;
  /// An end that waits gets errc::destroyed, and is let out of its call first.
  ~basic_segment_ring() {
    core_.destroy();
    writer_.wait_until_left();
    reader_.wait_until_left();
  }

  [[nodiscard]] segment_writer<Platform>& writer() noexcept { return writer_; }
  [[nodiscard]] segment_reader<Platform>& reader() noexcept { return reader_; }

  void fail(std::error_code error) {
    auto held = core_.enter();
    core_.fail(held, error);
  }

  /// All segments, in use or not. O(segments + memory mapped by the process).
  [[nodiscard]] memory_report memory() const {
    const page_census census;
    memory_report report;
    pool_->each_block([&](bytes_view block) { census.count(block, {}, report); });
    return report;
  }

  void reset() {
    core_.restart();
    writer_.reset();
    reader_.reset();
  }

 private:
  friend segment_writer<Platform>;
  friend segment_reader<Platform>;
  friend observers<basic_segment_ring>;
  friend observers<segment_writer<Platform>>;
  friend observers<segment_reader<Platform>>;
  using pool = pipelines::basic_memory_pool<Platform>;

  static std::size_t checked(std::size_t capacity, const memory_policy& memory) {
    checked_capacity(capacity);
    if (memory == memory_policy{} || memory == memory_policy::usual()) return capacity;
    throw std::system_error(make_error_code(errc::no_memory_policy),
                            "segment of " + std::to_string(capacity) + " bytes");
  }
  [[nodiscard]] std::size_t ordinary() const noexcept { return std::min(segment_bytes, capacity_); }
  [[nodiscard]] pipelines::basic_pipe_options<Platform> options() const {
    return {.pool = pool_,
            .minimum_segment = ordinary(),
            .pause_threshold = 0,
            .resume_threshold = 0,
            .max_size = capacity_};
  }

  const basic_segment_ring& observed() const noexcept { return *this; }
  [[nodiscard]] std::size_t buffered() const noexcept { return core_.size(); }
  [[nodiscard]] std::size_t storage_capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::size_t span_limit() const noexcept { return capacity_; }
  [[nodiscard]] ring_stats counted() const noexcept { return core_.counted(); }

  const std::size_t capacity_;
  // Keeps nothing, the stock does; but it knows all segments.
  const std::shared_ptr<pool> pool_ = std::make_shared<pool>(pipelines::pool_limits{0, 0});
  segment_core<Platform> core_;
  // Each writes to itself in every call: on no line of the other's, nor of the core's.
  alignas(line_bytes) segment_writer<Platform> writer_{*this};
  alignas(line_bytes) segment_reader<Platform> reader_{*this};
};

using segment_ring = basic_segment_ring<>;

template <>
inline constexpr variant_info variant<segment_ring>{
    .name = "segment",
    .storage = "chain of pooled segments",
    .waiting = "mutex, self-tuning spin, two condition variables",
    .buffered = true,
    .contiguous = false,
    .kernel_waits = true,
    .source = "Pipelines design document, seed 001",
};

}  // namespace annulus
