// What a chunk log counts about itself since it was opened.
#pragma once

#include <cstdint>

namespace annulus::chunklog {

/// A snapshot; fields may be a call apart while the log is in use.
struct log_stats {
  std::uint64_t appended_records = 0;
  std::uint64_t appended_bytes = 0;  ///< headers included
  std::uint64_t append_waits = 0;    ///< appends that waited for room in the ring or under the cap
  std::uint64_t rejected = 0;        ///< appends that failed with `log_full`

  std::uint64_t writes = 0;  ///< write calls on chunks
  std::uint64_t written_bytes = 0;
  std::uint64_t syncs = 0;        ///< syncs of a chunk's data
  std::uint64_t checkpoints = 0;  ///< durable ledger writes, each with a sync of its own
  std::uint64_t marks = 0;        ///< ledger writes without one, after a group commit
  std::uint64_t rolls = 0;        ///< chunks begun
  std::uint64_t deleted_chunks = 0;
  std::uint64_t used_bytes = 0;  ///< in chunks and in memory: what the cap bounds

  std::uint64_t delivered_records = 0;
  std::uint64_t delivered_bytes = 0;  ///< headers included
  std::uint64_t cache_bytes = 0;      ///< fetched from memory by the reader
  std::uint64_t file_bytes = 0;       ///< fetched from files by the reader
  std::uint64_t read_waits = 0;       ///< times that the reader had to wait

  std::uint64_t dropped_records = 0;  ///< unacknowledged, deleted by `when_full::drop_oldest`
  std::uint64_t damages = 0;          ///< places of damage that the reader has skipped
  std::uint64_t skipped_records = 0;  ///< records lost to them, as far as IDs tell
};

}  // namespace annulus::chunklog
