// The contract that every ring keeps: each concept below documents the calls that it requires. A
// ring's own header says only what is particular to it.
//
// A ring is a bounded byte stream from one producer thread to one consumer thread. Construct it
// with a capacity in bytes, which is rounded up where its storage needs that (`mirror`: whole
// pages); capacity() tells what it became, and all of it holds bytes. The constructor throws
// std::system_error (errc::bad_capacity, or the kernel's reason if memory cannot be mapped),
// nothing else throws. A ring neither moves nor copies. It must outlive every call on its ends.
//
// Rules:
// - The first error wins and both ends see it until reset(). After an end has closed, its further
//   closes change nothing.
// - An error that callers would take for the stream's clean end, or for something to try again
//   (means_try_again() in error.hpp), cannot be what a stream failed with: it becomes errc::failed.
// - What an end did before it wrote, consumed, closed or failed happens before what the other does
//   once a call has shown it that.
// - Whatever unblocks a call wakes it. A reader that waits for `r` bytes while the writer waits for
//   `w` free bytes, r + w > capacity + 1, can wait for each other for ever; nothing smaller can.
// - A limit that is over, by its stop token or its deadline, ends every call that is given one,
//   also a call that could go on: with errc::cancelled or errc::timed_out, having moved nothing. If
//   that comes while the call runs, the bytes it has moved are counted in its result. Errors come
//   first: what is wrong with the arguments, then what the stream failed or was closed with, then
//   the limit, then the clean end. No limit is for ever, and so is a duration or a moment beyond
//   the clock's last, such as std::chrono::hours::max() (until.hpp).
// - A writer that finds the ring full waits. Only one of a `mutex` ring that was made with
//   overflow::overwrite_oldest (locked_ring.hpp) does not, but for an open peek: it drops the
//   oldest bytes, so that the reader gets a stream with gaps, and stats() counts them.
//
// Memory: all of it is there before the constructor returns; from 2 MiB on transparent huge pages
// are asked for, which the kernel may have or not. Who wants it otherwise includes memory.hpp and
// gives a memory_policy behind the capacity (NUMA nodes, huge pages, prefault, lock), which is
// strict: what cannot be had is a std::system_error. A ring over a storage takes that storage
// instead, which may be the caller's own memory (flat_storage) or a mirror_pool's. A policy for
// `segment`, whose memory grows while it runs, is errc::no_memory_policy.
//
// Made of these calls, for any ring: read_from, write_to, copy, write_byte, read_byte
// (ring_io.hpp); copy_bytes, into a reservation or out of a peek of one or two spans
// (transfer.hpp); awaitables (async.hpp) and a descriptor for epoll (ready_event.hpp).
//
// Source: shared ring semantics of smallnest/ringbuffer and Go's io.Pipe (seed 000), reserve/commit
// and peek/consume after bbqueue and DPDK's zero-copy ring calls.
#pragma once

#include <annulus/error.hpp>
#include <annulus/memory.hpp>
#include <annulus/stats.hpp>
#include <annulus/transfer.hpp>
#include <annulus/until.hpp>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace annulus {

/// Both ends and the ring. Any thread; a snapshot while an end runs. O(1).
template <class End>
concept observable = requires(const End& end) {
  /// Bytes written and not consumed.
  { end.size() }
  noexcept->std::same_as<std::size_t>;
  /// Bytes that can be written without waiting.
  { end.free() }
  noexcept->std::same_as<std::size_t>;
  /// Bytes that the ring holds; 0 for a `pipe`.
  { end.capacity() }
  noexcept->std::same_as<std::size_t>;
  /// The most bytes of one reservation or peek.
  { end.limit() }
  noexcept->std::same_as<std::size_t>;
  { end.empty() }
  noexcept->std::same_as<bool>;
  { end.full() }
  noexcept->std::same_as<bool>;
  { end.stats() } -> std::same_as<ring_stats>;
};

/// An end that can tell one that does not block. One waker an end, and none while the end is in a
/// call. Not across processes.
template <class End>
concept armable = requires(End& end, std::size_t n, waker& who) {
  /// Has `who` notified once, when `n` bytes can be moved or the stream changes state. False, and
  /// nothing armed, if `n` can be moved now, or the stream has ended. The end's thread.
  { end.arm(n, who) } -> std::same_as<bool>;
  /// The same once a useful number of bytes, the last argument, can be moved; or `n`, if the other
  /// end waits.
  { end.arm(n, who, n) } -> std::same_as<bool>;
  /// Takes `who` back. False if it was notified, or is being so.
  { end.disarm(who) } -> std::same_as<bool>;
  /// Has whatever waits at this end look again. Any thread.
  end.wake();
};

/// For one thread at a time, but for what is observable and wake().
template <class End>
concept ring_writer =
    observable<End> && !std::copyable<End> &&
    requires(End & end, bytes_view from, std::size_t n, const until& limit, std::error_code error) {
  /// Blocks until all of `from` is accepted; it may be larger than the ring. Bytes counted were
  /// accepted and will be delivered. O(bytes).
  { end.write(from) } -> std::same_as<transfer>;
  { end.write(from, limit) } -> std::same_as<transfer>;
  /// Accepts what fits now; errc::would_block if that is not all.
  { end.try_write(from) } -> std::same_as<transfer>;
  /// Waits for `n` free bytes and returns the free memory that it knows of, at least `n` bytes, in
  /// one or two spans; valid until the next call on this end. errc::exceeds_capacity if n >
  /// limit(). O(1).
  { end.reserve(n) } -> std::same_as<reservation>;
  { end.reserve(n, limit) } -> std::same_as<reservation>;
  /// The same without waiting: errc::would_block if there is not that much room.
  { end.try_reserve(n) } -> std::same_as<reservation>;
  /// Makes the first n reserved bytes visible to the reader and ends the reservation.
  /// errc::commit_overrun, with nothing changed, if n exceeds what is reserved. O(1).
  { end.commit(n) } -> std::same_as<std::error_code>;
  /// From now on what is written need not be visible to the reader before a flush(), or before this
  /// end waits, closes or finds the ring full: many small writes then cost no more than one
  /// publication. Nothing is stranded if no flush follows: a reader that would wait, or is armed,
  /// gets what is there. A ring whose publications cost little anyway publishes all the same. O(1).
  end.cork();
  /// Makes all that was written visible. O(1).
  end.flush();
  /// The same, and the end of cork().
  end.uncork();
  /// Waits until the reader has consumed all that was written; allowed after close().
  { end.drain() } -> std::same_as<std::error_code>;
  { end.drain(limit) } -> std::same_as<std::error_code>;
  /// The clean end: the reader gets the buffered bytes, then errc::end_of_stream.
  end.close();
  /// Both ends see the error at once, and buffered bytes are lost; with no error, or
  /// errc::end_of_stream, as close().
  end.close(error);
};

/// For one thread at a time, as the writer.
template <class End>
concept ring_reader =
    observable<End> && !std::copyable<End> &&
    requires(End & end, bytes_span to, std::size_t n, const until& limit, std::error_code error) {
  /// Blocks until at least one byte is in `to`, or the end. O(bytes).
  { end.read(to) } -> std::same_as<transfer>;
  /// The same for at least `n` bytes ("forced fill" with n = to.size()).
  /// errc::minimum_exceeds_span if n > to.size().
  { end.read(to, n, limit) } -> std::same_as<transfer>;
  /// Takes all that is there now, as far as `to` goes; errc::would_block if that is nothing.
  { end.try_read(to) } -> std::same_as<transfer>;
  /// Waits for `n` bytes and shows all that is buffered by then, at least `n` bytes, in one or two
  /// spans (`segment`: of those, all in peek_chain); valid until the next call on this end. At the
  /// end of the stream, what is left beside errc::end_of_stream. errc::exceeds_capacity if n >
  /// limit(). O(1).
  { end.peek(n) } -> std::same_as<peeked>;
  { end.peek(n, limit) } -> std::same_as<peeked>;
  /// The same without waiting: errc::would_block, beside what there is, if that is too little.
  { end.try_peek(n) } -> std::same_as<peeked>;
  /// Gives the first n peeked bytes back to the writer; the rest must be peeked anew.
  /// errc::consume_overrun, with nothing changed, if n exceeds what was peeked. O(1).
  { end.consume(n) } -> std::same_as<std::error_code>;
  /// Nothing more will be read: the writer's next call, or its wait, fails with errc::closed.
  end.close();
  /// Both ends see the error at once; with no error, or errc::end_of_stream, as close().
  end.close(error);
};

/// A ring as described above. If it is destroyed while an end waits, that end gets errc::destroyed
/// and leaves before the destructor does; an armed waker is notified. A call that begins while the
/// destructor runs is an error of the caller.
template <class Ring>
concept byte_ring =
    std::constructible_from<Ring, std::size_t> &&
    std::constructible_from<Ring, std::size_t, memory_policy> && !std::movable<Ring> &&
    observable<Ring> && requires(Ring & ring, std::error_code error) {
  requires ring_writer<std::remove_reference_t<decltype(ring.writer())>>;
  requires ring_reader<std::remove_reference_t<decltype(ring.reader())>>;
  requires armable<std::remove_reference_t<decltype(ring.writer())>>;
  requires armable<std::remove_reference_t<decltype(ring.reader())>>;
  /// Ends the stream from outside: both ends see the error, if it is the first, at once, also in
  /// the calls in which they wait, and whatever they have closed. Any thread, at any time while the
  /// ring lives. Buffered bytes are lost.
  ring.fail(error);
  /// Empty, open, no error, counters zero. Precondition: neither end is in a call, nor fail().
  ring.reset();
  /// What memory was obtained. Any thread; allocates, asks the kernel and throws std::system_error
  /// if that refuses. O(memory mapped by the process).
  { ring.memory() } -> std::same_as<memory_report>;
  { variant<Ring>.name } -> std::convertible_to<std::string_view>;
};

template <byte_ring Ring>
using writer_of = std::remove_reference_t<decltype(std::declval<Ring&>().writer())>;
template <byte_ring Ring>
using reader_of = std::remove_reference_t<decltype(std::declval<Ring&>().reader())>;

}  // namespace annulus
