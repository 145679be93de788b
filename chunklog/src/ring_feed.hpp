// What the I/O thread has of the ring: bytes to write, and written ones that it keeps for a reader.
#pragma once

#include <annulus/chunklog/options.hpp>
#include <annulus/mirror.hpp>

#include "milestones.hpp"
#include "tail_chunk.hpp"

namespace annulus::chunklog {

/// The reading end of the ring, one thread's.
class ring_feed {
 public:
  ring_feed(mirror_ring& ring, milestones& marks, std::size_t cache_bytes)
      : ring_(ring), marks_(marks), cache_bytes_(cache_bytes) {}

  /// Learns what is there by now.
  void look();
  /// Whether the writer has stopped appending, for a glance at least.
  [[nodiscard]] bool settled();
  /// Bytes to write.
  [[nodiscard]] std::size_t pending() const noexcept { return seen_ - kept_; }
  /// The next of them. Precondition: they are there.
  [[nodiscard]] bytes_view next(std::size_t bytes) const { return {memory_ + kept_, bytes}; }
  /// What these are; the first record that begins there is `next_id`.
  [[nodiscard]] extent measure(std::size_t bytes, std::uint64_t next_id);
  /// They are written.
  void pass(std::size_t bytes, const extent& of);
  /// What is written from now on goes to another chunk.
  void begin_chunk() noexcept { in_chunk_ = 0; }

  /// Of what is kept, the part that is for readers.
  [[nodiscard]] bytes_view cached() const {
    const auto bytes = std::min(in_chunk_, cache_bytes_);
    return {memory_ + (kept_ - bytes), bytes};
  }
  [[nodiscard]] std::size_t kept() const noexcept { return kept_; }
  /// Gives the writer all of what is kept but the last `left` bytes.
  void release(std::size_t left);

  /// Has `who` notified when more is there, not for every piece. False if it is already.
  [[nodiscard]] bool arm(waker& who);
  [[nodiscard]] bool disarm(waker& who) { return ring_.reader().disarm(who); }
  void fail(std::error_code why) { ring_.reader().close(why); }

 private:
  mirror_ring& ring_;
  milestones& marks_;
  const std::size_t cache_bytes_;
  const std::byte* memory_ = nullptr;  // from the first byte that is kept
  std::size_t seen_ = 0;               // bytes there
  std::size_t kept_ = 0;               // of these, written
  std::size_t in_chunk_ = 0;           // of these, in the last chunk
  std::uint64_t position_ = 0;         // what was written since the log was opened
  std::uint64_t record_rest_ = 0;      // of a record that was cut, so many bytes are to come
};

}  // namespace annulus::chunklog
