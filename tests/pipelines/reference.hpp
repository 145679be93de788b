// What a pipe is, in a few numbers: the reference that any sequence of calls is held against.
#pragma once

#include <algorithm>
#include <annulus/pipelines/pipe.hpp>
#include <cstdint>
#include <limits>
#include <system_error>
#include <utility>

namespace annulus::pipelines::testing {

/// The calls of a pipe on one thread; waits end at once, with `timed_out`.
class reference {
 public:
  template <class Platform>
  explicit reference(const basic_pipe_options<Platform>& options)
      : pause_(options.pause_threshold),
        resume_(std::max<std::size_t>(options.resume_threshold, 1)),
        max_(options.max_size) {}

  /// Bytes of the stream so far, whether committed or not: what the next one is the pattern of.
  [[nodiscard]] std::uint64_t written() const { return committed_ + uncommitted_; }
  [[nodiscard]] std::uint64_t consumed() const { return consumed_; }
  [[nodiscard]] std::size_t buffered() const {
    return static_cast<std::size_t>(committed_ - consumed_);
  }
  [[nodiscard]] std::size_t unexamined() const {
    return static_cast<std::size_t>(committed_ - examined_);
  }
  [[nodiscard]] std::size_t uncommitted() const { return uncommitted_; }
  [[nodiscard]] std::size_t granted() const { return granted_; }
  [[nodiscard]] std::size_t allowance() const {
    return max_ == 0 ? std::numeric_limits<std::size_t>::max() : max_ - uncommitted_;
  }
  [[nodiscard]] bool reading() const { return reading_; }

  /// `granted`: what the pipe chose to.
  std::error_code alloc(std::size_t min, std::size_t granted) {
    if (writer_.first) return errc::closed;
    if (std::max<std::size_t>(min, 1) > allowance()) return errc::exceeds_capacity;
    granted_ = granted;
    return {};
  }
  std::error_code advance(std::size_t n) {
    if (writer_.first) return errc::closed;
    if (n > granted_) return errc::advance_overrun;
    granted_ -= n;
    uncommitted_ += n;
    return {};
  }
  std::error_code append(std::size_t n) {
    if (writer_.first) return errc::closed;
    if (n > allowance()) return errc::exceeds_capacity;
    if (n > 0) granted_ = 0;
    uncommitted_ += n;
    return {};
  }
  std::error_code commit() {
    if (writer_.first) return errc::closed;
    return publish();
  }
  std::error_code flush(std::error_code when_waiting) {
    if (writer_.first) return errc::closed;
    const auto refused = publish();
    if (refused && refused != errc::would_block) return refused;
    if (std::exchange(flush_cancelled_, false)) return errc::cancelled;
    return refused || paused_ ? when_waiting : std::error_code{};
  }
  transfer write(std::size_t n) {
    if (writer_.first) return {0, errc::closed};
    granted_ = 0;
    for (std::size_t done = 0;;) {
      const auto step = std::min(n - done, allowance());
      done += step;
      uncommitted_ += step;
      const auto error = flush(errc::timed_out);
      if (error || done == n) return {done, error};
    }
  }
  std::error_code close_writer(std::error_code error) {
    if (writer_.first) return errc::closed;
    if (!error && publish() == errc::would_block) return errc::would_block;
    uncommitted_ = granted_ = 0;
    writer_ = {true, first(error)};
    return {};
  }

  struct reading_result {
    bool closed = false;
    std::error_code error{};
  };
  reading_result read(std::size_t min, bool waits) {
    if (reader_.first) return {.error = errc::closed};
    if (reading_) return {.error = errc::read_in_progress};
    if (max_ != 0 && min > max_) return {.error = errc::exceeds_capacity};
    if (writer_.second) return {.error = writer_.second};
    if (failure_) return {.error = failure_};
    const bool enough = unexamined() > 0 && buffered() >= min;
    if (!enough && !read_cancelled_ && !writer_.first) {
      if (!waits) return {.error = errc::would_block};
      paused_ = false;
      return {.error = errc::timed_out};
    }
    if (std::exchange(read_cancelled_, false)) return {.error = errc::cancelled};
    reading_ = true;
    return {.closed = writer_.first};
  }
  std::error_code advance(std::size_t consumed, std::size_t examined, bool stale) {
    if (reader_.first) return errc::closed;
    if (!reading_) return errc::no_read;
    if (stale) return errc::stale_cursor;
    if (examined < consumed) return errc::examined_before_consumed;
    examined_ = consumed_ + examined;
    consumed_ += consumed;
    if (unexamined() < resume_) paused_ = false;
    reading_ = false;
    return {};
  }
  std::error_code close_reader(std::error_code error) {
    if (reader_.first) return errc::closed;
    reader_ = {true, first(error)};
    reading_ = paused_ = false;
    return {};
  }

  void fail(std::error_code error) { failure_ = failure_ ? failure_ : error; }
  void cancel_flush() { flush_cancelled_ = true; }
  void cancel_read() { read_cancelled_ = true; }
  std::error_code reset() {
    if (!writer_.first || !reader_.first) return errc::not_closed;
    writer_ = reader_ = {};
    failure_ = {};
    consumed_ = examined_ = committed_;
    paused_ = flush_cancelled_ = read_cancelled_ = false;
    return {};
  }

 private:
  [[nodiscard]] std::error_code first(std::error_code error) const {
    return failure_ ? std::error_code{} : error;
  }
  std::error_code publish() {
    if (reader_.first || failure_) {
      uncommitted_ = granted_ = 0;
      if (reader_.second) return reader_.second;
      return failure_ ? failure_ : make_error_code(errc::closed);
    }
    if (max_ != 0 && buffered() + uncommitted_ > max_) return errc::would_block;
    committed_ += uncommitted_;
    if (std::exchange(uncommitted_, 0) > 0 && pause_ != 0 && unexamined() >= pause_) paused_ = true;
    return {};
  }

  const std::size_t pause_, resume_, max_;
  std::uint64_t committed_ = 0, consumed_ = 0, examined_ = 0;
  std::size_t uncommitted_ = 0, granted_ = 0;
  bool paused_ = false, reading_ = false, flush_cancelled_ = false, read_cancelled_ = false;
  std::error_code failure_{};
  std::pair<bool, std::error_code> writer_{}, reader_{};
};

}  // namespace annulus::pipelines::testing
