// Pipes and descriptors: readv(2) straight into segments, writev(2) straight from them.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <annulus/error.hpp>
#include <annulus/pipelines/error.hpp>
#include <annulus/ring_io.hpp>
#include <annulus/transfer.hpp>
#include <annulus/until.hpp>
#include <array>
#include <concepts>
#include <cstddef>
#include <system_error>
#include <type_traits>

namespace annulus::pipelines {

/// Reads from a descriptor once, at most `most` > 0 bytes into two segments, and flushes. No bytes
/// and a clear error are the end of the file; EAGAIN of a descriptor that does not block is an
/// error. A completed reader is its error or errc::reader_completed, a cancelled flush
/// annulus::errc::cancelled. `bytes` counts what the pipe has taken, also beside an error. `limit`
/// bounds the wait for the pipe, not that for the descriptor. O(bytes).
template <class Writer>
transfer fill_some(Writer& to, int fd, std::size_t most = everything, const until& limit = {}) {
  const auto room = to.alloc_two();
  if (room.error) return {0, room.error};
  const auto memory = room.memory.prefix(std::min(room.memory.size(), most));
  const auto into = annulus::detail::pieces(memory);
  const auto n = annulus::detail::restarted([&] { return readv(fd, into.data(), into.size()); });
  if (n < 0) return {0, annulus::detail::last_error()};
  if (n == 0) return {0, {}};
  const auto got = static_cast<std::size_t>(n);
  if (const auto refused = to.advance(got)) return {0, refused};
  const auto flushed = to.flush(limit);
  if (flushed.error) return {got, flushed.error};
  if (flushed.completed) return {got, errc::reader_completed};
  if (flushed.cancelled) return {got, annulus::errc::cancelled};
  return {got, {}};
}

/// The same again and again, until `most` bytes, the end of the file (a clear error), or an error.
template <class Writer>
transfer fill_from(Writer& to, int fd, std::size_t most = everything, const until& limit = {}) {
  std::size_t done = 0;
  while (done < most) {
    const auto step = fill_some(to, fd, most - done, limit);
    done += step.bytes;
    if (step.error || step.bytes == 0) return {done, step.error};
  }
  return {done, {}};
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

}  // namespace detail

/// Writes to `sink`, a descriptor or anything with `transfer write(bytes_view)`, until `most`
/// bytes, the end of the stream (a clear error), or an error of either; EAGAIN of a descriptor that
/// does not block is one. A cancelled read is annulus::errc::cancelled. Counted is what the sink
/// took, whatever the error; the rest stays in the pipe. What the sink throws is passed on, with
/// the read advanced over what it had taken before. `limit` bounds the waits for bytes. O(bytes).
template <class Reader, class Sink>
transfer copy_to(Reader& from, Sink& sink, std::size_t most = everything, const until& limit = {}) {
  std::size_t done = 0;
  while (done < most) {
    const auto seen = from.read(limit);
    if (seen.error && seen.buffer.empty()) return {done, seen.error};
    const auto part = seen.buffer.slice(0, most - done);
    transfer step;
    try {
      if (!part.empty() && !seen.cancelled) detail::put(sink, part, step);
    } catch (...) {
      static_cast<void>(from.advance(part.at(step.bytes)));
      throw;
    }
    if (seen.cancelled) step.error = annulus::errc::cancelled;
    done += step.bytes;
    if (const auto refused = from.advance(part.at(step.bytes))) return {done, refused};
    if (step.error) return {done, step.error};
    if (seen.completed && step.bytes == seen.buffer.size()) return {done, {}};
  }
  return {done, {}};
}

}  // namespace annulus::pipelines
