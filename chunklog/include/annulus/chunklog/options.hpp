// How a chunk log is written.
#pragma once

#include <annulus/chunklog/file_system.hpp>
#include <annulus/chunklog/record.hpp>
#include <annulus/memory.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>

namespace annulus::chunklog {

/// What an append does that finds the log at `options::max_bytes`.
enum class when_full {
  block,        ///< waits until acknowledged chunks have been deleted
  reject,       ///< fails with `log_full`; nothing is appended
  drop_oldest,  ///< deletes the oldest chunk, acknowledged or not, and counts what was lost
};

/// What a reader does that meets damage.
enum class on_damage {
  stop,  ///< reports it and stays in front of it: the next call meets it again
  skip,  ///< reports it once, counts it, and goes on at the next whole record
};

/// When the disk is asked to make appended records durable, beside `sync`, `close` and each roll to
/// a new chunk.
struct durability {
  enum class mode {
    none,      ///< never, not even by those: "durable" then means "written". For logs that a power
               ///< failure may take
    group,     ///< when somebody waits for it; one sync serves all who wait (`durable`)
    interval,  ///< as `group`, and `bytes` or `time` after the last one, whichever comes first
  };
  mode when = mode::group;
  std::uint64_t bytes = std::uint64_t{8} << 20U;
  std::chrono::milliseconds time{500};
};

/// Nothing of this is stored in the log: each open chooses anew.
struct options {
  /// A chunk is never larger, in bytes. From 16 (one empty record) to `max_chunk_bytes`.
  std::uint64_t chunk_bytes = default_chunk_bytes;
  /// The largest record, header included, in bytes; 0: `chunk_bytes`, which bounds it anyway.
  std::uint64_t record_bytes = 0;
  /// The size cap in bytes, over all chunks and what is still in memory: 0 for none, or at least
  /// two chunks, so that there is always one to delete.
  std::uint64_t max_bytes = 0;
  when_full full = when_full::block;
  chunklog::durability durability{};
  /// The memory between `append` and the I/O thread, in bytes; rounded up to whole pages, and to
  /// 64 KiB at least. A record above a quarter of it goes through in pieces.
  std::size_t ring_bytes = std::size_t{8} << 20U;
  /// What that memory is like; what cannot be had fails `open`. A page that is touched first by an
  /// append costs it microseconds, on some machines tens of them. By default the log's own thread
  /// touches them all once it has nothing else to do; with `prefault` they are there when `open`
  /// returns, which takes that much longer.
  memory_policy memory{};
  /// Where enough bytes are there, writes end at whole multiples of this, also within a record; at
  /// most a quarter of the ring.
  std::size_t write_bytes = std::size_t{256} << 10U;
  /// How long appended bytes may wait for a fuller write while nobody asks for them.
  std::chrono::microseconds linger{500};
  /// What was written last stays in memory for a reader that keeps up, up to this many bytes; at
  /// most half the ring. 0: the reader always goes to the file. No effect on order or durability.
  std::size_t cache_bytes = std::size_t{4} << 20U;
  on_damage damage = on_damage::stop;
  /// Reserves each chunk's disk space when it is begun, and gives back what it has not used. A file
  /// system that cannot do so is not asked again.
  bool preallocate = false;
  /// Where the files are; null: the operating system's. Must outlive the log.
  file_system* files = nullptr;
  /// Ends an opening that has to search what is damaged.
  std::stop_token stop{};
};

}  // namespace annulus::chunklog
