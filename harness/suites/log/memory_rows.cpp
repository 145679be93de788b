#include "suites/log/memory_rows.hpp"

#include <algorithm>
#include <annulus/mirror.hpp>

#include "suites/common/duel.hpp"
#include "suites/common/measurement.hpp"
#include "suites/log/frames.hpp"

namespace annulus::suites {
namespace {

using bench::give_up;

constexpr std::size_t ring_bytes = std::size_t{1} << 20U;
// What is reserved, published and given back at a time.
constexpr std::size_t batch_bytes = std::size_t{32} << 10U;

// Items of `item_bytes` through a ring, `records` of them on the clock. `make(memory, n)` writes n
// items; `take(memory, n)` looks at n.
template <class Make, class Take>
lap through_ring(const end_places& where, std::size_t item_bytes, std::uint64_t records, Make make,
                 Take take) {
  const auto batch = std::max<std::size_t>(1, batch_bytes / item_bytes);
  mirror_ring ring(std::max(ring_bytes, 4 * batch * item_bytes));
  const auto produce = [&](std::uint64_t left) {
    while (left > 0) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(batch, left));
      const auto got = ring.writer().reserve(n * item_bytes);
      if (got.error) give_up(got.error.message());
      make(got.memory.first.first(n * item_bytes), n);
      if (const auto error = ring.writer().commit(n * item_bytes)) give_up(error.message());
      left -= n;
    }
  };
  const auto consume = [&](std::uint64_t left) {
    while (left > 0) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(batch, left));
      const auto got = ring.reader().peek(n * item_bytes);
      if (got.error) give_up(got.error.message());
      take(got.data.first.first(n * item_bytes), n);
      if (const auto error = ring.reader().consume(n * item_bytes)) give_up(error.message());
      left -= n;
    }
  };
  // Every page of the ring is written and read before the clock runs.
  const auto warming = ring.capacity() / item_bytes + batch;
  reading start;
  reading end;
  bench::duel(
      where.producer, where.consumer,
      [&](bench::start_line& line) {
        produce(warming);
        line.lead();
        start = reading::now();
        line.lead();
        produce(records);
      },
      [&](bench::start_line& line) {
        consume(warming);
        line.follow();
        line.follow();
        consume(records);
        end = reading::now();
      });
  return {records, start, end};
}

struct record_descriptor {
  const std::byte* payload = nullptr;
  std::uint64_t bytes = 0;
  std::uint64_t id = 0;
};

// Payloads that the descriptors point to, by turns.
class record_pool {
 public:
  explicit record_pool(std::size_t record_bytes)
      : record_bytes_(record_bytes), memory_(count * record_bytes), first_(memory_.data()) {}

  [[nodiscard]] record_descriptor record(std::uint64_t id) const noexcept {
    return {first_ + id % count * record_bytes_, record_bytes_, id};
  }

 private:
  static constexpr std::size_t count = 256;
  std::size_t record_bytes_;
  bench::buffer memory_;
  const std::byte* first_;
};

}  // namespace

lap copied_records(const end_places& where, std::size_t record_bytes, std::uint64_t records) {
  const auto frame_bytes = sizeof(frame_header) + record_bytes;
  frame_writer writer(record_bytes, std::max<std::size_t>(1, batch_bytes / frame_bytes));
  record_checker checker(record_bytes);
  const auto done = through_ring(
      where, frame_bytes, records, [&](bytes_span to, std::size_t n) { writer.write(to, n); },
      [&](bytes_view from, std::size_t n) { checker.check(from, n); });
  checker.finish();
  return done;
}

lap record_descriptors(const end_places& where, std::size_t record_bytes, std::uint64_t records) {
  record_pool pool(record_bytes);
  std::uint64_t made = 0;
  std::uint64_t taken = 0;
  std::uint64_t wrong = 0;
  const auto done = through_ring(
      where, sizeof(record_descriptor), records,
      [&pool, &made](bytes_span to, std::size_t n) {
        const auto last = made;  // in a register: what is stored here might lie in `made`
        for (std::size_t i = 0; i < n; ++i) {
          const auto each = pool.record(last + i + 1);
          std::memcpy(to.data() + i * sizeof each, &each, sizeof each);
        }
        made += n;
      },
      [&pool, &taken, &wrong](bytes_view from, std::size_t n) {
        const auto last = taken;
        std::uint64_t different = 0;
        for (std::size_t i = 0; i < n; ++i) {
          record_descriptor found;
          std::memcpy(&found, from.data() + i * sizeof found, sizeof found);
          const auto due = pool.record(last + i + 1);
          different |= (found.bytes ^ due.bytes) | (found.id ^ due.id) |
                       static_cast<std::uint64_t>(found.payload != due.payload);
        }
        taken += n;
        wrong |= different;
      });
  if (wrong != 0) throw bench::corruption("the descriptors that arrived are not those sent");
  return done;
}

}  // namespace annulus::suites
