// What one stream of a stress run does, drawn from its seed.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "payload.hpp"

namespace annulus::stress {

/// A deterministic sequence of numbers.
class dice {
 public:
  explicit dice(std::uint64_t seed) : seed_(seed) {}
  /// From `low` to `high`, both included.
  std::size_t next(std::size_t low, std::size_t high) {
    return low + static_cast<std::size_t>(word(seed_, thrown_++) % (high - low + 1));
  }
  bool one_in(std::size_t n) { return next(1, n) == 1; }

 private:
  std::uint64_t seed_;
  std::uint64_t thrown_ = 0;
};

/// How the stream ends.
enum class ending { writer_closes, writer_fails, reader_closes, reader_fails };

/// Which end may wait for much. Waits of both that exceed the ring and a byte together may be for
/// ever, by contract.
enum class demand { reader, writer, halves };

struct plan {
  std::uint64_t seed;
  std::uint64_t total;  ///< bytes that the writer would send
  std::uint64_t turn;   ///< the position at which another ending than writer_closes happens
  ending how;
  demand who;

  [[nodiscard]] std::size_t most_bytes(std::size_t limit) const {
    return who == demand::reader ? limit : who == demand::writer ? 1 : (limit + 1) / 2;
  }
  [[nodiscard]] std::size_t most_room(std::size_t limit) const {
    return who == demand::writer ? limit : who == demand::reader ? 1 : (limit + 1) / 2;
  }
};

inline std::size_t draw_capacity(dice& random) {
  constexpr std::array<std::size_t, 10> usual{1, 2, 3, 7, 64, 100, 1000, 4096, 65536, 100'000};
  return usual.at(random.next(0, usual.size() - 1));
}

inline plan draw_plan(dice& random, std::size_t limit) {
  const auto most = std::clamp<std::size_t>(limit * 64, 2'000, 1 << 20);
  plan drawn{.seed = word(0, random.next(0, SIZE_MAX - 1)),
             .total = random.next(1, most),
             .turn = 0,
             .how = static_cast<ending>(random.next(0, 3)),
             .who = static_cast<demand>(random.next(0, 2))};
  if (random.one_in(2)) drawn.how = ending::writer_closes;
  drawn.turn = random.next(0, static_cast<std::size_t>(drawn.total));
  return drawn;
}

}  // namespace annulus::stress
