// Writes bytes, integers and text to whatever gives memory: a fixed span, a growing vector, a pipe.
#pragma once

#include <algorithm>
#include <annulus/bytes/byte_order.hpp>
#include <annulus/bytes/byte_sequence.hpp>
#include <annulus/transfer.hpp>
#include <array>
#include <bit>
#include <cassert>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace annulus {

/// The memory that a sink gave, or why it gave none.
struct sink_memory {
  bytes_span memory{};
  std::error_code error{};
};

namespace detail {

inline sink_memory adapt_alloc(bytes_span memory) noexcept {
  return {memory, {}};
}
template <class Result>
requires requires(const Result& given) {
  { given.memory } -> std::convertible_to<bytes_span>;
  { given.error } -> std::convertible_to<std::error_code>;
}
sink_memory adapt_alloc(const Result& given) noexcept {
  return {given.memory, given.error};
}

}  // namespace detail

/// Gives memory to write to: `alloc(min)` at least `min` bytes (min >= 1), or none if it cannot,
/// alone or beside an `error`; `advance(n)` takes the first n of them as written and does not
/// throw. A second alloc without an advance gives the same bytes again, or others instead.
template <class Sink>
concept byte_sink = requires(Sink& sink, std::size_t n) {
  { detail::adapt_alloc(sink.alloc(n)) } -> std::same_as<sink_memory>;
  sink.advance(n);
};

/// Memory of the caller's, from its beginning on. What does not fit is not written.
class span_sink {
 public:
  explicit span_sink(bytes_span memory) noexcept : memory_(memory) {}
  [[nodiscard]] bytes_span alloc(std::size_t min) noexcept {
    const auto left = memory_.subspan(used_);
    return left.size() < min ? bytes_span() : left;
  }
  void advance(std::size_t n) noexcept {
    assert(n <= memory_.size() - used_);
    used_ += n;
  }
  /// What has been written.
  [[nodiscard]] bytes_span written() const noexcept { return memory_.first(used_); }

 private:
  bytes_span memory_;
  std::size_t used_ = 0;
};

/// A vector that grows by doubling, up to `limit` bytes. Gives no memory beyond the limit or when
/// there is none.
class vector_sink {
 public:
  explicit vector_sink(std::size_t limit = std::numeric_limits<std::ptrdiff_t>::max()) noexcept
      : limit_(limit) {}
  [[nodiscard]] bytes_span alloc(std::size_t min) noexcept {
    if (bytes_.size() - used_ < min && !grow(min)) return {};
    return bytes_span(bytes_).subspan(used_);
  }
  void advance(std::size_t n) noexcept {
    assert(n <= bytes_.size() - used_);
    used_ += n;
  }
  /// What has been written. Valid until the next alloc.
  [[nodiscard]] bytes_view written() const noexcept { return bytes_view(bytes_).first(used_); }
  /// The same as a vector of its own, leaving nothing here.
  [[nodiscard]] std::vector<std::byte> take() noexcept {
    bytes_.resize(std::exchange(used_, 0));
    return std::exchange(bytes_, {});
  }

 private:
  bool grow(std::size_t min) noexcept {
    constexpr std::size_t least = 64;
    if (min > limit_ - used_) return false;
    const auto doubled = bytes_.size() > limit_ / 2 ? limit_ : 2 * bytes_.size();
    try {
      bytes_.resize(std::min(limit_, std::max({used_ + min, doubled, least})));
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    } catch (const std::length_error&) {
      return false;
    }
  }

  std::vector<std::byte> bytes_;
  std::size_t used_ = 0;
  std::size_t limit_;
};

/// Writes to a sink through the memory that it last gave, so that a small write is a comparison and
/// a store. The first error stays: all later writes return it and do nothing, so a caller may look
/// once, at the end. Integers and numbers are written whole or not at all; of longer data, what
/// fits before the error is written. The sink learns what was written at flush() or when the writer
/// is destroyed, and must not be used by others before. Movable; not for two threads at once. No
/// call throws unless the sink does. Answers problem 5 of seed 001.
template <byte_sink Sink>
class buffer_writer {
 public:
  /// Writes to `sink`, which must outlive the writer.
  explicit buffer_writer(Sink& sink) noexcept : sink_(&sink) {}
  buffer_writer(buffer_writer&& other) noexcept
      : sink_(std::exchange(other.sink_, nullptr)),
        free_(std::exchange(other.free_, {})),
        pending_(std::exchange(other.pending_, 0)),
        flushed_(other.flushed_),
        error_(other.error_) {}
  buffer_writer& operator=(buffer_writer&& other) noexcept {
    if (this == &other) return *this;
    flush();
    sink_ = std::exchange(other.sink_, nullptr);
    free_ = std::exchange(other.free_, {});
    pending_ = std::exchange(other.pending_, 0);
    flushed_ = other.flushed_;
    error_ = other.error_;
    return *this;
  }
  buffer_writer(const buffer_writer&) = delete;
  buffer_writer& operator=(const buffer_writer&) = delete;
  ~buffer_writer() { flush(); }

  /// The bytes written.
  [[nodiscard]] std::size_t written() const noexcept { return flushed_ + pending_; }
  /// The first error: the sink's, or std::errc::no_buffer_space if it gave no reason.
  [[nodiscard]] std::error_code error() const noexcept { return error_; }

  std::error_code write(bytes_view data) {
    while (!data.empty()) {
      if (free_.empty() && !ensure(1)) return error_;
      const auto n = std::min(data.size(), free_.size());
      std::memcpy(free_.data(), data.data(), n);
      take(n);
      data = data.subspan(n);
    }
    return error_;
  }
  std::error_code write(std::string_view text) { return write(bytes_of(text)); }
  template <byte_sequence S>
  requires(!std::convertible_to<const S&, bytes_view>) std::error_code write(const S& sequence) {
    for (const bytes_view piece : annulus::pieces(sequence)) write(piece);
    return error_;
  }
  std::error_code write_byte(std::byte byte) {
    if (free_.empty() && !ensure(1)) return error_;
    free_[0] = byte;
    take(1);
    return error_;
  }
  /// The bytes of `value` in the given byte order.
  template <std::integral T>
  std::error_code write_integer(T value, std::endian order) {
    if (free_.size() < sizeof(T) && !ensure(sizeof(T))) return error_;
    const auto bits = static_cast<std::make_unsigned_t<T>>(value);
    if (order == std::endian::little) {
      store_le(free_.data(), bits);
    } else {
      store_be(free_.data(), bits);
    }
    take(sizeof(T));
    return error_;
  }
  /// `value` in decimal digits, behind a '-' if it is negative.
  template <std::integral T>
  std::error_code write_decimal(T value) {
    return write_digits(value, 10);
  }
  /// `value` in hexadecimal digits of lower case.
  template <std::unsigned_integral T>
  std::error_code write_hex(T value) {
    return write_digits(value, 16);
  }

  /// Tells the sink what has been written.
  std::error_code flush() {
    if (sink_ == nullptr || pending_ == 0) return error_;
    const auto n = std::exchange(pending_, 0);
    flushed_ += n;
    free_ = {};
    if constexpr (std::is_void_v<decltype(sink_->advance(n))>) {
      sink_->advance(n);
    } else {
      if (const std::error_code failed = sink_->advance(n); failed && !error_) error_ = failed;
    }
    return error_;
  }

 private:
  template <std::integral T>
  std::error_code write_digits(T value, int base) {
    std::array<char, std::numeric_limits<std::uintmax_t>::digits10 + 2> digits;
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value, base);
    const auto n = static_cast<std::size_t>(result.ptr - digits.data());
    if (free_.size() < n && !ensure(n)) return error_;
    std::memcpy(free_.data(), digits.data(), n);
    take(n);
    return error_;
  }
  void take(std::size_t n) noexcept {
    free_ = free_.subspan(n);
    pending_ += n;
  }
  // Makes free_ hold at least `min` bytes, or sets the error and leaves it empty, so that every
  // later write comes here too.
  bool ensure(std::size_t min) {
    flush();
    free_ = {};
    if (error_) return false;
    const auto given = detail::adapt_alloc(sink_->alloc(min));
    if (given.error || given.memory.size() < min) {
      error_ = given.error ? given.error : std::make_error_code(std::errc::no_buffer_space);
      return false;
    }
    free_ = given.memory;
    return true;
  }

  Sink* sink_;
  bytes_span free_{};        // of the sink's memory, what is not written yet
  std::size_t pending_ = 0;  // written and unknown to the sink
  std::size_t flushed_ = 0;  // written and known to it
  std::error_code error_{};
};

}  // namespace annulus
