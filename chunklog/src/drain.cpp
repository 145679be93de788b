#include "drain.hpp"

#include <algorithm>

namespace annulus::chunklog {
namespace {

// The most that a group commit waits for callers that it has just served.
constexpr std::chrono::milliseconds longest_gathering{2};

// Of a ring that nobody uses yet.
bytes_span untouched(mirror_ring& ring, const memory_policy& policy) {
  if (policy.prefault || policy.lock || policy.huge != huge_pages::never) return {};
  return ring.writer().try_reserve(ring.capacity()).memory.first;
}

}  // namespace

log_drain::log_drain(const log_directory& directory, const options& how, mirror_ring& ring,
                     log_state& state, milestones& marks, acknowledgements& acknowledged,
                     recovered& ready)
    : waker(&notified),
      how_(how),
      state_(state),
      feed_(ring, marks, how.cache_bytes),
      store_(directory, how, acknowledged, *this, ready),
      untouched_(untouched(ring, how.memory)) {
}

void log_drain::notified(waker& self) noexcept {
  static_cast<log_drain&>(self).state_.orders.notify();
}

void log_drain::durable(std::uint64_t next_id, std::chrono::nanoseconds took) {
  sync_time_ = took;
  if (const auto served = state_.goals.publish_durable(next_id); served > 0) group_ = served;
}
void log_drain::began(const log_end& end) {
  feed_.begin_chunk();
  last_commit_ = clock::now();
  state_.front.publish(end, 0, {}, 0);
}
void log_drain::keeps_from(std::uint64_t chunk, std::uint64_t first_id) {
  state_.front.publish_first_kept(chunk, first_id);
}
void log_drain::deleted() {
  state_.space.notify();
}

void log_drain::run() {
  last_commit_ = clock::now();
  store_.tail().allocate();
  for (;;) {
    const auto ordered = state_.orders.take();
    if (ordered.stop) return;
    if (failed_ || !serve(ordered)) idle();
  }
}

// Does what was ordered, and what is due. False if there was nothing to do.
bool log_drain::serve(const orders& ordered) {
  const bool closing = ordered.close && !ended_;
  const bool durable = ordered.of(goal::durable) >= store_.tail().synced_next_id();
  const bool other = ordered.of(goal::flushed) > flushes_ ||
                     ordered.of(goal::checkpointed) > checkpoints_ || ordered.drop ||
                     ordered.release || closing;
  if (durable && !other) gather();
  feed_.look();
  if (other || durable || interval_is_over()) {
    write_all();
    if (!failed_) {
      if (auto bad = commit(ordered, closing); !bad.ok()) poison(std::move(bad));
    }
    return true;
  }
  // What a reader was copying when it had been written is still here; the writer may wait for it.
  if (feed_.kept() > feed_.cached().size()) release_ring();
  if (feed_.pending() == 0) return false;
  if (feed_.pending() >= to_edge()) {
    while (feed_.pending() >= to_edge() && write_piece()) {
    }
    growing_ = true;
    is_due_ = false;
    return true;
  }
  if ((ordered.reader && settled()) || (is_due_ && clock::now() >= due_) ||
      how_.linger.count() == 0) {
    write_all();
    return true;
  }
  if (!is_due_) {
    due_ = clock::now() + how_.linger;
    is_due_ = true;
  }
  return false;
}

// Those who were served together come together again.
void log_drain::gather() {
  if (group_ <= 1) return;
  const auto most = std::min<clock::duration>(sync_time_ / 2, longest_gathering);
  state_.orders.gather(group_, clock::now() + most);
}

// There is nothing to do, for now.
void log_drain::idle() {
  state_.front.tell_reader();
  if (failed_ || !untouched_.step()) rest();
}

// Sleeps until there is something to do.
void log_drain::rest() {
  std::optional<clock::time_point> deadline;
  const bool pending = feed_.pending() > 0;
  if (pending && is_due_) deadline = due_;
  const auto& tail = store_.tail();
  if (how_.durability.when == durability::mode::interval && !failed_ &&
      (pending || tail.end().next_id != tail.synced_next_id())) {
    const auto limit = last_commit_ + how_.durability.time;
    deadline = deadline ? std::min(*deadline, limit) : limit;
  }
  // A ring that has failed wakes nobody.
  if (failed_) return state_.orders.rest(false, deadline);
  if (!feed_.arm(*this)) return;
  state_.orders.rest(pending && !growing_, deadline);
  if (!feed_.disarm(*this)) state_.orders.await_notice();
}

// A reader that always catches up would otherwise have a write made for every few records.
bool log_drain::settled() {
  growing_ = !feed_.settled();
  return !growing_;
}

// All that is in the ring by now.
void log_drain::write_all() {
  while (feed_.pending() > 0 && write_piece()) {
  }
  state_.front.tell_reader();
  growing_ = false;
  is_due_ = false;
}

// Up to where a file is written at once. Whole pages, and as many each time, are the cheapest for
// the page cache; that a record is cut there concerns nobody, since its other part follows.
std::size_t log_drain::to_edge() const noexcept {
  return how_.write_bytes - static_cast<std::size_t>(store_.tail().file_end() % how_.write_bytes);
}

// One write, or the beginning of a chunk. False if that has failed.
bool log_drain::write_piece() {
  auto& tail = store_.tail();
  const auto next_id = tail.end().next_id;
  auto bytes = static_cast<std::size_t>(
      std::min<std::uint64_t>(std::min(feed_.pending(), to_edge()), tail.room()));
  auto found = feed_.measure(bytes, next_id);
  if (bytes + found.rest > tail.room()) {  // the last record is for the next chunk
    bytes = found.whole;
    found.rest = 0;
  }
  if (bytes == 0) {
    auto bad = store_.roll();
    return bad.ok() || poison(std::move(bad));
  }
  const auto piece = feed_.next(bytes);
  auto done = tail.write({&piece, 1});
  if (done.ok()) {
    advance(bytes, found);
    return true;
  }
  if (const auto kept = feed_.measure(done.bytes, next_id); kept.whole > 0) {
    advance(kept.whole, {kept.whole, kept.records, 0});
  }
  return poison(tail.cut_back(std::move(done)));
}

// The file has `bytes` more.
void log_drain::advance(std::size_t bytes, const extent& of) {
  auto& tail = store_.tail();
  tail.advance(bytes, of);
  feed_.pass(bytes, of);
  state_.front.publish(tail.end(), bytes, feed_.cached(), tail.file_end());
  release_ring();
}

// Gives the writer the memory of what is written and not cached.
void log_drain::release_ring() {
  feed_.release(state_.cache.trim(feed_.kept(), feed_.cached().size()));
}

bool log_drain::interval_is_over() const {
  if (how_.durability.when != durability::mode::interval) return false;
  const auto& tail = store_.tail();
  const auto unsynced = tail.file_end() - tail.synced() + feed_.pending();
  return unsynced > 0 &&
         (unsynced >= how_.durability.bytes || clock::now() >= last_commit_ + how_.durability.time);
}

// Everything in the ring has been written.
status log_drain::commit(const orders& ordered, bool closing) {
  const auto flushes = ordered.of(goal::flushed);
  const auto checkpoints = ordered.of(goal::checkpointed);
  if (flushes > flushes_) state_.goals.done(goal::flushed, flushes_ = flushes);
  if (ordered.drop) {
    if (auto bad = store_.drop_oldest(); !bad.ok()) return bad;
  }
  if (closing) {
    if (auto bad = store_.tail().give_back_space(); !bad.ok()) return bad;
  }
  if (auto bad = make_durable(ordered, closing); !bad.ok()) return bad;
  if (closing) {
    ended_ = true;
    state_.front.ended();
  }
  if (checkpoints > checkpoints_) {
    state_.goals.done(goal::checkpointed, checkpoints_ = checkpoints);
  }
  release_ring();
  return {};
}

status log_drain::make_durable(const orders& ordered, bool closing) {
  if (ordered.of(goal::checkpointed) > checkpoints_ || closing || ordered.release ||
      interval_is_over()) {
    if (auto bad = store_.checkpoint(); !bad.ok()) return bad;
  } else if (ordered.of(goal::durable) >= store_.tail().synced_next_id()) {
    if (auto bad = store_.sync_data(); !bad.ok()) return bad;
    if (auto bad = store_.mark(); !bad.ok()) return bad;
  } else {
    return {};
  }
  last_commit_ = clock::now();
  return {};
}

// Returns false, as what has failed does.
bool log_drain::poison(status why) {
  failed_ = true;
  const auto error = why.error;
  state_.fail(std::move(why), [&] { feed_.fail(error); });
  return false;
}

}  // namespace annulus::chunklog
