// Shape flow: a stream with any write, read, load, and number of pairs. Shapes e and g and the roof
// of all streams are some of these, see setup_of().
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "suites/common/pace.hpp"
#include "suites/common/ring_channel.hpp"
#include "suites/common/stream.hpp"
#include "suites/common/tick_clock.hpp"

namespace annulus::bench {

inline constexpr auto shape_e = "e";
inline constexpr auto shape_g = "g";
inline constexpr auto shape_flow = "flow";
inline constexpr auto shape_roof = "roof";

/// The bytes that an end makes or checks at a time: whole writes or reads.
constexpr std::size_t block_of(std::size_t size) noexcept {
  return size * std::max<std::size_t>(1, least_block / size);
}

/// Where a ring's memory is the ends' own.
template <class Channel>
concept in_place_channel = requires(Channel& channel) {
  { channel.ring().reader().peek(1) } -> std::same_as<peeked>;
};

template <class Ring>
void put_in_place(Ring& ring, std::uint64_t position, std::size_t n) {
  const auto got = ring.writer().reserve(n);
  if (got.error) give_up(got.error.message());
  const auto memory = got.memory.prefix(n);
  fill(memory.first, position);
  fill(memory.second, position + memory.first.size());
  if (const auto error = ring.writer().commit(n)) give_up(error.message());
}

template <class Ring>
std::uint64_t take_in_place(Ring& ring, std::uint64_t position, std::size_t n) {
  const auto got = ring.reader().peek(n);
  if (got.error) give_up(got.error.message());
  const auto memory = got.data.prefix(n);
  const auto seen = difference(memory.first, position) |
                    difference(memory.second, position + memory.first.size());
  if (const auto error = ring.reader().consume(n)) give_up(error.message());
  return seen;
}

/// The writes that are timed: every one of a schedule; in a closed loop, where a look at the clock
/// costs as much as a small write, one of each block, drawn anew for each.
write_times times_for(const setup& given, std::uint64_t amount);

/// Adds what the pairs' writes took. In a closed loop times are ticks so far.
void add_times(measurement& to, const setup& given, std::vector<write_times> all);

/// One channel and what its two ends do with it.
template <class Channel>
class any_pair {
 public:
  any_pair(const setup& given, std::uint64_t amount)
      : given_(given), channel_(made(given)), times_(times_for(given, amount)) {}

  [[nodiscard]] flow ends() {
    const auto off = given_.off;
    flow out = flow_over(*channel_, block_of(given_.write) + off, block_of(given_.read) + off);
    out.produce = [this, off](std::uint64_t from, std::uint64_t to, bytes_span source) {
      produce(from, to, source.subspan(off));
    };
    out.consume = [this, off](std::uint64_t from, std::uint64_t to, bytes_span target) {
      return consume(from, to, target.subspan(off));
    };
    return out;
  }
  [[nodiscard]] write_times take_times() && { return std::move(times_); }

 private:
  static std::unique_ptr<Channel> made(const setup& given) {
    if constexpr (std::constructible_from<Channel, const setup&>) {
      return std::make_unique<Channel>(given);
    } else {
      return std::make_unique<Channel>(given.ring_size);
    }
  }

  void produce(std::uint64_t from, std::uint64_t to, bytes_span source) {
    if constexpr (in_place_channel<Channel>) {
      if (given_.in_place) {
        return write_all(
            from, to, [](std::uint64_t, std::size_t) {},
            [this](std::uint64_t position, std::size_t at) {
              put_in_place(channel_->ring(), position + at, given_.write);
            });
      }
    }
    const auto prepare = [source](std::uint64_t position, std::size_t n) {
      fill(source.first(n), position);
    };
    const auto write = [&channel = *channel_, source, size = given_.write](std::uint64_t,
                                                                           std::size_t at) {
      channel.write(source.subspan(at, size));
    };
    if constexpr (in_place_channel<Channel>) {
      if (given_.batch > 1) return write_batches(from, to, prepare, write);
    }
    write_all(from, to, prepare, write);
  }

  template <class Prepare, class Write>
  void write_batches(std::uint64_t from, std::uint64_t to, Prepare prepare, Write write) {
    auto& writer = channel_->ring().writer();
    writer.cork();
    std::size_t held_back = 0;
    write_all(from, to, prepare, [&](std::uint64_t position, std::size_t at) {
      write(position, at);
      if (++held_back < given_.batch) return;
      held_back = 0;
      writer.flush();
    });
    writer.uncork();
  }

  // `prepare(position, n)` makes bytes, and `write(position, at)` writes those that it made at
  // `at`.
  template <class Prepare, class Write>
  void write_all(std::uint64_t from, std::uint64_t to, Prepare prepare, Write write) {
    if (!given_.how.is_paced()) return write_closed(from, to, prepare, write);
    const auto size = given_.write;
    real_time time;
    began_.store(time.start(), std::memory_order_release);  // pairs with the consumer's load
    pace(
        given_.how, size, [&](std::uint64_t i) { prepare(from + i * size, size); },
        [&](std::uint64_t i) { write(from + i * size, 0); }, time, times_);
  }

  template <class Prepare, class Write>
  [[gnu::noinline]] void write_closed(std::uint64_t from, std::uint64_t to, Prepare prepare,
                                      Write write) {
    const auto size = given_.write;
    const auto block = block_of(size);
    auto* time = times_.stalls.data();
    std::uint64_t random = 1;
    for (auto position = from; position < to; position += block) {
      prepare(position, block);
      random = random * 6364136223846793005U + 1442695040888963407U;
      const auto chosen = (random >> 33U) % (block / size) * size;
      for (std::size_t at = 0; at < block; at += size) {
        const auto start = at == chosen ? tick_clock::now() : 0;
        write(position, at);
        if (at == chosen) *time++ = static_cast<double>(tick_clock::now() - start);
      }
    }
  }

  std::uint64_t consume(std::uint64_t from, std::uint64_t to, bytes_span target) {
    if constexpr (in_place_channel<Channel>) {
      if (given_.in_place) {
        return read_all(from, to, [this](std::uint64_t position, std::size_t n) {
          return take_in_place(channel_->ring(), position, n);
        });
      }
    }
    std::size_t filled = 0;
    const auto read = [&filled, &channel = *channel_, target, to](std::uint64_t position,
                                                                  std::size_t n) {
      channel.read(target.subspan(filled, n));
      filled += n;
      if (filled < target.size() && position + n < to) return std::uint64_t{0};
      const auto seen = difference(target.first(filled), position + n - filled);
      filled = 0;
      return seen;
    };
    return read_all(from, to, read);
  }

  // `read(position, n)` reads, and returns 0 if all that it looked at is what was sent.
  template <class Read>
  [[gnu::noinline]] std::uint64_t read_all(std::uint64_t from, std::uint64_t to, Read read) {
    const auto size = given_.read;
    const bool stops = given_.how.is_stopped();
    const bool is_timed = !times_.arrivals.empty();
    stop_schedule schedule(given_.how);
    real_time time;
    std::uint64_t seen = 0;
    for (auto position = from; position < to; position += size) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(size, to - position));
      if (stops) stop_if_due(schedule, n, time);
      seen |= read(position, n);
      if (is_timed) {
        // Acquire: pairs with the producer's store, which came before its first write.
        const auto due = began_.load(std::memory_order_acquire) + given_.how.due(position - from);
        times_.arrivals[(position - from) / size] =
            std::chrono::duration<double, std::micro>(clock::now() - due).count();
      }
    }
    return seen;
  }

  const setup& given_;
  std::unique_ptr<Channel> channel_;
  write_times times_;
  std::atomic<std::chrono::steady_clock::time_point> began_{};  // of a schedule
};

template <class Channel>
measurement any_stream(const setup& given) {
  const auto amount = whole_blocks(given.amount, block_of(given.write));
  std::vector<std::unique_ptr<any_pair<Channel>>> pairs;
  std::vector<flow> flows;
  for (std::size_t i = 0; i < given.pairs; ++i) {
    pairs.push_back(std::make_unique<any_pair<Channel>>(given, amount));
    flows.push_back(pairs.back()->ends());
  }
  auto out = timed_flow(given, amount, amount / given.write, flows);
  std::vector<write_times> times;
  for (auto& each : pairs) times.push_back(std::move(*each).take_times());
  add_times(out, given, std::move(times));
  return out;
}

}  // namespace annulus::bench
