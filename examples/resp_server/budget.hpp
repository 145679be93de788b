// How much memory the server may hold, and whose it is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

namespace resp_server {

/// A number of bytes that all share.
class budget {
 public:
  explicit budget(std::size_t limit) noexcept : limit_(limit) {}

  [[nodiscard]] bool is_exceeded() const noexcept { return used_ > limit_; }
  /// Whether an eighth of it has become free since this was last so.
  [[nodiscard]] bool has_shrunk() noexcept {
    if (most_ - used_ <= limit_ / 8) return false;
    most_ = used_;
    return true;
  }

 private:
  friend class charge;
  void change(std::size_t before, std::size_t after) noexcept {
    used_ = used_ - before + after;
    most_ = std::max(most_, used_);
  }

  const std::size_t limit_;
  std::size_t used_ = 0;
  std::size_t most_ = 0;
};

/// A part of a budget, given back at its end. Movable.
class charge {
 public:
  explicit charge(budget& of) noexcept : of_(&of) {}
  charge(charge&& other) noexcept : of_(other.of_), bytes_(std::exchange(other.bytes_, 0)) {}
  charge& operator=(charge&& other) noexcept {
    std::swap(of_, other.of_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  charge(const charge&) = delete;
  charge& operator=(const charge&) = delete;
  ~charge() { set(0); }

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Whatever the budget has: for what is held already.
  void set(std::size_t bytes) noexcept { of_->change(std::exchange(bytes_, bytes), bytes); }
  /// False, with nothing changed, if the budget has not that much.
  [[nodiscard]] bool ask(std::size_t bytes) noexcept {
    const auto others = of_->used_ - bytes_;
    if (bytes > bytes_ && (others > of_->limit_ || bytes > of_->limit_ - others)) return false;
    set(bytes);
    return true;
  }

 private:
  budget* of_;
  std::size_t bytes_ = 0;
};

}  // namespace resp_server
