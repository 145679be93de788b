#include "core.hpp"

#include "sentence.hpp"

namespace annulus::chunklog {
log_core::log_core(opened_files files, const options& how)
    : directory_(std::move(*files.directory)),
      lock_(std::move(files.lock)),
      how_(bounded(how)),
      base_(files.ready.book->state().reader_file),
      ring_(how_.ring_bytes, how_.memory),
      marks_(ring_.capacity()),
      acknowledged_(files.ready.book->state().last_acknowledged),
      state_(files.ready.end()),
      drain_(directory_, how_, ring_, state_, marks_, acknowledged_, files.ready),
      appender_(directory_, how_, ring_, marks_, state_, drain_, files.ready),
      thread_([this] { drain_.run(); }) {
}

log_core::~log_core() {
  state_.orders.stop();
}

status log_core::close() {
  appender_.close();
  state_.orders.close();
  return sync();
}

status log_core::unknown(std::uint64_t id) const {
  if (id < appender_.next_id()) return {};
  return failure(errc::no_such_record, "record ", id, " has not been appended: the next one is ",
                 appender_.next_id());
}

status log_core::durable(std::uint64_t id, const until& limit) {
  if (id < state_.goals.durable_next_id()) return {};
  if (auto bad = unknown(id); !bad.ok()) return bad;
  return state_.goals.reach(goal::durable, id, limit);
}

status log_core::try_durable(std::uint64_t id) {
  if (id < state_.goals.durable_next_id()) return {};
  if (auto bad = unknown(id); !bad.ok()) return bad;
  status why;
  if (state_.goals.reached(goal::durable, id, why) || !why.ok()) return why;
  return failure(errc::would_block, "record ", id, " is not durable yet");
}

bool log_core::arm_durable(std::uint64_t id, waker& who) {
  return unknown(id).ok() && state_.goals.arm(goal::durable, id, who);
}

status log_core::acknowledge(std::uint64_t first, std::uint64_t last) {
  if (acknowledged_.add(first, last)) state_.orders.release();
  return {};
}

void log_core::count(log_stats& into) const {
  const auto& in = appender_.counted();
  into.appended_records = in.records.get();
  into.appended_bytes = in.bytes.get();
  into.append_waits = ring_.stats().writer.waits + state_.space.waits();
  into.rejected = in.rejected.get();
  drain_.store().counted().add_to(into);
  into.used_bytes = appender_.used_bytes();
  into.read_waits = state_.front.waits();
}

std::string log_core::describe() const {
  return sentence(directory_.path.string(), ": appended up to ID ", appender_.next_id() - 1, ", ",
                  appender_.used_bytes(), " bytes used, ", ring_.size(), " of ", ring_.capacity(),
                  " in the ring\n", state_.describe());
}

}  // namespace annulus::chunklog
