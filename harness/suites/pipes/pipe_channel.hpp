// A pipe, and beside it a ring, as what the shapes of the pipes go through.
//
// A stream is constructed with the size of a segment and has, beside the write and read of a
// channel,
//   void send(bytes_view)   copies one segment in and publishes it
//   void pass(n)            allocates and publishes a segment, untouched
//   auto next()             blocks until there is something; a byte_sequence of what is there
//   void consume(it)        is done with it
// for one producer and one consumer thread.
#pragma once

#include <annulus/contract.hpp>
#include <annulus/pipelines/pipe.hpp>
#include <memory>
#include <vector>

#include "suites/common/ring_channel.hpp"
#include "suites/pipes/metrics.hpp"

namespace annulus::bench {

/// A pool that has all the segments that a pipe may ever have at once, and their pages: those that
/// are written, and as many that a reader has just advanced over and is about to give back.
inline std::shared_ptr<annulus::pipelines::memory_pool> stocked_pool(std::size_t segment) {
  const auto count = 2 * (pipe_buffering / segment + 2);
  auto pool = std::make_shared<annulus::pipelines::memory_pool>(
      annulus::pipelines::pool_limits{.segments = count, .bytes = count * segment});
  std::vector<annulus::pipelines::memory_pool::handle> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(pool->lease(segment).first);
    std::fill_n(all.back()->memory, segment, std::byte{0xFF});
  }
  for (auto& each : all) pool->give_back(std::move(each));
  return pool;
}

class pipe_channel {
 public:
  using sequence = annulus::pipelines::readable_buffer;

  explicit pipe_channel(std::size_t segment)
      : pipe_(annulus::pipelines::pipe_options{.pool = stocked_pool(segment),
                                               .minimum_segment = segment,
                                               .pause_threshold = pipe_buffering,
                                               .resume_threshold = pipe_buffering / 2}) {}

  void write(bytes_view from) { demand(pipe_.writer().write(from).error); }
  void read(bytes_span to) {
    while (!to.empty()) {
      const auto there = next();
      const auto n = there.copy_to(to);
      consume(there.at(n), there.at(n));
      to = to.subspan(n);
    }
  }

  void send(bytes_view from) { write(from); }
  void pass(std::size_t n) {
    alloc(n);
    advance(n);
    flush();
  }

  // The sink of a buffer_writer.
  bytes_span alloc(std::size_t min) {
    const auto got = pipe_.writer().alloc(min);
    demand(got.error);
    return got.memory;
  }
  void advance(std::size_t n) { demand(pipe_.writer().advance(n)); }
  void flush() { demand(pipe_.writer().flush()); }

  [[nodiscard]] sequence next() {
    const auto got = pipe_.reader().read();
    demand(got.error);
    return got.buffer;
  }
  void consume(const sequence& all) { consume(all.finish(), all.finish()); }
  void consume(const annulus::pipelines::cursor& consumed,
               const annulus::pipelines::cursor& examined) {
    demand(pipe_.reader().advance(consumed, examined));
  }

  [[nodiscard]] ring_stats counted() const {
    const auto all = pipe_.stats();
    return {all.writer, all.reader};
  }
  [[nodiscard]] std::uint64_t lock_acquisitions() const { return pipe_.stats().lock_acquisitions; }

 private:
  [[gnu::always_inline]] static void demand(const std::error_code& error) {
    if (error) [[unlikely]]
      give_up(error.message());
  }

  annulus::pipelines::pipe pipe_;
};

/// Takes a segment's size at a time, in place.
template <byte_ring Ring>
class ring_stream : public ring_channel<Ring> {
 public:
  explicit ring_stream(std::size_t segment)
      : ring_channel<Ring>(pipe_buffering), segment_(segment) {}

  void send(bytes_view from) { this->write(from); }
  void pass(std::size_t n) {
    if (const auto got = this->ring().writer().reserve(n); got.error) give_up(got.error.message());
    if (const auto error = this->ring().writer().commit(n)) give_up(error.message());
  }
  [[nodiscard]] span_pair<const std::byte> next() {
    const auto got = this->ring().reader().peek(segment_);
    if (got.error) give_up(got.error.message());
    return got.data.prefix(segment_);
  }
  void consume(const span_pair<const std::byte>& all) {
    if (const auto error = this->ring().reader().consume(all.size())) give_up(error.message());
  }

 private:
  std::size_t segment_;
};

}  // namespace annulus::bench
