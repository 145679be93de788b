#include "drain.hpp"

#include <fcntl.h>

#include <algorithm>
#include <annulus/byte_order.hpp>
#include <annulus/chunklog/record.hpp>

#include "damage_search.hpp"
#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

// How long a writer may pause between two records and still be taken for busy with more: a
// microsecond or two.
constexpr int glance = 32;

// The most that a group commit waits for callers that it has just served.
constexpr std::chrono::milliseconds longest_gathering{2};

std::uint64_t record_bytes_at(const std::byte* header) {
  return std::uint64_t{load_be<std::uint32_t>(header + record_layout::length)} +
         record_layout::checksum;
}

}  // namespace

log_drain::log_drain(const log_directory& directory, const options& how, mirror_ring& ring,
                     log_state& state, milestones& marks, acknowledgements& acknowledged,
                     ledger book, unique_fd writer_chunk,
                     const std::vector<std::uint64_t>& chunk_bytes)
    : waker(&notified),
      directory_(directory),
      how_(how),
      ring_(ring),
      state_(state),
      marks_(marks),
      acknowledged_(acknowledged),
      book_(std::move(book)),
      chunk_(std::move(writer_chunk)),
      base_(book_.state().reader_file),
      sizes_(chunk_bytes.begin(), chunk_bytes.end()),
      end_{sizes_.size() - 1, book_.state().durable_bytes, book_.state().next_id},
      file_end_(end_.offset),
      synced_(end_.offset),
      synced_next_id_(end_.next_id),
      allocate_(how.preallocate) {
  if (end_.offset == 0) acknowledged_.begins(end_.chunk, end_.next_id);
}

void log_drain::notified(waker& self) noexcept {
  static_cast<log_drain&>(self).state_.notify_io();
}

void log_drain::run() {
  last_commit_ = clock::now();
  if (allocate_) allocate();
  for (;;) {
    const auto orders = state_.take_orders();
    if (orders.stop) return;
    if (failed_ || !serve(orders)) rest();
  }
}

// Does what was ordered, and what is due. False if there was nothing to do.
bool log_drain::serve(const log_state::orders& orders) {
  const auto wants = [&](goal what) { return orders.wanted[static_cast<std::size_t>(what)]; };
  const bool closing = orders.close && !ended_;
  const bool durable = wants(goal::durable) >= synced_next_id_;
  const bool ordered = wants(goal::flushed) > flushes_ ||
                       wants(goal::checkpointed) > checkpoints_ || orders.drop || orders.release ||
                       closing;
  if (durable && !ordered && group_ > 1) {
    state_.gather(group_,
                  clock::now() + std::min<clock::duration>(sync_time_ / 2, longest_gathering));
  }
  look();
  if (ordered || durable || interval_is_over()) {
    write_all();
    if (!failed_) {
      if (auto bad = commit(orders, closing); !bad.ok()) poison(std::move(bad));
    }
    return true;
  }
  // What a reader was copying when it had been written is still here; the writer may wait for it.
  if (kept_ > std::min(in_chunk_, how_.cache_bytes)) release_ring();
  if (pending() == 0) return false;
  if (pending() >= to_edge()) {
    while (pending() >= to_edge() && write_piece()) {
    }
    growing_ = true;
    is_due_ = false;
    return true;
  }
  if ((orders.reader && settled()) || (is_due_ && clock::now() >= due_) ||
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

// Sleeps until there is something to do.
void log_drain::rest() {
  state_.tell_reader();
  std::optional<clock::time_point> deadline;
  if (pending() > 0 && is_due_) deadline = due_;
  if (how_.durability.when == durability::mode::interval && !failed_ &&
      (pending() > 0 || end_.next_id != synced_next_id_)) {
    const auto limit = last_commit_ + how_.durability.time;
    deadline = deadline ? std::min(*deadline, limit) : limit;
  }
  // A ring that has failed wakes nobody.
  if (failed_) return state_.rest(false, deadline);
  auto& ring = ring_.reader();
  // Not for every piece: a thread that sleeps and wakes all the time spends its time on that.
  const auto enough = kept_ + (pending() == 0 ? 1 : std::max(ring.capacity() / 4, pending() + 1));
  if (!ring.arm(std::min(enough, ring.capacity()), *this)) return;
  state_.rest(pending() > 0 && !growing_, deadline);
  if (!ring.disarm(*this)) state_.await_notice();
}

void log_drain::look() {
  auto& ring = ring_.reader();
  // A peek looks at the writer's index only if it wants more than is known of, and arm() may have
  // learnt of more than was seen here: so this asks for one byte more than is known.
  const auto known = ring.try_peek(0).data.size();
  const auto got = ring.try_peek(std::min(known + 1, ring.capacity()));
  memory_ = got.data.first.data();
  seen_ = got.data.size();
}

// Whether the writer has stopped appending, for a glance at least. A reader that always catches up
// would otherwise have a write made for every few records.
bool log_drain::settled() {
  const auto before = seen_;
  for (int i = 0; i < glance; ++i) std_platform::relax();
  look();
  growing_ = seen_ != before;
  return !growing_;
}

// All that is in the ring by now.
void log_drain::write_all() {
  while (pending() > 0 && write_piece()) {
  }
  state_.tell_reader();
  growing_ = false;
  is_due_ = false;
}

// Up to where a file is written at once. Whole pages, and as many each time, are the cheapest for
// the page cache; that a record is cut there concerns nobody, since its other part follows.
std::size_t log_drain::to_edge() const noexcept {
  return how_.write_bytes - static_cast<std::size_t>(file_end_ % how_.write_bytes);
}

// What the next `bytes` in the ring are. Precondition: they are there.
log_drain::extent log_drain::measure(std::size_t bytes) {
  if (record_rest_ > bytes) return {0, 0, record_rest_ - bytes};
  extent out{static_cast<std::size_t>(record_rest_), record_rest_ > 0 ? 1U : 0U, 0};
  const auto mark = marks_.last_up_to(position_ + bytes);
  if (mark && mark->position > position_ + out.whole) {
    out.whole = static_cast<std::size_t>(mark->position - position_);
    out.records = mark->next_id - end_.next_id;
  }
  while (out.whole < bytes) {
    // A record's header comes into the ring in one piece.
    const auto size = record_bytes_at(memory_ + kept_ + out.whole);
    if (size > bytes - out.whole) {
      out.rest = size - (bytes - out.whole);
      break;
    }
    out.whole += static_cast<std::size_t>(size);
    ++out.records;
  }
  return out;
}

// One write, or the beginning of a chunk. False if that has failed.
bool log_drain::write_piece() {
  const auto room = how_.chunk_bytes - file_end_;
  auto bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(std::min(pending(), to_edge()), room));
  auto found = measure(bytes);
  if (bytes + found.rest > room) {  // the last record is for the next chunk
    bytes = found.whole;
    found.rest = 0;
  }
  if (bytes == 0) {
    auto bad = roll();
    if (bad.ok()) return true;
    poison(std::move(bad));
    return false;
  }
  const bytes_view piece(memory_ + kept_, bytes);
  const auto done = directory_.files.write(chunk_.get(), {&piece, 1}, file_end_);
  counts_.writes.add();
  counts_.written_bytes.add(done.bytes);
  if (!done.error) {
    advance(bytes, found);
    return true;
  }
  auto why = failure(done.error, file(end_.chunk), ", offset ", file_end_,
                     ": the write stopped after ", done.bytes, " bytes");
  if (const auto kept = measure(done.bytes); kept.whole > 0) {
    advance(kept.whole, {kept.whole, kept.records, 0});
  }
  // If this fails as well, the next open cuts the same bytes off.
  if (const auto error = directory_.files.truncate(chunk_.get(), end_.offset)) {
    why.message += sentence("; it cannot be cut back: ", error.message());
  }
  poison(std::move(why));
  return false;
}

// The file has `bytes` more.
void log_drain::advance(std::size_t bytes, const extent& of) {
  if (of.records > 0) end_.offset = file_end_ + of.whole;
  end_.next_id += of.records;
  record_rest_ = of.rest;
  file_end_ += bytes;
  position_ += bytes;
  kept_ += bytes;
  in_chunk_ += bytes;
  const auto cached = std::min(in_chunk_, how_.cache_bytes);
  state_.publish(end_, bytes, {memory_ + (kept_ - cached), cached}, file_end_);
  release_ring();
}

// Gives the writer the memory of what is written and not cached.
void log_drain::release_ring() {
  const auto left = state_.trim_cache(kept_, std::min(in_chunk_, how_.cache_bytes));
  const auto done = kept_ - left;
  if (done == 0) return;
  auto& ring = ring_.reader();
  static_cast<void>(ring.try_peek(kept_));
  ring.consume(done);
  memory_ += done;
  seen_ -= done;
  kept_ = left;
  in_chunk_ = std::min(in_chunk_, kept_);
}

bool log_drain::interval_is_over() const {
  if (how_.durability.when != durability::mode::interval) return false;
  const auto unsynced = file_end_ - synced_ + pending();
  return unsynced > 0 &&
         (unsynced >= how_.durability.bytes || clock::now() >= last_commit_ + how_.durability.time);
}

// Everything in the ring has been written.
status log_drain::commit(const log_state::orders& orders, bool closing) {
  const auto checkpoints = orders.wanted[static_cast<std::size_t>(goal::checkpointed)];
  const auto flushes = orders.wanted[static_cast<std::size_t>(goal::flushed)];
  const bool durable = orders.wanted[static_cast<std::size_t>(goal::durable)] >= synced_next_id_;
  if (flushes > flushes_) state_.done(goal::flushed, flushes_ = flushes);
  if (orders.drop) {
    if (auto bad = drop_oldest(); !bad.ok()) return bad;
  }
  if (closing && allocate_) {
    if (auto bad = give_back_space(); !bad.ok()) return bad;
  }
  if (checkpoints > checkpoints_ || closing || orders.release || interval_is_over()) {
    if (auto bad = checkpoint(); !bad.ok()) return bad;
    last_commit_ = clock::now();
  } else if (durable) {
    if (auto bad = sync_data(); !bad.ok()) return bad;
    if (auto bad = mark(); !bad.ok()) return bad;
    last_commit_ = clock::now();
  }
  if (closing) {
    ended_ = true;
    state_.ended();
  }
  if (checkpoints > checkpoints_) state_.done(goal::checkpointed, checkpoints_ = checkpoints);
  release_ring();
  return {};
}

status log_drain::sync_data() {
  if (synced_ == end_.offset) return {};
  const auto before = clock::now();
  if (const auto error = directory_.sync_data(chunk_.get())) {
    return failure(error, file(end_.chunk), " cannot be synced");
  }
  sync_time_ = clock::now() - before;
  if (directory_.durable) counts_.syncs.add();
  synced_ = end_.offset;
  synced_next_id_ = end_.next_id;
  if (const auto served = state_.publish_durable(synced_next_id_); served > 0) group_ = served;
  return {};
}

ledger_state log_drain::state_now(const acknowledgements::position& acknowledged) const {
  return {number(end_.chunk), number(acknowledged.chunk), synced_next_id_, acknowledged.last,
          synced_};
}

status log_drain::mark() {
  const auto next = state_now(acknowledged_.at());
  if (next == book_.state()) return {};
  counts_.marks.add();
  const auto error = book_.mark(next);
  return error ? failure(error, directory_.file(ledger_name), " cannot be written") : status{};
}

// Data, then the ledger, then what the ledger has made superfluous.
status log_drain::checkpoint() {
  if (auto bad = sync_data(); !bad.ok()) return bad;
  // What is acknowledged was delivered, so it was written, but not perhaps before the sync.
  auto acknowledged = acknowledged_.at();
  const auto next = state_now(acknowledged);
  if (next == book_.state() && !book_.marked()) return {};
  counts_.checkpoints.add();
  if (const auto error = next == book_.state() ? book_.sync() : book_.checkpoint(next)) {
    return failure(error, directory_.file(ledger_name), " cannot be written");
  }
  return remove_before(acknowledged.chunk);
}

status log_drain::remove_before(std::uint64_t chunk) {
  if (oldest_ >= chunk) return {};
  for (; oldest_ < chunk; ++oldest_) {
    if (const auto error =
            directory_.files.remove(directory_.fd.get(), chunk_name(number(oldest_)))) {
      return failure(error, file(oldest_), " cannot be deleted");
    }
    counts_.deleted_chunks.add();
    // Release: pairs with deleted_bytes().
    deleted_bytes_.store(deleted_bytes_.load(std::memory_order_relaxed) + sizes_.front(),
                         std::memory_order_release);
    sizes_.pop_front();
  }
  state_.chunks_deleted();
  return {};
}

// Begins the next chunk. The old one is durable before the new one exists, so a tear is always in
// the last; and the new one is known before a record goes there.
status log_drain::roll() {
  if (allocate_) {
    if (auto bad = give_back_space(); !bad.ok()) return bad;
  }
  if (auto bad = sync_data(); !bad.ok()) return bad;
  const auto next = end_.chunk + 1;
  const auto name = chunk_name(number(next));
  if (next - oldest_ > 0xFFFF) {
    return failure(errc::chunk_numbers_exhausted, directory_.path.string(),
                   " holds all 65536 chunks; ", name, " is not acknowledged");
  }
  auto made = directory_.open(name, O_RDWR | O_CREAT | O_EXCL);
  auto error = made.error;
  if (!error) error = directory_.sync();
  if (error) return failure(error, directory_.file(name), " cannot be created");
  chunk_ = std::move(made.fd);
  sizes_.back() = end_.offset;
  sizes_.push_back(0);
  end_ = {next, 0, end_.next_id};
  file_end_ = 0;
  in_chunk_ = 0;
  synced_ = 0;
  counts_.rolls.add();
  counts_.checkpoints.add();
  acknowledged_.begins(next, end_.next_id);
  const auto acknowledged = acknowledged_.at();
  if (const auto failed = book_.checkpoint(state_now(acknowledged))) {
    return failure(failed, directory_.file(ledger_name), " cannot be written");
  }
  if (auto bad = remove_before(acknowledged.chunk); !bad.ok()) return bad;
  if (allocate_) allocate();
  last_commit_ = clock::now();
  state_.publish(end_, 0, {}, 0);
  return {};
}

// As much space as the chunk may take. It is a favour, which a full disk or a file system without
// it may refuse.
void log_drain::allocate() {
  if (directory_.files.allocate(chunk_.get(), how_.chunk_bytes)) allocate_ = false;
}
status log_drain::give_back_space() {
  const auto error = directory_.files.truncate(chunk_.get(), file_end_);
  return error ? failure(error, file(end_.chunk), " cannot be cut to its end, ", file_end_)
               : status{};
}

// Of the first record that is whole; 0 if none is.
std::uint64_t log_drain::first_id_within(chunk_window& window, std::uint64_t end) const {
  if (end == 0) return 0;
  auto first = examine(window, 0, end, 0, check::payload);
  if (first.found != damage::none && first.found != damage::given_up) {
    id_limits limits;
    limits.highest = end_.next_id - 1;
    const auto place = damage_search(window, end, std::move(limits)).behind(0, 0, {});
    if (place.offset == end) return 0;
    first = examine(window, place.offset, end, 0, check::header);
  }
  return first.header.id;
}

// The ledger first: a crash in between leaves a chunk that the next open deletes.
status log_drain::drop_oldest() {
  auto next = oldest_ + 1;
  std::uint64_t first_id = 0;
  for (; first_id == 0; ++next) {
    if (next > end_.chunk) {
      state_.chunks_deleted();  // there was none: whoever waits looks again
      return {};
    }
    if (next == end_.chunk && end_.offset == 0) {
      first_id = end_.next_id;
      break;
    }
    auto opened = open_chunk(directory_, number(next), O_RDONLY);
    if (!opened.ok()) return opened;
    const auto end = next == end_.chunk ? end_.offset : opened.bytes;
    chunk_window window(directory_.files, std::size_t{4} << 10U);
    window.attach(std::move(opened.file));
    first_id = first_id_within(window, end);
    if (first_id != 0) break;
    // No record of it can be read, so it goes as well.
  }
  counts_.dropped_records.add(acknowledged_.drop_before(next, first_id));
  state_.publish_first_kept(next, first_id);
  return checkpoint();
}

void log_drain::poison(status why) {
  failed_ = true;
  const auto error = why.error;
  state_.fail(std::move(why), [&] { ring_.reader().close(error); });
}

}  // namespace annulus::chunklog
