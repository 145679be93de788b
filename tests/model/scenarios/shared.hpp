// A pair of processes over one ring_core: a watcher reports the death of either, and the other is
// never left asleep.
#pragma once

#include <annulus/core/basic_reader.hpp>
#include <annulus/core/basic_writer.hpp>
#include <annulus/core/ring_core.hpp>
#include <annulus/core/shared_core.hpp>

#include "rings.hpp"

namespace annulus::model {

/// A platform whose rings have their ends in two processes.
template <class Base>
struct crossing : Base {
  static constexpr bool crosses_processes = true;
};

/// What lies in the shared memory.
template <class Waiting, class Platform>
struct mapped {
  explicit mapped(std::size_t capacity) : storage(capacity) {}
  ring_core<Waiting, Platform> core;
  small_storage storage;
};

/// One process's view of it, as the ends want it.
template <class Waiting, class Platform>
class process {
 public:
  using platform = Platform;
  using gate = typename Waiting::template gate<Platform>;
  explicit process(mapped<Waiting, Platform>& memory) : memory_(memory), core_(memory.core) {}

  [[nodiscard]] auto& core() noexcept { return core_; }
  [[nodiscard]] const auto& storage() const noexcept { return memory_.storage; }
  [[nodiscard]] std::size_t buffered() const noexcept {
    return core_.buffered(memory_.storage.capacity());
  }
  [[nodiscard]] std::size_t storage_capacity() const noexcept { return memory_.storage.capacity(); }
  [[nodiscard]] std::size_t span_limit() const noexcept { return memory_.storage.capacity(); }
  [[nodiscard]] ring_stats counted() const noexcept { return {}; }

 private:
  mapped<Waiting, Platform>& memory_;
  shared_core<Waiting, Platform> core_;
};

/// A writer that is killed behind its index and in front of its wake.
template <class Waiting, class Platform>
void writer_dies(std::size_t published) {
  mapped<Waiting, Platform> memory(2);
  process<Waiting, Platform> writer(memory), reader(memory);
  basic_writer<process<Waiting, Platform>> in(writer);
  basic_reader<process<Waiting, Platform>> out(reader);
  atomic<std::uint32_t> dead(0U);
  received got;
  thread("writer", [&] {
    if (published > 1) std::ignore = in.write(numbered(1, published - 1));
    const auto last = numbered(published, 1);
    Platform::copy(memory.storage.at((published - 1) % 2, 1).first.data(), last.begin(), 1);
    memory.core.tail.index.store(published, std::memory_order_release);
    dead.store(1, std::memory_order_release);
  });
  thread("watcher", [&] {
    while (dead.load(std::memory_order_acquire) == 0) Platform::yield();
    reader.core().status.lose_writer();
    reader.core().wake_both();
  });
  thread("reader", [&] {
    for (;;) {
      byte_list bytes(1);
      const auto step = out.read(bytes);
      got.take(bytes_view(bytes).first(step.bytes));
      if (!step.error) continue;
      require(step.error == errc::peer_died, "the reader is told of the death");
      return;
    }
  });
  join();
  require(got.count() == published, "what was committed before is read");
}

template <class Waiting, class Platform>
void reader_dies() {
  mapped<Waiting, Platform> memory(1);
  process<Waiting, Platform> writer(memory);
  basic_writer<process<Waiting, Platform>> in(writer);
  thread("watcher", [&] {
    writer.core().status.lose_reader();
    writer.core().wake_both();
  });
  thread("writer", [&] {
    const auto step = in.write(numbered(1, 2));
    require(step.error == errc::peer_died, "the writer is told of the death");
    require(in.drain() == errc::peer_died, "so is a drain");
  });
  join();
}

/// Both processes fail the stream at once: each goes by one error from then on, and it is the same.
template <class Waiting, class Platform>
void both_fail() {
  mapped<Waiting, Platform> memory(1);
  process<Waiting, Platform> writer(memory), reader(memory);
  basic_writer<process<Waiting, Platform>> in(writer);
  basic_reader<process<Waiting, Platform>> out(reader);
  std::error_code at_writer, at_reader;
  thread("writer", [&] {
    in.close(errc::timed_out);
    at_writer = in.try_write(numbered(1, 1)).error;
  });
  thread("reader", [&] {
    byte_list bytes(1);
    out.close(errc::cancelled);
    at_reader = out.read(bytes).error;
  });
  join();
  require(at_writer == at_reader, "the first error wins");
  require(at_writer == errc::timed_out || at_writer == errc::cancelled, "one of the two");
}

/// What the other process writes over a failure does not undo it, and a waiter that it satisfies
/// with nonsense gets an error and no byte.
template <class Waiting, class Platform>
void peer_scribbles() {
  mapped<Waiting, Platform> memory(1);
  process<Waiting, Platform> reader(memory);
  basic_reader<process<Waiting, Platform>> out(reader);
  thread("peer", [&] {
    memory.core.tail.index.store(7, std::memory_order_release);
    memory.core.tail.gate.wake();
    memory.core.status.word.store(0, std::memory_order_release);
    memory.core.tail.index.store(0, std::memory_order_release);
  });
  thread("reader", [&] {
    byte_list bytes(1);
    const auto first = out.read(bytes, 1, deadline(3));
    require(first.bytes == 0, "nothing was written");
    require(first.error == errc::corrupted || first.error == errc::timed_out, "it is told");
    if (first.error == errc::corrupted)
      require(out.read(bytes).error == errc::corrupted, "the error stays");
  });
  join();
}

template <class Waiting, class Platform>
void add_deaths(checked_list& all, const std::string& name) {
  const limits quick{.preemptions = 2, .stale = 2};
  const limits deep{.preemptions = 3, .stale = 3, .spurious = 1, .runs = 3'000'000};
  all.push_back(
      {name + "_writer_dies_at_once", [] { writer_dies<Waiting, Platform>(1); }, quick, deep});
  all.push_back({name + "_writer_dies_later",
                 [] { writer_dies<Waiting, Platform>(2); },
                 {.preemptions = 2, .stale = 1},
                 deep});
  all.push_back({name + "_reader_dies", [] { reader_dies<Waiting, Platform>(); }, quick, deep});
  all.push_back({name + "_both_fail", [] { both_fail<Waiting, Platform>(); }, quick, deep});
  all.push_back(
      {name + "_peer_scribbles", [] { peer_scribbles<Waiting, Platform>(); }, quick, deep});
}

inline checked_list shared_scenarios() {
  checked_list all;
  add_deaths<park_waiting, crossing<asymmetric_platform>>(all, "park_asymmetric");
  add_deaths<park_waiting, crossing<symmetric_platform>>(all, "park_symmetric");
  add_deaths<yield_waiting, crossing<asymmetric_platform>>(all, "yield");
  return all;
}

}  // namespace annulus::model
