// The contract that every ring keeps. The calls are documented here once; a ring's own header says
// only what is particular to it.
//
// A ring is a bounded byte stream from one producer thread to one consumer thread. Construct it
// with a capacity in bytes; the constructor throws std::system_error (errc::bad_capacity, or the
// kernel's reason if memory cannot be mapped), nothing else throws. A ring neither moves nor
// copies. It must outlive every call on its ends.
//
//   writer (one thread at a time)
//     transfer write(bytes_view from, const until& = {})
//         Blocks until all of `from` is accepted, or the deadline, a cancel, a close or an error;
//         may be larger than the ring. Bytes counted were accepted and will be delivered. O(bytes).
//     transfer try_write(bytes_view from)
//         Accepts what fits now; errc::would_block if that is not all.
//     reservation reserve(size_t min, const until& = {})
//         Waits for `min` free bytes and returns the free memory that it knows of, at least `min`
//         bytes, in one or two spans; valid until the next call on this end. errc::exceeds_capacity
//         if min > limit(). O(1).
//     reservation try_reserve(size_t min)
//         The same without waiting: errc::would_block if there is not that much room.
//     error_code commit(size_t n)
//         Publishes the first n reserved bytes and ends the reservation. errc::commit_overrun, with
//         nothing changed, if n exceeds what is reserved.
//     error_code flush(const until& = {})
//         Waits until the reader has consumed all that was written; allowed after close().
//     void close()                 Clean end: the reader gets the buffered bytes, then
//     end_of_stream. void close(error_code)       Both ends see the error at once; buffered bytes
//     are lost.
//   reader (one thread at a time)
//     transfer read(bytes_span to, size_t min = 1, const until& = {})
//         Blocks until at least `min` bytes are in `to` ("forced fill" with min = to.size()), or
//         the end. errc::minimum_exceeds_span if min > to.size(). O(bytes).
//     transfer try_read(bytes_span to)
//         Takes all that is there now, as far as `to` goes; errc::would_block if that is nothing.
//     peeked peek(size_t min, const until& = {})
//         Waits for `min` bytes and shows all that is buffered by then, at least `min` bytes, in
//         one or two spans (`segment`: of those, all in peek_chain); valid until the next call on
//         this end. errc::exceeds_capacity if min > limit().
//     peeked try_peek(size_t min)
//         The same without waiting: errc::would_block, beside what there is, if that is too little.
//     error_code consume(size_t n)
//         Gives the first n peeked bytes back to the writer; the rest must be peeked anew.
//         errc::consume_overrun, with nothing changed, if n exceeds what was peeked.
//     void close()                 The writer's next call, or its wait, fails with errc::closed.
//     void close(error_code)       The same with this error, for both ends.
//   both ends, for those that do not block (async.hpp, ready_event.hpp); not across processes
//     bool arm(size_t min, waker& who, size_t useful = min)
//         Has `who` notified once, when `useful` bytes can be moved, or `min` and the other end
//         waits, or the stream changes state. False, and nothing armed, if `min` can be moved now,
//         or the stream has ended. One waker an end, and none while the end is in a call.
//     bool disarm(waker& who)      False if it was notified, or is being so.
//     void wake()                  Any thread: has whatever waits at this end look again.
//   both ends and the ring (any thread; a snapshot while the other end runs)
//     size() free() capacity() limit() empty() full()   bytes; limit() bounds reserve and peek
//     stats()                                           ring_stats
//   ring
//     reset()     Precondition: neither end is in a call. Empty, open, no error, counters zero.
//
//   ~ring()     An end that waits gets errc::destroyed, and the destructor lets it leave first; so
//   does
//               an armed waker. A call that begins while the destructor runs is an error of the
//               caller.
//
// Limits (until.hpp): none is for ever, and so is a duration or a moment beyond the clock's last,
// such as std::chrono::hours::max(); what is over or negative ends a wait at once.
//
// Calls made of these, for any ring: read_from, write_to, copy, write_byte, read_byte
// (ring_io.hpp).
//
// Memory: the constructor takes a memory_policy behind the capacity (memory.hpp: NUMA nodes, huge
// pages, prefault, lock; by default base pages, wherever they are first touched), which is strict:
// what cannot be had is a std::system_error. A ring over a storage takes that storage instead,
// which may be the caller's own memory (flat_storage) or a mirror_pool's. memory() reports what was
// obtained, any time, any thread; it allocates, asks the kernel and throws std::system_error if
// that refuses. A policy for `segment`, whose memory grows while it runs, is
// errc::no_memory_policy.
//
// Rules: the first error wins and both ends see it until reset(). After an end has closed, its
// further closes change nothing. What an end did before it wrote, consumed, closed or failed
// happens before what the other does once a call has shown it that. Whatever unblocks a call wakes
// it. A reader that waits for `r` bytes while the writer waits for `w` free bytes, r + w > capacity
// + 1, can wait for each other for ever; nothing smaller can.
//
// Source: shared ring semantics of smallnest/ringbuffer and Go's io.Pipe (seed 000), reserve/commit
// and peek/consume after bbqueue and DPDK's zero-copy ring calls.
#pragma once

#include <annulus/error.hpp>
#include <annulus/memory.hpp>
#include <annulus/stats.hpp>
#include <annulus/transfer.hpp>
#include <annulus/until.hpp>
#include <annulus/waker.hpp>
#include <concepts>
#include <cstddef>
#include <string_view>

namespace annulus {

/// What `annulus variants` prints; a ring specialises `variant<Ring>`.
struct variant_info {
  std::string_view name;
  std::string_view storage;
  std::string_view waiting;
  bool buffered;      ///< a write can complete before the reader asks for it
  bool contiguous;    ///< every reservation and peek is one span
  bool kernel_waits;  ///< a blocked end sleeps in the kernel
  std::string_view source;
};

template <class Ring>
inline constexpr variant_info variant = Ring::no_variant_info;

template <class End>
concept observable = requires(const End& end) {
  { end.size() }
  noexcept->std::same_as<std::size_t>;
  { end.free() }
  noexcept->std::same_as<std::size_t>;
  { end.capacity() }
  noexcept->std::same_as<std::size_t>;
  { end.limit() }
  noexcept->std::same_as<std::size_t>;
  { end.empty() }
  noexcept->std::same_as<bool>;
  { end.full() }
  noexcept->std::same_as<bool>;
  { end.stats() } -> std::same_as<ring_stats>;
};

template <class End>
concept armable = requires(End& end, std::size_t n, waker& who) {
  { end.arm(n, who) } -> std::same_as<bool>;
  { end.arm(n, who, n) } -> std::same_as<bool>;
  { end.disarm(who) } -> std::same_as<bool>;
  end.wake();
};

template <class End>
concept ring_writer =
    observable<End> && !std::copyable<End> &&
    requires(End & end, bytes_view from, std::size_t n, const until& limit, std::error_code error) {
  { end.write(from) } -> std::same_as<transfer>;
  { end.write(from, limit) } -> std::same_as<transfer>;
  { end.try_write(from) } -> std::same_as<transfer>;
  { end.reserve(n) } -> std::same_as<reservation>;
  { end.reserve(n, limit) } -> std::same_as<reservation>;
  { end.try_reserve(n) } -> std::same_as<reservation>;
  { end.commit(n) } -> std::same_as<std::error_code>;
  { end.flush() } -> std::same_as<std::error_code>;
  { end.flush(limit) } -> std::same_as<std::error_code>;
  end.close();
  end.close(error);
};

template <class End>
concept ring_reader =
    observable<End> && !std::copyable<End> &&
    requires(End & end, bytes_span to, std::size_t n, const until& limit, std::error_code error) {
  { end.read(to) } -> std::same_as<transfer>;
  { end.read(to, n, limit) } -> std::same_as<transfer>;
  { end.try_read(to) } -> std::same_as<transfer>;
  { end.peek(n) } -> std::same_as<peeked>;
  { end.peek(n, limit) } -> std::same_as<peeked>;
  { end.try_peek(n) } -> std::same_as<peeked>;
  { end.consume(n) } -> std::same_as<std::error_code>;
  end.close();
  end.close(error);
};

/// A ring as described above.
template <class Ring>
concept byte_ring =
    std::constructible_from<Ring, std::size_t> &&
    std::constructible_from<Ring, std::size_t, memory_policy> && !std::movable<Ring> &&
    observable<Ring> && requires(Ring & ring) {
  requires ring_writer<std::remove_reference_t<decltype(ring.writer())>>;
  requires ring_reader<std::remove_reference_t<decltype(ring.reader())>>;
  requires armable<std::remove_reference_t<decltype(ring.writer())>>;
  requires armable<std::remove_reference_t<decltype(ring.reader())>>;
  ring.reset();
  { ring.memory() } -> std::same_as<memory_report>;
  { variant<Ring>.name } -> std::convertible_to<std::string_view>;
};

template <byte_ring Ring>
using writer_of = std::remove_reference_t<decltype(std::declval<Ring&>().writer())>;
template <byte_ring Ring>
using reader_of = std::remove_reference_t<decltype(std::declval<Ring&>().reader())>;

/// The observers of both ends and of the ring itself, derived from the ring's size() and
/// capacity(). `Self` provides `ring_of()`.
template <class Self>
class observers {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return core().buffered(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return core().storage_capacity(); }
  [[nodiscard]] std::size_t limit() const noexcept { return core().span_limit(); }
  [[nodiscard]] std::size_t free() const noexcept {
    const auto used = size();
    return used < capacity() ? capacity() - used : 0;
  }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] bool full() const noexcept { return free() == 0; }
  [[nodiscard]] ring_stats stats() const noexcept { return core().counted(); }

 private:
  [[nodiscard]] const auto& core() const noexcept {
    return static_cast<const Self&>(*this).observed();
  }
};

}  // namespace annulus
