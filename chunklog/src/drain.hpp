// The I/O thread: what takes records from the ring to the chunks.
#pragma once

#include <annulus/chunklog/options.hpp>
#include <annulus/until.hpp>
#include <chrono>

#include "chunk_store.hpp"
#include "page_toucher.hpp"
#include "ring_feed.hpp"
#include "state.hpp"

namespace annulus::chunklog {

/// Decides when to write, to sync, and to sleep; no lock is held over a call of the file system.
class log_drain final : private waker, private store_watcher {
 public:
  log_drain(const log_directory& directory, const options& how, mirror_ring& ring, log_state& state,
            milestones& marks, acknowledgements& acknowledged, recovered& ready);

  /// Until the state says stop.
  void run();

  [[nodiscard]] const chunk_store& store() const noexcept { return store_; }

 private:
  using clock = until::clock;
  using orders = order_book::orders;

  static void notified(waker& self) noexcept;
  void durable(std::uint64_t next_id, std::chrono::nanoseconds took) override;
  void began(const log_end& end) override;
  void keeps_from(std::uint64_t chunk, std::uint64_t first_id) override;
  void deleted() override;

  bool serve(const orders& ordered);
  void gather();
  [[nodiscard]] std::size_t to_edge() const noexcept;
  void write_all();
  bool write_piece();
  void advance(std::size_t bytes, const extent& of);
  void release_ring();
  void idle();
  void rest();

  [[nodiscard]] bool settled();
  [[nodiscard]] bool interval_is_over() const;
  status commit(const orders& ordered, bool closing);
  status make_durable(const orders& ordered, bool closing);
  bool poison(status why);

  const options& how_;
  log_state& state_;
  ring_feed feed_;
  chunk_store store_;
  page_toucher untouched_;  // of the ring

  std::uint64_t flushes_ = 0, checkpoints_ = 0;
  bool ended_ = false, failed_ = false;
  bool growing_ = false;  // the writer is at it: more is worth waiting for
  clock::time_point due_{};
  bool is_due_ = false;  // due_ counts
  clock::time_point last_commit_{};
  std::size_t group_ = 0;  // callers that the last sync has served
  std::chrono::nanoseconds sync_time_{};
};

}  // namespace annulus::chunklog
