// The producer's side of a log: records into the ring.
#pragma once

#include <annulus/chunklog/log.hpp>
#include <annulus/mirror.hpp>
#include <atomic>
#include <cstdint>
#include <span>

#include "drain.hpp"
#include "record_encoder.hpp"
#include "state.hpp"
#include "tally.hpp"

namespace annulus::chunklog {

/// One thread at a time; `next_id` and the counts are for any.
class appender {
 public:
  struct counts {
    tally records, bytes, rejected;
  };

  appender(const log_directory& directory, const options& how, mirror_ring& ring, milestones& marks,
           log_state& state, const log_drain& drain, const recovered& found);

  appended append(std::span<const bytes_view> parts, const until& limit);
  appended_batch append_batch(std::span<const bytes_view> payloads, const until& limit);
  void close() noexcept { closed_ = true; }

  /// Acquire: pairs with the release in append(); who learns of an ID may order its sync.
  [[nodiscard]] std::uint64_t next_id() const noexcept {
    return next_id_.load(std::memory_order_acquire);
  }
  /// In chunks and in memory.
  [[nodiscard]] std::uint64_t used_bytes() const noexcept {
    const auto deleted = drain_.store().deleted_bytes();
    return at_open_ + counts_.bytes.get() - deleted;
  }
  [[nodiscard]] const counts& counted() const noexcept { return counts_; }

 private:
  [[nodiscard, gnu::cold, gnu::noinline]] status unfit(std::uint64_t bytes) const;
  [[gnu::cold, gnu::noinline]] status begin_chunk(const until& limit);
  [[gnu::cold, gnu::noinline]] status make_room(std::uint64_t bytes, const until& limit);
  std::size_t put_run(std::span<const bytes_view> payloads);
  void count(std::uint64_t records, std::uint64_t bytes, std::uint64_t next_id);
  std::error_code put(std::span<const bytes_view> parts, std::size_t bytes, std::uint64_t id,
                      const until& limit);
  [[gnu::cold, gnu::noinline]] reservation wait_for(std::size_t bytes, const until& limit);
  [[gnu::noinline]] std::error_code put_in_pieces(std::span<const bytes_view> parts,
                                                  std::uint64_t bytes, std::uint64_t id,
                                                  const until& limit);
  [[nodiscard, gnu::cold, gnu::noinline]] status refused(std::error_code error) const;

  const log_directory& directory_;
  const options& how_;
  mirror_ring& ring_;
  milestones& marks_;
  log_state& state_;
  const log_drain& drain_;
  const std::uint64_t at_open_;  // bytes in chunks
  const std::size_t piece_bytes_;
  std::uint64_t end_;     // of the last chunk, with what is on its way
  std::uint64_t chunks_;  // begun, or to be begun for what is on its way
  bool closed_ = false;
  record_encoder encoder_;
  std::atomic<std::uint64_t> next_id_;
  counts counts_;
};

}  // namespace annulus::chunklog
