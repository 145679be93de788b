// What a notifier does behind the news that it brings.
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <annulus/ready_event.hpp>
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <thread>

namespace annulus::testing {
namespace {

// An end whose waker is notified by a thread of its own, at once.
class eager_end {
 public:
  bool arm(std::size_t /*min*/, waker& who) noexcept {
    ++armed_;
    armed_waker_.store(&who, std::memory_order_release);  // pairs with notify_all()
    return true;
  }
  bool disarm(waker& /*who*/) noexcept {
    return armed_waker_.exchange(nullptr, std::memory_order_acquire) != nullptr;
  }
  // Until all that were armed, and not disarmed, have been notified.
  void settle() const noexcept {
    while (notified_.load(std::memory_order_acquire) != armed_) std::this_thread::yield();
  }

 private:
  void notify_all(const std::stop_token& stop) noexcept {
    while (!stop.stop_requested()) {
      auto* const who = armed_waker_.exchange(nullptr, std::memory_order_acquire);
      if (who == nullptr) {
        std::this_thread::yield();
        continue;
      }
      who->notify();
      notified_.fetch_add(1, std::memory_order_release);  // pairs with settle()
    }
  }

  std::size_t armed_ = 0;
  std::atomic<std::size_t> notified_{0};
  std::atomic<waker*> armed_waker_{nullptr};
  std::jthread thread_{[this](const std::stop_token& stop) { notify_all(stop); }};
};

void await(const ready_event& event) {
  pollfd waited{event.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&waited, 1, -1), 1);
}

// This thread and those that it starts share a CPU meanwhile: who wakes another then has often to
// give way to it at once.
class one_cpu {
 public:
  one_cpu() {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
    EXPECT_EQ(::sched_getaffinity(0, sizeof before_, &before_), 0);
    EXPECT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  }
  one_cpu(const one_cpu&) = delete;
  one_cpu& operator=(const one_cpu&) = delete;
  ~one_cpu() { EXPECT_EQ(::sched_setaffinity(0, sizeof before_, &before_), 0); }

 private:
  cpu_set_t before_{};
};

// Found in a test of the chunk log: an event that was armed anew while its first notifier was on
// its way out was marked by that one as if nothing were under way any more, so that disarm() did
// not wait for the second, which wrote to the event after its end.
TEST(regression_event, disarm_waits_for_the_second_of_two_notifications) {
  constexpr std::byte gone{0xA5};
  const one_cpu shared;
  eager_end end;
  alignas(ready_event) std::array<std::byte, sizeof(ready_event)> memory;
  for (int round = 0; round < 2'000; ++round) {
    auto* const event = std::construct_at(reinterpret_cast<ready_event*>(memory.data()));
    ASSERT_TRUE(event->arm(end, 1));
    await(*event);
    event->clear();
    ASSERT_TRUE(event->arm(end, 1));
    await(*event);
    event->disarm(end);
    std::destroy_at(event);
    memory.fill(gone);
    end.settle();
    ASSERT_TRUE(std::all_of(memory.begin(), memory.end(), [](std::byte b) { return b == gone; }))
        << "round " << round;
  }
}

}  // namespace
}  // namespace annulus::testing
