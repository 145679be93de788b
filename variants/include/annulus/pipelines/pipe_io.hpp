// Pipes and descriptors: readv(2) straight into segments, writev(2) straight from them.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <annulus/error.hpp>
#include <annulus/ring_io.hpp>
#include <annulus/transfer.hpp>
#include <annulus/until.hpp>
#include <array>
#include <concepts>
#include <cstddef>
#include <system_error>

namespace annulus::pipelines {

template <class Platform>
class basic_pipe_writer;
template <class Platform>
class basic_pipe_reader;

/// Reads from a descriptor once, at most `most` > 0 bytes into two segments, and flushes without
/// waiting: errc::would_block, beside the bytes, if the pipe is paused or full. No bytes and a
/// clear error are the end of the file; EAGAIN of a descriptor that does not block is an error.
/// `bytes` counts what the pipe has taken, also beside an error; what of it is not flushed yet, the
/// writer tells. O(bytes).
template <class Platform>
[[nodiscard]] transfer try_read_some_from(basic_pipe_writer<Platform>& to, int fd,
                                          std::size_t most = everything) {
  const auto room = to.alloc_two();
  if (room.error) return {0, room.error};
  const auto memory = room.memory.prefix(std::min(room.memory.size(), most));
  const auto into = annulus::detail::pieces(memory);
  const auto n = annulus::detail::restarted([&] { return readv(fd, into.data(), into.size()); });
  if (n < 0) return {0, annulus::detail::last_error()};
  if (n == 0) return {0, {}};
  const auto got = static_cast<std::size_t>(n);
  if (const auto refused = to.advance(got)) return {0, refused};
  return {got, to.try_flush()};
}

/// The same, and waits while the pipe is paused or full. `limit` bounds that wait, not that for the
/// descriptor; one that is over has nothing read.
template <class Platform>
transfer read_some_from(basic_pipe_writer<Platform>& to, int fd, std::size_t most = everything,
                        const until& limit = {}) {
  if (limit.over<Platform>()) return {0, to.flush(limit)};  // which knows what comes first
  auto done = try_read_some_from(to, fd, most);
  if (done.error == errc::would_block) done.error = to.flush(limit);
  return done;
}

/// The same again and again, until `most` bytes, the end of the file (a clear error), or an error,
/// with which the writer closes if it is told to, unless it means to try again.
template <class Platform>
transfer read_from(basic_pipe_writer<Platform>& to, int fd, std::size_t most = everything,
                   const until& limit = {}, on_error told = on_error::keep_open) {
  transfer done;
  while (done.bytes < most && !done.error) {
    const auto step = read_some_from(to, fd, most - done.bytes, limit);
    done = {done.bytes + step.bytes, step.error};
    if (step.bytes == 0) break;
  }
  annulus::detail::after(done.error, told, to);
  return done;
}

namespace detail {

/// Writes the pieces of a buffer, until one is not taken whole. What is done is counted as it
/// happens, for a sink that throws.
template <class Buffer>
void put(int fd, const Buffer& buffer, transfer& done) {
  std::array<iovec, 64> pieces;
  const auto count = buffer.to_iovec(pieces);
  const auto n = annulus::detail::restarted(
      [&] { return writev(fd, pieces.data(), static_cast<int>(count)); });
  if (n < 0) {
    done.error = annulus::detail::last_error();
  } else {
    done.bytes = static_cast<std::size_t>(n);
  }
}
template <class Sink, class Buffer>
requires(!std::integral<Sink>) void put(Sink& sink, const Buffer& buffer, transfer& done) {
  for (const auto piece : buffer) {
    const transfer step = sink.write(piece);
    done.bytes += step.bytes;
    done.error = step.error;
    if (done.error || step.bytes < piece.size()) break;
  }
}

/// Gives what there is to the sink, once, and advances over what it took. False at the end.
template <class Platform, class Sink>
bool write_some(basic_pipe_reader<Platform>& from, Sink& sink, std::size_t most, const until& limit,
                transfer& done) {
  const auto seen = from.read(limit);
  if (seen.error && seen.buffer.empty()) {
    done.error = seen.error;
    return false;
  }
  const auto part = seen.buffer.slice(0, most - done.bytes);
  transfer step;
  const auto advance = [&] {
    done.bytes += step.bytes;
    return from.advance(part.at(step.bytes));
  };
  try {
    if (!part.empty()) put(sink, part, step);
  } catch (...) {
    static_cast<void>(advance());
    throw;
  }
  const auto refused = advance();
  done.error = refused ? refused : step.error;
  return !done.error && !(seen.closed && step.bytes == seen.buffer.size());
}

}  // namespace detail

/// Writes to `sink`, a descriptor or anything with `transfer write(bytes_view)`, until `most`
/// bytes, the end of the stream (a clear error), or an error of either, with which the reader
/// closes if it is told to, unless it means to try again, as EAGAIN of a descriptor that does not
/// block. Counted is what the sink took, whatever the error; the rest stays in the pipe. What the
/// sink throws is passed on, with the pipe advanced over what it had taken before, and closed with
/// std::errc::io_error if it is told to. `limit` bounds the waits for bytes. O(bytes).
template <class Platform, class Sink>
transfer write_to(basic_pipe_reader<Platform>& from, Sink& sink, std::size_t most = everything,
                  const until& limit = {}, on_error told = on_error::keep_open) {
  transfer done;
  try {
    while (done.bytes < most && detail::write_some(from, sink, most, limit, done)) {
    }
  } catch (...) {
    annulus::detail::after(std::make_error_code(std::errc::io_error), told, from);
    throw;
  }
  annulus::detail::after(done.error, told, from);
  return done;
}

}  // namespace annulus::pipelines
