// The Platform policy whose atomics, mutexes and futex belong to the checker.
#pragma once

#include <atomic>
#include <bit>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <type_traits>

#include "engine.hpp"
#include "no_demand.hpp"

namespace annulus::model {

/// As std::atomic, of an integer or a pointer; every operation names its order.
template <class T>
class atomic {
  static_assert(sizeof(T) <= sizeof(std::uint64_t) && std::is_trivially_copyable_v<T>);
  using order = std::memory_order;

 public:
  atomic() : atomic(T{}) {}
  // NOLINTNEXTLINE(google-explicit-constructor): as std::atomic
  atomic(T initial) : location_(engine::here().make_location(word(initial))) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;
  ~atomic() { engine::here().drop_location(location_, where::current()); }

  T load(order how, where at = where::current()) const {
    return typed(engine::here().load(location_, how, at));
  }
  void store(T value, order how, where at = where::current()) {
    engine::here().store(location_, word(value), how, at);
  }
  T exchange(T value, order how, where at = where::current()) {
    return update([](std::uint64_t, std::uint64_t made) { return made; }, word(value), how, at);
  }
  T fetch_add(T by, order how, where at = where::current()) requires std::integral<T> {
    return update([](std::uint64_t old,
                     std::uint64_t n) { return word(static_cast<T>(typed(old) + typed(n))); },
                  word(by), how, at);
  }
  T fetch_or(T bits, order how, where at = where::current()) requires std::integral<T> {
    return update([](std::uint64_t old, std::uint64_t more) { return old | more; }, word(bits), how,
                  at);
  }
  T fetch_and(T bits, order how, where at = where::current()) requires std::integral<T> {
    return update([](std::uint64_t old, std::uint64_t mask) { return old & mask; }, word(bits), how,
                  at);
  }
  bool compare_exchange_strong(T& expected, T desired, order success, order failure,
                               where at = where::current()) {
    auto old = word(expected);
    const auto done =
        engine::here().compare_exchange(location_, old, word(desired), success, failure, at);
    expected = typed(old);
    return done;
  }
  bool compare_exchange_weak(T& expected, T desired, order success, order failure,
                             where at = where::current()) {
    return compare_exchange_strong(expected, desired, success, failure, at);
  }

  [[nodiscard]] std::uint32_t location() const noexcept { return location_; }

 private:
  static std::uint64_t word(T value) noexcept {
    std::uint64_t raw = 0;
    std::memcpy(&raw, &value, sizeof value);
    return raw;
  }
  static T typed(std::uint64_t raw) noexcept {
    T value;
    std::memcpy(&value, &raw, sizeof value);
    return value;
  }
  T update(engine::change make, std::uint64_t operand, order how, where at) {
    return typed(engine::here().update(location_, make, operand, how, at));
  }

  std::uint32_t location_;
};

/// A plain object, whose every access must be ordered with those of other threads.
template <class T>
class var {
 public:
  var() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): stands for a T
  var(T initial) : value_(std::move(initial)) {}
  var(const var&) = delete;
  ~var() { engine::here().access(cell_, true, where::current()); }

  var& operator=(const var& other) { return *this = T(other); }
  var& operator=(const T& value) {
    engine::here().access(cell_, true, where::current());
    value_ = value;
    return *this;
  }
  // NOLINTNEXTLINE(google-explicit-constructor): stands for a T
  operator T() const {
    engine::here().access(cell_, false, where::current());
    return value_;
  }

 private:
  T value_{};
  mutable race_cell cell_{};
};

/// Orders what it guards, and nothing else.
class mutex {
 public:
  mutex() : self_(engine::here().make_mutex()) {}
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;
  ~mutex() { engine::here().drop_mutex(self_); }

  void lock(where at = where::current()) { engine::here().lock(self_, at); }
  void unlock(where at = where::current()) { engine::here().unlock(self_, at); }

 private:
  friend class condition_variable;
  std::uint32_t self_;
};

class condition_variable {
 public:
  condition_variable() : self_(engine::here().make_condition()) {}
  condition_variable(const condition_variable&) = delete;
  condition_variable& operator=(const condition_variable&) = delete;
  ~condition_variable() { engine::here().drop_condition(self_); }

  void wait(std::unique_lock<mutex>& held, where at = where::current()) {
    engine::here().wait(self_, held.mutex()->self_, std::nullopt, at);
  }
  /// False if the deadline passed.
  bool wait_until(std::unique_lock<mutex>& held, time_point until, where at = where::current()) {
    return engine::here().wait(self_, held.mutex()->self_, until, at);
  }
  void notify_one(where at = where::current()) noexcept { engine::here().notify(self_, false, at); }
  void notify_all(where at = where::current()) noexcept { engine::here().notify(self_, true, at); }

 private:
  std::uint32_t self_;
};

/// What both platforms below share. See std_platform for the meaning of each.
struct platform_base {
  template <class T>
  using atomic = model::atomic<T>;
  template <class T>
  using var = model::var<T>;
  using error = std::error_code;
  using mutex = model::mutex;
  using condition_variable = model::condition_variable;
  using clock = std::chrono::steady_clock;

  static void copy(std::byte* to, const std::byte* from, std::size_t n,
                   where at = where::current()) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      engine::here().access(from + i, false, at);
      engine::here().access(to + i, true, at);
    }
    if (n > 0) std::memcpy(to, from, n);
  }

  // Orders nothing, as in the kernel.
  static void futex_wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                         const std::optional<clock::time_point>& deadline,
                         where at = where::current()) noexcept {
    engine::here().futex_wait(word.location(), expected, deadline, at);
  }
  static void futex_wake(atomic<std::uint32_t>& word, where at = where::current()) noexcept {
    engine::here().futex_wake(word.location(), at);
  }

  // No spin before a sleep: it does what the looks around it do, and would only hide them.
  static int looks_in(std::chrono::nanoseconds) noexcept { return 0; }
  static int pauses_in(std::chrono::nanoseconds) noexcept { return 0; }
  static constexpr std::chrono::nanoseconds first_budget{0};
  static constexpr std::chrono::nanoseconds patience{0};
  using demand = no_demand;
  static void relax(where at = where::current()) noexcept { engine::here().look_again(at); }
  static void yield(where at = where::current()) noexcept { engine::here().look_again(at); }
  static void doze() noexcept { engine::here().doze(); }
  static clock::time_point now() noexcept { return engine::here().now(); }
  static std::chrono::nanoseconds processor_time() noexcept { return now().time_since_epoch(); }
};

/// The publisher passes no barrier; the waiter has the kernel run one in every thread.
struct asymmetric_platform : platform_base {
  static constexpr std::memory_order publish = std::memory_order_release;
  static void light_barrier() noexcept {}
  static std::uint64_t heavy_barrier(where at = where::current()) noexcept {
    engine::here().fence_everywhere(at);
    return 1;
  }
  static void own_barrier(where at = where::current()) noexcept {
    engine::here().fence(std::memory_order_seq_cst, at);
  }
  static constexpr std::uint32_t own_barriers_worth() noexcept { return 1; }
};

/// Sequentially consistent accesses on both sides.
struct symmetric_platform : platform_base {
  static constexpr std::memory_order publish = std::memory_order_seq_cst;
  static void light_barrier() noexcept {}
  static std::uint64_t heavy_barrier() noexcept { return 0; }
};

/// Where there is no membarrier(2): the publisher passes a full fence of its own.
struct fenced_platform : platform_base {
  static constexpr std::memory_order publish = std::memory_order_release;
  static void light_barrier(where at = where::current()) noexcept {
    engine::here().fence(std::memory_order_seq_cst, at);
  }
  static std::uint64_t heavy_barrier() noexcept { return 0; }
};

}  // namespace annulus::model
