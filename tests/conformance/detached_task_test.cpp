// A coroutine that nobody awaits starts at once, frees itself, and keeps no exception back.
#include <gtest/gtest.h>

#include <annulus/core/detached_task.hpp>
#include <coroutine>
#include <memory>
#include <stdexcept>

namespace annulus::testing {
namespace {

// `co_await` it to hand out one's handle.
struct pause {
  std::coroutine_handle<>& to;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const noexcept { to = waiting; }
  void await_resume() const noexcept {}
};

detached_task count_steps(std::shared_ptr<int> steps, std::coroutine_handle<>& paused) {
  ++*steps;
  co_await pause{paused};
  ++*steps;
}

TEST(detached_task, starts_within_the_call_and_frees_itself_within_what_ends_it) {
  const auto steps = std::make_shared<int>(0);
  std::coroutine_handle<> paused;
  count_steps(steps, paused);
  EXPECT_EQ(*steps, 1);
  EXPECT_EQ(steps.use_count(), 2);
  ASSERT_TRUE(paused);
  paused.resume();
  EXPECT_EQ(*steps, 2);
  EXPECT_EQ(steps.use_count(), 1);
}

struct uncopyable_today {
  uncopyable_today() = default;
  uncopyable_today(const uncopyable_today& /*other*/) { throw std::runtime_error("not today"); }
};

TEST(detached_task, leaves_an_exception_in_copying_its_arguments_to_the_caller) {
  bool started = false;
  const auto start = [](uncopyable_today /*argument*/, bool& flag) -> detached_task {
    flag = true;
    co_return;
  };
  const uncopyable_today argument;
  EXPECT_THROW(start(argument, started), std::runtime_error);
  EXPECT_FALSE(started);
}

TEST(detached_task_death, follows_an_exception_of_its_body) {
  const auto fail = []() -> detached_task {
    throw std::runtime_error("out of the body");
    co_return;
  };
  EXPECT_DEATH(fail(), "out of the body");
}

}  // namespace
}  // namespace annulus::testing
