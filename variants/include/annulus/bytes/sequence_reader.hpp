// Reads a byte at a time or many, across the pieces of a sequence: what parsers are written on.
#pragma once

#include <algorithm>
#include <annulus/bytes/algorithms.hpp>
#include <annulus/bytes/byte_order.hpp>
#include <annulus/bytes/byte_sequence.hpp>
#include <array>
#include <bit>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

namespace annulus {

/// Where a read to a delimiter ends: with the delimiter read, or with it the next to read.
enum class stop_at { behind, before };

/// A position in a byte_sequence that moves forward by what is read. Every call either does all
/// that it is asked to or changes nothing, which its result says; none throws or allocates. Each is
/// O(1) amortised over the bytes that it moves past; inside one piece a byte costs a comparison and
/// a load. A copy is a second position in the same bytes. Not for use by two threads at once.
/// Source: System.Buffers.SequenceReader, which answers problem 1 of seed 001.
template <byte_sequence Sequence>
class sequence_reader {
 public:
  using sequence_type = Sequence;
  /// What was looked for has an end: the bytes before it, in place, as `subsequence`.
  using found = std::optional<subsequence_t<Sequence>>;

  /// At the beginning of `sequence`, whose bytes must outlive the reader. O(1).
  explicit sequence_reader(Sequence sequence) noexcept : sequence_(std::move(sequence)) {
    to_beginning();
  }

  [[nodiscard]] const Sequence& sequence() const noexcept { return sequence_; }
  /// The bytes moved past.
  [[nodiscard]] std::size_t position() const noexcept { return piece_end_ - left_here(); }
  /// The bytes from the position to the end.
  [[nodiscard]] std::size_t remaining() const noexcept {
    return annulus::length(sequence_) - position();
  }
  [[nodiscard]] bool at_end() const noexcept { return here_ == last_; }
  /// The bytes from the position to the end of their piece; empty only at the end.
  [[nodiscard]] bytes_view piece() const noexcept { return {here_, left_here()}; }
  /// The bytes from the position to the end. As `subsequence`.
  [[nodiscard]] auto rest() const noexcept {
    return annulus::subsequence(sequence_, position(), remaining());
  }

  /// The next byte, without moving.
  [[nodiscard]] std::optional<std::byte> peek() const noexcept {
    if (here_ == last_) return {};
    return *here_;
  }
  /// The byte `offset` bytes on, without moving. O(1) in one piece, else O(pieces between).
  [[nodiscard]] std::optional<std::byte> peek_at(std::size_t offset) const noexcept {
    if (offset < left_here()) [[likely]]
      return here_[offset];
    auto ahead = *this;
    if (!ahead.skip(offset)) return {};
    return ahead.peek();
  }
  /// The next byte, moving past it.
  [[nodiscard]] std::optional<std::byte> next() noexcept {
    if (here_ == last_) return {};
    const auto byte = *here_;
    if (++here_ == last_) [[unlikely]]
      next_piece();
    return byte;
  }
  /// Moves past `n` bytes. False if fewer remain.
  bool skip(std::size_t n) noexcept {
    if (n < left_here()) [[likely]] {
      here_ += n;
      return true;
    }
    if (n > remaining()) return false;
    move(n, [](bytes_view) {});
    return true;
  }
  /// Moves `n` bytes back. False if n > position(). O(1) in one piece, else O(pieces before).
  bool rewind(std::size_t n) noexcept {
    const auto before = position();
    if (n > before) return false;
    const auto here = at_ == end() ? 0 : bytes_view(*at_).size() - left_here();
    if (n <= here) {
      here_ -= n;
    } else {
      to_beginning();
      skip(before - n);
    }
    return true;
  }

  /// Copies the next to.size() bytes. False if fewer remain.
  bool read(bytes_span to) noexcept {
    if (to.size() > remaining()) return false;
    auto* into = to.data();
    move(to.size(), [&into](bytes_view part) {
      std::memcpy(into, part.data(), part.size());
      into += part.size();
    });
    return true;
  }
  /// The next `n` bytes in place, moving past them. As `subsequence`.
  [[nodiscard]] std::optional<subsequence_t<Sequence>> read_slice(std::size_t n) noexcept {
    const auto from = position();
    if (!skip(n)) return {};
    return annulus::subsequence(sequence_, from, n);
  }
  /// The next sizeof(T) bytes as an integer in the given byte order, moving past them.
  template <std::integral T>
  [[nodiscard]] std::optional<T> read_integer(std::endian order) noexcept {
    std::array<std::byte, sizeof(T)> bytes;
    if (!read(bytes)) return {};
    using bits = std::make_unsigned_t<T>;
    const auto* const from = bytes.data();
    return static_cast<T>(order == std::endian::little ? load_le<bits>(from) : load_be<bits>(from));
  }

  /// How many bytes lie before the next `delimiter`, not looking at the first `from` of them.
  [[nodiscard]] std::optional<std::size_t> distance_to(std::byte delimiter,
                                                       std::size_t from = 0) const noexcept {
    return search(from, [delimiter](bytes_view piece) -> std::optional<std::size_t> {
      const auto* const at = static_cast<const std::byte*>(
          std::memchr(piece.data(), std::to_integer<int>(delimiter), piece.size()));
      if (at == nullptr) return {};
      return static_cast<std::size_t>(at - piece.data());
    });
  }
  /// The bytes before the next `delimiter`, moving past them and, unless it is to stop before it,
  /// past that. None, and no move, if there is no `delimiter`.
  [[nodiscard]] found read_until(std::byte delimiter, stop_at where = stop_at::behind) noexcept {
    return take(distance_to(delimiter), 1, where);
  }
  /// As above, and a `delimiter` behind an odd number of `escape` bytes, counted from the position,
  /// is none. The escapes are left in what is returned. Precondition: the two differ.
  [[nodiscard]] found read_until(std::byte delimiter, std::byte escape,
                                 stop_at where = stop_at::behind) noexcept {
    assert(delimiter != escape);
    bool escaped = false;
    const auto ends = [=, &escaped](std::byte byte) {
      if (std::exchange(escaped, false)) return false;
      escaped = byte == escape;
      return byte == delimiter;
    };
    return take(search(0, first_that(ends)), 1, where);
  }
  /// As above, for a delimiter of several bytes. Complexity as `find_pattern`.
  [[nodiscard]] found read_until(bytes_view delimiter, stop_at where = stop_at::behind) noexcept {
    auto n = annulus::find_pattern(sequence_, delimiter, position());
    if (n) *n -= position();
    return take(n, delimiter.size(), where);
  }
  /// The bytes before the next byte that is one of `delimiters`, as above. Which of them it is can
  /// be seen if it stops before it.
  [[nodiscard]] found read_until_any(bytes_view delimiters,
                                     stop_at where = stop_at::behind) noexcept {
    const byte_set all(delimiters);
    const auto ends = [&all](std::byte byte) { return all.contains(byte); };
    return take(search(0, first_that(ends)), 1, where);
  }

  /// Whether the next bytes are `pattern`, without moving.
  [[nodiscard]] bool is_next(bytes_view pattern) const noexcept {
    auto ahead = *this;
    return ahead.advance_past(pattern);
  }
  /// Moves past `pattern` if the next bytes are it. False if not.
  bool advance_past(bytes_view pattern) noexcept {
    if (pattern.size() > remaining()) return false;
    const auto before = *this;
    bool same = true;
    move(pattern.size(), [&pattern, &same](bytes_view part) {
      same = same && std::memcmp(part.data(), pattern.data(), part.size()) == 0;
      pattern = pattern.subspan(part.size());
    });
    if (!same) *this = before;
    return same;
  }
  /// Moves past all bytes that are next and equal to `byte`. Returns how many there were.
  std::size_t advance_past_all(std::byte byte) noexcept {
    return skip_while([byte](std::byte next) { return next == byte; });
  }
  /// Moves past all bytes that are next and one of `values`. Returns how many there were.
  std::size_t advance_past_any(bytes_view values) noexcept {
    const byte_set all(values);
    return skip_while([&all](std::byte next) { return all.contains(next); });
  }

 private:
  using iterator = decltype(annulus::pieces(std::declval<const Sequence&>()).begin());

  [[nodiscard]] std::size_t left_here() const noexcept {
    return static_cast<std::size_t>(last_ - here_);
  }
  [[nodiscard]] auto end() const noexcept { return annulus::pieces(sequence_).end(); }

  // The distance to what `find(bytes)` finds in the bytes from `from` on, piece by piece.
  template <class Find>
  [[nodiscard]] std::optional<std::size_t> search(std::size_t from, Find find) const noexcept {
    if (from < left_here()) [[likely]] {
      if (const auto at = find(piece().subspan(from))) return from + *at;
      from = left_here();
    }
    auto ahead = *this;
    if (!ahead.skip(from)) return {};
    while (!ahead.at_end()) {
      const auto left = ahead.piece();
      if (const auto at = find(left)) return ahead.position() - position() + *at;
      ahead.skip(left.size());
    }
    return {};
  }
  template <class Predicate>
  [[nodiscard]] static auto first_that(Predicate is) noexcept {
    return [is](bytes_view piece) -> std::optional<std::size_t> {
      const auto at = std::find_if(piece.begin(), piece.end(), is);
      if (at == piece.end()) return {};
      return static_cast<std::size_t>(at - piece.begin());
    };
  }
  // The next `n` bytes, if there is an end to them, moving past them and it.
  [[nodiscard]] found take(std::optional<std::size_t> n, std::size_t end_bytes,
                           stop_at where) noexcept {
    if (!n) return {};
    const auto before = annulus::subsequence(sequence_, position(), *n);
    skip(*n + (where == stop_at::behind ? end_bytes : 0));
    return before;
  }
  template <class Predicate>
  std::size_t skip_while(Predicate is) noexcept {
    const auto before = position();
    while (here_ != last_) {
      here_ = std::find_if_not(here_, last_, is);
      if (here_ != last_) break;
      next_piece();
    }
    return position() - before;
  }

  // Invariant: here_ == last_ only at the end, so that peek() and next() look at nothing else.
  void enter() noexcept {
    here_ = last_ = nullptr;
    for (const auto stop = end(); at_ != stop; ++at_) {
      const bytes_view entered = *at_;
      if (entered.empty()) continue;
      here_ = entered.data();
      last_ = here_ + entered.size();
      piece_end_ += entered.size();
      return;
    }
  }
  void to_beginning() noexcept {
    at_ = annulus::pieces(sequence_).begin();
    piece_end_ = 0;
    enter();
  }
  void next_piece() noexcept {
    ++at_;
    enter();
  }
  // Precondition: n <= remaining(). Gives each part to `visit` and moves past it.
  template <class Visit>
  void move(std::size_t n, Visit visit) noexcept {
    assert(n <= remaining());
    while (n > 0) {
      const auto part = piece().first(std::min(n, left_here()));
      visit(part);
      n -= part.size();
      here_ += part.size();
      if (here_ == last_) next_piece();
    }
  }

  Sequence sequence_;
  iterator at_{};                    // the piece that holds the position
  const std::byte* here_ = nullptr;  // the position
  const std::byte* last_ = nullptr;  // the end of that piece
  std::size_t piece_end_ = 0;        // the position of last_
};

}  // namespace annulus
