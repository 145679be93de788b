// Rounds of a stress run: a ring of a random capacity, a few streams through it, and the verdict.
#pragma once

#include <annulus/contract.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "ends.hpp"

namespace annulus::stress {

/// What the rounds of one ring came to.
struct totals {
  std::uint64_t rounds = 0;
  std::uint64_t streams = 0;
  std::uint64_t bytes = 0;  ///< read, and each compared with what was written
  ring_stats stats{};
  std::string mismatch{};  ///< the first thing that the ring did wrong, with the round's seed
};

/// Why the two outcomes, or the ring after them, do not fit the plan; empty if they do.
template <byte_ring Ring>
std::string disagreement(Ring& ring, const plan& drawn, const outcome& wrote, const outcome& got) {
  if (!wrote.mismatch.empty()) return "writer: " + wrote.mismatch;
  if (!got.mismatch.empty()) return "reader: " + got.mismatch;
  const auto is = [](std::error_code end, std::error_code either, std::error_code other = {}) {
    return end == either || end == other;
  };
  bool right = false;
  switch (drawn.how) {
    case ending::writer_closes:
      right = !wrote.end && wrote.bytes == drawn.total && got.end == errc::end_of_stream &&
              got.bytes == drawn.total;
      break;
    case ending::writer_fails:
      right = !wrote.end && is(got.end, planned_error);
      break;
    case ending::reader_closes:
      right = !got.end && got.bytes >= drawn.turn && is(wrote.end, errc::closed);
      break;
    case ending::reader_fails:
      right = !got.end && got.bytes >= drawn.turn && is(wrote.end, planned_error);
      break;
  }
  const auto stats = ring.stats();
  if (right && ring.size() == wrote.bytes - got.bytes && stats.writer.bytes == wrote.bytes &&
      stats.reader.bytes == got.bytes)
    return {};
  return "wrote " + std::to_string(wrote.bytes) + " (" + wrote.end.message() + "), read " +
         std::to_string(got.bytes) + " (" + got.end.message() + "), counted " +
         std::to_string(stats.writer.bytes) + " and " + std::to_string(stats.reader.bytes) +
         ", buffered " + std::to_string(ring.size()) + ", planned ending " +
         std::to_string(static_cast<int>(drawn.how)) + " at " + std::to_string(drawn.turn) +
         " of " + std::to_string(drawn.total);
}

/// One stream from a thread of its own to this one.
template <byte_ring Ring>
std::string run_stream(Ring& ring, const plan& drawn, journal& book, totals& sum) {
  producer writer(ring.writer(), drawn, book.writer);
  consumer reader(ring.reader(), drawn, book.reader);
  outcome wrote;
  std::thread thread([&] { wrote = writer.run(reader, ring.reader()); });
  const auto got = reader.run(writer, ring.writer());
  thread.join();
  auto wrong = disagreement(ring, drawn, wrote, got);
  const auto stats = ring.stats();
  sum.streams += 1;
  sum.bytes += got.bytes;
  sum.stats.writer += stats.writer;
  sum.stats.reader += stats.reader;
  return wrong;
}

/// Runs rounds until `enough(sum)` or a mismatch. The same seed draws the same plans.
template <byte_ring Ring, class Enough>
void run_rounds(std::uint64_t seed, journal& book, totals& sum, Enough enough) {
  for (std::uint64_t round = 0; !enough(sum); ++round) {
    dice random(word(seed, round));
    const auto capacity = draw_capacity(random);
    Ring ring(capacity);
    for (auto streams = random.next(1, 3); streams > 0; --streams) {
      const auto drawn = draw_plan(random, ring.limit());
      std::string name(variant<Ring>.name);
      name.append(" of ").append(std::to_string(capacity)).append(" bytes, seed ");
      name.append(std::to_string(seed)).append(", round ").append(std::to_string(round));
      book.starts(name);
      if (const auto wrong = run_stream(ring, drawn, book, sum); !wrong.empty()) {
        sum.mismatch = name + ": " + wrong;
        return;
      }
      ring.reset();
    }
    sum.rounds += 1;
  }
}

}  // namespace annulus::stress
