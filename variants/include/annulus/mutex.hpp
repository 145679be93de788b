// `mutex`: a flat ring under one lock with two condition variables, the simple one.
#pragma once

#include <annulus/core/flat_storage.hpp>
#include <annulus/core/locked_ring.hpp>
#include <cassert>
#include <utility>

namespace annulus {

/// The bytes of a flat ring. Both ends copy with the lock held, as smallnest/ringbuffer does (seed
/// 000), so they never copy at once. Every call is O(1).
class flat_store {
 public:
  explicit flat_store(std::size_t capacity) : storage_(capacity) {}
  flat_store(std::size_t capacity, const memory_policy& memory) : storage_(capacity, memory) {}
  explicit flat_store(flat_storage storage) noexcept : storage_(std::move(storage)) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return storage_.capacity(); }

  [[nodiscard]] span_pair<std::byte> reserve(std::size_t) const noexcept {
    return storage_.at(wrapped(head_ + size_), capacity() - size_);
  }
  void commit(std::size_t n) noexcept {
    assert(n <= capacity() - size_);
    size_ += n;
  }

  [[nodiscard]] span_pair<const std::byte> peek(std::size_t) const noexcept {
    const auto piece = storage_.at(head_, size_);
    return {piece.first, piece.second};
  }
  void consume(std::size_t n) noexcept {
    assert(n <= size_);
    head_ = wrapped(head_ + n);
    size_ -= n;
  }
  void clear() noexcept { head_ = size_ = 0; }

  [[nodiscard]] memory_report memory() const { return storage_.memory(); }

 private:
  [[nodiscard]] std::size_t wrapped(std::size_t offset) const noexcept {
    return offset >= capacity() ? offset - capacity() : offset;
  }

  flat_storage storage_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

using mutex_ring = locked_ring<flat_store>;

template <>
inline constexpr variant_info variant<mutex_ring>{
    .name = "mutex",
    .storage = "flat",
    .waiting = "mutex, two condition variables",
    .buffered = true,
    .contiguous = false,
    .kernel_waits = true,
    .source = "smallnest/ringbuffer, seed 000",
};

}  // namespace annulus
