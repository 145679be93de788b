// What opening a log for writing does before the first append.
#pragma once

#include <annulus/chunklog/log.hpp>
#include <stop_token>

#include "directory.hpp"
#include "frontier.hpp"
#include "ledger.hpp"

namespace annulus::chunklog {

/// A log whose tail is whole and whose ledger says so, durably.
struct recovered : status {
  std::optional<ledger> book{};
  unique_fd writer_chunk{};
  std::vector<std::uint64_t> chunk_bytes{};  ///< from the reader's chunk to the writer's
  recovery report{};

  /// Where the log ends. Precondition: `error` is not set.
  [[nodiscard]] log_end end() const {
    return {chunk_bytes.size() - 1, book->state().durable_bytes, book->state().next_id};
  }
};

/// Finds the end of the log, cuts off a torn tail, and brings the ledger up to date. Changes
/// nothing when it fails for damage, and nothing when there is nothing to repair. Precondition: the
/// exclusive lock is held.
recovered recover(const log_directory& directory, std::stop_token stop = {});

}  // namespace annulus::chunklog
