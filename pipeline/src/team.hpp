// Who does the work on the shards of a block: the caller itself, or one thread a shard.
#pragma once

#include <barrier>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace annulus::pipeline {

/// The caller, one shard after the other.
class serial_team {
 public:
  serial_team(std::size_t shards, const std::function<void()>&) : shards_(shards) {}
  /// Calls task(i) for each shard.
  template <class Task>
  void each(Task task) {
    for (std::size_t i = 0; i < shards_; ++i) task(i);
  }

 private:
  std::size_t shards_;
};

/// One thread a shard, as MinIO's parallelWriter. A shard's calls never overlap and see each
/// other's effects, and those of the caller, because `each` starts and ends at a barrier.
class parallel_team {
 public:
  parallel_team(std::size_t shards, const std::function<void()>& on_start)
      : gate_(static_cast<std::ptrdiff_t>(shards) + 1) {
    for (std::size_t i = 0; i < shards; ++i) {
      threads_.emplace_back([this, i, on_start] {
        if (on_start) on_start();
        for (;;) {
          gate_.arrive_and_wait();
          if (call_ == nullptr) return;
          call_(task_, i);
          gate_.arrive_and_wait();
        }
      });
    }
  }
  parallel_team(const parallel_team&) = delete;
  parallel_team& operator=(const parallel_team&) = delete;
  ~parallel_team() {
    call_ = nullptr;
    gate_.arrive_and_wait();
    for (auto& thread : threads_) thread.join();
  }

  /// Calls task(i) for each shard, on its thread, and waits for all.
  template <class Task>
  void each(Task task) {
    task_ = &task;
    call_ = [](void* what, std::size_t i) { (*static_cast<Task*>(what))(i); };
    gate_.arrive_and_wait();
    gate_.arrive_and_wait();
  }

 private:
  // Written by the caller between barriers only.
  void* task_ = nullptr;
  void (*call_)(void*, std::size_t) = nullptr;
  std::barrier<> gate_;
  std::vector<std::thread> threads_;
};

}  // namespace annulus::pipeline
