// The parts of an open log.
#pragma once

#include <annulus/chunklog/log.hpp>
#include <annulus/mirror.hpp>
#include <thread>

#include "acknowledgements.hpp"
#include "appender.hpp"
#include "directory.hpp"
#include "drain.hpp"
#include "milestones.hpp"
#include "opening.hpp"
#include "state.hpp"

namespace annulus::chunklog {

/// The ring between the ends, what they tell each other, and the thread that does the I/O.
class log_core {
 public:
  log_core(opened_files files, const options& how);
  log_core(const log_core&) = delete;
  log_core& operator=(const log_core&) = delete;
  ~log_core();

  [[nodiscard]] appended append(std::span<const bytes_view> parts, const until& limit) {
    return appender_.append(parts, limit);
  }
  [[nodiscard]] appended_batch append_batch(std::span<const bytes_view> payloads,
                                            const until& limit) {
    return appender_.append_batch(payloads, limit);
  }
  status flush() { return state_.goals.reach(goal::flushed, 0, {}); }
  status sync() { return state_.goals.reach(goal::checkpointed, 0, {}); }
  status close();

  status durable(std::uint64_t id, const until& limit);
  status try_durable(std::uint64_t id);
  bool arm_durable(std::uint64_t id, waker& who);

  status acknowledge(std::uint64_t first, std::uint64_t last);

  [[nodiscard]] const log_directory& directory() const noexcept { return directory_; }
  [[nodiscard]] const options& how() const noexcept { return how_; }
  [[nodiscard]] chunk_number number(std::uint64_t chunk) const {
    return static_cast<chunk_number>(base_ + chunk);
  }
  [[nodiscard]] acknowledgements& acknowledged() noexcept { return acknowledged_; }
  [[nodiscard]] log_state& state() noexcept { return state_; }
  [[nodiscard]] const log_state& state() const noexcept { return state_; }

  void count(log_stats& into) const;
  [[nodiscard]] std::string describe() const;

 private:
  [[nodiscard]] status unknown(std::uint64_t id) const;

  const log_directory directory_;
  const unique_fd lock_;
  const options how_;
  const chunk_number base_;  // the number of chunk 0
  mirror_ring ring_;
  milestones marks_;
  acknowledgements acknowledged_;
  log_state state_;
  log_drain drain_;
  appender appender_;
  std::jthread thread_;
};

}  // namespace annulus::chunklog
