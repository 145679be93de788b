// What ring calls take and give: byte spans in, counts with a reason out.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <span>
#include <system_error>

namespace annulus {

using bytes_view = std::span<const std::byte>;
using bytes_span = std::span<std::byte>;

/// How much went through, and why it stopped: Go's `(n, err)`. `error` is clear exactly when the
/// call did all that it was asked to.
struct [[nodiscard]] transfer {
  std::size_t bytes = 0;
  std::error_code error{};
};

/// One or two pieces of ring memory, in stream order. `second` is empty unless the piece wraps.
template <class Byte>
struct span_pair {
  std::span<Byte> first{};
  std::span<Byte> second{};

  [[nodiscard]] std::size_t size() const noexcept { return first.size() + second.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] bool contiguous() const noexcept { return second.empty(); }

  /// The first `n` bytes. Precondition: n <= size().
  [[nodiscard]] span_pair prefix(std::size_t n) const noexcept {
    assert(n <= size());
    const auto head = std::min(n, first.size());
    return {first.first(head), second.first(n - head)};
  }
  /// All but the first `n` bytes. Precondition: n <= size().
  [[nodiscard]] span_pair suffix(std::size_t n) const noexcept {
    assert(n <= size());
    if (n >= first.size()) return {second.subspan(n - first.size()), {}};
    return {first.subspan(n), second};
  }
};

/// Writable ring memory from `reserve`; fewer bytes than asked for exactly when `error` is set.
struct [[nodiscard]] reservation {
  span_pair<std::byte> memory{};
  std::error_code error{};
};

/// Readable ring memory from `peek`; fewer bytes than asked for exactly when `error` is set. At the
/// end of the stream it holds the remaining bytes beside `errc::end_of_stream`.
struct [[nodiscard]] peeked {
  span_pair<const std::byte> data{};
  std::error_code error{};
};

// The two below are inlined by force: passed through memory, the four words of a span_pair are
// stored singly and loaded in pairs, which stalls the core for longer than a small copy takes.

/// Copies into ring memory. Precondition: from.size() <= to.size().
template <class Platform>
[[gnu::always_inline]] inline void copy_bytes(bytes_view from, span_pair<std::byte> to) noexcept {
  assert(from.size() <= to.size());
  if (from.empty()) return;
  if (to.second.empty()) [[likely]] {
    // Of the caller's length, which the compiler may know.
    Platform::copy(to.first.data(), from.data(), from.size());
    return;
  }
  const auto head = std::min(from.size(), to.first.size());
  Platform::copy(to.first.data(), from.data(), head);
  if (from.size() > head) Platform::copy(to.second.data(), from.data() + head, from.size() - head);
}

/// Copies out of ring memory. Precondition: from.size() == to.size().
template <class Platform>
[[gnu::always_inline]] inline void copy_bytes(span_pair<const std::byte> from,
                                              bytes_span to) noexcept {
  assert(from.size() == to.size());
  if (to.empty()) return;
  if (from.second.empty()) [[likely]] {
    // Of the caller's length, which the compiler may know.
    Platform::copy(to.data(), from.first.data(), to.size());
    return;
  }
  Platform::copy(to.data(), from.first.data(), from.first.size());
  Platform::copy(to.data() + from.first.size(), from.second.data(), from.second.size());
}

namespace detail {
struct plain_copy {
  static void copy(std::byte* to, const std::byte* from, std::size_t n) noexcept {
    std::memcpy(to, from, n);
  }
};
}  // namespace detail

/// Into a reservation of one or two spans, before its commit: copy_bytes(from, space.memory).
/// Precondition: from.size() <= to.size(). O(bytes).
inline void copy_bytes(bytes_view from, span_pair<std::byte> to) noexcept {
  copy_bytes<detail::plain_copy>(from, to);
}
/// Out of a peek of one or two spans: copy_bytes(seen.data.prefix(n), to). Precondition:
/// from.size() == to.size(). O(bytes).
inline void copy_bytes(span_pair<const std::byte> from, bytes_span to) noexcept {
  copy_bytes<detail::plain_copy>(from, to);
}

}  // namespace annulus
