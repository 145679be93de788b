// One shard's way from the encoder to its sink: a ring, and a thread that drains it.
#pragma once

#include <annulus/contract.hpp>
#include <annulus/pipeline/sink.hpp>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "drain.hpp"

namespace annulus::pipeline {

/// The writer's side is used by one thread at a time; results are read after join().
template <byte_ring Ring>
class lane {
 public:
  /// `dead`: the shard goes nowhere, since its disk has failed already.
  lane(const put_options& how, shard_sink& sink, bool dead) : ring_(how.ring_size), sink_(sink) {
    if constexpr (requires { ring_.moderate_wakes(how.patience); }) {
      ring_.moderate_wakes(how.patience);
    }
    if (dead) failure_ = std::make_error_code(std::errc::no_such_device);
  }

  void start(const drain_plan& plan, const std::function<void()>& on_start) {
    if (!alive()) return;
    thread_ = std::thread([this, plan, on_start] {
      if (on_start) on_start();
      drained_ = std::visit([&](auto& sink) { return drain(ring_.reader(), sink, plan); }, sink_);
    });
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] bool alive() const noexcept { return !failure_; }
  [[nodiscard]] writer_of<Ring>& writer() noexcept { return ring_.writer(); }
  [[nodiscard]] ring_stats stats() const noexcept { return ring_.stats(); }
  [[nodiscard]] memory_report memory() const { return ring_.memory(); }

  /// Runs one frame's calls of the writer, unless the lane has failed, and records how long they
  /// stalled. `call` returns an error code.
  template <class Call>
  void hand_over_frame(Call call) {
    if (!alive()) return;
    failure_ = call(ring_.writer());
    const auto stalled = ring_.stats().writer.stalled;
    stalls_.push_back(stalled - std::exchange(stalled_, stalled));
  }
  /// Runs a call of the writer that belongs to the next frame.
  template <class Call>
  void prepare_frame(Call call) {
    if (alive()) failure_ = call(ring_.writer());
  }

  /// Why this shard is not whole; clear if it is. Call after join().
  [[nodiscard]] std::error_code failure() const noexcept { return drained_ ? drained_ : failure_; }
  [[nodiscard]] std::vector<std::chrono::nanoseconds>& stalls() noexcept { return stalls_; }

 private:
  Ring ring_;
  shard_sink& sink_;
  std::thread thread_;
  std::error_code failure_;  // seen by the writer
  std::error_code drained_;  // the drain's result
  std::chrono::nanoseconds stalled_{};
  std::vector<std::chrono::nanoseconds> stalls_;
};

}  // namespace annulus::pipeline
