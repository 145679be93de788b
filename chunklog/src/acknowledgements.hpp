// Which records are done with, and which chunk the oldest other one is in.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>

namespace annulus::chunklog {

/// The acknowledged IDs: all up to a point, and ranges beyond it. Chunks are counted from the
/// oldest at open. Thread-safe.
class acknowledgements {
 public:
  struct position {
    std::uint64_t last = 0;   ///< every record up to this ID is acknowledged
    std::uint64_t chunk = 0;  ///< no earlier chunk holds an unacknowledged record
  };

  explicit acknowledgements(std::uint64_t last) : last_(last) {}

  /// The first record of a chunk, which need not be there yet, has this ID. True if that completes
  /// the oldest chunk.
  bool begins(std::uint64_t chunk, std::uint64_t first_id) {
    const std::scoped_lock hold(mutex_);
    if (chunk < oldest_) return false;
    const auto index = static_cast<std::size_t>(chunk - oldest_);
    if (first_ids_.size() <= index) first_ids_.resize(index + 1);
    first_ids_[index] = first_id;
    if (index > 0 && (next_known_ == 0 || index < next_known_)) next_known_ = index;
    return completes();
  }

  /// All from `first` to `last`, which is not less. True if that completes the oldest chunk.
  bool add(std::uint64_t first, std::uint64_t last) {
    const std::scoped_lock hold(mutex_);
    insert(first, last);
    return completes();
  }

  [[nodiscard]] position at() {
    const std::scoped_lock hold(mutex_);
    while (oldest_is_complete()) drop_front();
    return {last_, oldest_};
  }

  /// The oldest chunk goes, whatever it holds; `chunk` with `first_id` follows. Returns how many
  /// unacknowledged records it takes along.
  std::uint64_t drop_before(std::uint64_t chunk, std::uint64_t first_id) {
    const std::scoped_lock hold(mutex_);
    while (oldest_ < chunk) drop_front();
    if (first_id <= last_ + 1) return 0;
    std::uint64_t lost = first_id - 1 - last_;
    for (const auto& [first, last] : beyond_) {
      if (first < first_id) lost -= std::min(last, first_id - 1) - first + 1;
    }
    insert(last_ + 1, first_id - 1);
    return lost;
  }

 private:
  void insert(std::uint64_t first, std::uint64_t last) {
    if (last <= last_) return;
    if (first <= last_ + 1) {
      last_ = last;
    } else {
      // The ranges that it touches become part of it.
      auto next = beyond_.upper_bound(first);
      if (next != beyond_.begin() && std::prev(next)->second + 1 >= first) --next;
      while (next != beyond_.end() && next->first <= last + 1) {
        first = std::min(first, next->first);
        last = std::max(last, next->second);
        next = beyond_.erase(next);
      }
      beyond_.emplace(first, last);
    }
    while (!beyond_.empty() && beyond_.begin()->first <= last_ + 1) {
      last_ = std::max(last_, beyond_.begin()->second);
      beyond_.erase(beyond_.begin());
    }
  }

  // Chunks before one whose first record follows what is acknowledged are done with, also those of
  // which nothing is known: they were damaged, or not read yet.
  [[nodiscard]] bool oldest_is_complete() const {
    return next_known_ != 0 && last_ + 1 >= first_ids_[next_known_];
  }
  // Said once for each chunk.
  bool completes() {
    if (!oldest_is_complete() || said_ >= oldest_ + next_known_) return false;
    said_ = oldest_ + next_known_;
    return true;
  }
  void drop_front() {
    if (!first_ids_.empty()) first_ids_.pop_front();
    ++oldest_;
    if (next_known_ > 1) {
      --next_known_;
    } else {
      const auto known = [](std::uint64_t id) { return id != 0; };
      const auto at = first_ids_.empty()
                          ? first_ids_.end()
                          : std::find_if(first_ids_.begin() + 1, first_ids_.end(), known);
      next_known_ = at == first_ids_.end() ? 0 : static_cast<std::size_t>(at - first_ids_.begin());
    }
  }

  std::mutex mutex_;
  std::uint64_t last_;
  std::map<std::uint64_t, std::uint64_t> beyond_{};  // first to last ID of each range
  std::uint64_t oldest_ = 0;
  std::uint64_t said_ = 0;                 // chunks before it have been said to be complete
  std::size_t next_known_ = 0;             // the first in first_ids_ behind the oldest; 0: none
  std::deque<std::uint64_t> first_ids_{};  // from the oldest chunk on; 0: not known yet
};

}  // namespace annulus::chunklog
