// Bytes that lie in one piece, in two or in a chain of them, seen alike: what reads bytes is
// written once, for a span, for a ring's two spans and for the segments of a pipe.
#pragma once

#include <algorithm>
#include <annulus/transfer.hpp>
#include <array>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

namespace annulus {

/// Where some bytes of a sequence are: all that a parser keeps of them.
struct extent {
  std::size_t offset = 0;  ///< in bytes, from the beginning of the sequence
  std::size_t length = 0;  ///< in bytes
  friend bool operator==(const extent&, const extent&) = default;
};

/// The bytes of a text, which must outlive the result.
[[nodiscard]] inline bytes_view bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span(text));
}

/// Forward iterator over at most N pieces, skipping empty ones. Holds the pieces itself, so it is
/// valid for as long as their memory is.
template <std::size_t N>
class piece_iterator {
 public:
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;  // what it gives is no reference
  using value_type = bytes_view;
  using difference_type = std::ptrdiff_t;

  piece_iterator() = default;
  explicit piece_iterator(const std::array<bytes_view, N>& pieces) noexcept : left_(pieces) {
    skip_empty();
  }
  bytes_view operator*() const noexcept { return left_[0]; }
  piece_iterator& operator++() noexcept {
    shift();
    skip_empty();
    return *this;
  }
  piece_iterator operator++(int) noexcept {
    auto before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const piece_iterator& a, const piece_iterator& b) noexcept {
    return a.left_[0].data() == b.left_[0].data() && a.left_[0].size() == b.left_[0].size();
  }

 private:
  void shift() noexcept {
    for (std::size_t i = 1; i < N; ++i) left_[i - 1] = left_[i];
    left_[N - 1] = {};
  }
  // Leaves `left_` all default at the end, which is what end() is.
  void skip_empty() noexcept {
    for (std::size_t i = 0; i < N && left_[0].empty(); ++i) shift();
  }

  std::array<bytes_view, N> left_{};
};

/// Two iterators over pieces. (clang 14 cannot compile std::ranges::subrange of libstdc++ 12.)
template <class Iterator, class Sentinel = Iterator>
struct piece_range {
  Iterator first;
  Sentinel last;
  [[nodiscard]] Iterator begin() const noexcept { return first; }
  [[nodiscard]] Sentinel end() const noexcept { return last; }
};

template <class Byte>
concept byte_like = std::same_as<std::remove_const_t<Byte>, std::byte>;

/// A chain of pieces: `size()` in bytes, iteration over `bytes_view`, `slice(offset, n)`. A
/// container of pieces is none, since its size() counts pieces.
template <class S>
concept byte_chain =
    std::ranges::forward_range<const S> && !std::ranges::random_access_range<const S> &&
    std::same_as<std::remove_cvref_t<std::ranges::range_reference_t<const S>>, bytes_view> &&
    requires(const S& s, std::size_t n) {
  { s.size() } -> std::convertible_to<std::size_t>;
  s.slice(n, n);
};

/// The number of bytes. O(1).
template <byte_like Byte, std::size_t N>
[[nodiscard]] constexpr std::size_t length(std::span<Byte, N> s) noexcept {
  return s.size();
}
template <byte_like Byte>
[[nodiscard]] constexpr std::size_t length(const span_pair<Byte>& s) noexcept {
  return s.size();
}
template <byte_chain S>
[[nodiscard]] constexpr std::size_t length(const S& s) noexcept {
  return s.size();
}

/// The pieces in order, a cheap forward range of `bytes_view`, some of which may be empty. O(1).
template <byte_like Byte, std::size_t N>
[[nodiscard]] auto pieces(std::span<Byte, N> s) noexcept {
  return piece_range<piece_iterator<1>>{piece_iterator<1>({bytes_view(s)}), {}};
}
template <byte_like Byte>
[[nodiscard]] auto pieces(const span_pair<Byte>& s) noexcept {
  return piece_range<piece_iterator<2>>{piece_iterator<2>({s.first, s.second}), {}};
}
template <byte_chain S>
[[nodiscard]] auto pieces(const S& s) noexcept {
  return piece_range<decltype(s.begin()), decltype(s.end())>{s.begin(), s.end()};
}

/// A view of bytes: copied in O(1), owning nothing that the bytes depend on. The iterators of its
/// pieces stay valid as long as the bytes do, also after the view itself is gone.
template <class S>
concept byte_sequence = std::copyable<S> && requires(const S& s) {
  { annulus::length(s) } -> std::convertible_to<std::size_t>;
  { *annulus::pieces(s).begin() } -> std::convertible_to<bytes_view>;
};

/// The `n` bytes from `offset` on, in place. Precondition: offset + n <= length(s). O(1) for spans,
/// O(pieces before its end) for a chain.
template <byte_like Byte, std::size_t N>
[[nodiscard]] bytes_view subsequence(std::span<Byte, N> s, std::size_t offset,
                                     std::size_t n) noexcept {
  assert(offset <= s.size() && n <= s.size() - offset);
  return bytes_view(s).subspan(offset, n);
}
template <byte_like Byte>
[[nodiscard]] span_pair<Byte> subsequence(const span_pair<Byte>& s, std::size_t offset,
                                          std::size_t n) noexcept {
  assert(offset <= s.size() && n <= s.size() - offset);
  return s.suffix(offset).prefix(n);
}
template <byte_chain S>
[[nodiscard]] auto subsequence(const S& s, std::size_t offset, std::size_t n) noexcept {
  assert(offset <= s.size() && n <= s.size() - offset);
  return s.slice(offset, n);
}
template <byte_sequence S>
[[nodiscard]] auto subsequence(const S& s, const extent& where) noexcept {
  return annulus::subsequence(s, where.offset, where.length);
}

/// The type of a part of `S`.
template <byte_sequence S>
using subsequence_t = decltype(annulus::subsequence(std::declval<const S&>(), 0, 0));

/// Copies as many bytes from the beginning as `to` has room for. Returns how many. The two must not
/// overlap. O(bytes copied + pieces).
template <byte_sequence S>
std::size_t copy_to(const S& s, bytes_span to) noexcept {
  std::size_t copied = 0;
  for (const bytes_view piece : annulus::pieces(s)) {
    const auto n = std::min(piece.size(), to.size() - copied);
    if (n > 0) std::memcpy(to.data() + copied, piece.data(), n);
    copied += n;
    if (copied == to.size()) break;
  }
  return copied;
}

}  // namespace annulus
