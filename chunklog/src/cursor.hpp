// The reader's place in a log.
#pragma once

#include <annulus/chunklog/log.hpp>
#include <annulus/chunklog/record.hpp>
#include <optional>
#include <vector>

#include "core.hpp"
#include "damage_search.hpp"
#include "scan.hpp"
#include "tally.hpp"

namespace annulus::chunklog {

class log_cursor final : private chunk_memory {
 public:
  explicit log_cursor(log_core& core);

  /// `limit` null: does not wait.
  read_record next(const until* limit);
  read_batch next_batch(const until* limit);
  status acknowledge(std::uint64_t first, std::uint64_t last);

  bool arm(waker& who);

  [[nodiscard]] log_core& core() const noexcept { return core_; }
  void count(log_stats& into) const;
  [[nodiscard]] std::string describe() const;

 private:
  static constexpr std::size_t most_in_batch = 1024;

  std::size_t copy(std::uint64_t offset, bytes_span to) override;

  /// The next record to deliver, passed by; an error otherwise.
  status take(log_record& record, const until* limit);
  [[nodiscard]] bool take_buffered(log_record& record);
  [[nodiscard]] bytes_view takable() const;
  [[nodiscard]] bool is_whole(bytes_view there, std::size_t at, log_record& record) const;
  status advance(const until* limit);
  status check_chunks_before();
  status go_to(std::uint64_t chunk);
  status skip_dropped(const available& kept);
  status damaged(status why);
  status resume(const std::stop_token& stop);
  [[nodiscard]] id_limits limits();
  void pass_gap(const examined& gap);
  void deliver(std::uint64_t records, std::uint64_t bytes);
  [[nodiscard]] std::uint64_t due() const noexcept {
    return std::max(expected_, acknowledged_at_open_ + 1);
  }
  [[nodiscard]] std::string file() const {
    return core_.directory().file(chunk_name(core_.number(chunk_)));
  }

  log_core& core_;
  chunk_window window_;
  std::uint64_t chunk_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t end_ = 0;       // of what is known to be there
  std::uint64_t expected_ = 0;  // 0: unknown
  std::uint64_t acknowledged_at_open_;
  // Any thread may acknowledge. Relaxed: whoever has a record has it from this thread.
  tally delivered_;
  std::uint64_t lost_from_ = 0;  // the record that damage was found at, while it is being skipped
  std::uint64_t lost_in_ = 0;    // and its chunk
  std::optional<damage_search> search_{};  // of this chunk, once it was damaged
  std::vector<log_record> batch_{};
  tally records_, bytes_, cache_bytes_, damages_, skipped_;
};

}  // namespace annulus::chunklog
