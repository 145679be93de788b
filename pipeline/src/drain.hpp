// From a ring to a sink.
#pragma once

#include <annulus/contract.hpp>
#include <annulus/pipeline/frame_parser.hpp>
#include <annulus/pipeline/put.hpp>
#include <functional>
#include <system_error>
#include <vector>

#include "buffer.hpp"

namespace annulus::pipeline {

/// How a ring is drained.
struct drain_plan {
  hand_over hand = hand_over::copy;
  std::size_t read_size = 0;    // what a drain takes at a time, where it is more than a frame
  std::size_t frame_bytes = 0;  // of a whole frame
  bool sync = false;
  std::function<void(std::size_t bytes)> before_sink{};  // may be empty
};

/// What is buffered, where it lies: a chain if that is what the ring is, else one or two spans.
template <class Reader>
auto peek_where_it_lies(Reader& reader, std::size_t min) {
  if constexpr (requires { reader.peek_chain(min); }) {
    return reader.peek_chain(min);
  } else {
    return reader.peek(min);
  }
}

/// Gives a sink frames where they lie, each by itself if it takes frames, else together.
template <class Sink>
class frame_feed {
 public:
  frame_feed(Sink& sink, const drain_plan& plan)
      : sink_(sink), plan_(plan), frames_(plan.frame_bytes) {}

  /// Those that `bytes` begin with, until they come to the read size: what is given to the sink is
  /// not the writer's again before the call returns. `ended`: nothing comes behind `bytes`. Returns
  /// how many bytes the frames are, or what was wrong with one of them.
  template <byte_sequence S>
  transfer feed(const S& bytes, bool ended) {
    auto rest = bytes;
    std::size_t done = 0;
    while (done < plan_.read_size) {
      const auto frame = frames_.next(rest, ended);
      if (frame.error) return {done, frame.error};
      if (frame.status == parse_status::need_more) break;
      if constexpr (Sink::takes_frames) {
        if (const auto error = write(subsequence(rest, 0, frame.consumed))) return {done, error};
      }
      done += frame.consumed;
      rest = subsequence(rest, frame.consumed, length(rest) - frame.consumed);
    }
    if constexpr (Sink::takes_frames) return {done, {}};
    return {done, write(subsequence(bytes, 0, done))};
  }

 private:
  template <byte_sequence S>
  std::error_code write(const S& bytes) {
    pieces_.clear();
    for (const bytes_view piece : pieces(bytes)) pieces_.push_back(piece);
    if (plan_.before_sink) [[unlikely]]
      plan_.before_sink(length(bytes));
    return sink_.write(pieces_);
  }

  Sink& sink_;
  const drain_plan& plan_;
  frame_parser frames_;
  std::vector<bytes_view> pieces_;  // its memory is used again
};

/// Copies out of the ring in pieces, which are frames if the sink takes frames. Returns why it
/// ended early, if so.
template <class Reader, class Sink>
std::error_code drain_copying(Reader& reader, Sink& sink, const drain_plan& plan) {
  frame_feed feeder(sink, plan);
  const buffer memory(Sink::takes_frames ? plan.frame_bytes : plan.read_size);
  const auto min = Sink::takes_frames ? memory.size() : 1;
  const auto write = [&](const bytes_view& piece) {
    if (plan.before_sink) [[unlikely]]
      plan.before_sink(piece.size());
    return sink.write({&piece, 1});
  };
  for (;;) {
    const auto got = reader.read(memory.first(memory.size()), min);
    const bool ended = got.error == errc::end_of_stream;
    const bytes_view piece = memory.first(got.bytes);
    const auto error = Sink::takes_frames ? feeder.feed(piece, ended).error : write(piece);
    if (error) return error;
    if (got.error) return ended ? std::error_code{} : got.error;
  }
}

/// Hands the ring's own memory to the sink, by whole frames. Returns why it ended early, if so.
template <class Reader, class Sink>
std::error_code drain_in_place(Reader& reader, Sink& sink, const drain_plan& plan) {
  frame_feed feeder(sink, plan);
  for (;;) {
    const auto seen = peek_where_it_lies(reader, plan.frame_bytes);
    const bool ended = seen.error == errc::end_of_stream;
    if (seen.error && !ended) return seen.error;
    const auto fed = feeder.feed(seen.data, ended);
    if (fed.error) return fed.error;
    if (const auto error = reader.consume(fed.bytes)) return error;
    if (ended) return {};
  }
}

/// By the way that the plan says. Ends the sink's stream, or closes the ring with what is wrong.
template <class Reader, class Sink>
std::error_code drain(Reader& reader, Sink& sink, const drain_plan& plan) {
  auto error = plan.hand == hand_over::copy ? drain_copying(reader, sink, plan)
                                            : drain_in_place(reader, sink, plan);
  if (!error) error = sink.finish(plan.sync);
  if (error) reader.close(error);
  return error;
}

}  // namespace annulus::pipeline
