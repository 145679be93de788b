// Which records are done with, and which chunk the oldest other one is in.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>

#include "directory.hpp"

namespace annulus::chunklog {

/// The acknowledged IDs: all up to a point, and ranges beyond it. Thread-safe.
class acknowledgements {
 public:
  struct position {
    std::uint64_t last = 0;  ///< every record up to this ID is acknowledged
    chunk_number chunk = 0;  ///< no earlier chunk holds an unacknowledged record
  };

  explicit acknowledgements(position at) : last_(at.last), chunks_{{at.chunk, 0}} {}

  /// The reader goes on to a chunk, whose first record is `first_id`.
  void enter(chunk_number number, std::uint64_t first_id) {
    const std::scoped_lock hold(mutex_);
    chunks_.push_back({number, first_id});
  }

  void add(std::uint64_t id) {
    const std::scoped_lock hold(mutex_);
    if (id <= last_) return;
    if (id == last_ + 1) {
      last_ = id;
      if (!beyond_.empty() && beyond_.begin()->first == last_ + 1) {
        last_ = beyond_.begin()->second;
        beyond_.erase(beyond_.begin());
      }
      return;
    }
    // The range at or before `id`, and the one behind it, grow to meet it.
    auto after = beyond_.upper_bound(id);
    auto first = id;
    auto last = id;
    if (after != beyond_.begin()) {
      const auto before = std::prev(after);
      if (before->second >= id) return;
      if (before->second + 1 == id) {
        first = before->first;
        beyond_.erase(before);
      }
    }
    if (after != beyond_.end() && after->first == id + 1) {
      last = after->second;
      beyond_.erase(after);
    }
    beyond_.emplace(first, last);
  }

  [[nodiscard]] position at() {
    const std::scoped_lock hold(mutex_);
    while (chunks_.size() > 1 && last_ + 1 >= chunks_[1].first_id) chunks_.pop_front();
    return {last_, chunks_.front().number};
  }

 private:
  struct entered {
    chunk_number number = 0;
    std::uint64_t first_id = 0;
  };

  std::mutex mutex_;
  std::uint64_t last_;
  std::map<std::uint64_t, std::uint64_t> beyond_{};  // first to last ID of each range
  std::deque<entered> chunks_;                       // from the oldest needed to the reader's
};

}  // namespace annulus::chunklog
