// Mirrored mappings that outlive their rings, since making one costs system calls and page faults.
#pragma once

#include <algorithm>
#include <annulus/core/mapping.hpp>
#include <annulus/memory.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace annulus {

/// What a mirror_pool has done and holds.
struct mirror_pool_stats {
  std::uint64_t hits = 0;      ///< leases of a mapping that was there
  std::uint64_t misses = 0;    ///< leases that had to map
  std::uint64_t evicted = 0;   ///< mappings given back to the kernel to stay within the limit
  std::size_t idle_bytes = 0;  ///< of mappings that wait to be leased, each counted once
};

/// Keeps mirrored mappings for reuse by rings of the same size and policy. Thread-safe. It may die
/// before its leases: what they hold is then unmapped as they end. Nothing is zeroed again: a ring
/// hands out only bytes that were written to it, but its reservations show what an earlier ring
/// left, so share a pool only among those who may see each other's bytes. Pages that an earlier
/// ring touched stay on the node where it touched them, unless the policy names nodes.
class mirror_pool {
  struct idle_mapping {
    memory_policy policy;
    mapping memory;
  };

  // What the leases share with the pool.
  class free_list {
   public:
    explicit free_list(std::size_t limit) : limit_(limit) {}

    mapping take(std::size_t bytes, const memory_policy& policy) {
      const std::scoped_lock held(mutex_);
      const auto found = std::find_if(idle_.begin(), idle_.end(), [&](const auto& each) {
        return each.memory.bytes() == bytes && each.policy == policy;
      });
      if (found == idle_.end()) {
        ++stats_.misses;
        return {};
      }
      ++stats_.hits;
      stats_.idle_bytes -= bytes;
      auto memory = std::move(found->memory);
      idle_.erase(found);
      return memory;
    }

    void put(idle_mapping back) noexcept {
      std::list<idle_mapping> evicted;  // unmapped when the lock is free again
      const std::scoped_lock held(mutex_);
      try {
        idle_.push_front(std::move(back));
      } catch (const std::bad_alloc&) {
        return;  // and unmapped
      }
      stats_.idle_bytes += idle_.front().memory.bytes();
      while (stats_.idle_bytes > limit_) {
        stats_.idle_bytes -= idle_.back().memory.bytes();
        ++stats_.evicted;
        evicted.splice(evicted.end(), idle_, std::prev(idle_.end()));
      }
    }

    mirror_pool_stats stats() const {
      const std::scoped_lock held(mutex_);
      return stats_;
    }

   private:
    const std::size_t limit_;
    mutable std::mutex mutex_;
    // Guarded by the mutex; the last one given back first, which is the likeliest to be in a cache.
    std::list<idle_mapping> idle_;
    mirror_pool_stats stats_;
  };

 public:
  /// A mapping on loan, or one's own if there is no pool. Goes back when it dies. Movable.
  class lease {
   public:
    explicit lease(mapping own) noexcept : memory_(std::move(own)) {}
    lease(lease&&) noexcept = default;
    lease& operator=(lease&& other) noexcept {
      lease old(std::move(*this));
      memory_ = std::move(other.memory_);
      policy_ = std::move(other.policy_);
      home_ = std::move(other.home_);
      return *this;
    }
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() {
      if (memory_.data() == nullptr) return;
      if (const auto home = home_.lock()) home->put({std::move(policy_), std::move(memory_)});
    }

    [[nodiscard]] const mapping& memory() const noexcept { return memory_; }

   private:
    friend mirror_pool;
    lease(mapping memory, memory_policy policy, std::weak_ptr<free_list> home) noexcept
        : memory_(std::move(memory)), policy_(std::move(policy)), home_(std::move(home)) {}

    mapping memory_;
    memory_policy policy_;
    std::weak_ptr<free_list> home_;
  };

  /// Holds at most `limit` idle bytes; the longest idle go first. 0 keeps none.
  explicit mirror_pool(std::size_t limit) : free_list_(std::make_shared<free_list>(limit)) {}

  /// A mapping of `bytes`, rounded up as mapping::mirrored does, and of exactly this policy. Throws
  /// as mapping::mirrored does. O(idle mappings), and the cost of mapping if there is none.
  lease take(std::size_t bytes, const memory_policy& policy = memory_policy::usual()) {
    bytes = pages::round_up(bytes, pages::granule(bytes, policy));
    auto key = policy;
    auto memory = free_list_->take(bytes, policy);
    if (memory.data() == nullptr) memory = mapping::mirrored(bytes, policy);
    return {std::move(memory), std::move(key), free_list_};
  }

  [[nodiscard]] mirror_pool_stats stats() const { return free_list_->stats(); }

 private:
  std::shared_ptr<free_list> free_list_;
};

}  // namespace annulus
