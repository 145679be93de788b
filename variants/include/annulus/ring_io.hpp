// Calls made of the contract's calls, for any ring: descriptors, ring to ring, single bytes.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/core/restarted.hpp>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <system_error>

namespace annulus {

namespace detail {

template <class Byte>
std::array<iovec, 2> pieces(span_pair<Byte> memory) noexcept {
  const auto piece = [](std::span<Byte> bytes) {
    return iovec{const_cast<std::byte*>(bytes.data()), bytes.size()};
  };
  return {piece(memory.first), piece(memory.second)};
}

inline std::error_code last_error() noexcept {
  return {errno, std::generic_category()};
}

}  // namespace detail

/// No limit on the bytes of a call below.
inline constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

/// What becomes of the rings of a call below that an error ends.
enum class on_error {
  keep_open,  ///< nothing: the caller may go on from there
  close,      ///< they are closed with it, so that no peer waits for a pump that is gone
};

/// How far read_from came.
struct [[nodiscard]] filled : transfer {
  /// Bytes that were taken out of the source and that the ring, which closed or failed meanwhile,
  /// did not accept: nobody has them now.
  std::size_t lost = 0;
};

namespace detail {

// What may be tried again is no end; nor is an error of a ring's own news to it.
template <class... Ends>
void after(const std::error_code& error, on_error told, Ends&... ends) {
  if (told == on_error::close && error && !means_try_again(error)) (ends.close(error), ...);
}

template <ring_writer Writer>
filled fill(Writer& ring, int fd, std::size_t most, const until& limit) {
  std::size_t done = 0;
  while (done < most) {
    const auto room = ring.reserve(1, limit);
    if (room.error) return {{done, room.error}};
    const auto memory = room.memory.prefix(std::min(room.memory.size(), most - done));
    const auto into = detail::pieces(memory);
    const auto n = detail::restarted([&] { return readv(fd, into.data(), into.size()); });
    const auto error = n < 0 ? detail::last_error() : std::error_code{};
    const auto got = static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    if (const auto refused = ring.commit(got)) return {{done, refused}, got};
    done += got;
    if (n <= 0) return {{done, error}};
  }
  return {{done, {}}};
}

template <ring_reader Reader>
transfer empty(Reader& ring, int fd, std::size_t most, const until& limit) {
  std::size_t done = 0;
  while (done < most) {
    const auto seen = ring.peek(1, limit);
    if (seen.error == errc::end_of_stream) return {done, {}};
    if (seen.error) return {done, seen.error};
    const auto data = seen.data.prefix(std::min(seen.data.size(), most - done));
    const auto from = detail::pieces(data);
    const auto n = detail::restarted([&] { return writev(fd, from.data(), from.size()); });
    const auto error = n < 0 ? detail::last_error() : std::error_code{};
    const auto put = static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    done += put;
    if (const auto refused = ring.consume(put)) return {done, refused};
    if (error) return {done, error};
  }
  return {done, {}};
}

template <ring_reader Reader, ring_writer Writer>
transfer move_on(Reader& from, Writer& to, std::size_t most, const until& limit) {
  std::size_t done = 0;
  while (done < most) {
    const auto seen = from.peek(1, limit);
    if (seen.error == errc::end_of_stream) return {done, {}};
    if (seen.error) return {done, seen.error};
    const auto data = seen.data.prefix(std::min(seen.data.size(), most - done));
    auto put = to.write(data.first, limit);
    if (!put.error) {
      const auto rest = to.write(data.second, limit);
      put = {put.bytes + rest.bytes, rest.error};
    }
    done += put.bytes;
    if (const auto refused = from.consume(put.bytes)) return {done, refused};
    if (put.error) return {done, put.error};
  }
  return {done, {}};
}

}  // namespace detail

/// Fills the ring from a descriptor with readv(2), straight into ring memory, until `most` bytes,
/// the end of the file, or an error of either. The error is clear at the end of the file, and the
/// ring open. Counted is what the ring accepted, and beside it what was lost. Nothing is locked
/// while the descriptor blocks (smallnest/ringbuffer #28); `limit` bounds the waits for room, not
/// the descriptor. With on_error::close an error of the descriptor, or a limit that is over, fails
/// the ring; one that means to try again does not. O(bytes).
template <ring_writer Writer>
filled read_from(Writer& ring, int fd, std::size_t most = everything, const until& limit = {},
                 on_error told = on_error::keep_open) {
  const auto done = detail::fill(ring, fd, most, limit);
  detail::after(done.error, told, ring);
  return done;
}

/// Empties the ring into a descriptor with writev(2), straight from ring memory, until `most`
/// bytes, the end of the stream, or an error of either. The error is clear at the end of the
/// stream. Counted is what the descriptor took, also if the ring fails meanwhile; the rest stays in
/// the ring. `limit` bounds the waits for bytes. on_error::close as above. O(bytes).
template <ring_reader Reader>
transfer write_to(Reader& ring, int fd, std::size_t most = everything, const until& limit = {},
                  on_error told = on_error::keep_open) {
  const auto done = detail::empty(ring, fd, most, limit);
  detail::after(done.error, told, ring);
  return done;
}

/// Moves bytes from one ring to another until `most` bytes, the end of the stream (clear error, and
/// `to` open), or an error of either; one copy, from ring memory to ring memory. Counted is what
/// `to` accepted, also if `from` fails meanwhile; no more than that is consumed. With
/// on_error::close the error of one ring, or a limit that is over, fails both. O(bytes).
template <ring_reader Reader, ring_writer Writer>
transfer copy(Reader& from, Writer& to, std::size_t most = everything, const until& limit = {},
              on_error told = on_error::keep_open) {
  const auto done = detail::move_on(from, to, most, limit);
  detail::after(done.error, told, from, to);
  return done;
}

/// Writes one byte. Errors as write().
template <ring_writer Writer>
std::error_code write_byte(Writer& ring, std::byte byte, const until& limit = {}) {
  return ring.write({&byte, 1}, limit).error;
}

/// Reads one byte. Errors as read(), with `byte` unchanged.
template <ring_reader Reader>
std::error_code read_byte(Reader& ring, std::byte& byte, const until& limit = {}) {
  return ring.read({&byte, 1}, 1, limit).error;
}

}  // namespace annulus
