// Everything that a ring asks of the machine, in one policy, so that a memory-model checker can put
// its own atomics, mutexes and futex under the shipped templates.
#pragma once

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

#include <annulus/core/copy.hpp>
#include <array>
#include <atomic>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

namespace annulus {

/// How many threads of this process want a core, as far as rings know: those that have waited at
/// one, but for those that sleep at one. A spin pays only while no other thread could use the core,
/// so spinners are bounded by the cores that are left, as in the schedulers of Go (runtime/proc.go)
/// and tokio (idle.rs). Any thread; O(1). Nothing is published by it: all orders are relaxed, and
/// who sees a count late spins, or sleeps, once more than it should.
class core_demand {
 public:
  /// Counts the calling thread from now on, until it ends.
  static void enlist() noexcept {
    thread_local const membership mine;
    static_cast<void>(mine);
  }
  /// The calling thread, which is counted, goes to sleep, or no longer sleeps.
  static void sleeps() noexcept {
    if (!asleep_[self()].exchange(true, std::memory_order_relaxed))
      wanting_.fetch_sub(1, std::memory_order_relaxed);
  }
  static void wakes() noexcept { rouses(self()); }

  /// A number for the calling thread, never 0. In a process of many threads others have the same,
  /// of whom then as many are counted as one could be.
  [[nodiscard]] static std::uint32_t self() noexcept {
    thread_local const auto mine =
        1 + threads_.fetch_add(1, std::memory_order_relaxed) % (asleep_.size() - 1);
    return static_cast<std::uint32_t>(mine);
  }
  /// The thread of this number is being woken: it wants a core long before it has one.
  static void rouses(std::uint32_t thread) noexcept {
    if (asleep_[thread].exchange(false, std::memory_order_relaxed))
      wanting_.fetch_add(1, std::memory_order_relaxed);
  }
  /// Whether it sleeps. Of 0, nobody.
  [[nodiscard]] static bool is_asleep(std::uint32_t thread) noexcept {
    return asleep_[thread].load(std::memory_order_relaxed);
  }

  /// Every thread that wants a core has one.
  [[nodiscard]] static bool has_cores() noexcept {
    return wanting_.load(std::memory_order_relaxed) <= cpus_;
  }

 private:
  struct membership {
    membership() noexcept { wanting_.fetch_add(1, std::memory_order_relaxed); }
    membership(const membership&) = delete;
    membership& operator=(const membership&) = delete;
    ~membership() { wanting_.fetch_sub(1, std::memory_order_relaxed); }
  };

  // Those that the process may run on as it starts, before any thread is pinned to some of them.
  inline static const int cpus_ = [] {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  }();
  inline static constinit std::atomic<int> wanting_{0};
  inline static constinit std::atomic<std::size_t> threads_{0};
  inline static constinit std::array<std::atomic<bool>, 1024> asleep_{};
};

/// Two lines, since the adjacent-line prefetcher of x86 pulls lines in pairs.
inline constexpr std::size_t line_bytes = 128;

/// A platform whose ends may lie in different processes: neither can call back into the other.
template <class Platform>
concept crosses_processes = requires {
  requires Platform::crosses_processes;
};

/// The real machine: std atomics, the Linux futex.
struct std_platform {
  template <class T>
  using atomic = std::atomic<T>;
  /// A plain field that one thread writes and another reads after an atomic has published it.
  template <class T>
  using var = T;
  /// What a stream keeps of the error that it failed with.
  using error = std::error_code;
  using mutex = std::mutex;
  using condition_variable = std::condition_variable;
  using clock = std::chrono::steady_clock;
  /// Who else wants a core.
  using demand = core_demand;

  /// Moves bytes between ring memory and a caller's. Precondition: the ranges do not overlap.
  static void copy(std::byte* to, const std::byte* from, std::size_t n) noexcept {
    copy_between_cores(to, from, n);
  }
  /// The same for a large piece, in the way that is given. Precondition: n >= worth_choosing.
  static void copy(copy_strategy how, std::byte* to, const std::byte* from,
                   std::size_t n) noexcept {
    copy_as(how, to, from, n);
  }

#if defined(__x86_64__)
  /// The order of the store that publishes an index before the publisher looks for a sleeper. Here
  /// a barrier between the two would cost more than the rest of a small write, so the sleeper pays
  /// for both: light_barrier() keeps only the compiler from swapping them, heavy_barrier() has the
  /// kernel run a full barrier on every core that runs this process (membarrier(2)).
  static constexpr std::memory_order publish = std::memory_order_release;
  static void light_barrier() noexcept {
    if (has_membarrier) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      std::atomic_thread_fence(std::memory_order_seq_cst);
    }
  }
  /// Returns the number of kernel calls made.
  static std::uint64_t heavy_barrier() noexcept {
    if (!has_membarrier) return 0;
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    return 1;
  }
  /// What a publisher may pass instead, so that a sleeper need not pay for both.
  static void own_barrier() noexcept {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  /// How many of these cost as much as one heavy barrier; measured once a process. 0: the publisher
  /// always passes one.
  static std::uint32_t own_barriers_worth() noexcept {
    static const std::uint32_t worth = [] {
      if (!has_membarrier) return 0U;
      const auto cost = [](int rounds, auto barrier) {
        auto least = std::chrono::nanoseconds::max();
        for (int i = 0; i < 3; ++i) {
          const auto start = clock::now();
          for (int j = 0; j < rounds; ++j) barrier();
          least = std::min<std::chrono::nanoseconds>(least, clock::now() - start);
        }
        return std::max<std::int64_t>(least.count() / rounds, 1);
      };
      const auto ratio = cost(2, [] { heavy_barrier(); }) / cost(64, own_barrier);
      return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ratio, 1, 1 << 20));
    }();
    return worth;
  }
#else
  /// Sequentially consistent stores and loads are as cheap as release and acquire, so they order a
  /// publication before the look for a sleeper without a barrier.
  static constexpr std::memory_order publish = std::memory_order_seq_cst;
  static void light_barrier() noexcept {
  }
  static std::uint64_t heavy_barrier() noexcept {
    return 0;
  }
#endif

  /// Sleeps while `word` holds `expected`, until a wake, the deadline or a signal. Orders nothing.
  /// `scope`: who may wake it, FUTEX_PRIVATE_FLAG for this process, 0 for all.
  static void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                         const std::optional<clock::time_point>& deadline,
                         int scope = FUTEX_PRIVATE_FLAG) noexcept {
    timespec limit{};
    if (deadline) {
      const auto since = deadline->time_since_epoch();
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
      limit.tv_sec = static_cast<time_t>(seconds.count());
      limit.tv_nsec = static_cast<long>(std::chrono::nanoseconds(since - seconds).count());
    }
    // FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time, which is what steady_clock reads.
    syscall(SYS_futex, address(word), FUTEX_WAIT_BITSET | scope, expected,
            deadline ? &limit : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
  }

  /// Wakes every thread asleep on `word` in the same scope. Orders nothing.
  static void futex_wake(std::atomic<std::uint32_t>& word,
                         int scope = FUTEX_PRIVATE_FLAG) noexcept {
    syscall(SYS_futex, address(word), FUTEX_WAKE | scope, INT_MAX, nullptr, nullptr, 0);
  }

  /// How many looks at a line that nobody changes, or how many relax(), last so long: a pause takes
  /// from 10 to 140 cycles, by the core. Measured as the program starts; 0 before.
  static int looks_in(std::chrono::nanoseconds time) noexcept {
    return static_cast<int>(static_cast<double>(time.count()) * looks_a_nanosecond);
  }
  static int pauses_in(std::chrono::nanoseconds time) noexcept {
    return static_cast<int>(static_cast<double>(time.count()) * pauses_a_nanosecond);
  }
  /// How long a first wait spins before it sleeps; later ones go by experience (rest.hpp).
  static constexpr std::chrono::nanoseconds first_budget{4000};
  /// How long an end that sleeps may wait for a batch rather than be woken for less, if the ring's
  /// user says nothing else.
  static constexpr std::chrono::nanoseconds patience{50'000};

  /// Tells the core that this is a spin loop.
  static void relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#endif
  }
  /// As relax(), for a longer spin: a doze of some hundred nanoseconds where the core has WAITPKG.
  static void doze() noexcept {
#if defined(__x86_64__)
    if (has_waitpkg) return timed_pause();
#endif
    relax();
  }
  static void yield() noexcept {
    std::this_thread::yield();
  }
  static clock::time_point now() noexcept {
    return clock::now();
  }
  /// That of the calling thread. A system call.
  static std::chrono::nanoseconds processor_time() noexcept {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  }

 private:
  // The most of three, since another thread may have had the core meanwhile.
  template <class Step>
  static double steps_a_nanosecond(Step step) noexcept {
    constexpr int steps = 256;
    double most = 0;
    for (int i = 0; i < 3; ++i) {
      const auto start = clock::now();
      for (int j = 0; j < steps; ++j) step();
      const std::chrono::nanoseconds took = clock::now() - start;
      most = std::max(most, steps / static_cast<double>(std::max<std::int64_t>(took.count(), 1)));
    }
    return most;
  }
  inline static const double pauses_a_nanosecond = steps_a_nanosecond(relax);
  inline static const double looks_a_nanosecond = [] {
    std::atomic<std::uint64_t> line{0};
    return steps_a_nanosecond([&line] {
      // Acquire: as the looks that it stands for. Nobody writes it.
      if (line.load(std::memory_order_acquire) != 0) relax();
    });
  }();
#if defined(__x86_64__)
  inline static const bool has_waitpkg = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (c & bit_WAITPKG) != 0;
  }();
  __attribute__((target("waitpkg"))) static void timed_pause() noexcept {
    constexpr unsigned light_sleep = 1;  // C0.1: the faster of the two to leave
    constexpr std::uint64_t ticks = 512;
    _tpause(light_sleep, __rdtsc() + ticks);
  }
  // Registering, once a process, tells whether the kernel can do it. Until then it reads false,
  // which is slower and as safe.
  inline static const bool has_membarrier =
      syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
#endif
  static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
  static std::uint32_t* address(std::atomic<std::uint32_t>& word) noexcept {
    return reinterpret_cast<std::uint32_t*>(&word);
  }
};

}  // namespace annulus
