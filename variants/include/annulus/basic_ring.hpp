// The lock-free single-producer/single-consumer byte ring, over a storage, a waiting and a platform
// policy.
#pragma once

#include <annulus/basic_reader.hpp>
#include <annulus/basic_writer.hpp>
#include <annulus/contract.hpp>
#include <annulus/ring_core.hpp>
#include <annulus/storage.hpp>
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

  explicit basic_ring(std::size_t capacity, const memory_policy& memory = {})
      : storage_(capacity, memory) {}
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

  [[nodiscard]] memory_report memory() const { return storage_.memory(); }

  void reset() noexcept {
    core_.reset();
    writer_.at_ = reader_.at_ = {};
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
  [[nodiscard]] std::size_t buffered() const noexcept {
    return core_.buffered(storage_.capacity());
  }
  [[nodiscard]] std::size_t storage_capacity() const noexcept { return storage_.capacity(); }
  [[nodiscard]] std::size_t span_limit() const noexcept { return storage_.capacity(); }
  [[nodiscard]] ring_stats counted() const noexcept {
    ring_stats seen{writer_.counters_.snapshot(), reader_.counters_.snapshot()};
    // The indices count the bytes already. Relaxed: a count publishes nothing.
    seen.writer.bytes = core_.tail.index.load(std::memory_order_relaxed);
    seen.reader.bytes = core_.head.index.load(std::memory_order_relaxed);
    return seen;
  }

  Storage storage_;
  ring_core<Waiting, Platform> core_;
  basic_writer<basic_ring> writer_{*this};
  basic_reader<basic_ring> reader_{*this};
};

}  // namespace annulus
