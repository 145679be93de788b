// Which chunks of an open log there are: the old ones go.
#pragma once

#include <annulus/chunklog/error.hpp>
#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "directory.hpp"
#include "frontier.hpp"
#include "scan.hpp"
#include "tally.hpp"

namespace annulus::chunklog {

/// From the oldest one that is kept to the last one, each by its count from the oldest at open.
/// One thread's, but for deleted_bytes().
class kept_chunks {
 public:
  /// A chunk, and the first record of it that is whole.
  struct beginning : status {
    std::uint64_t chunk = 0;
    std::uint64_t first_id = 0;  ///< 0: there is none
  };

  kept_chunks(const log_directory& directory, file_counts& counts, chunk_number base,
              const std::vector<std::uint64_t>& sizes)
      : directory_(directory), counts_(counts), base_(base), sizes_(sizes.begin(), sizes.end()) {}

  [[nodiscard]] std::uint64_t oldest() const noexcept { return oldest_; }
  [[nodiscard]] chunk_number number(std::uint64_t chunk) const {
    return static_cast<chunk_number>(base_ + chunk);
  }

  /// The last one was left with so many bytes.
  void begin_next(std::uint64_t bytes) {
    sizes_.back() = bytes;
    sizes_.push_back(0);
  }
  status remove_before(std::uint64_t chunk);
  /// Behind the oldest, in a log that ends there: the nearest chunk that would not be the next to
  /// go, since it has a record that can be read, or will have.
  [[nodiscard]] beginning second(const log_end& end) const;

  /// What the deleted chunks held. Any thread.
  [[nodiscard]] std::uint64_t deleted_bytes() const noexcept {
    // Acquire: pairs with remove_before(); the space is there.
    return deleted_bytes_.load(std::memory_order_acquire);
  }

 private:
  const log_directory& directory_;
  file_counts& counts_;
  chunk_number base_;                // the number of chunk 0
  std::deque<std::uint64_t> sizes_;  // oldest first; of the last one not known yet
  std::uint64_t oldest_ = 0;
  std::atomic<std::uint64_t> deleted_bytes_{0};
};

}  // namespace annulus::chunklog
