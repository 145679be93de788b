// Pipes: what two ends that commit, flush, advance, close and cancel at once may see.
#pragma once

#include <annulus/core/detached_task.hpp>
#include <annulus/pipelines/pipe.hpp>
#include <annulus/pipelines/pipe_async.hpp>
#include <memory>
#include <optional>

#include "rings.hpp"

namespace annulus::model {

using byte_pipe = pipelines::basic_pipe<symmetric_platform>;
using pipe_pool = pipelines::basic_memory_pool<symmetric_platform>;
using pipe_settings = pipelines::basic_pipe_options<symmetric_platform>;

/// Has an end spin before its first sleeps, for a few looks.
struct spinning_platform : symmetric_platform {
  static constexpr std::chrono::nanoseconds first_budget{2};
};

/// Segments of one byte, so that every byte but the first is a link.
template <class Platform = symmetric_platform>
pipelines::basic_pipe_options<Platform> tiny(std::size_t pause, std::size_t max = 0) {
  pipelines::basic_pipe_options<Platform> made;
  made.minimum_segment = 1;
  made.pause_threshold = pause;
  made.resume_threshold = pause == 0 ? 0 : 1;
  made.max_size = max;
  return made;
}

template <class Buffer>
void take(received& into, const Buffer& buffer) {
  byte_list bytes(buffer.size());
  buffer.copy_to(bytes);
  into.take(bytes);
}

/// Advances the bytes first, first + 1, …, not committed.
template <class Pipe>
void stage(Pipe& p, std::size_t first, std::size_t n) {
  for (const auto byte : numbered(first, n)) {
    const auto room = p.writer().alloc(1);
    require(!room.error, "there is memory");
    symmetric_platform::copy(room.memory.data(), &byte, 1);
    require(!p.writer().advance(1), "it may be advanced");
  }
}

/// Reads until the end.
template <class Pipe>
void read_all(Pipe& p, received& got, std::size_t total) {
  for (;;) {
    const auto seen = p.reader().read();
    require(!seen.error, "a read that has something");
    take(got, seen.buffer);
    require(!p.reader().advance(seen.buffer.finish()), "it is advanced");
    if (seen.closed) break;
  }
  require(got.count() == total, "everything before the end is read");
}

/// Every flush waits for the reader, in one segment or over more.
template <class Platform = symmetric_platform>
void paused_stream(std::size_t pause, std::size_t total, std::size_t piece) {
  pipelines::basic_pipe<Platform> p(tiny<Platform>(pause));
  received got;
  thread("writer", [&] {
    for (std::size_t sent = 0; sent < total; sent += piece) {
      stage(p, sent + 1, piece);
      require(!p.writer().flush(), "the flush ends");
    }
    require(!p.writer().close(), "it closes");
  });
  thread("reader", [&] { read_all(p, got, total); });
  join();
}

/// What commits have published is announced by the flush, or found without it.
inline void commits_then_a_flush(std::size_t total) {
  byte_pipe p(tiny(0));
  received got;
  thread("writer", [&] {
    for (std::size_t sent = 0; sent < total; ++sent) {
      stage(p, sent + 1, 1);
      require(!p.writer().commit(), "it is committed");
    }
    require(!p.writer().flush(), "and announced");
  });
  thread("reader", [&] {
    while (got.count() < total) {
      const auto seen = p.reader().read();
      take(got, seen.buffer);
      require(!p.reader().advance(seen.buffer.finish()), "it is advanced");
    }
  });
  join();
}

/// A frame is larger than the pause threshold.
inline void frame_beyond_the_threshold(std::size_t frame) {
  byte_pipe p(tiny(1));
  received got;
  thread("writer", [&] {
    for (std::size_t sent = 0; sent < frame; ++sent) {
      stage(p, sent + 1, 1);
      require(!p.writer().flush(), "the flush ends");
    }
  });
  thread("reader", [&] {
    const auto seen = p.reader().read_at_least(frame);
    require(seen.buffer.size() == frame, "the whole frame");
    take(got, seen.buffer);
    require(!p.reader().advance(seen.buffer.finish()), "it is advanced");
  });
  join();
}

/// The reader examines everything and consumes nothing until all is there.
inline void examined_only(std::size_t total) {
  byte_pipe p(tiny(1));
  received got;
  thread("writer", [&] {
    for (std::size_t sent = 0; sent < total; ++sent) {
      stage(p, sent + 1, 1);
      require(!p.writer().flush(), "the flush ends");
    }
  });
  thread("reader", [&] {
    for (;;) {
      const auto seen = p.reader().read();
      const bool all = seen.buffer.size() == total;
      if (all) take(got, seen.buffer);
      require(!p.reader().advance(seen.buffer.start(), seen.buffer.finish()), "it is examined");
      if (all) return;
    }
  });
  join();
  require(got.count() == total, "all of it");
}

/// More than the cap, which is never exceeded.
inline void capped_stream(std::size_t max, std::size_t total) {
  byte_pipe p(tiny(0, max));
  received got;
  thread("writer", [&] {
    const auto sent = p.writer().write(numbered(1, total));
    require(!sent.error && sent.bytes == total, "the write goes through");
  });
  thread("reader", [&] {
    while (got.count() < total) {
      const auto seen = p.reader().read();
      require(seen.buffer.size() <= max, "no more than the cap");
      take(got, seen.buffer);
      require(!p.reader().advance(seen.buffer.finish()), "it is advanced");
    }
  });
  join();
}

/// A writer that waits for room and a reader that waits for more: the reader is told.
inline void wedged() {
  byte_pipe p(tiny(0, 1));
  received got;
  thread("writer", [&] { std::ignore = p.writer().write(numbered(1, 2)); });
  thread("reader", [&] {
    while (got.count() < 2) {
      const auto seen = p.reader().read();
      const bool full = seen.error == errc::exceeds_capacity;
      require(!seen.error || full, "no other error");
      require(seen.buffer.size() == 1, "one byte at a time");
      if (full || got.count() == 1) {
        take(got, seen.buffer);
        require(!p.reader().advance(seen.buffer.finish()), "consumed");
      } else {
        require(!p.reader().advance(seen.buffer.start(), seen.buffer.finish()), "examined only");
      }
    }
  });
  join();
}

/// Both ends close at once, in the midst of things: all memory goes back, once.
inline void both_close(bool with_errors) {
  const auto pool = std::make_shared<pipe_pool>();
  auto settings = tiny(1);
  settings.pool = pool;
  const auto error = with_errors ? std::make_error_code(std::errc::io_error) : std::error_code{};
  byte_pipe p(settings);
  stage(p, 1, 1);
  require(!p.writer().commit(), "a byte is there");
  thread("writer", [&] {
    stage(p, 2, 1);
    require(p.writer().flush() == (with_errors ? error : errc::closed),
            "the flush ends by the reader");
    stage(p, 2, 1);
    require(!p.writer().close(error), "the writer closes");
  });
  thread("reader", [&] {
    const auto seen = p.reader().read();
    require(!seen.error && !seen.buffer.empty(), "the byte");
    require(!p.reader().close(error), "the reader closes");
  });
  join();
  require(pool->stats().leased == 0, "all memory is back");
  require(!p.reset(), "and the pipe can be reset");
  require(p.reader().try_read().error == errc::would_block, "to nothing");
}

inline void close_meets_a_read(bool with_error) {
  byte_pipe p(tiny(0));
  received got;
  const auto error = with_error ? std::make_error_code(std::errc::io_error) : std::error_code{};
  thread("writer", [&] {
    stage(p, 1, 2);
    require(!p.writer().close(error), "it closes");
  });
  thread("reader", [&] {
    if (!with_error) return read_all(p, got, 2);
    require(p.reader().read().error == error, "the error");
  });
  join();
}

/// Nothing more will be read: by a close, or because what there was is consumed.
inline void end_reading(byte_pipe& p, received& got, bool by_close) {
  if (by_close) {
    require(!p.reader().close(), "it closes");
    return;
  }
  const auto seen = p.reader().read();
  take(got, seen.buffer);
  require(!p.reader().advance(seen.buffer.finish()), "it is advanced");
}

/// The writer waits until nothing more will be read.
inline void writing_ends(bool by_close) {
  byte_pipe p(tiny(0));
  received got;
  thread("writer", [&] {
    stage(p, 1, 1);
    require(!p.writer().close(), "it closes");
    require(!p.writer().writing(), "and is told of the end");
    require(by_close || got.count() == 1, "not before");
  });
  thread("reader", [&] { end_reading(p, got, by_close); });
  join();
}

/// A third thread fails a pipe whose ends both wait, or are about to: both are told, and all memory
/// goes back.
inline void failed_by_a_third() {
  const auto pool = std::make_shared<pipe_pool>();
  auto settings = tiny(1);
  settings.pool = pool;
  const auto error = std::make_error_code(std::errc::io_error);
  byte_pipe p(settings);
  thread("writer", [&] {
    stage(p, 1, 1);
    auto told = p.writer().flush();
    if (!told) told = p.writer().writing();
    require(told == error, "the writer is told");
    require(!p.writer().close(), "and closes");
  });
  thread("reader", [&] {
    require(p.reader().read_at_least(2).error == error, "the reader is told");
    require(!p.reader().close(), "and closes");
  });
  thread("third", [&] { p.fail(error); });
  join();
  require(pool->stats().leased == 0, "all memory is back");
}

/// The flush goes on only for a reader that waits; so it is in its call, and stays.
inline void destroyed() {
  std::optional<byte_pipe> p(std::in_place, tiny(1));
  thread("owner", [&] {
    stage(*p, 1, 1);
    require(!p->writer().flush(), "the flush ends");
    p.reset();
  });
  thread("reader", [&] {
    require(p->reader().read_at_least(2).error == errc::destroyed, "the reader is told");
  });
  join();
}

/// A cancel meets a flush that waits: it ends that or the next, and the bytes are there.
inline void cancelled_flush() {
  byte_pipe p(tiny(1));
  thread("writer", [&] {
    stage(p, 1, 1);
    require(p.writer().flush() == errc::cancelled, "nothing else ends it");
  });
  thread("canceller", [&] { p.writer().cancel_pending_flush(); });
  join();
  require(p.reader().try_read().buffer.size() == 1, "the byte is published");
  require(p.writer().try_flush() == errc::would_block, "once");
}

/// A cancel and an advance meet a flush that waits.
inline void cancel_meets_progress() {
  byte_pipe p(tiny(1));
  auto cancelled = false;
  thread("writer", [&] {
    stage(p, 1, 1);
    cancelled = p.writer().flush() == errc::cancelled;
  });
  thread("reader", [&] {
    const auto seen = p.reader().read();
    p.writer().cancel_pending_flush();
    require(!p.reader().advance(seen.buffer.finish()), "it is advanced");
  });
  join();
  require((p.writer().flush() == errc::cancelled) != cancelled, "one of them is cancelled");
}

inline void cancelled_read() {
  byte_pipe p(tiny(0));
  auto cancels = 0;
  received got;
  thread("writer", [&] {
    p.reader().cancel_pending_read();
    stage(p, 1, 1);
    require(!p.writer().flush(), "it is flushed");
  });
  thread("reader", [&] {
    while (got.count() < 1 || cancels < 1) {
      const auto seen = p.reader().read();
      if (seen.error) {
        require(seen.error == errc::cancelled, "no other error");
        ++cancels;
        continue;
      }
      take(got, seen.buffer);
      require(!p.reader().advance(seen.buffer.finish()), "it is advanced");
    }
  });
  join();
  require(cancels == 1, "once");
}

inline void cancelled_read_of_nothing() {
  byte_pipe p(tiny(0));
  thread("reader",
         [&] { require(p.reader().read().error == errc::cancelled, "nothing else ends it"); });
  thread("canceller", [&] { p.reader().cancel_pending_read(); });
  join();
}

/// A deadline and a stop request end a flush, which loses nothing.
inline void limited_flush() {
  byte_pipe p(tiny(1));
  received got;
  std::stop_source stop;
  thread("writer", [&] {
    stage(p, 1, 1);
    const auto error = p.writer().flush(until(deadline(1), stop.get_token()));
    require(!error || error == errc::timed_out || error == errc::cancelled, "one of the three");
    if (p.writer().unflushed_bytes() > 0) static_cast<void>(p.writer().try_flush());
  });
  thread("reader", [&] {
    stop.request_stop();
    const auto seen = p.reader().read();
    take(got, seen.buffer);
    require(!p.reader().advance(seen.buffer.finish()), "it is advanced");
  });
  join();
  require(got.count() == 1, "the byte");
}
inline void limited_read() {
  byte_pipe p(tiny(0));
  received got;
  thread("writer", [&] {
    stage(p, 1, 1);
    require(!p.writer().flush(), "it is flushed");
  });
  thread("reader", [&] {
    const auto seen = p.reader().read(deadline(1));
    if (seen.error) return require(seen.error == errc::timed_out, "the deadline");
    take(got, seen.buffer);
    require(!p.reader().advance(seen.buffer.finish()), "it is advanced");
  });
  join();
  require(p.stats().buffered + got.count() == 1, "the byte is read or there");
}

/// A preserved segment is given up by a third thread while the writer wants memory: whoever uses it
/// next comes after the last look at it.
inline void preserved() {
  byte_pipe p(tiny(0));
  stage(p, 1, 2);
  require(!p.writer().commit(), "two bytes are there");
  const auto seen = p.reader().read();
  auto kept = seen.buffer.preserve();
  thread("keeper", [&] {
    received got;
    take(got, kept.buffer());
    kept.release();
  });
  thread("reader", [&] { require(!p.reader().advance(seen.buffer.finish()), "it is advanced"); });
  thread("writer", [&] {
    stage(p, 3, 2);
    require(!p.writer().commit(), "it is committed");
    stage(p, 5, 1);
  });
  join();
  require(p.stats().pinned_bytes == 0, "nothing is pinned");
}

/// A preserved segment is given up while its pipe ends and the pool goes on to another one.
inline void preserved_beyond_the_end() {
  auto with_pool = tiny(0);
  with_pool.pool = std::make_shared<pipe_pool>();
  byte_pipe ending(with_pool), next(with_pool);
  stage(ending, 1, 2);
  require(!ending.writer().commit(), "two bytes are there");
  const auto seen = ending.reader().read();
  auto kept = seen.buffer.preserve();
  require(!ending.reader().advance(seen.buffer.finish()), "it is advanced");
  thread("keeper", [&] {
    received got;
    take(got, kept.buffer());
    kept.release();
  });
  thread("owner", [&] {
    require(!ending.writer().close() && !ending.reader().close(), "it ends");
    stage(next, 1, 2);
  });
  join();
}

inline detached_task awaiting_reader(byte_pipe& p, received& got, std::size_t total) {
  while (got.count() < total) {
    const auto seen = co_await pipelines::async_read(p.reader());
    take(got, seen.buffer);
    require(!p.reader().advance(seen.buffer.finish()), "it is advanced");
  }
}
inline detached_task awaiting_writer(byte_pipe& p, std::size_t total, atomic<std::uint32_t>& done) {
  for (std::size_t sent = 0; sent < total; ++sent) {
    stage(p, sent + 1, 1);
    const auto flushed = co_await pipelines::async_flush(p.writer());
    require(!flushed.error, "the flush ends");
  }
  done.store(1, std::memory_order_release);
}
inline void awaited(std::size_t total) {
  byte_pipe p(tiny(1));
  received got;
  atomic<std::uint32_t> done(0U);
  thread("writer", [&] { awaiting_writer(p, total, done); });
  thread("reader", [&] { awaiting_reader(p, got, total); });
  join();
  require(got.count() == total, "everything is read");
  require(done.load(std::memory_order_acquire) == 1, "every flush has ended");
}

/// As writing_ends, awaited.
inline detached_task awaiting_end(byte_pipe& p, received& got, bool by_close,
                                  atomic<std::uint32_t>& done) {
  const auto over = co_await pipelines::async_writing(p.writer());
  require(!over.error, "it is told of the end");
  require(by_close || got.count() == 1, "not before");
  done.store(1, std::memory_order_release);
}
inline void awaited_writing_ends(bool by_close) {
  byte_pipe p(tiny(0));
  received got;
  atomic<std::uint32_t> done(0U);
  thread("writer", [&] {
    stage(p, 1, 1);
    require(!p.writer().close(), "it closes");
    awaiting_end(p, got, by_close, done);
  });
  thread("reader", [&] { end_reading(p, got, by_close); });
  join();
  require(done.load(std::memory_order_acquire) == 1, "the wait has ended");
}

/// A stop ends an awaited call for which nothing comes.
inline detached_task stopped_reader(byte_pipe& p, std::stop_token token,
                                    atomic<std::uint32_t>& done) {
  const auto seen = co_await pipelines::async_read(p.reader(), std::move(token));
  require(seen.error == errc::cancelled, "cancelled");
  done.store(1, std::memory_order_release);
}
inline detached_task stopped_writer(byte_pipe& p, std::stop_token token,
                                    atomic<std::uint32_t>& done) {
  stage(p, 1, 1);
  const auto flushed = co_await pipelines::async_flush(p.writer(), std::move(token));
  require(flushed.error == errc::cancelled, "cancelled");
  done.store(1, std::memory_order_release);
}
inline detached_task stopped_writing(byte_pipe& p, std::stop_token token,
                                     atomic<std::uint32_t>& done) {
  const auto over = co_await pipelines::async_writing(p.writer(), std::move(token));
  require(over.error == errc::cancelled, "cancelled");
  done.store(1, std::memory_order_release);
}
template <class Coroutine>
void awaited_until_a_stop(Coroutine waiting) {
  byte_pipe p(tiny(1));
  std::stop_source stop;
  atomic<std::uint32_t> done(0U);
  thread("waiting", [&] { waiting(p, stop.get_token(), done); });
  thread("stopper", [&] { stop.request_stop(); });
  join();
  require(done.load(std::memory_order_acquire) == 1, "the call has ended");
}

inline checked_list pipelines_scenarios() {
  checked_list all;
  const limits quick{.preemptions = 3, .stale = 2, .spurious = 1};
  const limits deep{.preemptions = 4, .stale = 3, .spurious = 1, .runs = 3'000'000};
  const auto add = [&](std::string name, std::function<void()> body) {
    all.push_back({std::move(name), std::move(body), quick, deep});
  };
  add("paused_stream", [] { paused_stream(1, 3, 1); });
  add("paused_stream_of_pairs", [] { paused_stream(2, 4, 2); });
  add("spinning_stream", [] { paused_stream<spinning_platform>(1, 2, 1); });
  add("commits_then_a_flush", [] { commits_then_a_flush(3); });
  add("frame_beyond_the_threshold", [] { frame_beyond_the_threshold(3); });
  add("examined_only", [] { examined_only(3); });
  add("capped_stream", [] { capped_stream(1, 3); });
  add("capped_stream_of_two", [] { capped_stream(2, 4); });
  add("wedged", [] { wedged(); });
  add("both_close", [] { both_close(false); });
  add("both_fail", [] { both_close(true); });
  add("close_meets_a_read", [] { close_meets_a_read(false); });
  add("failure_meets_a_read", [] { close_meets_a_read(true); });
  add("writing_ends_by_consumption", [] { writing_ends(false); });
  add("writing_ends_by_close", [] { writing_ends(true); });
  add("failed_by_a_third", [] { failed_by_a_third(); });
  add("destroyed", [] { destroyed(); });
  add("cancelled_flush", [] { cancelled_flush(); });
  add("cancel_meets_progress", [] { cancel_meets_progress(); });
  add("cancelled_read", [] { cancelled_read(); });
  add("cancelled_read_of_nothing", [] { cancelled_read_of_nothing(); });
  add("limited_flush", [] { limited_flush(); });
  add("limited_read", [] { limited_read(); });
  add("preserved", [] { preserved(); });
  add("preserved_beyond_the_end", [] { preserved_beyond_the_end(); });
  add("awaited", [] { awaited(2); });
  add("awaited_writing_ends_by_consumption", [] { awaited_writing_ends(false); });
  add("awaited_writing_ends_by_close", [] { awaited_writing_ends(true); });
  add("awaited_writing_stopped", [] { awaited_until_a_stop(stopped_writing); });
  add("awaited_read_stopped", [] { awaited_until_a_stop(stopped_reader); });
  add("awaited_flush_stopped", [] { awaited_until_a_stop(stopped_writer); });
  return all;
}

}  // namespace annulus::model
