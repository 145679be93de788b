// What bounds a cell: one cause, and a sentence with its evidence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "measure/estimates.hpp"
#include "measure/samples.hpp"
#include "measure/suite.hpp"

namespace annulus::harness {

/// In the order in which they are looked for; the first that fits is the one, so that what keeps
/// the ends waiting comes before what their CPU time goes into. Shares are of the cell's own CPU
/// time or of the time of its own threads, and ratios are to the roofs of its own run, so that
/// nothing depends on how fast a machine is. W and R: the share of their time that what fills the
/// rings (W) and what drains them (R) waits.
enum class cause {
  /// More threads than CPUs, which spend half of their time in waits that do not sleep.
  spinning_in_a_crowd,
  /// A write or frame is larger than the ring, and W and R are a tenth or more. Or what comes in
  /// during a stall of the consumer, or in a burst, is more than the ring holds, and shows: under
  /// an
  /// open load in p99.9 of a write (a tenth of the stall), of bursts in W (a tenth), in a closed
  /// loop in W and R (a tenth).
  ring_too_small,
  /// W is half or more, and there is a sink, or a load that stops the consumer.
  sink,
  /// The producer keeps to a schedule, and nine tenths of that rate are reached.
  schedule,
  /// First touches of an eighth or more of the pages that the bytes would fill, while the kernel
  /// takes a quarter of the CPU time; both beside what reading and the sinks alone make of it.
  page_faults,
  /// Where the roof is bare copying: two thirds of its rate are reached, copied in and out. In the
  /// pipeline as the parts below: what is left when they, reading, waits that do not sleep and the
  /// kernel's part are taken off.
  copying,
  /// There are some, and the kernel takes, beside reading and the sinks, a quarter of the CPU time,
  /// or, of pairs, both ends sleep a tenth of their time, though neither is the slower one.
  wakes,
  /// The largest part of the CPU time, if it is a third or more: by the roof that does nothing
  /// else. So may be the sink.
  encoding,
  hashing,
  nothing_stands_out,
};

/// "spinning_in_a_crowd", "ring_too_small", ...
std::string_view to_string(cause value) noexcept;

struct why {
  cause what = cause::nothing_stands_out;
  std::string sentence;  ///< the cause and its evidence: figures with their units
  std::optional<std::uint64_t> ring_size{};  ///< that would do, if the ring is too small
};

/// What is known of a cell, all figures medians.
struct clues {
  traffic how{};
  std::size_t cpus = 0;  ///< that it may use; 0: it is not known
  std::map<std::string, double> figures{};
  std::map<std::string, std::map<std::string, double>>
      roofs{};  ///< by role; the first one is "roof"
};

/// Nothing where the suite does not say how the bytes go, of a roof, or of a cell without a result.
std::optional<clues> clues_of(const suite& of, const cell_samples& cell,
                              const std::vector<cell_samples>& all, std::size_t cpus);

/// Nothing where too little was counted to tell, such as of a queue that does not count its waits.
std::optional<why> why_of(const clues& from);

}  // namespace annulus::harness
