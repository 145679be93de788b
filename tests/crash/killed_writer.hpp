// What a writer that will be killed tells the process that kills it.
#pragma once

#include <annulus/chunklog/log.hpp>
#include <atomic>
#include <cstdint>

#include "payload.hpp"

namespace annulus::crash {

/// In memory that both map; outlives the writer. The default order, sequentially consistent, pairs
/// each store with the loads behind the writer's death.
struct progress {
  std::atomic<std::uint64_t> appending;      ///< may be in the log
  std::atomic<std::uint64_t> confirmed;      ///< must be
  std::atomic<std::uint64_t> acknowledging;  ///< may be gone
  std::atomic<std::uint64_t> gone;           ///< must be
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

inline std::size_t size_of_killed(std::uint64_t id, std::uint64_t most) {
  return static_cast<std::size_t>(id * 2654435761U % (most + 1));
}

}  // namespace annulus::crash
