// Bytes of many segments, shown as two spans.
#pragma once

#include <algorithm>
#include <annulus/pipelines/memory_pool.hpp>
#include <annulus/pipelines/readable_buffer.hpp>
#include <annulus/transfer.hpp>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace annulus {

/// The front of a chain as one or two spans, joined by copying if it takes more. Bytes that were
/// joined once are shown from the copy as long as they suffice, so that peeking at each byte of a
/// stream in turn does not copy it each time. The copy's memory is kept for the next one.
template <class Platform>
class joined_bytes {
  using pool = pipelines::basic_memory_pool<Platform>;
  using buffer = pipelines::basic_readable_buffer<Platform>;
  using spans = span_pair<const std::byte>;

 public:
  /// The pool must outlive this.
  explicit joined_bytes(pool& blocks) noexcept : pool_(blocks) {}
  joined_bytes(const joined_bytes&) = delete;
  joined_bytes& operator=(const joined_bytes&) = delete;
  ~joined_bytes() { release(); }

  /// At least the first `min` bytes of `all`, valid until the next call. Precondition: min <=
  /// all.size(), and `all` begins where the last one did or behind. Throws std::bad_alloc. O(1), or
  /// O(min) when it has to join segments.
  spans front(const buffer& all, std::size_t min) {
    assert(min <= all.size());
    const auto shown = first_two(all);
    if (shown.size() >= min) return shown;
    join(all, min);
    return first_two(all);
  }

 private:
  [[nodiscard]] spans first_two(const buffer& all) const noexcept {
    const auto from = all.start().position();
    if (from < to_) {
      const auto left = static_cast<std::size_t>(to_ - from);
      return {{block_->memory + (from - from_), left}, all.slice(left).first_piece()};
    }
    auto piece = all.begin();
    if (piece == all.end()) return {};
    const auto first = *piece++;
    return {first, piece == all.end() ? bytes_view{} : *piece};
  }

  void join(const buffer& all, std::size_t n) {
    to_ = from_;  // nothing, should there be no memory
    if (block_ == nullptr || block_->size < n) {
      release();
      block_ = pool_.lease(n).first;
    }
    all.copy_to({block_->memory, n});
    from_ = all.start().position();
    to_ = from_ + n;
  }
  void release() noexcept {
    if (block_ != nullptr) pool_.give_back(std::move(block_));
  }

  pool& pool_;
  typename pool::handle block_{};
  std::uint64_t from_ = 0, to_ = 0;  // positions in the stream of what is in the block
};

}  // namespace annulus
