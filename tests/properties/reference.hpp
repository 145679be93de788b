// What the contract says that a ring does, on one thread: a deque and a few flags.
#pragma once

#include <algorithm>
#include <annulus/contract.hpp>
#include <deque>
#include <vector>

namespace annulus::testing {

/// Predicts every call. Where the contract leaves the ring a choice (how much a read takes beyond
/// its minimum, how much more a peek shows) the call is told what the ring chose, and whether that
/// was allowed is part of the prediction. `stopped` is the error of a call that would have to wait,
/// or that has to end at once because its limit is over.
class reference {
 public:
  /// A rendezvous holds nothing, so it accepts a commit only while nothing is offered.
  template <byte_ring Ring>
  explicit reference(const Ring& ring)
      : capacity_(ring.capacity()), limit_(ring.limit()), rendezvous_(!variant<Ring>.buffered) {}

  /// The error of a call, and the bounds of what it may transfer, reserve or show.
  struct prediction {
    std::error_code error{};
    std::size_t least = 0;
    std::size_t most = 0;
  };

  // Whether a call without a limit would wait, on one thread for ever.
  [[nodiscard]] bool write_waits(std::size_t size) const {
    if (writer_refusal()) return false;
    return rendezvous_ ? size > 0 : size > room();
  }
  [[nodiscard]] bool reserve_waits(std::size_t min) const {
    if (min > limit_ || writer_refusal()) return false;
    return rendezvous_ ? buffered_.size() > gathered_ : room() < min;
  }
  [[nodiscard]] bool drain_waits() const { return !reader_refusal() && !buffered_.empty(); }
  [[nodiscard]] bool read_waits(std::size_t size, std::size_t min) const {
    return min <= size && !reader_refusal() && !writer_closed_ && buffered_.size() < min;
  }
  [[nodiscard]] bool peek_waits(std::size_t min) const {
    return min <= limit_ && !reader_refusal() && !writer_closed_ && buffered_.size() < min;
  }

  // The same calls with a limit that is over.
  prediction write_over(std::error_code stopped) {
    reserved_ = 0;
    return {first_of(writer_refusal(), stopped)};
  }
  prediction reserve_over(std::size_t min, std::error_code stopped) {
    reserved_ = 0;
    if (min > limit_) return {errc::exceeds_capacity};
    return {first_of(writer_refusal(), stopped)};
  }
  [[nodiscard]] std::error_code drain_over(std::error_code stopped) const {
    return first_of(reader_refusal(), stopped);
  }
  prediction read_over(std::size_t size, std::size_t min, std::error_code stopped) {
    if (min > size) return {errc::minimum_exceeds_span};
    peeked_ = 0;
    return {first_of(reader_refusal(), stopped)};
  }
  prediction peek_over(std::size_t min, std::error_code stopped) {
    peeked_ = 0;
    if (min > limit_) return {errc::exceeds_capacity};
    return {first_of(reader_refusal(), stopped)};
  }

  // The writer.
  prediction write(bytes_view from, std::error_code stopped) {
    reserved_ = 0;
    if (const auto error = writer_refusal()) return {error};
    const auto n = rendezvous_ ? 0 : std::min(from.size(), room());
    accept(from.first(n));
    return {n < from.size() ? stopped : std::error_code{}, n, n};
  }
  prediction reserve(std::size_t min, std::error_code stopped, std::size_t chosen) {
    reserved_ = 0;
    if (min > limit_) return {errc::exceeds_capacity};
    if (const auto error = writer_refusal()) return {error};
    if (rendezvous_ ? buffered_.size() > gathered_ : room() < min) return {stopped};
    reserved_ = chosen;
    return {{}, min, rendezvous_ ? limit_ : room()};
  }
  std::error_code commit(bytes_view filled) {
    if (filled.size() > reserved_) return errc::commit_overrun;
    if (const auto error = writer_refusal()) return error;
    reserved_ = 0;
    accept(filled);
    return {};
  }
  [[nodiscard]] std::error_code drain(std::error_code stopped) const {
    if (const auto error = reader_refusal()) return error;
    return buffered_.empty() ? std::error_code{} : stopped;
  }
  void close_writer() { writer_closed_ = true; }
  void fail_writer(std::error_code error) {
    if (!writer_closed_) fail(error);
  }

  // The reader.
  prediction read(std::size_t size, std::size_t min, std::error_code stopped, std::size_t chosen) {
    if (min > size) return {errc::minimum_exceeds_span};
    peeked_ = 0;
    if (const auto error = reader_refusal()) return {error};
    if (size == 0) return {};
    const auto there = buffered_.size();
    const auto ends = there < std::max<std::size_t>(min, 1);
    const auto open = min == 0 ? std::error_code{} : stopped;
    const auto least = ends ? there : min;
    const auto most = std::min(size, there);
    drop(std::clamp(chosen, least, most));
    return {
        ends ? (writer_closed_ ? make_error_code(errc::end_of_stream) : open) : std::error_code{},
        least, most};
  }
  prediction peek(std::size_t min, std::error_code stopped, std::size_t chosen) {
    peeked_ = 0;
    if (min > limit_) return {errc::exceeds_capacity};
    if (const auto error = reader_refusal()) return {error};
    if (rendezvous_) gathered_ = std::min(limit_, buffered_.size());
    const auto there = rendezvous_ ? gathered_ : buffered_.size();
    peeked_ = chosen;
    if (there >= min) return {{}, min, there};
    return {writer_closed_ ? make_error_code(errc::end_of_stream) : stopped, there, there};
  }
  std::error_code consume(std::size_t n) {
    if (n > peeked_) return errc::consume_overrun;
    if (const auto error = reader_refusal()) return error;
    peeked_ = 0;
    drop(n);
    return {};
  }
  void close_reader() { reader_closed_ = true; }
  void fail_reader(std::error_code error) {
    if (!reader_closed_) fail(error);
  }

  void reset() {
    buffered_.clear();
    written_ = read_ = 0;
    gathered_ = reserved_ = peeked_ = 0;
    writer_closed_ = reader_closed_ = false;
    error_.clear();
  }

  // What can be observed.
  [[nodiscard]] std::size_t size() const { return buffered_.size(); }
  [[nodiscard]] std::size_t free() const { return rendezvous_ ? 0 : room(); }
  [[nodiscard]] std::uint64_t written() const { return written_; }
  [[nodiscard]] std::uint64_t read() const { return read_; }
  [[nodiscard]] std::size_t reserved() const { return reserved_; }
  [[nodiscard]] std::size_t peeked() const { return peeked_; }
  /// The next `n` bytes that the reader gets, before the call that takes them.
  [[nodiscard]] std::vector<std::byte> front(std::size_t n) const {
    return {buffered_.begin(), buffered_.begin() + static_cast<std::ptrdiff_t>(n)};
  }

 private:
  static std::error_code first_of(std::error_code refusal, std::error_code stopped) {
    return refusal ? refusal : stopped;
  }
  [[nodiscard]] std::size_t room() const { return capacity_ - buffered_.size(); }
  [[nodiscard]] std::error_code writer_refusal() const {
    if (error_) return error_;
    return writer_closed_ || reader_closed_ ? make_error_code(errc::closed) : std::error_code{};
  }
  [[nodiscard]] std::error_code reader_refusal() const {
    if (error_) return error_;
    return reader_closed_ ? make_error_code(errc::closed) : std::error_code{};
  }
  void fail(std::error_code error) {
    if (!error_) error_ = error;
  }
  void accept(bytes_view bytes) {
    buffered_.insert(buffered_.end(), bytes.begin(), bytes.end());
    written_ += bytes.size();
  }
  void drop(std::size_t n) {
    buffered_.erase(buffered_.begin(), buffered_.begin() + static_cast<std::ptrdiff_t>(n));
    gathered_ -= std::min(n, gathered_);
    read_ += n;
  }

  std::size_t capacity_;
  std::size_t limit_;
  bool rendezvous_;
  std::deque<std::byte> buffered_;  // also what is offered, if a rendezvous
  std::uint64_t written_ = 0;
  std::uint64_t read_ = 0;
  std::size_t gathered_ = 0;  // of a rendezvous: how much of it the reader has taken for its peeks
  std::size_t reserved_ = 0;
  std::size_t peeked_ = 0;
  bool writer_closed_ = false;
  bool reader_closed_ = false;
  std::error_code error_;
};

}  // namespace annulus::testing
