// What a reader is shown: a stretch of a chain of segments.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <annulus/pipelines/segment.hpp>
#include <cassert>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>

namespace annulus::pipelines {

template <class Platform>
class basic_preserved_buffer;
template <class Platform>
class pipe_core;

/// A place in a stream: a segment and an index into it. Cursors are compared by their position in
/// the stream, which no two places share even across a reset; so a stale one is always told, also
/// where its segment is in use again.
template <class Platform>
class basic_cursor {
 public:
  constexpr basic_cursor() = default;

  [[nodiscard]] const segment<Platform>* where() const noexcept { return segment_; }
  /// Of the byte behind it in the segment's memory. Precondition: not stale, nor of no segment.
  [[nodiscard]] std::size_t index() const noexcept {
    assert(segment_ != nullptr);
    return static_cast<std::size_t>(position_ - segment_->offset);
  }
  /// Bytes of the stream before it.
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

  friend bool operator==(const basic_cursor& a, const basic_cursor& b) noexcept {
    return a.position_ == b.position_;
  }
  friend std::strong_ordering operator<=>(const basic_cursor& a, const basic_cursor& b) noexcept {
    return a.position_ <=> b.position_;
  }

 private:
  template <class>
  friend class basic_readable_buffer;
  template <class>
  friend class basic_preserved_buffer;
  template <class>
  friend class pipe_core;
  template <class>
  friend class write_tail;
  constexpr basic_cursor(segment<Platform>* at, std::uint64_t position) noexcept
      : segment_(at), position_(position) {}

  segment<Platform>* segment_ = nullptr;
  std::uint64_t position_ = 0;
};

/// The bytes between two cursors: a snapshot, a small value to be copied and sliced at will, and a
/// byte sequence. Good until the read that it came from is advanced; `preserve` keeps it longer.
/// Constant-time unless said otherwise; "segments" are those between the cursors.
template <class Platform = std_platform>
class basic_readable_buffer {
 public:
  using cursor = basic_cursor<Platform>;

  /// Goes over the non-empty pieces.
  class iterator {
   public:
    using value_type = bytes_view;
    using difference_type = std::ptrdiff_t;
    using reference = bytes_view;
    using pointer = void;
    using iterator_category = std::input_iterator_tag;   // it makes its pieces
    using iterator_concept = std::forward_iterator_tag;  // and can go over them again

    iterator() = default;
    bytes_view operator*() const noexcept {
      return {at_->memory + (position_ - at_->offset),
              static_cast<std::size_t>(limit() - position_)};
    }
    iterator& operator++() noexcept {
      position_ = limit();
      skip_empty();
      return *this;
    }
    iterator operator++(int) noexcept {
      auto before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept {
      return a.position_ == b.position_;
    }

   private:
    friend basic_readable_buffer;
    friend basic_preserved_buffer<Platform>;
    iterator(const cursor& from, const cursor& to) noexcept
        : at_(from.segment_), position_(from.position_), to_(to) {
      skip_empty();
    }
    [[nodiscard]] std::uint64_t limit() const noexcept {
      return at_ == to_.segment_ ? to_.position_ : at_->offset + at_->end;
    }
    void skip_empty() noexcept {
      while (at_ != to_.segment_ && position_ == limit()) at_ = at_->next;
    }

    segment<Platform>* at_ = nullptr;
    std::uint64_t position_ = 0;
    cursor to_{};
  };

  constexpr basic_readable_buffer() = default;

  [[nodiscard]] cursor start() const noexcept { return start_; }
  /// Behind the last byte.
  [[nodiscard]] cursor finish() const noexcept { return finish_; }
  [[nodiscard]] std::size_t size() const noexcept {
    return static_cast<std::size_t>(finish_.position_ - start_.position_);
  }
  [[nodiscard]] bool empty() const noexcept { return start_ == finish_; }
  [[nodiscard]] iterator begin() const noexcept { return {start_, finish_}; }
  [[nodiscard]] iterator end() const noexcept { return {finish_, finish_}; }

  /// The first byte, if there is one.
  [[nodiscard]] std::optional<std::byte> peek() const noexcept {
    if (empty()) return std::nullopt;
    return (*begin()).front();
  }
  /// The longest piece that begins at the start. O(1) beside empty segments.
  [[nodiscard]] bytes_view first_piece() const noexcept {
    return empty() ? bytes_view{} : *begin();
  }

  /// The place `offset` bytes on, at most the end. O(segments).
  [[nodiscard]] cursor at(std::size_t offset) const noexcept {
    if (offset >= size()) return finish_;
    const auto position = start_.position_ + offset;
    auto* each = start_.segment_;
    while (each != finish_.segment_ && each->offset + each->end <= position) each = each->next;
    return {each, position};
  }
  /// What lies between two cursors of this buffer, cut to it; nothing if they are the wrong way
  /// round.
  [[nodiscard]] basic_readable_buffer slice(cursor from, cursor to) const noexcept {
    if (from < start_) from = start_;
    if (to > finish_) to = finish_;
    if (to < from) return {from, from};
    return {from, to};
  }
  /// `n` bytes from `offset`, or as many of them as there are. O(segments).
  [[nodiscard]] basic_readable_buffer slice(std::size_t offset, std::size_t n) const noexcept {
    const auto from = at(offset);
    const basic_readable_buffer rest(from, finish_);
    return {from, rest.at(n)};
  }
  [[nodiscard]] basic_readable_buffer slice(std::size_t offset) const noexcept {
    return {at(offset), finish_};
  }

  /// Copies the first bytes out, as many as fit. Returns how many. O(bytes).
  std::size_t copy_to(bytes_span to) const noexcept {
    std::size_t done = 0;
    for (const auto piece : *this) {
      const auto n = std::min(piece.size(), to.size() - done);
      if (n == 0) break;
      Platform::copy(to.data() + done, piece.data(), n);
      done += n;
    }
    return done;
  }
  /// Describes the first pieces for writev(2), as many as fit. Returns how many. O(pieces).
  std::size_t to_iovec(std::span<iovec> to) const noexcept {
    std::size_t done = 0;
    for (const auto piece : *this) {
      if (done == to.size()) break;
      to[done++] = {const_cast<std::byte*>(piece.data()), piece.size()};
    }
    return done;
  }

  /// Shares the segments, without a copy, beyond the read. O(segments).
  [[nodiscard]] basic_preserved_buffer<Platform> preserve() const;

 private:
  friend pipe_core<Platform>;
  friend basic_preserved_buffer<Platform>;
  constexpr basic_readable_buffer(cursor start, cursor finish) noexcept
      : start_(start), finish_(finish) {}

  cursor start_{};
  cursor finish_{};
};

using cursor = basic_cursor<std_platform>;
using readable_buffer = basic_readable_buffer<>;
static_assert(sizeof(cursor) == 16 && sizeof(readable_buffer) == 32, "passed by value");

}  // namespace annulus::pipelines
