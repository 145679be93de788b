// A few scenarios again under Relacy, a checker of other hands with other limits
// (docs/verification.md).
#include <gtest/gtest.h>

#include <annulus/basic_ring.hpp>
#include <annulus/core/platform.hpp>
#include <array>
#include <memory>
#include <optional>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

#include "../checker/no_demand.hpp"

// Last, and without its `new`: it redefines keywords.
#include <relacy/relacy.hpp>
#undef new
#undef delete

namespace annulus {
namespace {

constexpr rl::memory_order relacy_order(std::memory_order how) {
  switch (how) {
    case std::memory_order::relaxed:
      return rl::mo_relaxed;
    case std::memory_order::consume:
    case std::memory_order::acquire:
      return rl::mo_acquire;
    case std::memory_order::release:
      return rl::mo_release;
    case std::memory_order::acq_rel:
      return rl::mo_acq_rel;
    case std::memory_order::seq_cst:
      break;
  }
  return rl::mo_seq_cst;
}

template <class T>
class relacy_atomic {
 public:
  relacy_atomic() : relacy_atomic(T{}) {}
  // NOLINTNEXTLINE(google-explicit-constructor): as std::atomic
  relacy_atomic(T initial) { value_.store(initial, rl::mo_relaxed, RL_INFO); }

  T load(std::memory_order how) const { return value_.load(relacy_order(how), RL_INFO); }
  void store(T value, std::memory_order how) { value_.store(value, relacy_order(how), RL_INFO); }
  T exchange(T value, std::memory_order how) {
    return value_.exchange(value, relacy_order(how), RL_INFO);
  }
  T fetch_or(T bits, std::memory_order how) {
    return value_.fetch_or(bits, relacy_order(how), RL_INFO);
  }
  T fetch_add(T by, std::memory_order how) {
    return value_.fetch_add(by, relacy_order(how), RL_INFO);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure) {
    return value_.compare_exchange_strong(expected, desired, relacy_order(success), RL_INFO,
                                          relacy_order(failure), RL_INFO);
  }

 private:
  rl::atomic<T> value_;
};

/// Relacy's own variable checks the accesses; it holds numbers only.
template <class T>
class relacy_var {
 public:
  relacy_var() { access_(RL_INFO) = 1; }
  relacy_var& operator=(const T& value) {
    access_(RL_INFO) = 1;
    value_ = value;
    return *this;
  }
  // NOLINTNEXTLINE(google-explicit-constructor): stands for a T
  operator T() const {
    (void)static_cast<int>(access_(RL_INFO));
    return value_;
  }

 private:
  mutable rl::var<int> access_;
  T value_{};
};

/// The memory of the one ring, with a checked variable beside each byte.
struct checked_memory {
  static constexpr std::size_t most = 4;
  std::array<std::byte, most> bytes{};
  std::array<relacy_var<int>, most> checks;
  inline static checked_memory* current = nullptr;

  static relacy_var<int>* of(const std::byte* byte) {
    const auto at = byte - current->bytes.data();
    if (at < 0 || at >= std::ptrdiff_t{most}) return nullptr;  // a caller's
    return &current->checks[static_cast<std::size_t>(at)];
  }
};

/// Both barriers are full fences here. The futex is a look at its word that orders nothing, until
/// the word changes: a wake that is never made goes unnoticed, one that is not announced does not.
struct relacy_platform {
  template <class T>
  using atomic = relacy_atomic<T>;
  template <class T>
  using var = relacy_var<T>;
  using error = std::error_code;
  using clock = std::chrono::steady_clock;

  static void copy(std::byte* to, const std::byte* from, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      if (const auto* check = checked_memory::of(from + i)) (void)int(*check);
      if (auto* check = checked_memory::of(to + i)) *check = 1;
      to[i] = from[i];
    }
  }
  static constexpr std::memory_order publish = std::memory_order::release;
  static void light_barrier() noexcept { rl::atomic_thread_fence(rl::mo_seq_cst, RL_INFO); }
  static std::uint64_t heavy_barrier() noexcept {
    rl::atomic_thread_fence(rl::mo_seq_cst, RL_INFO);
    return 1;
  }
  static void futex_wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                         const std::optional<clock::time_point>&) noexcept {
    while (word.load(std::memory_order::relaxed) == expected) yield();
  }
  static void futex_wake(atomic<std::uint32_t>&) noexcept {}
  static int looks_in(std::chrono::nanoseconds) noexcept { return 0; }
  static int pauses_in(std::chrono::nanoseconds) noexcept { return 0; }
  [[maybe_unused]] static constexpr std::chrono::nanoseconds first_budget{0};
  [[maybe_unused]] static constexpr std::chrono::nanoseconds patience{0};
  using demand = model::no_demand;
  static void relax() noexcept { yield(); }
  static void doze() noexcept { yield(); }
  static void yield() noexcept { rl::yield(1, RL_INFO); }
  static clock::time_point now() noexcept { return {}; }
  static std::chrono::nanoseconds processor_time() noexcept { return {}; }
};

/// The same with the publisher's barrier left out: what Relacy must find.
struct unfenced_platform : relacy_platform {
  static void light_barrier() noexcept {}
};

template <class Ring, std::size_t capacity>
class fixture {
 protected:
  void make() {
    checked_memory::current = &memory_;
    ring_ = std::construct_at(reinterpret_cast<Ring*>(&room_),
                              flat_storage(bytes_span(memory_.bytes).first(capacity)));
    count_ = 0;
  }
  // Not by a destructor: a run that fails leaves the ring to an end that will never leave it.
  void end() { std::destroy_at(ring_); }

  void send(std::size_t from, std::size_t n) {
    std::array<std::byte, 8> bytes{};
    for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::byte>(from + i);
    RL_ASSERT(!ring_->writer().write(bytes_view(bytes).first(n)).error);
  }
  std::error_code receive(std::size_t most) {
    std::array<std::byte, 8> bytes{};
    const auto got = ring_->reader().read(bytes_span(bytes).first(most));
    for (std::size_t i = 0; i < got.bytes; ++i) {
      RL_ASSERT(bytes[i] == static_cast<std::byte>(++count_));
    }
    return got.error;
  }

  checked_memory memory_;
  alignas(Ring) std::array<std::byte, sizeof(Ring)> room_;
  Ring* ring_ = nullptr;
  std::size_t count_ = 0;
};

template <class Platform>
using park = basic_ring<flat_storage, park_waiting, Platform>;

/// More bytes than fit, one at a time.
template <class Platform, std::size_t capacity>
struct stream : rl::test_suite<stream<Platform, capacity>, 2>, fixture<park<Platform>, capacity> {
  static constexpr std::size_t total = capacity + 1;
  void before() { this->make(); }
  void thread(unsigned who) {
    for (std::size_t i = 0; i < total; ++i) {
      if (who == 0) {
        this->send(i + 1, 1);
      } else {
        RL_ASSERT(!this->receive(1));
      }
    }
  }
  void after() {
    RL_ASSERT(this->count_ == total);
    this->end();
  }
};

/// A clean end after more than fits.
template <class Platform, std::size_t capacity>
struct closing : rl::test_suite<closing<Platform, capacity>, 2>, fixture<park<Platform>, capacity> {
  void before() { this->make(); }
  void thread(unsigned who) {
    if (who == 0) {
      this->send(1, capacity + 1);
      this->ring_->writer().close();
    } else {
      std::error_code end;
      while (!end) end = this->receive(2);
      RL_ASSERT(end == errc::end_of_stream);
    }
  }
  void after() {
    RL_ASSERT(this->count_ == capacity + 1);
    this->end();
  }
};

/// An error meets a writer that waits.
template <class Platform>
struct failing : rl::test_suite<failing<Platform>, 2>, fixture<park<Platform>, 1> {
  void before() { this->make(); }
  void thread(unsigned who) {
    const auto broken = std::make_error_code(std::errc::io_error);
    if (who == 0) {
      const std::array<std::byte, 2> bytes{};
      RL_ASSERT(this->ring_->writer().write(bytes).error == broken);
    } else {
      this->ring_->reader().close(broken);
    }
  }
  void after() { this->end(); }
};

/// The beginning of what Relacy says. It replaces the heap, which a std::stringstream shares.
class page : public std::streambuf {
 public:
  page() { setp(text_.data(), text_.data() + text_.size()); }
  [[nodiscard]] std::string_view text() const { return {pbase(), pptr()}; }

 private:
  int_type overflow(int_type c) override { return traits_type::not_eof(c); }
  std::array<char, 1 << 14> text_{};
};

struct outcome {
  bool passed;
  std::string text;
};

template <class Suite>
outcome simulate(rl::scheduler_type_e how, unsigned bound, unsigned iterations) {
  page paper;
  std::ostream text(&paper);
  rl::test_params params;
  params.search_type = how;
  params.context_bound = bound;
  params.iteration_count = iterations;
  params.execution_depth_limit = 4000;
  params.output_stream = &text;
  params.progress_stream = &text;
  const auto passed = rl::simulate<Suite>(params);
  return {passed, std::string(paper.text())};
}

// One context switch more than needed, exhaustively, and many runs at random.
template <class Suite>
void check() {
  const auto bounded = simulate<Suite>(rl::sched_bound, 2, 1'000'000'000);
  EXPECT_TRUE(bounded.passed) << bounded.text;
  const auto random = simulate<Suite>(rl::sched_random, 0, 20'000);
  EXPECT_TRUE(random.passed) << random.text;
}

TEST(relacy, streams) {
  check<stream<relacy_platform, 1>>();
  check<stream<relacy_platform, 2>>();
}
TEST(relacy, clean_end) {
  check<closing<relacy_platform, 1>>();
  check<closing<relacy_platform, 2>>();
}
TEST(relacy, error_while_the_writer_waits) {
  check<failing<relacy_platform>>();
}

TEST(relacy, finds_a_wake_lost_by_store_buffering) {
  EXPECT_FALSE((simulate<stream<unfenced_platform, 1>>(rl::sched_random, 0, 1'000'000).passed));
}

}  // namespace
}  // namespace annulus
