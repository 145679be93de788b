// One chunk from its first byte to its last: which records are whole, and what is wrong between
// them.
#pragma once

#include <annulus/chunklog/view.hpp>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "chunk_slice.hpp"
#include "damage_search.hpp"
#include "scan.hpp"

namespace annulus::chunklog {

struct chunk_walk;

/// Whole records, one directly behind the other, their IDs rising by one.
struct record_run {
  std::uint64_t first_id = 0;
  std::uint64_t last_id = 0;
  std::uint64_t offset = 0;
  std::uint64_t end = 0;
};

/// Records that an earlier repair has given up.
struct declared_gap {
  std::uint64_t offset = 0;
  std::uint64_t first_id = 0;
  std::uint64_t next_id = 0;
};

struct walk_options {
  /// `header` believes a header below the durable mark whose ID is due, until what follows
  /// contradicts it.
  check depth = check::payload;
  /// Whether to list each record (`entries`) rather than runs of them.
  bool entries = false;
  /// Whether to look for whole records behind damage above the durable mark, where opening the log
  /// cuts off.
  bool salvage = false;
  /// What the IDs of a chunk can be that begins with the given one (0: unknown). Asked for damaged
  /// chunks only, by any thread.
  std::function<id_limits(const chunk_walk&, std::uint64_t)> limits{};
  /// Called with the bytes walked since the last call.
  std::function<void(std::uint64_t)> progress{};
  std::stop_token stop{};
};

/// A chunk, and what a walk finds in it. No other chunk is looked at, so the ID of the first record
/// is believed with its checksum.
struct chunk_walk {
  chunk_number number = 0;
  std::string file{};
  std::uint64_t bytes = 0;
  std::uint64_t mark = 0;  ///< this much was synced
  bool last = false;       ///< no later chunk holds a byte
  bool ledger = false;     ///< a ledger vouches for the mark
  unique_fd kept{};        ///< the open file, if it is to stay open
  /// Parts that have been walked, in their order, and reported; without walk_options::entries.
  std::vector<chunk_slice> slices{};

  std::vector<record_entry> entries{};  ///< with walk_options::entries
  std::vector<record_run> runs{};       ///< without
  std::vector<declared_gap> gaps{};
  std::vector<fault> faults{};
  std::uint64_t records = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t last_id = 0;  ///< 0: there is no record
  std::uint64_t torn_bytes = 0;
  /// The ID with which the chunk begins, and the one that is due behind its end; 0: unknown, for
  /// damage or because there is nothing.
  std::uint64_t first_due = 0;
  std::uint64_t next_due = 0;
  std::uint64_t first_offset = 0;  ///< of what has the ID `first_due`
  std::uint64_t due_at_mark = 0;   ///< 0: unknown
  /// The record that begins before the mark and ends behind it.
  std::optional<std::uint64_t> across_mark{};
};

/// Fills in what is there, from `number` to `ledger` given. Damage does not fail it; `window` shows
/// any file afterwards.
status walk(const log_directory& directory, chunk_window& window, const walk_options& how,
            chunk_walk& chunk);

}  // namespace annulus::chunklog
