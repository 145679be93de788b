// Asking all disks at once, and no longer than one may take to answer.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace annulus::pipeline {

/// A healthy disk that has to wake up takes seconds.
inline constexpr std::chrono::seconds patience{15};

/// Calls `question(subject)` for each subject, each on a thread of its own, and gives the answers
/// in order; none of those that have not come in time. Such a thread is left behind: nothing ends a
/// system call on a disk that is gone for good. So a question must own all that it uses, but for
/// what lives as long as the program. An exception of a question is thrown here, the first in
/// order.
template <class Subject, class Question>
auto ask_each(const std::vector<Subject>& subjects, Question question,
              std::chrono::milliseconds limit = patience) {
  using answer = decltype(question(subjects.front()));
  struct board {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::optional<answer>> answers;
    std::vector<std::exception_ptr> problems;
    std::size_t open = 0;
  };
  const auto shared = std::make_shared<board>();
  shared->answers.resize(subjects.size());
  shared->problems.resize(subjects.size());
  shared->open = subjects.size();
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    std::thread([shared, i, question, subject = subjects[i]]() mutable {
      std::optional<answer> given;
      std::exception_ptr problem;
      try {
        given.emplace(question(subject));
      } catch (...) {
        problem = std::current_exception();
      }
      const std::lock_guard lock(shared->mutex);
      shared->answers[i] = std::move(given);
      shared->problems[i] = problem;
      if (--shared->open == 0) shared->changed.notify_one();
    }).detach();
  }
  std::unique_lock lock(shared->mutex);
  shared->changed.wait_for(lock, limit, [&] { return shared->open == 0; });
  for (const auto& problem : shared->problems) {
    if (problem) std::rethrow_exception(problem);
  }
  return std::exchange(shared->answers, std::vector<std::optional<answer>>(subjects.size()));
}

}  // namespace annulus::pipeline
