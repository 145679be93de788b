// What one looks for in bytes, written once for every byte_sequence, piece by piece with what the C
// library has vectorised: memchr, memmem, memcmp. In all of them n is length(s); none allocates,
// throws or changes anything, so all are as thread-safe as the bytes.
#pragma once

#include <algorithm>
#include <annulus/bytes/byte_sequence.hpp>
#include <annulus/bytes/crc32c.hpp>
#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <system_error>

namespace annulus {

namespace detail {

// The offset of the first byte in `piece`, from `from` on, that `search(memory, n)` finds.
template <class Search>
std::optional<std::size_t> find_in_piece(bytes_view piece, std::size_t from, Search search) {
  if (from >= piece.size()) return {};
  const auto* const found =
      static_cast<const std::byte*>(search(piece.data() + from, piece.size() - from));
  if (found == nullptr) return {};
  return static_cast<std::size_t>(found - piece.data());
}

// Goes through the pieces behind `from`, giving each with its offset and where in it to begin,
// until `visit` finds something.
template <byte_sequence S, class Visit>
std::optional<std::size_t> find_piecewise(const S& s, std::size_t from, Visit visit) {
  std::size_t offset = 0;
  for (const bytes_view piece : annulus::pieces(s)) {
    const auto skipped = from > offset ? std::min(from - offset, piece.size()) : 0;
    if (const auto found = visit(piece, skipped)) return offset + *found;
    offset += piece.size();
  }
  return {};
}

// Whether the bytes of the pieces from `piece` on, from `start` in it, begin with `pattern`.
template <class Iterator, class Sentinel>
bool matches(Iterator piece, const Sentinel& end, std::size_t start, bytes_view pattern) {
  for (; piece != end; ++piece, start = 0) {
    const bytes_view here = bytes_view(*piece).subspan(start);
    const auto n = std::min(here.size(), pattern.size());
    if (n > 0 && std::memcmp(here.data(), pattern.data(), n) != 0) return false;
    pattern = pattern.subspan(n);
    if (pattern.empty()) return true;
  }
  return pattern.empty();
}

}  // namespace detail

/// The offset of the first `wanted` at `from` or behind it. O(n).
template <byte_sequence S>
[[nodiscard]] std::optional<std::size_t> find(const S& s, std::byte wanted, std::size_t from = 0) {
  return detail::find_piecewise(s, from, [wanted](bytes_view piece, std::size_t start) {
    return detail::find_in_piece(piece, start, [wanted](const std::byte* at, std::size_t n) {
      return std::memchr(at, std::to_integer<int>(wanted), n);
    });
  });
}

/// The offset of the first occurrence of `pattern` that begins at `from` or behind it, also across
/// pieces. An empty pattern is found at `from`, if from <= n. O(n) for occurrences inside a piece
/// and O(m) more for each of the m - 1 places before the end of a piece, where m is pattern.size().
template <byte_sequence S>
[[nodiscard]] std::optional<std::size_t> find_pattern(const S& s, bytes_view pattern,
                                                      std::size_t from = 0) {
  if (pattern.empty()) return from <= annulus::length(s) ? std::optional(from) : std::nullopt;
  const auto range = annulus::pieces(s);
  std::size_t offset = 0;
  for (auto at = range.begin(); at != range.end(); ++at) {
    const bytes_view piece = *at;
    auto start = from > offset ? std::min(from - offset, piece.size()) : 0;
    const auto inside =
        detail::find_in_piece(piece, start, [pattern](const std::byte* memory, std::size_t n) {
          return memmem(memory, n, pattern.data(), pattern.size());
        });
    if (inside) return offset + *inside;
    // What begins here and ends in a later piece.
    if (piece.size() >= pattern.size()) start = std::max(start, piece.size() - pattern.size() + 1);
    for (; start < piece.size(); ++start) {
      if (piece[start] != pattern[0]) continue;
      if (detail::matches(at, range.end(), start, pattern)) return offset + start;
    }
    offset += piece.size();
  }
  return {};
}

/// Some values of a byte, to be asked about many. O(1) beside the constructor.
class byte_set {
 public:
  constexpr explicit byte_set(bytes_view values) noexcept {
    for (const auto value : values) has_[std::to_integer<std::size_t>(value)] = true;
  }
  [[nodiscard]] constexpr bool contains(std::byte value) const noexcept {
    return has_[std::to_integer<std::size_t>(value)];
  }

 private:
  std::array<bool, 256> has_{};
};

/// The offset of the first byte at `from` or behind it that is one of `wanted`. O(n +
/// wanted.size()).
template <byte_sequence S>
[[nodiscard]] std::optional<std::size_t> find_any(const S& s, bytes_view wanted,
                                                  std::size_t from = 0) {
  const byte_set all(wanted);
  return detail::find_piecewise(
      s, from, [&all](bytes_view piece, std::size_t start) -> std::optional<std::size_t> {
        for (; start < piece.size(); ++start) {
          if (all.contains(piece[start])) return start;
        }
        return {};
      });
}

/// Whether the first bytes are `prefix`. O(prefix.size()).
template <byte_sequence S>
[[nodiscard]] bool starts_with(const S& s, bytes_view prefix) {
  const auto range = annulus::pieces(s);
  return detail::matches(range.begin(), range.end(), 0, prefix);
}

/// The lexicographic order of two sequences as of unsigned bytes, as memcmp and then the shorter
/// first. O(the smaller n + pieces).
template <byte_sequence A, byte_sequence B>
[[nodiscard]] std::strong_ordering compare(const A& a, const B& b) {
  const auto right = annulus::pieces(b);
  auto other = right.begin();
  bytes_view theirs;
  for (bytes_view ours : annulus::pieces(a)) {
    while (!ours.empty()) {
      for (; theirs.empty() && other != right.end(); ++other) theirs = *other;
      if (theirs.empty()) return std::strong_ordering::greater;
      const auto n = std::min(ours.size(), theirs.size());
      if (const int order = std::memcmp(ours.data(), theirs.data(), n); order != 0)
        return order < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
      ours = ours.subspan(n);
      theirs = theirs.subspan(n);
    }
  }
  return annulus::length(a) <=> annulus::length(b);
}

/// Whether two sequences hold the same bytes, however they are cut. O(n), O(1) if lengths differ.
template <byte_sequence A, byte_sequence B>
[[nodiscard]] bool equal(const A& a, const B& b) {
  return annulus::length(a) == annulus::length(b) && annulus::compare(a, b) == 0;
}

/// How many of the bytes are `wanted`. O(n).
template <byte_sequence S>
[[nodiscard]] std::size_t count(const S& s, std::byte wanted) {
  std::ptrdiff_t total = 0;
  for (const bytes_view piece : annulus::pieces(s))
    total += std::count(piece.begin(), piece.end(), wanted);
  return static_cast<std::size_t>(total);
}

/// The CRC-32C of the bytes, extending that of the bytes before them (0: there are none). O(n).
template <byte_sequence S>
[[nodiscard]] std::uint32_t checksum(const S& s, std::uint32_t seed = 0) {
  for (const bytes_view piece : annulus::pieces(s)) seed = crc32c(piece, seed);
  return seed;
}

/// A number, or why there is none: std::errc{} if there is one, as std::from_chars has it.
template <class T>
struct [[nodiscard]] parsed_integer {
  T value{};
  std::errc error{};  ///< invalid_argument: not a number; result_out_of_range: not one of T
  [[nodiscard]] explicit operator bool() const noexcept { return error == std::errc{}; }
};

/// The value of a hexadecimal digit of either case; 16 or more if it is none. O(1).
[[nodiscard]] constexpr unsigned digit_value(std::byte digit) noexcept {
  const auto value = std::to_integer<unsigned>(digit);
  if (value - '0' < 10) return value - '0';
  if (const auto letter = (value | 0x20U) - 'a'; letter < 6) return letter + 10;
  return 16;
}

namespace detail {

/// The digits of a number whose magnitude may be up to `limit`.
template <unsigned Base, byte_sequence S>
parsed_integer<std::uintmax_t> parse_digits(const S& s, std::size_t from, std::uintmax_t limit) {
  std::uintmax_t value = 0;
  bool overflow = false;
  std::size_t digits = 0;
  for (bytes_view piece : annulus::pieces(s)) {
    const auto skipped = std::min(from, piece.size());
    from -= skipped;
    for (const auto byte : piece.subspan(skipped)) {
      const auto digit = digit_value(byte);
      if (digit >= Base) return {0, std::errc::invalid_argument};
      overflow = overflow || __builtin_mul_overflow(value, std::uintmax_t{Base}, &value) ||
                 __builtin_add_overflow(value, std::uintmax_t{digit}, &value) || value > limit;
      ++digits;
    }
  }
  if (digits == 0) return {0, std::errc::invalid_argument};
  if (overflow) return {0, std::errc::result_out_of_range};
  return {value, {}};
}

}  // namespace detail

/// The whole sequence as an unsigned decimal: digits and nothing else. O(n).
template <std::unsigned_integral T, byte_sequence S>
[[nodiscard]] parsed_integer<T> parse_decimal(const S& s) {
  const auto magnitude = detail::parse_digits<10>(s, 0, std::numeric_limits<T>::max());
  return {static_cast<T>(magnitude.value), magnitude.error};
}

/// The whole sequence as a signed decimal: digits behind at most one '-' or '+'. O(n).
template <std::signed_integral T, byte_sequence S>
[[nodiscard]] parsed_integer<T> parse_decimal(const S& s) {
  const bool negative = starts_with(s, bytes_of("-"));
  const std::size_t sign = negative || starts_with(s, bytes_of("+")) ? 1 : 0;
  constexpr auto most = static_cast<std::uintmax_t>(std::numeric_limits<T>::max());
  const auto magnitude = detail::parse_digits<10>(s, sign, most + (negative ? 1 : 0));
  return {static_cast<T>(negative ? 0 - magnitude.value : magnitude.value), magnitude.error};
}

/// The whole sequence as a hexadecimal number: digits of either case and nothing else. O(n).
template <std::unsigned_integral T, byte_sequence S>
[[nodiscard]] parsed_integer<T> parse_hex(const S& s) {
  const auto magnitude = detail::parse_digits<16>(s, 0, std::numeric_limits<T>::max());
  return {static_cast<T>(magnitude.value), magnitude.error};
}

}  // namespace annulus
