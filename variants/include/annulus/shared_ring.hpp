// A lock-free ring whose two ends lie in different processes.
//
//   const auto ring = shared_ring::create(1 << 20);      // or create(path, …), open(path)
//   auto writer = shared_writer::attach(ring.fd());      // in one process
//   auto reader = shared_reader::attach(ring.fd());      // in the other
//
// The memory has no name of its own. Its descriptor travels by fork, by SCM_RIGHTS, or by a path: a
// link to where the ring that made it holds it (/proc/PID/fd/N), which goes with that ring. An
// attached end is the ordinary end of contract.hpp, with these differences:
//
// - Each end attaches once in the life of the ring, in the process that uses it (after a fork, not
//   before). A second attach is errc::end_taken, also when the first process is gone: nobody knows
//   how far it had got with what it had peeked or reserved.
// - If the process at the other end is gone without having closed, killed or not, the reader gets
//   what was committed and then errc::peer_died, and the writer gets errc::peer_died; so it is if
//   the other end is destroyed without having been closed. A call that waits is woken. An end that
//   has closed may go: that is no death. Nobody can wait in vain but for a peer that never
//   attaches; for that, the calls take a deadline.
// - stats() knows the bytes of both ends, and the rest of this end only.
// - Errors cross as portable_error tells. What no ring writes into the shared memory is
//   errc::corrupted, of both ends, if they are honest. There is no arm(), no reset(), and no memory
//   policy.
// - Before an attached end is destroyed, no call on it may be running.
//
// Limits: both processes are of one PID namespace, and for a path of one user. exec() in place of
// an end is no death, since the process lives on: close first.
//
// Trust: none is needed for this process's memory and its progress. The peer may write whatever it
// likes into the shared memory at any time: indices, flags and errors are checked whenever they are
// used, what has been seen of the state is not forgotten, and no call waits for the peer but as
// long as its limit says. But the bytes are the peer's: it may change them while a peek shows them,
// so a consumer that does not trust it takes them by read(), and checks its copy. It may also wake
// this end for nothing, or never, or claim to be another process. Only memory is mapped that nobody
// can shorten (a memfd with F_SEAL_SHRINK), since a load behind the end of a file is a signal, not
// an error; any other file is refused. Not even sealed memory is proof against a machine without
// memory: a peer may punch holes into it, which are filled with zeros when they are touched.
//
// Cost: as the ring in one process, but for the barrier of each publication (shared_platform.hpp),
// and a look each second in a wait; one sleeping thread, two descriptors and one mapping an end.
//
// Source: pidfd_open(2); the dead-owner rule is that of robust mutexes (pthread_mutex_consistent).
#pragma once

#include <fcntl.h>
#include <sys/mman.h>

#include <annulus/core/basic_reader.hpp>
#include <annulus/core/basic_writer.hpp>
#include <annulus/core/peer_watch.hpp>
#include <annulus/core/shared_core.hpp>
#include <annulus/core/shared_name.hpp>
#include <annulus/core/shared_region.hpp>
#include <annulus/core/unique_fd.hpp>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace annulus {

namespace detail {

struct writer_side {
  static constexpr const char* name = "writer";
  template <class Ring>
  using end = basic_writer<Ring>;
  static auto& place(shared_header& header) noexcept { return header.writer; }
  static auto& peer(shared_header& header) noexcept { return header.reader; }
  static void lose(auto& status) noexcept { status.lose_writer(); }
  static void lose_peer(auto& status) noexcept { status.lose_reader(); }
};

struct reader_side {
  static constexpr const char* name = "reader";
  template <class Ring>
  using end = basic_reader<Ring>;
  static auto& place(shared_header& header) noexcept { return header.reader; }
  static auto& peer(shared_header& header) noexcept { return header.writer; }
  static void lose(auto& status) noexcept { status.lose_reader(); }
  static void lose_peer(auto& status) noexcept { status.lose_writer(); }
};

template <class Side, class Layout, class Waiting>
class shared_end;

/// The ring as one process sees it: what basic_writer and basic_reader ask of a ring.
template <class Side, class Layout, class Waiting>
class shared_view {
 public:
  using platform = shared_platform;
  using gate = typename Waiting::template gate<platform>;

 private:
  using end = typename Side::template end<shared_view>;
  using derived = shared_end<Side, Layout, Waiting>;
  friend end;
  friend observers<end>;
  friend derived;

  explicit shared_view(int file) : region_(file) {}

  [[nodiscard]] auto& core() noexcept { return core_; }
  [[nodiscard]] const auto& storage() const noexcept { return storage_; }
  [[nodiscard]] std::size_t buffered() const noexcept {
    return core_.buffered(storage_.capacity());
  }
  [[nodiscard]] std::size_t storage_capacity() const noexcept { return storage_.capacity(); }
  [[nodiscard]] std::size_t span_limit() const noexcept { return storage_.capacity(); }
  [[nodiscard]] ring_stats counted() const noexcept {
    const end& mine = static_cast<const derived&>(*this);
    ring_stats seen{};
    (std::is_same_v<Side, writer_side> ? seen.writer : seen.reader) = mine.counters_.snapshot();
    // Relaxed: a count publishes nothing.
    seen.writer.bytes = core_.tail.index.load(std::memory_order_relaxed);
    seen.reader.bytes = core_.head.index.load(std::memory_order_relaxed);
    return seen;
  }

  shared_region<Layout, Waiting> region_;
  shared_core<Waiting, platform> core_{region_.core()};
  typename Layout::storage storage_{region_.data()};
};

/// One end of a shared ring, attached by this process.
template <class Side, class Layout, class Waiting>
class shared_end final : shared_view<Side, Layout, Waiting>,
                         public Side::template end<shared_view<Side, Layout, Waiting>> {
  using view = shared_view<Side, Layout, Waiting>;
  using end = typename Side::template end<view>;
  friend view;

 public:
  /// Maps the ring in `file` and takes this end of it; `file` may be closed afterwards. Throws
  /// std::system_error: errc::end_taken, errc::not_a_shared_ring, or the kernel's reason.
  [[nodiscard]] static shared_end attach(int file) { return shared_end(file); }

  /// Ends the stream from outside, as a ring's fail() does: both ends see the error at once, also
  /// in the calls in which they wait. Any thread of this process.
  void fail(std::error_code error) noexcept { view::core().fail(error); }

  ~shared_end() {
    Side::lose(view::core().status);  // nothing, if it was closed
    view::core().wake_both();
  }

 private:
  explicit shared_end(int file) : view(file), end(static_cast<view&>(*this)) { take_place(); }

  // Last of all: from here on the other end counts on this process.
  void take_place() {
    auto& header = view::region_.header();
    std::uint64_t taken = 0;
    // Acquire and release: pairs with the watch of the other end; on failure, only a number.
    if (!Side::place(header).compare_exchange_strong(taken, process_identity::self().word(),
                                                     std::memory_order_acq_rel,
                                                     std::memory_order_relaxed)) {
      throw std::system_error(make_error_code(errc::end_taken),
                              std::string(Side::name) + " of the shared ring is that of process " +
                                  std::to_string(process_identity(taken).pid()));
    }
    peer_watch::announce(header.arrivals);
  }

  void peer_lost(std::error_code error) noexcept {
    if (error != errc::peer_died) return view::core().fail(error);
    Side::lose_peer(view::core().status);
    view::core().wake_both();
  }

  peer_watch watch_{Side::peer(view::region_.header()), view::region_.header().arrivals,
                    [this](std::error_code error) { peer_lost(error); }};
};

}  // namespace detail

/// The memory of a shared ring, to attach to. `Layout` is shared_flat or shared_mirror; `Waiting`
/// is park_waiting, yield_waiting or spin_waiting. Needed only until both ends have attached.
/// Movable.
template <class Layout, class Waiting>
class basic_shared_ring {
 public:
  using writer = detail::shared_end<detail::writer_side, Layout, Waiting>;
  using reader = detail::shared_end<detail::reader_side, Layout, Waiting>;

  /// A new ring. Throws std::system_error: errc::bad_capacity or the kernel's reason. O(capacity):
  /// all memory is allocated.
  [[nodiscard]] static basic_shared_ring create(std::size_t capacity) {
    auto file = owned(memfd_create("annulus", MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd_create");
    shared_region<Layout, Waiting>::format(file.get(), capacity);
    return basic_shared_ring(std::move(file));
  }

  /// A new ring that other processes of this user find by `path`, a link that appears when the ring
  /// is complete, and is removed with this object: keep it until both ends have attached. Throws as
  /// above, and std::errc::file_exists.
  [[nodiscard]] static basic_shared_ring create(const std::filesystem::path& path,
                                                std::size_t capacity) {
    auto made = create(capacity);
    made.name_.emplace(path, made.fd());
    return made;
  }

  /// The ring that a path leads to, which is looked at by attach(). Throws std::system_error with
  /// the kernel's reason; for a ring that is gone, std::errc::no_such_file_or_directory.
  [[nodiscard]] static basic_shared_ring open(const std::filesystem::path& path) {
    return basic_shared_ring(shared_name::open(path));
  }

  /// To attach to, here or in a process that has been given it. Closed on exec.
  [[nodiscard]] int fd() const noexcept { return file_.get(); }

 private:
  explicit basic_shared_ring(unique_fd file) noexcept : file_(std::move(file)) {}

  unique_fd file_;
  std::optional<shared_name> name_;
};

/// As `futex` and as `mirror`, across processes.
using shared_ring = basic_shared_ring<shared_flat, park_waiting>;
using shared_mirror_ring = basic_shared_ring<shared_mirror, park_waiting>;
using shared_writer = shared_ring::writer;
using shared_reader = shared_ring::reader;

}  // namespace annulus
