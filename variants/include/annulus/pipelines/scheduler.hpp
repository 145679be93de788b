// Where the coroutines of one end go on.
#pragma once

#include <concepts>
#include <coroutine>
#include <type_traits>

namespace annulus::pipelines {

/// Resumes coroutines inline, as the design document has it, on the thread and within the call that
/// made progress possible, after unlocking; or hands them to an executor of the caller's, which is
/// called in that place and must not throw. It refers to the executor, and allocates nothing.
class scheduler {
 public:
  /// Inline: the writer's flush runs the reader.
  constexpr scheduler() = default;
  /// By `executor(handle)`. The executor must outlive the pipe.
  template <class Executor>
  requires(!std::same_as<std::remove_cv_t<Executor>, scheduler> &&
           std::invocable<Executor&, std::coroutine_handle<>>)
      // NOLINTNEXTLINE(google-explicit-constructor): an option reads `.reader_scheduler = loop`
      scheduler(Executor& executor)
  noexcept
      : executor_(&executor),
        run_([](void* to, std::coroutine_handle<> what) { (*static_cast<Executor*>(to))(what); }) {}

  void operator()(std::coroutine_handle<> what) const {
    if (run_ == nullptr) return what.resume();
    run_(executor_, what);
  }

 private:
  void* executor_ = nullptr;
  void (*run_)(void*, std::coroutine_handle<>) = nullptr;
};

}  // namespace annulus::pipelines
