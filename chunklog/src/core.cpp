#include "core.hpp"

#include <algorithm>

#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

constexpr std::size_t smallest_ring = std::size_t{64} << 10U;

options bounded(options how) {
  how.ring_bytes = std::max(how.ring_bytes, smallest_ring);
  how.write_bytes = std::clamp<std::size_t>(how.write_bytes, 1, how.ring_bytes / 4);
  how.cache_bytes = std::min(how.cache_bytes, how.ring_bytes / 2);
  if (how.record_bytes == 0) how.record_bytes = how.chunk_bytes;
  how.record_bytes = std::min(how.record_bytes, how.chunk_bytes);
  return how;
}

}  // namespace

log_core::log_core(log_directory directory, unique_fd lock, const options& how, recovered ready)
    : directory_(std::move(directory)),
      lock_(std::move(lock)),
      how_(bounded(how)),
      base_(ready.book->state().reader_file),
      ring_(how_.ring_bytes, how_.memory),
      marks_(ring_.capacity()),
      acknowledged_(ready.book->state().last_acknowledged),
      state_({ready.chunk_bytes.size() - 1, ready.book->state().durable_bytes,
              ready.book->state().next_id}),
      drain_(directory_, how_, ring_, state_, marks_, acknowledged_, std::move(*ready.book),
             std::move(ready.writer_chunk), ready.chunk_bytes),
      appender_(directory_, how_, ring_, marks_, state_, drain_, ready),
      thread_([this] { drain_.run(); }) {
}

log_core::~log_core() {
  state_.order_stop();
}

status log_core::close() {
  appender_.close();
  state_.order_close();
  return sync();
}

status log_core::unknown(std::uint64_t id) const {
  if (id < appender_.next_id()) return {};
  return failure(errc::no_such_record, "record ", id, " has not been appended: the next one is ",
                 appender_.next_id());
}

status log_core::durable(std::uint64_t id, const until& limit) {
  if (id < state_.durable_next_id()) return {};
  if (auto bad = unknown(id); !bad.ok()) return bad;
  return state_.reach(goal::durable, id, limit);
}

status log_core::try_durable(std::uint64_t id) {
  if (id < state_.durable_next_id()) return {};
  if (auto bad = unknown(id); !bad.ok()) return bad;
  status why;
  if (state_.reached(goal::durable, id, why) || !why.ok()) return why;
  return failure(errc::would_block, "record ", id, " is not durable yet");
}

bool log_core::arm_durable(std::uint64_t id, waker& who) {
  return unknown(id).ok() && state_.arm(goal::durable, id, who);
}

status log_core::acknowledge(std::uint64_t first, std::uint64_t last) {
  if (acknowledged_.add(first, last)) state_.order_release();
  return {};
}

void log_core::count(log_stats& into) const {
  const auto& in = appender_.counted();
  const auto& out = drain_.counted();
  into.appended_records = in.records.get();
  into.appended_bytes = in.bytes.get();
  into.append_waits = ring_.stats().writer.waits + state_.space_waits();
  into.rejected = in.rejected.get();
  into.writes = out.writes.get();
  into.written_bytes = out.written_bytes.get();
  into.syncs = out.syncs.get();
  into.checkpoints = out.checkpoints.get();
  into.marks = out.marks.get();
  into.rolls = out.rolls.get();
  into.deleted_chunks = out.deleted_chunks.get();
  into.used_bytes = appender_.used_bytes();
  into.read_waits = state_.reader_waits();
  into.dropped_records = out.dropped_records.get();
}

std::string log_core::describe() const {
  return sentence(directory_.path.string(), ": appended up to ID ", appender_.next_id() - 1, ", ",
                  appender_.used_bytes(), " bytes used, ", ring_.size(), " of ", ring_.capacity(),
                  " in the ring\n", state_.describe());
}

}  // namespace annulus::chunklog
