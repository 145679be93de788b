// The state of a stream whose ends lie in different processes.
#pragma once

#include <annulus/core/platform.hpp>
#include <annulus/core/status.hpp>
#include <annulus/error.hpp>
#include <atomic>
#include <cstdint>
#include <system_error>

namespace annulus {

/// An error that another process can read: a std::error_code points to its category, and an address
/// means nothing there. Codes of the annulus, generic and system categories travel unchanged; any
/// other becomes the generic one that it is equivalent to. What has no meaning in this process, or
/// none as the end of a stream (no error, errc::would_block), is errc::foreign_error.
class portable_error {
 public:
  /// In the upper part of a word, whose lowest `free_bits` stay clear.
  static constexpr int free_bits = 8;

  explicit portable_error(std::error_code error) noexcept {
    if (error.category() == ring_category()) {
      set(category::annulus, error.value());
    } else if (error.category() == std::system_category()) {
      set(category::system, error.value());
    } else if (error.category() == std::generic_category()) {
      set(category::generic, error.value());
    } else if (const auto condition = error.default_error_condition();
               condition.category() == std::generic_category()) {
      set(category::generic, condition.value());
    } else {
      set(category::annulus, static_cast<int>(errc::foreign_error));
    }
  }
  /// Whatever the word holds.
  explicit portable_error(std::uint64_t word) noexcept
      : category_(static_cast<std::uint8_t>(word >> free_bits)),
        value_(static_cast<std::int32_t>(word >> value_bit)) {}

  [[nodiscard]] std::uint64_t word() const noexcept {
    return std::uint64_t{category_} << free_bits | std::uint64_t{static_cast<std::uint32_t>(value_)}
                                                       << value_bit;
  }
  // NOLINTNEXTLINE(google-explicit-constructor): it is an error code, written down
  operator std::error_code() const noexcept {
    if (value_ == 0) return errc::foreign_error;
    switch (static_cast<category>(category_)) {
      case category::annulus:
        return value_ == static_cast<int>(errc::would_block)
                   ? make_error_code(errc::foreign_error)
                   : std::error_code(value_, ring_category());
      case category::generic:
        return {value_, std::generic_category()};
      case category::system:
        return {value_, std::system_category()};
    }
    return errc::foreign_error;
  }

 private:
  enum class category : std::uint8_t { annulus, generic, system };
  static constexpr int value_bit = 32;

  void set(category which, int value) noexcept {
    category_ = static_cast<std::uint8_t>(which);
    value_ = value;
  }

  std::uint8_t category_ = 0;  // as it was written, by whomever
  std::int32_t value_ = 0;
};

/// What lies in the shared memory: what has happened, and with which error, in one word, so that
/// nobody can die or stop between the two and leave the other to wait for the rest.
template <class Platform>
struct shared_status {
  typename Platform::template atomic<std::uint64_t> word{0};
};

template <crosses_processes Platform>
struct status_of<Platform> {
  using type = shared_status<Platform>;
};

/// stream_status, of that word and of all that this process has seen in it: what has happened once
/// stays so, whatever the other process writes there. All calls are safe from any thread.
template <class Platform>
class latched_status {
 public:
  explicit latched_status(shared_status<Platform>& shared) noexcept : shared_(shared.word) {}
  latched_status(const latched_status&) = delete;
  latched_status& operator=(const latched_status&) = delete;

  void close_writer() noexcept { close(writer_closed); }
  void close_reader() noexcept { close(reader_closed); }

  void lose_writer() noexcept { lose(writer_closed, writer_died); }
  void lose_reader() noexcept { lose(reader_closed, reader_died); }

  /// Records `error` if it is the first one, as far as it can last.
  void fail(std::error_code error) noexcept {
    if ((load() & failed) != 0) return;
    const auto failure = failed | portable_error(lasting(error)).word();
    // Relaxed: only elects the first; load() acquires what came with another's.
    auto word = shared_.load(std::memory_order_relaxed);
    // Release: pairs with the acquire of load(), for what this end did before.
    while ((word & failed) == 0 &&
           !shared_.compare_exchange_strong(word, word | failure, std::memory_order_release,
                                            std::memory_order_relaxed)) {
    }
    latch((word & failed) != 0 ? word : word | failure);
  }

  [[nodiscard]] bool pristine() const noexcept {
    // Relaxed: who finds otherwise asks for the reason, which acquires.
    return (shared_.load(std::memory_order_relaxed) | seen_.load(std::memory_order_relaxed)) == 0;
  }

  [[nodiscard]] std::error_code writer_refusal() const noexcept {
    return refusal(load(), writer_closed | reader_closed);
  }
  [[nodiscard]] std::error_code drain_refusal() const noexcept {
    return refusal(load(), reader_closed);
  }
  [[nodiscard]] std::error_code reader_refusal() const noexcept {
    return refusal(load(), reader_closed);
  }
  [[nodiscard]] bool writer_is_closed() const noexcept { return (load() & writer_closed) != 0; }
  [[nodiscard]] bool reader_is_closed() const noexcept { return (load() & reader_closed) != 0; }
  [[nodiscard]] errc end() const noexcept {
    return (load() & writer_died) != 0 ? errc::peer_died : errc::end_of_stream;
  }

 private:
  using word_type = typename Platform::template atomic<std::uint64_t>;

  static constexpr std::uint64_t writer_closed = 1, reader_closed = 2, failed = 4, writer_died = 8,
                                 reader_died = 16,
                                 flags = writer_closed | reader_closed | failed | writer_died |
                                         reader_died;

  void close(std::uint64_t closed) noexcept {
    // Release: pairs with the acquire of load(); who sees the close sees every byte published
    // before it.
    shared_.fetch_or(closed, std::memory_order_release);
    latch(closed);
  }

  void lose(std::uint64_t closed, std::uint64_t died) noexcept {
    if ((load() & closed) != 0) return;
    // Relaxed: a close by the dead was seen above, and one by the living only decides for itself.
    auto word = shared_.load(std::memory_order_relaxed);
    // Release: as in close().
    while ((word & closed) == 0 &&
           !shared_.compare_exchange_strong(word, word | closed | died, std::memory_order_release,
                                            std::memory_order_relaxed)) {
    }
    latch((word & closed) != 0 ? word : closed | died);
  }

  static std::error_code refusal(std::uint64_t word, std::uint64_t closes) noexcept {
    if ((word & failed) != 0) return portable_error(word);
    if ((word & closes) == 0) return {};
    return (word & reader_died) != 0 ? errc::peer_died : errc::closed;
  }

  // Acquire: pairs with the release of every transition above.
  [[nodiscard]] std::uint64_t load() const noexcept {
    return latch(shared_.load(std::memory_order_acquire));
  }

  // All that is known once `word` has been seen. Its error counts if it is the first.
  std::uint64_t latch(std::uint64_t word) const noexcept {
    // Acquire and release: what another thread of this process has seen, as the watch, happened
    // before this one goes by it.
    auto known = seen_.load(std::memory_order_acquire);
    for (;;) {
      const bool first = (known & failed) == 0 && (word & failed) != 0;
      const auto both = known | (first ? word & ~unused : word & flags);
      if (both == known) return known;
      if (seen_.compare_exchange_strong(known, both, std::memory_order_acq_rel,
                                        std::memory_order_acquire))
        return both;
    }
  }

  // Bits of the lowest that mean nothing.
  static constexpr std::uint64_t unused =
      ((std::uint64_t{1} << portable_error::free_bits) - 1) & ~flags;

  word_type& shared_;
  mutable word_type seen_{0};
};

}  // namespace annulus
