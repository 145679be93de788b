// Storing an object: block → shards → frames → rings → sinks.
#pragma once

#include <annulus/memory.hpp>
#include <annulus/pipeline/input.hpp>
#include <annulus/pipeline/object.hpp>
#include <annulus/stats.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace annulus::pipeline {

/// Who hashes and writes the shards of a block.
enum class put_mode {
  serial,    ///< the encoding thread, one shard after the other (MinIO with rings)
  parallel,  ///< one thread a shard (MinIO with pipes)
};

/// How bytes get into and out of the rings.
enum class hand_over {
  copy,      ///< encode beside the ring, write into it, read out of it in pieces
  copy_in,   ///< encode beside the ring, write into it, drain straight from it
  in_place,  ///< read and encode into reserved ring memory, drain straight from it
};

struct put_options {
  std::string name;                          ///< of the object
  std::vector<std::filesystem::path> disks;  ///< one a shard, in shard order; none with sink null
  struct geometry geometry;
  std::string ring;                              ///< a registered variant
  std::size_t ring_size = std::size_t{2} << 20;  ///< of each shard's ring, in bytes
  /// For how long a drain may wait for half a ring rather than be woken for less, where the ring
  /// can do that: nobody waits for a shard's next bytes, and twelve drains that are woken for each
  /// frame have the encoder do little else.
  std::chrono::microseconds patience{5000};
  std::size_t read_size = std::size_t{64} << 10;  ///< what a drain takes at a time; in place,
                                                  ///< whole frames that come to that much
  sink_kind sink = sink_kind::dir;
  put_mode mode = put_mode::serial;
  hand_over hand = hand_over::copy;
  bool sync = true;  ///< bytes and names are on disk before `put` returns
  std::stop_token stop{};

  /// Called after each block with the bytes read so far.
  std::function<void(std::uint64_t)> progress{};
  /// Called first on each thread that fills, or drains, a ring: to pin it, say.
  std::function<void()> on_producer{}, on_consumer{};
  /// Called on the thread that drains a ring before bytes of that shard go to their sink: to hold
  /// the sink up, say. While it runs, the ring is not drained.
  std::function<void(std::size_t shard, std::size_t bytes)> before_sink{};
  bool ask_memory = false;  ///< look where the memory of the rings lies, when all is over
};

/// A disk that was dropped while the write quorum held.
struct disk_failure {
  std::filesystem::path disk;
  std::string reason;
};

struct put_report {
  std::string id;
  std::uint64_t bytes = 0;             ///< of the object
  std::uint64_t stored_bytes = 0;      ///< frames accepted by sinks
  std::vector<std::uint64_t> folds{};  ///< sink null: of each shard stream, see stream_fold
  std::uint64_t frames = 0;            ///< handed over to rings
  std::chrono::nanoseconds
      elapsed{};                   ///< from the first read to the last sink's end, sync included
  std::chrono::nanoseconds cpu{};  ///< of this process in that time, user and system
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  ring_stats rings{};  ///< summed over the rings
  /// Of all rings, if asked for; nothing if the kernel does not tell, as in some containers.
  std::optional<memory_report> memory{};
  std::vector<std::chrono::nanoseconds>
      stalls{};  ///< for each frame, how long its ring made the writer wait
  std::vector<disk_failure> failures{};
};

/// Stores the object, or throws error and leaves no trace of it. Disks that fail on the way are
/// dropped while the write quorum holds, and reported.
put_report put(input& from, const put_options& how);

/// The folds that a `put` of this input into sink null must report, computed without rings or
/// threads.
std::vector<std::uint64_t> reference_folds(input& from, const geometry& shape);

/// Throws error(bad_argument) for what `put` would refuse whatever the input and the disks are.
void check(const put_options& how);

}  // namespace annulus::pipeline
