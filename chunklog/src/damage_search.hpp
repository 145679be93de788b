// Whole records behind damage. docs/formats.md, "Behind damage".
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <stop_token>
#include <vector>

#include "scan.hpp"

namespace annulus::chunklog {

/// What the ledger and the neighbours allow the IDs of a chunk to be.
struct id_limits {
  /// No record has a lower one.
  std::uint64_t lowest = 0;
  /// No record before `mark` has a greater one; 0: unknown.
  std::uint64_t highest = 0;
  /// From here on, each record can have one more: the ledger does not know of them.
  std::uint64_t mark = std::numeric_limits<std::uint64_t>::max();
  /// The IDs that something behind the chunk goes on with, in any order.
  std::vector<std::uint64_t> successors{};
  /// With what the chunks before and behind it begin, by their numbers, which may be out of order;
  /// 0: unknown.
  std::uint64_t follows = 0;
  std::uint64_t precedes = 0;

  /// Whether the chunk's first record may have this ID, by what is known.
  [[nodiscard]] bool allow_first(std::uint64_t id) const {
    const auto last = precedes != 0 ? precedes - 1 : highest;
    return possible(id) && id >= lowest && id > follows && (last == 0 || id <= last);
  }
};

/// Whole records, one directly behind the other and each with the ID that is due; gap markers that
/// are whole and due among them.
struct stretch {
  std::uint64_t offset = 0;
  std::uint64_t end = 0;
  std::uint64_t first_id = 0;
  std::uint64_t next_id = 0;
};

/// Where a chunk is whole again.
struct found_place : status {
  std::uint64_t offset = 0;  ///< the chunk's end, if it is nowhere
};

/// Finds what is whole in one chunk behind any damage in it. Linear in the chunk's bytes for all
/// damage together: it is gone through once, when the first damaged record's own length does not
/// lead on. Content that looks like records is told from records by its IDs and by what it does not
/// connect to. Not thread-safe.
class damage_search {
 public:
  /// The window shows the chunk, which ends at `end`, for as long as this is used.
  damage_search(chunk_window& chunk, std::uint64_t end, id_limits limits);

  /// The place of the next whole record or marker behind the damage at `offset`, where the record
  /// `due` (0: unknown) should be: nothing but a greater ID. `offset` itself, if what is there has
  /// another ID and goes on from there.
  ///
  /// Errors: `cancelled`.
  found_place behind(std::uint64_t offset, std::uint64_t due, const std::stop_token& stop);

  [[nodiscard]] std::uint64_t end() const noexcept { return end_; }

 private:
  struct led {
    std::uint64_t offset = 0;
    std::uint64_t due = 0;
    bool whole = false;
  };
  led lead(std::uint64_t offset, std::uint64_t due);
  [[nodiscard]] bool continues(std::uint64_t id) const;
  [[nodiscard]] bool ends_with(std::uint64_t due, std::uint64_t id) const;
  [[nodiscard]] bool goes_on(std::uint64_t due, std::uint64_t id, const examined& next) const;

  chunk_window& chunk_;
  const std::uint64_t end_;
  const id_limits limits_;
  std::optional<std::vector<stretch>> plan_{};  // all that is whole behind the first damage
};

}  // namespace annulus::chunklog
