// The parts of a log that its caller writes.
#pragma once

#include <annulus/chunklog/direct_writer.hpp>
#include <array>
#include <vector>

#include "acknowledgements.hpp"
#include "chunk_store.hpp"
#include "opening.hpp"
#include "record_encoder.hpp"

namespace annulus::chunklog {

class direct_core final : private store_watcher {
 public:
  direct_core(opened_files files, const options& how);
  direct_core(const direct_core&) = delete;
  direct_core& operator=(const direct_core&) = delete;
  ~direct_core() { static_cast<void>(close()); }

  appended append(std::span<const bytes_view> parts);
  appended_batch append_batch(std::span<const bytes_view> payloads);
  status sync();
  status close();
  [[nodiscard]] std::uint64_t durable_id() const noexcept {
    return store_.tail().synced_next_id() - 1;
  }
  status acknowledge(std::uint64_t first, std::uint64_t last);
  void count(log_stats& into) const;

 private:
  using clock = std::chrono::steady_clock;

  void durable(std::uint64_t next_id, std::chrono::nanoseconds took) override;

  [[nodiscard]] std::uint64_t next_id() const noexcept { return store_.tail().end().next_id; }
  [[nodiscard]] std::uint64_t used_bytes() const noexcept {
    return at_open_ + bytes_.get() - store_.deleted_bytes();
  }
  [[nodiscard]] status refusal(std::uint64_t bytes) const;
  status make_room(std::uint64_t bytes);
  status begin_chunk();
  void gather(std::span<const bytes_view> parts, std::uint64_t bytes);
  status write_gathered();
  status commit_if_due();
  status failed(status why);

  // More than these would be written in two calls by the operating system's files.
  static constexpr std::size_t most_in_write = 32;

  const log_directory directory_;
  const unique_fd lock_;
  const options how_;
  acknowledgements acknowledged_;
  chunk_store store_;
  record_encoder encoder_;
  const std::uint64_t at_open_;  // bytes in chunks
  clock::time_point last_commit_ = clock::now();
  bool closed_ = false;
  status poison_{};
  tally records_, bytes_, rejected_;

  // The records that the next write takes.
  std::array<header_bytes, most_in_write> headers_;
  std::array<std::uint64_t, most_in_write> sizes_;
  std::size_t gathered_ = 0;
  std::uint64_t gathered_bytes_ = 0;
  std::vector<bytes_view> pieces_{};
};

}  // namespace annulus::chunklog
