// The lock-free single-producer/single-consumer byte ring, over a storage, a waiting and a platform
// policy.
#pragma once

#include <algorithm>
#include <annulus/core/basic_reader.hpp>
#include <annulus/core/basic_writer.hpp>
#include <annulus/core/flat_storage.hpp>
#include <annulus/core/ring_core.hpp>
#include <annulus/stats.hpp>
#include <chrono>
#include <cstddef>
#include <limits>
#include <utility>

namespace annulus {

/// Each end keeps its own index and a cached copy of the other's on lines of its own, and looks at
/// the shared line only when the cached copy says that it cannot go on (Lamport's queue; caching
/// after MCRingBuffer, ANCS'09, and rigtorp/SPSCQueue). Bytes are copied by both ends at once.
/// Indices count bytes for ever, so any capacity works and all of it holds bytes.
template <class Storage, class Waiting, class Platform = std_platform>
class basic_ring : public observers<basic_ring<Storage, Waiting, Platform>> {
 public:
  using platform = Platform;
  using gate = typename Waiting::template gate<Platform>;

  explicit basic_ring(std::size_t capacity) : storage_(capacity) {}
  basic_ring(std::size_t capacity, const memory_policy& memory) : storage_(capacity, memory) {}
  explicit basic_ring(Storage storage) : storage_(std::move(storage)) {}
  basic_ring(const basic_ring&) = delete;
  basic_ring& operator=(const basic_ring&) = delete;
  /// An end that waits gets errc::destroyed, and is let out of its call first.
  ~basic_ring() {
    core_.fail(errc::destroyed);
    writer_.waiting_.wait_until_empty();
    reader_.waiting_.wait_until_empty();
  }

  [[nodiscard]] auto& writer() noexcept { return writer_; }
  [[nodiscard]] auto& reader() noexcept { return reader_; }

  void fail(std::error_code error) noexcept { core_.fail(error); }

  [[nodiscard]] auto memory() const { return storage_.memory(); }

  /// How large pieces are copied from now on; by itself the ring chooses (copy_choice.hpp).
  /// Precondition: neither end has moved a byte since the ring was made or reset.
  void fix_copies(copy_pair pair) noexcept requires(chooses_copies<Platform>) {
    writer_.copies_.fix(copies_, pair);
  }

  /// For how long from now on an end that sleeps may wait for half a ring of bytes, or of room,
  /// rather than be woken for less; by itself Platform::patience. The timer slack of the thread
  /// comes on top. Nothing waits longer for it when the other end waits, closes, fails or cancels.
  /// Precondition: neither end is in a call.
  void moderate_wakes(std::chrono::nanoseconds patience) noexcept {
    writer_.spin_.set_patience(patience);
    reader_.spin_.set_patience(patience);
  }

  void reset() noexcept {
    core_.reset();
    if constexpr (chooses_copies<Platform>) {
      writer_.copies_.reset(copies_);
      reader_.copies_.reset();
    }
    writer_.at_ = reader_.at_ = {};
    writer_.is_corked_ = false;
    reader_.ahead_ = std::numeric_limits<std::uint64_t>::max();
    writer_.counters_.reset();
    reader_.counters_.reset();
  }

 private:
  friend observers<basic_ring>;
  friend observers<basic_writer<basic_ring>>;
  friend observers<basic_reader<basic_ring>>;
  friend basic_writer<basic_ring>;
  friend basic_reader<basic_ring>;
  const basic_ring& observed() const noexcept { return *this; }

  [[nodiscard]] auto& core() noexcept { return core_; }
  [[nodiscard]] const Storage& storage() const noexcept { return storage_; }
  [[nodiscard]] copy_agreement& copies() noexcept { return copies_; }
  [[nodiscard]] std::size_t buffered() const noexcept {
    return core_.buffered(storage_.capacity());
  }
  [[nodiscard]] std::size_t storage_capacity() const noexcept { return storage_.capacity(); }
  [[nodiscard]] std::size_t span_limit() const noexcept { return storage_.capacity(); }
  [[nodiscard]] ring_stats counted() const noexcept {
    ring_stats seen{writer_.counters_.snapshot(), reader_.counters_.snapshot()};
    // The indices count the bytes already. Relaxed: a count publishes nothing.
    seen.writer.bytes = std::max(core_.tail.index.load(std::memory_order_relaxed),
                                 core_.unpublished.load(std::memory_order_relaxed));
    seen.reader.bytes = core_.head.index.load(std::memory_order_relaxed);
    if constexpr (chooses_copies<Platform>) seen.copies = copies_.pair();
    return seen;
  }

  Storage storage_;
  ring_core<Waiting, Platform> core_;
  // Each writes to itself in every call.
  static_assert(alignof(basic_writer<basic_ring>) == line_bytes &&
                alignof(basic_reader<basic_ring>) == line_bytes);
  // Read by both ends, and written only at the ends of a trial.
  [[no_unique_address]] part_of_choice<Platform, copy_agreement> copies_;
  basic_writer<basic_ring> writer_{*this};
  basic_reader<basic_ring> reader_{*this};
};

}  // namespace annulus
