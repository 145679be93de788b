// The machine as a ring sees it whose two ends lie in different processes.
#pragma once

#include <annulus/error.hpp>
#include <annulus/platform.hpp>
#include <cstdint>
#include <system_error>

namespace annulus {

/// An error that another process can read: a std::error_code points to its category, and an address
/// means nothing there. Codes of the annulus, generic and system categories travel unchanged; any
/// other becomes the generic one that it is equivalent to, or else errc::foreign_error.
class portable_error {
 public:
  portable_error() = default;
  explicit portable_error(std::error_code error) noexcept { set(error); }
  // NOLINTNEXTLINE(google-explicit-constructor): it is an error code, written down
  operator std::error_code() const noexcept {
    switch (category_) {
      case category::annulus:
        return {value_, ring_category()};
      case category::generic:
        return {value_, std::generic_category()};
      case category::system:
        return {value_, std::system_category()};
    }
    return errc::foreign_error;
  }

 private:
  enum class category : std::int32_t { annulus, generic, system };

  void set(std::error_code error) noexcept {
    value_ = error.value();
    if (error.category() == ring_category()) {
      category_ = category::annulus;
    } else if (error.category() == std::system_category()) {
      category_ = category::system;
    } else if (error.category() == std::generic_category()) {
      category_ = category::generic;
    } else if (const auto condition = error.default_error_condition();
               condition.category() == std::generic_category()) {
      category_ = category::generic;
      value_ = condition.value();
    } else {
      category_ = category::annulus;
      value_ = static_cast<int>(errc::foreign_error);
    }
  }

  category category_ = category::generic;
  std::int32_t value_ = 0;
};

/// As std_platform, with futexes that other processes may wake and errors that they can read. The
/// asymmetric barrier of std_platform reaches one process only (membarrier PRIVATE_EXPEDITED), so
/// both sides pay: sequentially consistent stores and loads need no other barrier. No mutex and no
/// condition variable: a process that dies would leave them locked.
struct shared_platform : std_platform {
  static constexpr bool crosses_processes = true;

  using error = portable_error;
  using mutex = void;
  using condition_variable = void;

  static constexpr std::memory_order publish = std::memory_order_seq_cst;
  static void light_barrier() noexcept {}
  static std::uint64_t heavy_barrier() noexcept { return 0; }

  static void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                         const std::optional<clock::time_point>& deadline) noexcept {
    std_platform::futex_wait(word, expected, deadline, all_processes);
  }
  static void futex_wake(std::atomic<std::uint32_t>& word) noexcept {
    std_platform::futex_wake(word, all_processes);
  }

 private:
  static constexpr int all_processes = 0;  // no FUTEX_PRIVATE_FLAG
  // Anything else would hide a lock in the process that made it.
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free &&
                std::atomic<std::uint64_t>::is_always_lock_free);
};

}  // namespace annulus
