// Runs the threads of a scenario as fibers, one operation at a time, in every order within bounds.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "choices.hpp"
#include "fiber.hpp"
#include "memory.hpp"
#include "where.hpp"

namespace annulus::model {

/// What is explored. Within `preemptions`, `stale` and `spurious`, an exhaustive search is complete
/// unless it reaches `runs`.
struct limits {
  std::uint32_t preemptions = 2;  ///< switches away from a thread that could have gone on
  std::uint32_t stale = 2;     ///< loads of another than the newest store, stores placed before one
  std::uint32_t spurious = 0;  ///< wakes of a sleeper that nobody woke
  std::uint64_t runs = 10'000'000;
  std::uint32_t steps = 2'000;          ///< in one run; more is a livelock
  std::optional<std::uint64_t> seed{};  ///< draw `runs` runs at random instead of searching
};

/// What came of it.
struct report {
  std::uint64_t runs = 0;
  bool complete = false;
  std::string failure;             ///< empty if there was none
  std::vector<std::string> trace;  ///< of the run that failed: one operation a line
};

using time_point = std::chrono::steady_clock::time_point;

/// Remembers who touched a plain object, to find two accesses that nothing orders.
struct race_cell {
  std::uint32_t writer = 0;
  std::uint32_t written = 0;  // clock of the writer
  std::array<std::uint32_t, max_threads> read{};
};

class engine {
 public:
  using order = std::memory_order;

  explicit engine(const limits& bounds) : bounds_(bounds) {}
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// The one that runs on this OS thread.
  static engine& here() noexcept { return *current_; }
  report explore(const std::function<void()>& scenario);

  // What a scenario calls.
  void spawn(std::string name, std::function<void()> body);
  void join();
  [[noreturn]] void fail(std::string why);
  time_point deadline(int after);
  void pass_time(time_point to);
  /// A change that no location shows: whoever waits for any change looks again.
  void external_change(std::string_view what, const where& at);
  [[nodiscard]] std::uint32_t running() const noexcept { return running_; }

  // What the platform calls.
  std::uint32_t make_location(std::uint64_t initial);
  void drop_location(std::uint32_t location, const where& at);
  std::uint64_t load(std::uint32_t location, order how, const where& at);
  void store(std::uint32_t location, std::uint64_t value, order how, const where& at);
  using change = std::uint64_t (*)(std::uint64_t old, std::uint64_t operand);
  std::uint64_t update(std::uint32_t location, change make, std::uint64_t operand, order how,
                       const where& at);
  bool compare_exchange(std::uint32_t location, std::uint64_t& expected, std::uint64_t desired,
                        order success, order failure, const where& at);
  void fence(order how, const where& at);
  void fence_everywhere(const where& at);
  void access(race_cell& cell, bool write, const where& at);
  void access(const std::byte* byte, bool write, const where& at);

  std::uint32_t make_mutex();
  void drop_mutex(std::uint32_t mutex) noexcept { mutexes_[mutex].dead = true; }
  void lock(std::uint32_t mutex, const where& at);
  void unlock(std::uint32_t mutex, const where& at);
  std::uint32_t make_condition();
  void drop_condition(std::uint32_t condition) noexcept { dead_conditions_[condition] = true; }
  /// Returns false if the deadline passed.
  bool wait(std::uint32_t condition, std::uint32_t mutex, std::optional<time_point> until,
            const where& at);
  void notify(std::uint32_t condition, bool all, const where& at);

  void futex_wait(std::uint32_t location, std::uint32_t expected, std::optional<time_point> until,
                  const where& at);
  void futex_wake(std::uint32_t location, const where& at);

  /// Blocks until something that this thread has looked at since the last such call from the same
  /// line has changed.
  void look_again(const where& at);
  [[nodiscard]] time_point now() noexcept;
  void doze() noexcept { now_ += std::chrono::nanoseconds(1); }

 private:
  enum class state { ready, locking, sleeping, waiting, looking, finished };
  enum class cause { none, time, spurious };
  struct look {
    std::uint32_t location;
    std::uint32_t at;  // the store that was read there
  };
  struct thread {
    std::string name;
    state what = state::ready;
    std::uint32_t on = 0;  // mutex, location or condition
    std::optional<time_point> until{};
    cause woken = cause::none;
    std::vector<look> looks{};      // what it read
    std::size_t looking_since = 0;  // those of the loop that waits now
    std::vector<std::pair<where, std::size_t>> loops{};
    bool saw_clock = false;
    std::uint64_t changes = 0;
    where at = where::current();
  };
  struct candidate {
    std::uint32_t who;
    cause why;
  };
  struct mutex_state {
    bool held = false;
    bool dead = false;
    view released;
  };

  void begin();
  bool run(const std::function<void()>& scenario);
  thread& me() { return threads_[running_]; }
  void count_step();
  void point(const where& at);
  void block(state what, std::uint32_t on, std::optional<time_point> until, const where& at);
  void decide(bool runnable);
  [[nodiscard]] std::optional<cause> can_go_on(const thread& which) const;
  [[nodiscard]] std::optional<time_point> next_deadline() const;
  void give_to(std::uint32_t next);
  [[noreturn]] void end_run();
  void looked(std::uint32_t location);
  std::size_t& looks_before(const where& loop);
  void check_alive(bool dead, const where& at);
  void use(std::uint32_t location, const where& at);
  std::uint32_t pick(const memory::places& from, std::string_view surprise);
  [[nodiscard]] std::string stuck() const;
  template <class... Parts>
  void note(const where& at, const Parts&... parts);

  static thread_local engine* current_;

  limits bounds_;
  choices choices_;
  memory memory_;
  std::vector<thread> threads_;
  fiber control_;  // the caller of explore()
  std::vector<fiber> fibers_;
  std::uint32_t running_ = 0;
  std::vector<mutex_state> mutexes_;
  std::vector<bool> dead_, dead_conditions_;
  std::vector<race_cell> uses_;  // of each location, for its end
  std::unordered_map<const std::byte*, race_cell> bytes_;
  std::vector<candidate> candidates_;
  std::vector<time_point> deadlines_;
  time_point now_{};
  std::uint64_t changes_ = 0;
  std::uint32_t preemptions_ = 0, stale_ = 0, spurious_ = 0, steps_ = 0;
  bool concurrent_ = false;
  bool tracing_ = false;
  std::string failure_;
  std::vector<std::string> trace_;
};

}  // namespace annulus::model
