// The end of the chain that only its writer knows.
#pragma once

#include <algorithm>
#include <annulus/pipelines/readable_buffer.hpp>
#include <annulus/pipelines/segment_stock.hpp>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace annulus::pipelines {

/// Allocates memory behind the last byte and links it to the chain with its first byte; takes no
/// lock, and touches nothing that the reader writes to but the stock when a segment is full.
/// Source: the writer-local tail of folly's IOBufQueue.
template <class Platform>
class write_tail {
  using segment_type = segment<Platform>;

 public:
  using cursor = basic_cursor<Platform>;

  write_tail(segment_stock<Platform>& stock, std::size_t segment_bytes) noexcept
      : stock_(stock), segment_bytes_(segment_bytes) {}

  /// At least `min` > 0 and at most `most` writable bytes, in place of those granted before. Throws
  /// std::bad_alloc, with nothing changed.
  bytes_span allocate(std::size_t min, std::size_t most) {
    assert(min > 0 && min <= most);
    if (room() < min) grow(min);
    granted_ = std::min(room(), most);
    second_ = 0;
    return {tail_->memory + used_, granted_};
  }
  /// The same in two pieces, the second a whole segment: for readv(2).
  span_pair<std::byte> allocate_two(std::size_t most) {
    if (room() == 0) grow(1);
    if (room() < most && spare_ == nullptr) spare_ = stock_.take(1, segment_bytes_);
    const auto first = allocate(1, most);
    if (granted_ == most) return {first, {}};
    second_ = std::min(spare_->size, most - granted_);
    return {first, {spare_->memory, second_}};
  }
  /// Bytes that may be advanced.
  [[nodiscard]] std::size_t granted() const noexcept { return granted_ + second_; }

  /// Adds the first `n` granted bytes to the stream. Precondition: n <= granted().
  void advance(std::size_t n) noexcept {
    assert(n <= granted());
    const auto here = std::min(n, granted_);
    add(here);
    granted_ -= here;
    if (n == here) return;
    leave_tail();
    tail_ = std::exchange(spare_, nullptr);
    used_ = 0;
    granted_ = std::exchange(second_, 0) - (n - here);
    add(n - here);
  }
  /// Adds the caller's memory to the stream. Throws std::bad_alloc, with nothing changed.
  void append(const foreign_memory& memory) {
    auto* const header = stock_.take_header();
    header->memory = const_cast<std::byte*>(memory.bytes.data());
    header->size = memory.bytes.size();
    header->foreign = memory;
    leave_tail();
    tail_ = header;
    used_ = 0;
    withdraw();
    add(header->size);
  }
  /// No granted byte may be advanced any more.
  void withdraw() noexcept { granted_ = second_ = 0; }

  [[nodiscard]] std::size_t uncommitted() const noexcept {
    return static_cast<std::size_t>(position_ - published_.position_);
  }
  /// The first segment of the chain as the writer knows it, once there is one.
  [[nodiscard]] segment_type* first() const noexcept { return first_; }
  /// All bytes so far become part of the stream.
  cursor publish() noexcept { return published_ = {last_, position_}; }

  /// Takes back what has not been published. Calls releases of foreign memory.
  void discard() noexcept {
    withdraw();
    give_up_unused();
    auto* const kept = published_.segment_;
    segment_type* each = kept != nullptr ? static_cast<segment_type*>(kept->next) : first_;
    if (kept != nullptr) {
      kept->next = nullptr;
      used_ = static_cast<std::size_t>(published_.position_ - kept->offset);
    } else {
      first_ = nullptr;
    }
    last_ = tail_ = kept;
    position_ = published_.position_;
    while (each != nullptr) {
      auto& done = *each;
      each = done.next;
      stock_.release(done);
    }
  }
  /// Gives up memory without a byte of the stream. The writer may not go on, except after forget().
  void give_up_unused() noexcept {
    if (tail_ != last_) stock_.release(*std::exchange(tail_, last_));
    if (spare_ != nullptr) stock_.release(*std::exchange(spare_, nullptr));
  }
  /// The chain has been given back. Positions go on.
  void forget() noexcept {
    first_ = last_ = tail_ = nullptr;
    published_ = {nullptr, position_};
  }

 private:
  [[nodiscard]] std::size_t room() const noexcept {
    return tail_ == nullptr ? 0 : tail_->size - used_;
  }

  void grow(std::size_t min) {
    auto* const fresh = spare_ != nullptr && spare_->size >= min ? std::exchange(spare_, nullptr)
                                                                 : stock_.take(min, segment_bytes_);
    leave_tail();
    tail_ = fresh;
    used_ = 0;
  }
  // Seals the last segment; one without a byte is given up.
  void leave_tail() noexcept {
    if (tail_ == nullptr) return;
    if (tail_ == last_) {
      tail_->end = used_;
    } else {
      stock_.release(*tail_);
    }
  }
  void add(std::size_t n) noexcept {
    if (n == 0) return;
    if (tail_ != last_) {
      tail_->offset = position_;
      if (last_ != nullptr) {
        last_->next = tail_;
      } else {
        first_ = tail_;
      }
      last_ = tail_;
    }
    used_ += n;
    position_ += n;
  }

  segment_stock<Platform>& stock_;
  const std::size_t segment_bytes_;
  segment_type* first_ = nullptr;
  segment_type* last_ = nullptr;   // with a byte of the stream
  segment_type* tail_ = nullptr;   // written to: the last, or one to follow it
  segment_type* spare_ = nullptr;  // to follow that
  std::size_t used_ = 0;           // bytes of the tail
  std::size_t granted_ = 0;        // behind those
  std::size_t second_ = 0;         // of the spare
  std::uint64_t position_ = 0;     // all bytes so far
  cursor published_{};
};

}  // namespace annulus::pipelines
