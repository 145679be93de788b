// How hard a channel is driven: when a producer's writes are due, and when its consumer stops.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace annulus::bench {

/// Spelled "closed", "open:200MB/s" or "burst:4MiB/40ms" for the producer, "stall:2ms/50ms",
/// "jitter:4ms/40ms" or "slow:300MB/s" for the consumer, or one of each:
/// "open:1GiB/s+stall:2ms/50ms".
struct load {
  using duration = std::chrono::nanoseconds;

  std::uint64_t rate = 0;  ///< the producer's, in bytes a second; 0: none of its own
  std::uint64_t burst =
      0;  ///< bytes that are due at once, in the beginning of each `every`; 0: none
  duration every{};
  duration stall{};  ///< that the consumer stops, once in each `period`; 0: never
  duration period{};
  bool random = false;      ///< at a moment of the period that is drawn, not in its middle
  std::uint64_t drain = 0;  ///< the consumer's rate, in bytes a second; 0: none of its own

  friend bool operator==(const load&, const load&) = default;

  /// The producer keeps to a schedule; else it writes as fast as it can (a closed loop).
  [[nodiscard]] bool is_paced() const noexcept { return rate != 0 || burst != 0; }
  [[nodiscard]] bool is_stopped() const noexcept { return stall.count() != 0 || drain != 0; }
  /// When the write that begins at this byte of the stream is due, from the start. Precondition:
  /// is_paced().
  [[nodiscard]] duration due(std::uint64_t position) const noexcept;
  /// Bytes a second that the producer's schedule makes. Precondition: is_paced().
  [[nodiscard]] double paced_rate() const noexcept;
  /// How long it takes to show: a tenth of a second, or as many periods as percentiles need.
  [[nodiscard]] double seconds() const noexcept;
};

/// Nothing if `text` is not of that form, or a time or a rate is 0 or out of all reason.
std::optional<load> parse_load(std::string_view text);
/// The one spelling that all others of the same load stand for.
std::string to_string(const load& value);

/// When one consumer stops.
class stop_schedule {
 public:
  /// Consumers of different seeds jitter at different moments.
  explicit stop_schedule(const load& how, std::uint64_t seed = 0) noexcept
      : how_(how), seed_(seed) {}

  /// How long it stops before a read of so many bytes that it could begin at `now`, counted from
  /// its start: for what is left of a stall. One that had nothing to read meanwhile does not make
  /// up for it. `now` never goes back.
  [[nodiscard]] load::duration before_read(load::duration now, std::uint64_t bytes) noexcept;

 private:
  [[nodiscard]] load::duration stall_in(std::int64_t period) const noexcept;
  [[nodiscard]] load::duration drained(load::duration now, std::uint64_t bytes) noexcept;

  load how_;
  std::uint64_t seed_;
  load::duration ready_{};  ///< when all that was read so far has been worked off
};

}  // namespace annulus::bench
