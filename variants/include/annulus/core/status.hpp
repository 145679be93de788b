// The sticky state of a stream: open, closed by an end, or failed; and whether an end is still in a
// call.
#pragma once

#include <annulus/core/platform.hpp>
#include <annulus/error.hpp>
#include <atomic>
#include <cstdint>
#include <system_error>

namespace annulus {

/// The status that a ring over `Platform` has; one that crosses processes has another.
template <class Platform>
struct status_of;

/// The first `fail` wins and both ends see it until `reset`; a clean close is seen only when the
/// caller asks for it, so that buffered bytes drain first. All calls but `reset` are safe from any
/// thread.
template <class Platform>
class stream_status {
 public:
  /// Marks the clean end of one side's use.
  void close_writer() noexcept {
    // Release: pairs with the acquire of load(); who sees the close sees every byte published
    // before it.
    word_.fetch_or(writer_closed, std::memory_order_release);
  }
  void close_reader() noexcept {
    // Release: as above, for what the reader did before.
    word_.fetch_or(reader_closed, std::memory_order_release);
  }

  /// The process at one end is gone; no loss if that end had closed. The bytes that a writer had
  /// published are drained first.
  void lose_writer() noexcept { lose(writer_closed, writer_died); }
  void lose_reader() noexcept { lose(reader_closed, reader_died); }

  /// Records `error` if it is the first one, as far as it can last.
  void fail(std::error_code error) noexcept {
    // Relaxed: the claim only elects who writes error_; the release below publishes it.
    if ((word_.fetch_or(claimed, std::memory_order_relaxed) & claimed) != 0) {
      // The winner is two steps from having failed the stream, and the loser must not go on before,
      // as if nothing had happened. A process that died in between never gets there.
      while ((load() & (failed | writer_died | reader_died)) == 0) Platform::relax();
      return;
    }
    error_ = typename Platform::error(lasting(error));
    word_.fetch_or(failed, std::memory_order_release);  // pairs with the acquire of load()
  }

  /// Nothing has happened to the stream: no refusal of any kind.
  [[nodiscard]] bool pristine() const noexcept {
    // Relaxed: who finds otherwise asks for the reason, which acquires.
    return word_.load(std::memory_order_relaxed) == 0;
  }

  /// Why the writer may not go on; clear while it may.
  [[nodiscard]] std::error_code writer_refusal() const noexcept {
    return refusal(load(), writer_closed | reader_closed);
  }
  /// Why a writer that waits for the reader to drain may not go on; its own close does not stop it.
  [[nodiscard]] std::error_code drain_refusal() const noexcept {
    return refusal(load(), reader_closed);
  }
  /// Why the reader may not go on, the clean end of the stream left out.
  [[nodiscard]] std::error_code reader_refusal() const noexcept {
    return refusal(load(), reader_closed);
  }
  /// After true, every byte that the writer will ever publish is visible.
  [[nodiscard]] bool writer_is_closed() const noexcept { return (load() & writer_closed) != 0; }
  /// What a reader gets once a closed stream has been drained.
  [[nodiscard]] errc end() const noexcept {
    return (load() & writer_died) != 0 ? errc::peer_died : errc::end_of_stream;
  }

  [[nodiscard]] bool reader_is_closed() const noexcept { return (load() & reader_closed) != 0; }

  /// Precondition: neither end is in a call.
  void reset() noexcept {
    // Relaxed: whoever calls next is told by other means that this has happened. error_ is read
    // only after a failure has set it anew.
    word_.store(0, std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint32_t writer_closed = 1, reader_closed = 2, claimed = 4, failed = 8,
                                 writer_died = 16, reader_died = 32;

  void lose(std::uint32_t closed, std::uint32_t died) noexcept {
    // Relaxed: a close by the dead was seen long ago, and one by the living only decides for
    // itself.
    auto word = word_.load(std::memory_order_relaxed);
    // Release: as in close_writer().
    while ((word & closed) == 0 &&
           !word_.compare_exchange_strong(word, word | closed | died, std::memory_order_release,
                                          std::memory_order_relaxed)) {
    }
  }

  [[nodiscard]] std::error_code refusal(std::uint32_t word, std::uint32_t closes) const noexcept {
    if ((word & failed) != 0) return error_;
    if ((word & closes) == 0) return {};
    return (word & reader_died) != 0 ? errc::peer_died : errc::closed;
  }

  // Acquire: pairs with the release of every transition above.
  [[nodiscard]] std::uint32_t load() const noexcept {
    return word_.load(std::memory_order_acquire);
  }

  typename Platform::template atomic<std::uint32_t> word_{0};
  typename Platform::template var<typename Platform::error> error_{};
};

template <class Platform>
struct status_of {
  using type = stream_status<Platform>;
};

/// Whether an end is in a call that has had to wait, so that the ring's destructor can let it
/// leave.
template <class Platform>
class waiting_room {
 public:
  class scope {
   public:
    explicit scope(waiting_room& room) noexcept : room_(room) {
      // Relaxed: who destroys the ring knows by other means that this end waits.
      room_.occupied_.store(1, std::memory_order_relaxed);
    }
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    // Release: pairs with the acquire in wait_until_empty(); the last touch of the ring.
    ~scope() { room_.occupied_.store(0, std::memory_order_release); }

   private:
    waiting_room& room_;
  };

  void wait_until_empty() const noexcept {
    while (occupied_.load(std::memory_order_acquire) != 0) Platform::yield();  // pairs with ~scope
  }

 private:
  typename Platform::template atomic<std::uint32_t> occupied_{0};
};

}  // namespace annulus
