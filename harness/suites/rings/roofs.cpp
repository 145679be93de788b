// The limits of this machine that the rings are compared with.
#include <sched.h>

#include <annulus/core/copy_choice.hpp>
#include <annulus/core/mapping.hpp>
#include <atomic>
#include <cstring>
#include <memory>
#include <vector>

#include "measure/suite.hpp"
#include "suites/common/spin_wait.hpp"
#include "suites/rings/catalogue.hpp"
#include "suites/rings/contenders.hpp"

namespace annulus::bench {
namespace {

constexpr std::size_t piece_bytes = 64 << 10;

// Full when odd, empty when even; counts laps, so that it is never reset.
struct alignas(line_bytes) flag {
  std::atomic<std::uint64_t> turn{0};
};

// One thread copies 64 KiB pieces into a buffer of the ring's size (at least two pieces), another
// copies them out, with one flag a piece and nothing else between them. Every write and read is one
// piece.
class two_core_copy {
 public:
  explicit two_core_copy(const setup& given)
      : copies_(given.copies.value_or(copy_pair{})),
        pieces_(std::max<std::size_t>(2, given.ring_size / piece_bytes)),
        flags_(std::make_unique<flag[]>(pieces_)),
        memory_(mapping::anonymous(pieces_ * piece_bytes)) {}

  void write(bytes_view from) {
    const auto turn = written_ / pieces_ * 2;
    const auto at = written_++ % pieces_;
    wait_for(flags_[at], turn);
    copy_as(copies_.in, memory_.data() + at * piece_bytes, from.data(), piece_bytes);
    flags_[at].turn.store(turn + 1, std::memory_order_release);  // gives the piece away
  }
  void read(bytes_span to) {
    const auto turn = read_ / pieces_ * 2 + 1;
    const auto at = read_++ % pieces_;
    wait_for(flags_[at], turn);
    copy_as(copies_.out, to.data(), memory_.data() + at * piece_bytes, piece_bytes);
    flags_[at].turn.store(turn + 1, std::memory_order_release);  // gives it back
  }

 private:
  static void wait_for(const flag& at, std::uint64_t turn) noexcept {
    // Acquire: pairs with the other thread's release of the flag.
    for (spin_wait wait; at.turn.load(std::memory_order_acquire) != turn;) wait();
  }

  const copy_pair copies_;
  const std::size_t pieces_;
  const std::unique_ptr<flag[]> flags_;
  mapping memory_;                                 // touched first by the producer, as a ring's
  alignas(line_bytes) std::uint64_t written_ = 0;  // each is one end's
  alignas(line_bytes) std::uint64_t read_ = 0;
};

// By the pair of strategies that is the fastest in a sixteenth of the time.
measurement best_two_core_copy(const setup& given) {
  setup tried = given;
  tried.amount = std::max<std::uint64_t>(given.amount / 16, piece_bytes);
  copy_pair best;
  double most = 0;
  for (const copy_pair each : annulus::detail::tried_pairs) {
    tried.copies = each;
    const double rate = any_stream<two_core_copy>(tried).metrics.at(harness::bytes_per_second);
    if (rate > most) best = each;
    most = std::max(most, rate);
  }
  tried.amount = given.amount;
  tried.copies = best;
  return any_stream<two_core_copy>(tried);
}

// One thread copies 64 KiB pieces from one buffer of the ring's size to another.
measurement one_core_copy(const setup& given) {
  const auto rounds = std::max<std::uint64_t>(1, given.amount / given.ring_size);
  measurement out;
  out.amount = out.bytes = rounds * given.ring_size;
  on_cpus(given.producer_cpus, [&] {
    buffer from(given.ring_size);
    buffer to(given.ring_size);
    fill(from, 0);
    const auto start = clock::now();
    for (std::uint64_t i = 0; i < rounds; ++i) {
      for (std::size_t at = 0; at < from.size(); at += piece_bytes) {
        std::memcpy(to.data() + at, from.data() + at, std::min(piece_bytes, from.size() - at));
      }
      // The copies of a round are not dead because the next round makes them again.
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    out.seconds = seconds_between(start, clock::now());
    refuse_corruption(difference(to, 0));
  });
  out.metrics[harness::bytes_per_second] = static_cast<double>(out.amount) / out.seconds;
  return out;
}

// What an end does beside the channel: one thread makes the payload of a piece, and looks at it.
// The slower of the two bounds every stream; where that is near, it is not the channel that is
// measured.
measurement payload_alone(const setup& given) {
  const auto rounds = std::max<std::uint64_t>(1, given.amount / piece_bytes);
  measurement out;
  out.amount = out.bytes = rounds * piece_bytes;
  on_cpus(given.producer_cpus, [&] {
    buffer piece(piece_bytes);
    std::uint64_t seen = 0;
    const auto start = clock::now();
    for (std::uint64_t i = 0; i < rounds; ++i) fill(piece, i * piece_bytes);
    const auto made = clock::now();
    for (std::uint64_t i = 0; i < rounds; ++i)
      seen |= difference(piece, (rounds - 1) * piece_bytes);
    out.seconds = std::max(seconds_between(start, made), seconds_between(made, clock::now()));
    refuse_corruption(seen);
  });
  out.metrics[harness::bytes_per_second] = static_cast<double>(out.amount) / out.seconds;
  return out;
}

// A round trip of one cache line, or of one line each way, between spinning threads: what no
// channel can beat. No pause in the loops, which would only answer later; where both threads have
// one CPU, they take turns.
template <bool OneLine>
measurement line_round_trip(const setup& given) {
  struct alignas(line_bytes) line {
    std::atomic<std::uint64_t> turn{0};
  };
  std::array<line, 2> lines;
  auto& there = lines[0].turn;
  auto& back = OneLine ? there : lines[1].turn;
  const auto await = [](const std::atomic<std::uint64_t>& at, std::uint64_t turn) {
    constexpr int long_enough = 1 << 14;
    // Acquire: pairs with the other thread's release of the same atomic.
    for (int looks = 0; at.load(std::memory_order_acquire) != turn; ++looks) {
      if (looks > long_enough) sched_yield();
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
  roofs.add(shape_roof, "two-core-copy", best_two_core_copy);
  roofs.add(shape_roof, "one-core-copy", one_core_copy);
  roofs.add(shape_roof, "payload", payload_alone);
  roofs.add(shape_f, "two-lines", line_round_trip<false>).first_amount = 256;
  roofs.add(shape_f, "one-line", line_round_trip<true>).first_amount = 256;
  return std::move(roofs).take();
}

}  // namespace annulus::bench
