#include "chunk_store.hpp"

#include <fcntl.h>

#include "sentence.hpp"

namespace annulus::chunklog {

chunk_store::chunk_store(const log_directory& directory, const options& how,
                         acknowledgements& acknowledged, store_watcher& watcher, recovered& ready)
    : directory_(directory),
      acknowledged_(acknowledged),
      watcher_(watcher),
      kept_(directory, counts_, ready.book->state().reader_file, ready.chunk_bytes),
      tail_(directory, how, counts_, std::move(ready.writer_chunk), ready.book->state().writer_file,
            ready.end()),
      book_(std::move(*ready.book)) {
  const auto& end = tail_.end();
  if (end.offset == 0) acknowledged_.begins(end.chunk, end.next_id);
}

status chunk_store::sync_data() {
  if (tail_.synced() == tail_.end().offset) return {};
  const auto before = std::chrono::steady_clock::now();
  if (auto bad = tail_.sync(); !bad.ok()) return bad;
  watcher_.durable(tail_.synced_next_id(), std::chrono::steady_clock::now() - before);
  return {};
}

ledger_state chunk_store::state_now(const acknowledgements::position& acknowledged) const {
  return {tail_.number(), kept_.number(acknowledged.chunk), tail_.synced_next_id(),
          acknowledged.last, tail_.synced()};
}

status chunk_store::unwritten(std::error_code error) const {
  return failure(error, directory_.file(ledger_name), " cannot be written");
}

status chunk_store::mark() {
  const auto next = state_now(acknowledged_.at());
  if (next == book_.state()) return {};
  counts_.marks.add();
  const auto error = book_.mark(next);
  return error ? unwritten(error) : status{};
}

status chunk_store::checkpoint() {
  if (auto bad = sync_data(); !bad.ok()) return bad;
  // What is acknowledged was delivered, so it was written, but not perhaps before the sync.
  const auto acknowledged = acknowledged_.at();
  const auto next = state_now(acknowledged);
  if (next == book_.state() && !book_.marked()) return {};
  counts_.checkpoints.add();
  if (const auto error = next == book_.state() ? book_.sync() : book_.checkpoint(next)) {
    return unwritten(error);
  }
  return remove_before(acknowledged.chunk);
}

status chunk_store::remove_before(std::uint64_t chunk) {
  if (kept_.oldest() >= chunk) return {};
  if (auto bad = kept_.remove_before(chunk); !bad.ok()) return bad;
  watcher_.deleted();
  return {};
}

status chunk_store::roll() {
  if (auto bad = tail_.give_back_space(); !bad.ok()) return bad;
  if (auto bad = sync_data(); !bad.ok()) return bad;
  const auto next = tail_.end().chunk + 1;
  const auto name = chunk_name(kept_.number(next));
  if (chunks() >= most_chunks) {
    return failure(errc::chunk_numbers_exhausted, directory_.path.string(),
                   " holds all 65536 chunks; ", name, " is not acknowledged");
  }
  auto made = directory_.open(name, O_RDWR | O_CREAT | O_EXCL);
  auto error = made.error;
  if (!error) error = directory_.sync();
  if (error) return failure(error, directory_.file(name), " cannot be created");
  kept_.begin_next(tail_.end().offset);
  tail_.leave_for(std::move(made.fd));
  counts_.rolls.add();
  counts_.checkpoints.add();
  acknowledged_.begins(next, tail_.end().next_id);
  const auto acknowledged = acknowledged_.at();
  if (const auto failed = book_.checkpoint(state_now(acknowledged))) return unwritten(failed);
  if (auto bad = remove_before(acknowledged.chunk); !bad.ok()) return bad;
  tail_.allocate();
  watcher_.began(tail_.end());
  return {};
}

status chunk_store::drop_oldest() {
  auto next = kept_.second(tail_.end());
  if (!next.ok()) return next;
  if (next.first_id == 0) {
    watcher_.deleted();  // there was none: whoever waits looks again
    return {};
  }
  counts_.dropped_records.add(acknowledged_.drop_before(next.chunk, next.first_id));
  watcher_.keeps_from(next.chunk, next.first_id);
  return checkpoint();
}

}  // namespace annulus::chunklog
