// One shard's way from the encoder to its sink: a ring, and a thread that drains it.
#pragma once

#include <annulus/contract.hpp>
#include <annulus/pipeline/put.hpp>
#include <annulus/pipeline/sink.hpp>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "buffer.hpp"

namespace annulus::pipeline {

/// How a lane is drained.
struct drain_plan {
  hand_over hand = hand_over::copy;
  std::size_t read_size = 0;    // of a copying drain into a sink that takes any piece
  std::size_t frame_bytes = 0;  // of a whole frame
  bool sync = false;
};

/// Copies out of the ring in pieces. Returns why it ended early, if so.
template <class Reader, class Sink>
std::error_code drain_copying(Reader& reader, Sink& sink, const drain_plan& plan) {
  const buffer piece(Sink::takes_frames ? plan.frame_bytes : plan.read_size);
  const auto min = Sink::takes_frames ? piece.size() : 1;
  for (;;) {
    const auto got = reader.read(piece.first(piece.size()), min);
    if (got.bytes > 0) {
      if (const auto error = sink.write({piece.first(got.bytes), {}})) return error;
    }
    if (got.error) return got.error == errc::end_of_stream ? std::error_code{} : got.error;
  }
}

/// Hands the ring's own memory to the sink. Returns why it ended early, if so.
template <class Reader, class Sink>
std::error_code drain_in_place(Reader& reader, Sink& sink, const drain_plan& plan) {
  const auto min = Sink::takes_frames ? plan.frame_bytes : 1;
  for (;;) {
    const auto seen = reader.peek(min);
    const auto n = Sink::takes_frames ? std::min(min, seen.data.size()) : seen.data.size();
    if (n > 0) {
      if (const auto error = sink.write(seen.data.prefix(n))) return error;
      if (const auto error = reader.consume(n)) return error;
    }
    if (seen.error) return seen.error == errc::end_of_stream ? std::error_code{} : seen.error;
  }
}

/// The writer's side is used by one thread at a time; results are read after join().
template <byte_ring Ring>
class lane {
 public:
  lane(std::size_t ring_size, shard_sink& sink) : ring_(ring_size), sink_(sink) {}

  void start(const drain_plan& plan, const std::function<void()>& on_start) {
    thread_ = std::thread([this, plan, on_start] {
      if (on_start) on_start();
      drained_ = std::visit([&](auto& sink) { return drain(sink, plan); }, sink_);
    });
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] bool alive() const noexcept { return !failure_; }
  [[nodiscard]] writer_of<Ring>& writer() noexcept { return ring_.writer(); }
  [[nodiscard]] ring_stats stats() const noexcept { return ring_.stats(); }

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
  template <class Sink>
  std::error_code drain(Sink& sink, const drain_plan& plan) {
    auto& reader = ring_.reader();
    auto error = plan.hand == hand_over::copy ? drain_copying(reader, sink, plan)
                                              : drain_in_place(reader, sink, plan);
    if (!error) error = sink.finish(plan.sync);
    if (error) reader.close(error);
    return error;
  }

  Ring ring_;
  shard_sink& sink_;
  std::thread thread_;
  std::error_code failure_;  // seen by the writer
  std::error_code drained_;  // the drain's result
  std::chrono::nanoseconds stalled_{};
  std::vector<std::chrono::nanoseconds> stalls_;
};

}  // namespace annulus::pipeline
