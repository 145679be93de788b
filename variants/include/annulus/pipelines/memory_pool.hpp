// Blocks that pipes share.
#pragma once

#include <annulus/pipelines/segment.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace annulus::pipelines {

/// What a pool keeps when it is given back.
struct pool_limits {
  std::size_t segments = 256;                 ///< blocks, and as many headers
  std::size_t bytes = std::size_t{64} << 20;  ///< of all blocks together
};

/// A snapshot.
struct pool_stats {
  std::size_t leased = 0;        ///< segments that pipes and preserved buffers have
  std::size_t leased_bytes = 0;  ///< their memory, without foreign memory
  std::size_t pooled = 0;        ///< blocks waiting to be leased
  std::size_t pooled_bytes = 0;
  std::size_t headers = 0;        ///< headers waiting for foreign memory
  std::uint64_t allocations = 0;  ///< times that it had to ask the heap
  std::uint64_t discarded = 0;    ///< segments that went back to the heap, the pool being full
};

/// Segments, header and block together, for any number of pipes and threads. Pipes keep it alive.
/// Each call takes one lock; O(pooled) if the blocks differ in size, else O(1).
template <class Platform = std_platform>
class basic_memory_pool {
 public:
  using segment_type = segment<Platform>;
  using handle = std::unique_ptr<segment_type>;

  explicit basic_memory_pool(const pool_limits& keep = {}) : keep_(keep) {
    blocks_.reserve(keep.segments);
    headers_.reserve(keep.segments);
  }
  basic_memory_pool(const basic_memory_pool&) = delete;
  basic_memory_pool& operator=(const basic_memory_pool&) = delete;
  ~basic_memory_pool() = default;

  /// Adds a block of the caller's memory, which must outlive the pool. It is leased like others,
  /// and kept whatever the limits say. Throws std::bad_alloc.
  void lend(bytes_span memory) {
    if (memory.empty()) return;
    auto block = std::make_unique<segment_type>(memory);
    const std::scoped_lock held(mutex_);
    blocks_.reserve(blocks_.capacity() + 1);  // so that giving it back need not allocate
    enlist(*block);
    insert(std::move(block));
  }

  /// A block of at least `min` bytes, or a new one of `min`; second is whether it is new. Throws
  /// std::bad_alloc.
  std::pair<handle, bool> lease(std::size_t min) {
    {
      const std::scoped_lock held(mutex_);
      for (auto each = blocks_.rbegin(); each != blocks_.rend(); ++each) {
        if ((*each)->size < min) continue;
        auto found = std::move(*each);
        blocks_.erase(std::next(each).base());
        stats_.pooled_bytes -= found->size;
        count_lease(*found);
        return {std::move(found), false};
      }
    }
    auto made = std::make_unique<segment_type>(min);
    const std::scoped_lock held(mutex_);
    ++stats_.allocations;
    enlist(*made);
    count_lease(*made);
    return {std::move(made), true};
  }

  /// A header for foreign memory. Throws std::bad_alloc.
  std::pair<handle, bool> lease_header() {
    {
      const std::scoped_lock held(mutex_);
      if (!headers_.empty()) {
        auto found = std::move(headers_.back());
        headers_.pop_back();
        ++stats_.leased;
        return {std::move(found), false};
      }
    }
    auto made = std::make_unique<segment_type>();
    const std::scoped_lock held(mutex_);
    ++stats_.allocations;
    ++stats_.leased;
    return {std::move(made), true};
  }

  void give_back(handle returned) noexcept {
    handle discarded;  // freed without the lock
    const std::scoped_lock held(mutex_);
    --stats_.leased;
    if (!returned->is_block()) {
      returned->foreign = {};
      if (headers_.size() < keep_.segments) return headers_.push_back(std::move(returned));
    } else {
      stats_.leased_bytes -= returned->size;
      if (returned->is_lent()) return insert(std::move(returned));
      const auto kept = blocks_.size() - lent_pooled_;
      if (kept < keep_.segments && stats_.pooled_bytes + returned->size <= keep_.bytes)
        return insert(std::move(returned));
      strike(*returned);
    }
    ++stats_.discarded;
    discarded = std::move(returned);
  }

  /// Calls `visit(memory)` for each block, leased or not, with the pool locked. O(blocks).
  template <class Visit>
  void each_block(Visit visit) const {
    const std::scoped_lock held(mutex_);
    for (const auto* each = made_; each != nullptr; each = each->made_before)
      visit(bytes_view(each->memory, each->size));
  }

  [[nodiscard]] pool_stats stats() const {
    const std::scoped_lock held(mutex_);
    auto seen = stats_;
    seen.pooled = blocks_.size();
    seen.headers = headers_.size();
    return seen;
  }

 private:
  // The list of all blocks.
  void enlist(segment_type& block) noexcept {
    block.made_before = made_;
    if (made_ != nullptr) made_->made_after = &block;
    made_ = &block;
  }
  void strike(segment_type& block) noexcept {
    if (block.made_before != nullptr) block.made_before->made_after = block.made_after;
    (block.made_after != nullptr ? block.made_after->made_before : made_) = block.made_before;
  }
  void insert(handle block) noexcept {
    stats_.pooled_bytes += block->size;
    if (block->is_lent()) ++lent_pooled_;
    blocks_.push_back(std::move(block));
  }
  void count_lease(const segment_type& leased) noexcept {
    ++stats_.leased;
    stats_.leased_bytes += leased.size;
    if (leased.is_lent() && lent_pooled_ > 0) --lent_pooled_;
  }

  const pool_limits keep_;
  mutable typename Platform::mutex mutex_;
  std::vector<handle> blocks_, headers_;
  segment_type* made_ = nullptr;  // the last block
  std::size_t lent_pooled_ = 0;
  pool_stats stats_;
};

using memory_pool = basic_memory_pool<>;

}  // namespace annulus::pipelines
