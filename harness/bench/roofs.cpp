// The limits of this machine that the rings are compared with.
#include <atomic>
#include <cstring>
#include <memory>
#include <vector>

#include "catalogue.hpp"
#include "contenders.hpp"

namespace annulus::bench {
namespace {

constexpr std::size_t piece_bytes = 64 << 10;

// Full when odd, empty when even; counts laps, so that it is never reset.
struct alignas(line_bytes) flag {
  std::atomic<std::uint64_t> turn{0};
};

// One thread copies 64 KiB pieces into a buffer of the ring's size (at least two pieces), another
// copies them out, with one flag a piece and nothing else between them. Filled and checked as shape
// d is.
measurement two_core_copy(const setup& given) {
  const auto pieces = std::max<std::size_t>(2, given.ring_size / piece_bytes);
  const auto flags = std::make_unique<flag[]>(pieces);
  buffer ring(pieces * piece_bytes);
  buffer source(piece_bytes);
  buffer target(piece_bytes);
  const auto count = (given.amount + piece_bytes - 1) / piece_bytes;
  clock::time_point released;
  clock::time_point finished;
  std::uint64_t seen = 0;
  const auto wait_for = [](const flag& at, std::uint64_t turn) {
    // Acquire: pairs with the other thread's release of the flag.
    for (spin_wait wait; at.turn.load(std::memory_order_acquire) != turn;) wait();
  };
  duel(
      given.cpus,
      [&](start_line& line) {
        released = line.lead();
        for (std::uint64_t i = 0; i < count; ++i) {
          flag& at = flags[i % pieces];
          fill(source, i * piece_bytes);
          wait_for(at, i / pieces * 2);
          std::memcpy(ring.data() + i % pieces * piece_bytes, source.data(), piece_bytes);
          at.turn.store(i / pieces * 2 + 1, std::memory_order_release);  // gives the piece away
        }
      },
      [&](start_line& line) {
        line.follow();
        for (std::uint64_t i = 0; i < count; ++i) {
          flag& at = flags[i % pieces];
          wait_for(at, i / pieces * 2 + 1);
          std::memcpy(target.data(), ring.data() + i % pieces * piece_bytes, piece_bytes);
          at.turn.store(i / pieces * 2 + 2, std::memory_order_release);  // gives it back
          seen |= difference(target, i * piece_bytes);
        }
        finished = clock::now();
      });
  if (seen != 0) throw corruption("the two-core copy did not deliver what was sent");
  measurement out{seconds_between(released, finished), count * piece_bytes, {}};
  out.metrics[bytes_per_second] = static_cast<double>(out.amount) / out.seconds;
  return out;
}

// One thread copies 64 KiB pieces from one buffer of the ring's size to another.
measurement one_core_copy(const setup& given) {
  buffer from(given.ring_size);
  buffer to(given.ring_size);
  fill(from, 0);
  const auto rounds = std::max<std::uint64_t>(1, given.amount / given.ring_size);
  measurement out{0, rounds * given.ring_size, {}};
  std::async(std::launch::async, [&] {
    harness::pin_thread(std::array{given.cpus.producer});
    const auto start = clock::now();
    for (std::uint64_t i = 0; i < rounds; ++i) {
      for (std::size_t at = 0; at < from.size(); at += piece_bytes) {
        std::memcpy(to.data() + at, from.data() + at, std::min(piece_bytes, from.size() - at));
      }
      // The copies of a round are not dead because the next round makes them again.
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    out.seconds = seconds_between(start, clock::now());
  }).get();
  if (difference(to, 0) != 0) throw corruption("the one-core copy is not what was copied");
  out.metrics[bytes_per_second] = static_cast<double>(out.amount) / out.seconds;
  return out;
}

// A round trip of one cache line, or of one line each way, between spinning threads: what no
// channel can beat. No pause in the loops, which would only answer later.
template <bool OneLine>
measurement line_round_trip(const setup& given) {
  struct alignas(line_bytes) line {
    std::atomic<std::uint64_t> turn{0};
  };
  std::array<line, 2> lines;
  auto& there = lines[0].turn;
  auto& back = OneLine ? there : lines[1].turn;
  const auto await = [](const std::atomic<std::uint64_t>& at, std::uint64_t turn) {
    // Acquire: pairs with the other thread's release of the same atomic.
    while (at.load(std::memory_order_acquire) != turn) {
    }
  };
  return volley(
      given,
      [&](std::uint64_t i) {
        there.store(2 * i + 1, std::memory_order_release);  // pairs with the other's await
        await(back, 2 * i + 2);
      },
      [&](std::uint64_t i) {
        await(there, 2 * i + 1);
        back.store(2 * i + 2, std::memory_order_release);  // pairs with the other's await
      });
}

}  // namespace

std::vector<contender> roof_contenders() {
  catalogue roofs(side::roof);
  roofs.add("roof", "two-core copy", two_core_copy);
  roofs.add("roof", "one-core copy", one_core_copy);
  roofs.add(shape_f::name, "two lines", line_round_trip<false>).any_size = false;
  roofs.add(shape_f::name, "one line", line_round_trip<true>).any_size = false;
  return std::move(roofs).take();
}

}  // namespace annulus::bench
