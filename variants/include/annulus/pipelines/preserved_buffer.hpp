// Bytes that a consumer keeps beyond its read.
#pragma once

#include <annulus/pipelines/readable_buffer.hpp>
#include <annulus/pipelines/segment_stock.hpp>
#include <cstddef>
#include <memory>
#include <utility>

namespace annulus::pipelines {

/// Shares the segments of a readable buffer with the pipe and with other preserved buffers; no byte
/// is copied. Ownership moves, and ends with `release` or the destructor, on any thread, also after
/// the pipe has gone. A buffer that was moved from or released is empty: there is nothing to
/// misuse.
template <class Platform = std_platform>
class basic_preserved_buffer {
 public:
  basic_preserved_buffer() = default;
  basic_preserved_buffer(basic_preserved_buffer&& other) noexcept
      : bytes_(std::exchange(other.bytes_, {})), home_(std::move(other.home_)) {}
  basic_preserved_buffer& operator=(basic_preserved_buffer&& other) noexcept {
    if (this != &other) {
      release();
      bytes_ = std::exchange(other.bytes_, {});
      home_ = std::move(other.home_);
    }
    return *this;
  }
  basic_preserved_buffer(const basic_preserved_buffer&) = delete;
  basic_preserved_buffer& operator=(const basic_preserved_buffer&) = delete;
  ~basic_preserved_buffer() { release(); }

  /// Good as long as this object has it.
  [[nodiscard]] const basic_readable_buffer<Platform>& buffer() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
  [[nodiscard]] auto begin() const noexcept { return bytes_.begin(); }
  [[nodiscard]] auto end() const noexcept { return bytes_.end(); }

  /// The memory of all its segments: what a few bytes can keep from being used again. O(segments).
  [[nodiscard]] std::size_t pinned_bytes() const noexcept {
    std::size_t sum = 0;
    each_segment([&](segment<Platform>& kept) { sum += kept.size; });
    return sum;
  }

  /// Lets go of the segments. O(segments).
  void release() noexcept {
    each_segment([this](segment<Platform>& done) { home_->unpin(done); });
    bytes_ = {};
    home_.reset();
  }

 private:
  friend basic_readable_buffer<Platform>;
  explicit basic_preserved_buffer(const basic_readable_buffer<Platform>& bytes) {
    if (bytes.empty()) return;
    const auto first = bytes.begin();
    bytes_ = {{first.at_, first.position_}, bytes.finish_};
    home_ = first.at_->home->shared_from_this();
    each_segment([this](segment<Platform>& kept) { home_->pin(kept); });
  }

  template <class Visit>
  void each_segment(Visit visit) const noexcept {
    auto* const last = bytes_.finish_.segment_;
    for (auto* each = bytes_.start_.segment_; each != nullptr;) {
      segment<Platform>* const next =
          each == last ? nullptr : static_cast<segment<Platform>*>(each->next);
      visit(*each);
      each = next;
    }
  }

  basic_readable_buffer<Platform> bytes_{};
  std::shared_ptr<segment_stock<Platform>> home_{};
};

template <class Platform>
basic_preserved_buffer<Platform> basic_readable_buffer<Platform>::preserve() const {
  return basic_preserved_buffer<Platform>(*this);
}

using preserved_buffer = basic_preserved_buffer<>;
static_assert(sizeof(preserved_buffer) == 48, "cheap to move");

}  // namespace annulus::pipelines
