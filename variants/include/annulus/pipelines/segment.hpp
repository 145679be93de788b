// A link in the chain of buffers that a pipe is.
#pragma once

#include <annulus/core/platform.hpp>
#include <annulus/transfer.hpp>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace annulus::pipelines {

template <class Platform>
class segment_stock;

/// Memory that a pipe takes without a copy. `release`, if there is one, is called exactly once with
/// `context` and the bytes, when neither the pipe nor any preserved buffer refers to them any more;
/// by whichever thread that is, never with a lock held. Without one the bytes are simply the
/// caller's, and must stay as long.
struct foreign_memory {
  using release_function = void (*)(void* context, bytes_view bytes) noexcept;
  bytes_view bytes{};
  release_function release = nullptr;
  void* context = nullptr;
};

/// The segment of seed 001. Its readable bytes are those before `end`, its writable ones those
/// behind. `end`, `next` and `offset` are the writer's until a commit publishes them, and the `end`
/// and `next` of the last published segment stay the writer's: a reader stops at its snapshot.
/// Where the readable bytes start is the cursors' business, since each snapshot and each preserved
/// buffer has a start of its own.
template <class Platform>
struct segment {
  template <class T>
  using var = typename Platform::template var<T>;

  /// `holders`: the chain's own reference, and below it the number of preserved buffers.
  static constexpr std::uint32_t in_chain = std::uint32_t{1} << 31;

  /// A block of its own.
  explicit segment(std::size_t bytes)
      : owned(new std::byte[bytes]), memory(owned.get()), size(bytes) {}
  /// A caller's block, to be written to.
  explicit segment(bytes_span lent) : memory(lent.data()), size(lent.size()) {}
  /// A header, for foreign memory.
  segment() = default;

  [[nodiscard]] bool is_block() const noexcept { return !read_only; }
  [[nodiscard]] bool is_lent() const noexcept { return is_block() && owned == nullptr; }

  // NOLINTNEXTLINE(modernize-avoid-c-arrays): bytes whose size is known only here
  std::unique_ptr<std::byte[]> owned{};
  std::byte* memory = nullptr;  ///< a foreign segment's is never written to
  std::size_t size = 0;
  bool read_only = owned == nullptr && memory == nullptr;
  foreign_memory foreign{};
  segment* made_before = nullptr;  ///< of the pool's blocks
  segment* made_after = nullptr;
  segment_stock<Platform>* home = nullptr;  ///< alive as long as anything refers to the segment

  var<std::size_t> end{0};
  var<std::uint64_t> offset{0};  ///< position in the stream of memory[0]
  var<segment*> next{nullptr};   ///< of the chain, or of the stock once nobody holds it
  typename Platform::template atomic<std::uint32_t> holders{0};
};

}  // namespace annulus::pipelines
