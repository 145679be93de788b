// `segment`: a chain of pooled segments that grows, with the memory model of the Pipelines design
// document.
#pragma once

#include <algorithm>
#include <annulus/locked_ring.hpp>
#include <annulus/storage.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace annulus {

/// The chain of seed 001: each segment has readable bytes [start, end) and writable bytes behind
/// them; the writer appends a segment when its tail is too small for what it asks, the reader gives
/// emptied ones back to the pool. The capacity bounds readable bytes; memory held beyond it is at
/// most the unused ends of the segments and the pool, whose bytes are bounded by the capacity and
/// one segment. In the steady state nothing is allocated. A reservation is always one span, and a
/// peek that would need more than two segments joins them by copying.
class segment_store {
 public:
  // The writer writes behind `end` and the reader reads before it, so bytes need no lock; only
  // links and ends do.
  static constexpr bool copies_locked = false;
  /// The size of an ordinary segment in bytes; a larger reservation gets a segment of its own size.
  static constexpr std::size_t segment_bytes = std::size_t{64} << 10;

  /// Segments come from the heap as the chain grows, when a policy that cannot be had could no
  /// longer be refused: any but the default one is errc::no_memory_policy.
  explicit segment_store(std::size_t capacity, const memory_policy& memory = {})
      : capacity_(checked_capacity(capacity)) {
    if (memory == memory_policy{}) return;
    throw std::system_error(make_error_code(errc::no_memory_policy),
                            "segment of " + std::to_string(capacity) + " bytes");
  }
  segment_store(const segment_store&) = delete;
  segment_store& operator=(const segment_store&) = delete;
  ~segment_store() {
    drop(std::move(head_));
    drop(std::move(pool_));
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// O(1); allocates only while the chain grows beyond all it has been.
  [[nodiscard]] span_pair<std::byte> reserve(std::size_t min) {
    if (tail_ == nullptr || tail_->writable().size() < std::max<std::size_t>(min, 1)) {
      auto fresh = lease(min);
      auto* const added = fresh.get();
      (tail_ == nullptr ? head_ : tail_->next) = std::move(fresh);
      tail_ = added;
    }
    return {tail_->writable(), {}};
  }
  void commit(std::size_t n) noexcept {
    tail_->end += n;
    size_ += n;
  }

  /// O(1), or O(min) when it has to join segments.
  [[nodiscard]] span_pair<const std::byte> peek(std::size_t min) {
    if (size_ == 0) return {};
    skip_empty();
    auto data = first_two();
    if (data.size() < min) {
      join(min);
      data = first_two();
    }
    return data;
  }
  void consume(std::size_t n) noexcept {
    size_ -= n;
    while (n > 0) {
      const auto step = std::min(n, head_->readable().size());
      head_->start += step;
      n -= step;
      skip_empty();
    }
  }
  void clear() noexcept {
    while (head_ != nullptr) retire_head();
    tail_ = nullptr;
    size_ = 0;
  }

  /// The segments of the chain and of the pool. O(segments + memory mapped by the process).
  [[nodiscard]] memory_report memory() const {
    const page_census census;
    memory_report report;
    for (const auto* chain : {&head_, &pool_}) {
      for (const auto* each = chain->get(); each != nullptr; each = each->next.get())
        census.count({each->memory.get(), each->size}, {}, report);
    }
    return report;
  }

 private:
  struct segment {
    explicit segment(std::size_t bytes) : memory(new std::byte[bytes]), size(bytes) {}
    [[nodiscard]] bytes_view readable() const noexcept {
      return {memory.get() + start, end - start};
    }
    [[nodiscard]] bytes_span writable() const noexcept { return {memory.get() + end, size - end}; }

    // NOLINTNEXTLINE(modernize-avoid-c-arrays): bytes whose size is known only here
    std::unique_ptr<std::byte[]> memory;
    std::size_t size;
    std::size_t start = 0;
    std::size_t end = 0;
    std::unique_ptr<segment> next;
  };

  std::unique_ptr<segment> lease(std::size_t min) {
    for (auto* link = &pool_; *link != nullptr; link = &(*link)->next) {
      if ((*link)->size < min) continue;
      auto found = std::move(*link);
      *link = std::move(found->next);
      pooled_ -= found->size;
      return found;
    }
    return std::make_unique<segment>(std::max(min, std::min(segment_bytes, capacity_)));
  }

  void retire_head() noexcept {
    auto emptied = std::move(head_);
    head_ = std::move(emptied->next);
    if (pooled_ > capacity_) return;
    emptied->start = emptied->end = 0;
    pooled_ += emptied->size;
    emptied->next = std::move(pool_);
    pool_ = std::move(emptied);
  }

  // The last segment stays: the writer may be writing behind its end.
  void skip_empty() noexcept {
    while (head_->readable().empty() && head_->next != nullptr) retire_head();
  }

  [[nodiscard]] span_pair<const std::byte> first_two() const noexcept {
    return {head_->readable(), head_->next != nullptr ? head_->next->readable() : bytes_view{}};
  }

  // Moves the first `n` bytes into one segment at the front.
  void join(std::size_t n) {
    auto joined = lease(n);
    while (joined->end < n) {
      const auto piece =
          head_->readable().first(std::min(n - joined->end, head_->readable().size()));
      std::memcpy(joined->writable().data(), piece.data(), piece.size());
      joined->end += piece.size();
      head_->start += piece.size();
      skip_empty();
    }
    joined->next = std::move(head_);
    head_ = std::move(joined);
  }

  // One by one, so that a long chain cannot exhaust the stack.
  static void drop(std::unique_ptr<segment> chain) noexcept {
    while (chain != nullptr) chain = std::exchange(chain->next, nullptr);
  }

  std::size_t capacity_;
  std::size_t size_ = 0;
  std::size_t pooled_ = 0;
  std::unique_ptr<segment> head_;
  segment* tail_ = nullptr;
  std::unique_ptr<segment> pool_;
};

using segment_ring = locked_ring<segment_store>;

template <>
inline constexpr variant_info variant<segment_ring>{
    .name = "segment",
    .storage = "chain of pooled segments",
    .waiting = "mutex, two condition variables",
    .buffered = true,
    .contiguous = false,
    .kernel_waits = true,
    .source = "Pipelines design document, seed 001",
};

}  // namespace annulus
