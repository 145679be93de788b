// Where records end in what is appended, now and then.
#pragma once

#include <annulus/spsc.hpp>
#include <annulus/transfer.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace annulus::chunklog {

/// Spares the I/O thread the headers on its way, each a cache line of the appending core. One
/// thread sets them, another one passes them.
class milestones {
 public:
  struct mark {
    std::uint64_t position = 0;  ///< bytes appended since the log was opened ...
    std::uint64_t next_id = 0;   ///< ... and the ID of the record that follows
  };

  /// For a ring of so many bytes.
  explicit milestones(std::size_t ring_bytes) : queue_(ring_bytes / spacing * sizeof(mark)) {}

  /// A record ends there. Says so if it is far enough from the last one.
  void set(const mark& here) {
    if (here.position - set_ < spacing) return;
    // One that finds no room is not missed.
    static_cast<void>(queue_.writer().try_write(std::as_bytes(std::span(&here, 1))));
    set_ = here.position;
  }

  /// The last one up to `position`. May know of none if it was asked for a greater one before.
  std::optional<mark> last_up_to(std::uint64_t position) {
    auto& next = queue_.reader();
    for (mark seen; next_up_to(position, seen);) {
      passed_ = seen;
      next.consume(sizeof seen);
    }
    return passed_.position <= position ? std::optional(passed_) : std::nullopt;
  }

 private:
  static constexpr std::uint64_t spacing = std::uint64_t{16} << 10U;

  bool next_up_to(std::uint64_t position, mark& seen) {
    const auto there = queue_.reader().try_peek(sizeof seen);
    if (there.error) return false;
    std::memcpy(&seen, there.data.first.data(), sizeof seen);
    return seen.position <= position;
  }

  spsc_ring queue_;
  std::uint64_t set_ = 0;
  mark passed_{};
};

}  // namespace annulus::chunklog
