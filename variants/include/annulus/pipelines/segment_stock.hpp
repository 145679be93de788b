// Where a pipe's segments come from and go back to.
#pragma once

#include <annulus/pipelines/memory_pool.hpp>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace annulus::pipelines {

/// Keeps the segments that the reader and preserved buffers let go of until the writer needs them,
/// up to a bound in bytes; the pool has the rest. A stack that is pushed to by anybody and taken
/// whole by the writer, so that there is no ABA (Treiber 1986, without its pop). Preserved buffers
/// keep it alive beyond its pipe.
template <class Platform>
class segment_stock : public std::enable_shared_from_this<segment_stock<Platform>> {
  using segment_type = segment<Platform>;
  using pool_type = basic_memory_pool<Platform>;
  using handle = typename pool_type::handle;

 public:
  segment_stock(std::shared_ptr<pool_type> pool, std::size_t keep_bytes)
      : pool_(std::move(pool)), keep_bytes_(keep_bytes) {}
  segment_stock(const segment_stock&) = delete;
  segment_stock& operator=(const segment_stock&) = delete;
  ~segment_stock() = default;  // nothing is left: close() came before

  /// A segment of at least `min` bytes, of `usual` ones if it has to be new, and part of the chain.
  /// The writer's. Throws std::bad_alloc.
  segment_type* take(std::size_t min, std::size_t usual) {
    if (kept_ == nullptr) {
      // Acquire: pairs with the release in give_back(); the others are done with the memory.
      kept_ = returned_.exchange(nullptr, std::memory_order_acquire);
    }
    segment_type* before = nullptr;
    for (auto* each = kept_; each != nullptr; before = each, each = each->next) {
      if (each->size < min) continue;
      segment_type* const rest = each->next;
      if (before == nullptr) {
        kept_ = rest;
      } else {
        before->next = rest;
      }
      kept_bytes_.fetch_sub(each->size, std::memory_order_relaxed);
      return enlist(each);
    }
    return enlist(count(pool_->lease(min > usual ? min : usual)));
  }
  /// A header, part of the chain, for foreign memory. The writer's. Throws std::bad_alloc.
  segment_type* take_header() { return enlist(count(pool_->lease_header())); }

  /// Takes the segment out of the chain; whoever is last to hold it gives it back. Any thread.
  void release(segment_type& done) noexcept {
    // Acquire and release: pairs with itself in unpin(); every holder's reads come before the
    // reuse.
    if (done.holders.fetch_and(~segment_type::in_chain, std::memory_order_acq_rel) ==
        segment_type::in_chain)
      give_back(done);
  }
  /// One preserved buffer more. Precondition: the segment is held by the caller already.
  void pin(segment_type& kept) noexcept {
    // Relaxed: a reference is made from another one.
    const auto before = kept.holders.fetch_add(1, std::memory_order_relaxed);
    assert(before != 0);
    if ((before & ~segment_type::in_chain) == 0)
      pinned_bytes_.fetch_add(kept.size, std::memory_order_relaxed);
  }
  void unpin(segment_type& done) noexcept {
    constexpr auto minus_one = ~std::uint32_t{0};
    const auto bytes = done.size;
    // Acquire and release: pairs with itself in release(), as there.
    const auto before = done.holders.fetch_add(minus_one, std::memory_order_acq_rel);
    if ((before & ~segment_type::in_chain) == 1)
      pinned_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    if (before == 1) give_back(done);
  }

  /// Everything goes to the pool, now and later. Not while the writer takes.
  void close() noexcept {
    to_pool(std::exchange(kept_, nullptr));
    // Acquire: as in take(). What comes later sees the mark, and so needs nothing from here.
    auto* const returned = returned_.exchange(&closed_, std::memory_order_acquire);
    if (returned != &closed_) to_pool(returned);
  }
  /// Ready for another stream. Precondition: closed, and nobody takes.
  void reopen() noexcept { returned_.store(nullptr, std::memory_order_relaxed); }

  /// Memory that only preserved buffers and the chain's own use keep: of every segment that a
  /// preserved buffer refers to, counted once.
  [[nodiscard]] std::size_t pinned_bytes() const noexcept {
    return pinned_bytes_.load(std::memory_order_relaxed);
  }
  /// Segments that are not in the pool: chained, stocked or pinned.
  [[nodiscard]] std::size_t segments() const noexcept {
    return segments_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t leases() const noexcept {
    return leases_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t allocations() const noexcept {
    return allocations_.load(std::memory_order_relaxed);
  }

 private:
  segment_type* enlist(segment_type* fresh) noexcept {
    fresh->home = this;
    fresh->end = 0;
    fresh->next = nullptr;
    // Relaxed: only the writer knows it until a commit publishes it.
    fresh->holders.store(segment_type::in_chain, std::memory_order_relaxed);
    return fresh;
  }
  segment_type* count(std::pair<handle, bool> leased) noexcept {
    leases_.fetch_add(1, std::memory_order_relaxed);
    if (leased.second) allocations_.fetch_add(1, std::memory_order_relaxed);
    segments_.fetch_add(1, std::memory_order_relaxed);
    return leased.first.release();  // the chain's, by count of its holders
  }

  void give_back(segment_type& done) noexcept {
    if (!done.is_block()) {
      const auto memory = done.foreign;
      to_pool(done);
      if (memory.release != nullptr) memory.release(memory.context, memory.bytes);
      return;
    }
    const auto others = kept_bytes_.fetch_add(done.size, std::memory_order_relaxed);
    if (others + done.size <= keep_bytes_ && push(done)) return;
    kept_bytes_.fetch_sub(done.size, std::memory_order_relaxed);
    to_pool(done);
  }
  // False if the stock is closed.
  bool push(segment_type& done) noexcept {
    auto* top = returned_.load(std::memory_order_relaxed);
    do {
      if (top == &closed_) return false;
      done.next = top;
      // Release: pairs with the acquire in take() and close().
    } while (!returned_.compare_exchange_weak(top, &done, std::memory_order_release,
                                              std::memory_order_relaxed));
    return true;
  }
  void to_pool(segment_type& done) noexcept {
    segments_.fetch_sub(1, std::memory_order_relaxed);
    pool_->give_back(handle(&done));
  }
  // All of a list of stocked segments.
  void to_pool(segment_type* first) noexcept {
    while (first != nullptr) {
      auto& done = *first;
      first = done.next;
      kept_bytes_.fetch_sub(done.size, std::memory_order_relaxed);
      to_pool(done);
    }
  }

  std::shared_ptr<pool_type> pool_;
  const std::size_t keep_bytes_;
  segment_type closed_;           // stands on the stack for "no more"
  segment_type* kept_ = nullptr;  // the writer's
  typename Platform::template atomic<segment_type*> returned_{nullptr};
  // A bound and counts, which publish nothing: relaxed, and no business of a checker.
  std::atomic<std::size_t> kept_bytes_{0}, pinned_bytes_{0}, segments_{0};
  std::atomic<std::uint64_t> leases_{0}, allocations_{0};
};

}  // namespace annulus::pipelines
