// What was written last and is still in memory, for a reader that keeps up.
#pragma once

#include <annulus/transfer.hpp>
#include <cstdint>
#include <string>

#include "log_monitor.hpp"
#include "order_book.hpp"

namespace annulus::chunklog {

/// The end of the last chunk, in memory that belongs to whoever publishes it. A reader who copies
/// from it pins it, so that its bytes stay where they are meanwhile.
class tail_cache {
 public:
  tail_cache(log_monitor& shared, order_book& orders) : shared_(shared), orders_(orders) {}

  /// Copies what the chunk has from `offset` on, if that is where it lies: 0 if not. The reader's.
  std::size_t copy(std::uint64_t chunk, std::uint64_t offset, bytes_span to);

  /// `bytes` more were written; the last ones that are in memory are in that chunk, up to
  /// `file_end`. With the lock held.
  void publish(std::uint64_t chunk, std::uint64_t bytes, bytes_view cached, std::uint64_t file_end);
  /// Of `kept` written bytes that are still in memory, forgets the oldest but for `keep`, or as
  /// many as the reader lets go. Returns how many are left. The I/O thread's.
  std::size_t trim(std::size_t kept, std::size_t keep);

  /// Precondition: the lock is held.
  [[nodiscard]] std::string describe() const;

 private:
  log_monitor& shared_;
  order_book& orders_;

  bytes_view cached_{};  // ends at file_end_ of chunk_
  std::uint64_t chunk_ = 0;
  std::uint64_t file_end_ = 0;
  std::uint64_t written_ = 0;  // bytes, since the log was opened
  bool pinned_ = false;        // the reader copies what was written from pin_ on
  std::uint64_t pin_ = 0;
  bool trim_due_ = false;
};

}  // namespace annulus::chunklog
