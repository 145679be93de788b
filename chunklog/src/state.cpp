#include "state.hpp"

#include <algorithm>
#include <annulus/copy.hpp>

#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

status stopped(std::error_code why, const char* what) {
  return why == annulus::errc::cancelled
             ? failure(errc::cancelled, "the wait for ", what, " was cancelled")
             : failure(errc::timed_out, "the deadline passed before ", what);
}

}  // namespace

status log_state::reach(goal what, std::uint64_t value, const until& limit) {
  waiter me{what, value};
  {
    auto held = room_.enter();
    const bool there = what == goal::durable && is_reached(what, value);
    if (there || !poison_.ok()) return there ? status{} : poison_;
    waiters_.push_back(&me);
    me.value = order(held, what, value);
  }
  const auto why = await(me, limit);
  // Acquire: pairs with serve().
  if (me.got.load(std::memory_order_acquire) == answer::reached) return {};
  auto held = room_.enter();
  if (me.got.load(std::memory_order_relaxed) == answer::none) {  // the lock's, that is
    std::erase(waiters_, &me);
    leaves(what);
    return stopped(why, what == goal::durable ? "a record to be durable" : "the log's writes");
  }
  return is_reached(what, me.value) ? status{} : poison_;
}

std::error_code log_state::await(const waiter& me, const until& limit) {
  const auto on_stop = [this]() noexcept { crowd_.rouse(); };
  std::optional<std::stop_callback<decltype(on_stop)>> stop;
  if (limit.token().stop_possible()) stop.emplace(limit.token(), on_stop);
  for (;;) {
    const auto ticket = crowd_.ticket();
    // Acquire: pairs with serve().
    if (me.got.load(std::memory_order_acquire) != answer::none) return {};
    if (limit.cancelled()) return annulus::errc::cancelled;
    if (limit.expired<std_platform>()) return annulus::errc::timed_out;
    crowd_.sleep(ticket, limit.deadline());
  }
}

bool log_state::arm(goal what, std::uint64_t value, waker& who) {
  auto held = room_.enter();
  if (is_reached(what, value) || !poison_.ok()) return false;
  armed_.push_back({what, value, &who});
  static_cast<void>(order(held, what, value));
  return true;
}

bool log_state::reached(goal what, std::uint64_t value, status& why) const {
  const auto held = room_.enter();
  if (is_reached(what, value)) return true;
  why = poison_;
  return false;
}

void log_state::wake_durable_waiters() {
  auto held = room_.enter();
  const auto due = std::exchange(armed_, {});
  for (const auto& each : due) leaves(each.what);
  held.unlock();
  for (const auto& each : due) each.who->notify();
}

// Returns what has to be reached.
std::uint64_t log_state::order(lock& held, goal what, std::uint64_t value) {
  auto& wanted = orders_.wanted[static_cast<std::size_t>(what)];
  wanted = what == goal::durable ? std::max(wanted, value) : wanted + 1;
  if (what != goal::durable) {
    tell_io(held);
    return wanted;
  }
  if (++durable_waiters_ >= gathering_) tell_io(held);  // the last to come rings
  return value;
}

void log_state::order_release() {
  auto held = room_.enter();
  orders_.release = true;
  tell_io(held);
}
void log_state::order_close() {
  auto held = room_.enter();
  orders_.close = true;
  tell_io(held);
}
void log_state::order_stop() {
  auto held = room_.enter();
  orders_.stop = true;
  tell_io(held);
}

status log_state::poison() const {
  const auto held = room_.enter();
  return poison_;
}

log_state::available log_state::availability(std::uint64_t chunk, std::uint64_t offset) const {
  available now;
  now.first = first_kept_;
  now.first_id = first_kept_id_;
  now.next_id = end_.next_id;
  if (chunk < end_.chunk) {
    now.final = true;
  } else if (end_.offset > offset) {
    now.end = end_.offset;
  } else if (!poison_.ok()) {
    static_cast<status&>(now) = poison_;
  } else if (ended_) {
    static_cast<status&>(now) = failure(errc::end_of_stream, "the log has been read to its end");
  } else {
    now.error = make_error_code(errc::would_block);
  }
  return now;
}

log_state::available log_state::wait(std::uint64_t chunk, std::uint64_t offset,
                                     const until& limit) {
  auto held = room_.enter();
  auto now = availability(chunk, offset);
  if (now.error != errc::would_block) return now;
  const auto ready = [&] {
    now = availability(chunk, offset);
    reader_waits_ = now.error == errc::would_block;
    if (reader_waits_ && lingering_) tell_io(held);
    return !reader_waits_;
  };
  const auto why = room_.wait(held, reader_seat_, ready, limit, reader_counters_);
  reader_waits_ = false;
  if (why && now.error == errc::would_block) {
    static_cast<status&>(now) = stopped(why, "a record was appended");
  }
  return now;
}

log_state::available log_state::look(std::uint64_t chunk, std::uint64_t offset) {
  const auto held = room_.enter();
  auto now = availability(chunk, offset);
  if (now.error == errc::would_block) now.message = "no record has been appended yet";
  return now;
}

bool log_state::arm_reader(std::uint64_t chunk, std::uint64_t offset, waker& who) {
  auto held = room_.enter();
  if (availability(chunk, offset).error != errc::would_block) return false;
  reader_waits_ = true;
  reader_seat_.arm(who);
  if (lingering_) tell_io(held);
  return true;
}

bool log_state::disarm_reader(waker& who) {
  auto held = room_.enter();
  if (!reader_seat_.disarm(who)) return false;
  reader_waits_ = false;
  return true;
}

void log_state::wake_reader() {
  auto held = room_.enter();
  reader_seat_.notify(held);
}

// The copy is made without the lock: what the pin covers stays in the ring.
std::size_t log_state::copy_cached(std::uint64_t chunk, std::uint64_t offset, bytes_span to) {
  bytes_view from;
  {
    const auto held = room_.enter();
    if (chunk != end_.chunk || offset >= file_end_ || file_end_ - offset > cached_.size()) return 0;
    from = cached_.last(static_cast<std::size_t>(file_end_ - offset));
    pinned_ = true;
    pin_ = written_ - from.size();
  }
  from = from.first(std::min(from.size(), to.size()));
  copy_between_cores(to.data(), from.data(), from.size());
  auto held = room_.enter();
  pinned_ = false;
  if (std::exchange(trim_due_, false)) tell_io(held);
  return from.size();
}

log_state::available log_state::first_kept() const {
  const auto held = room_.enter();
  available now;
  now.first = first_kept_;
  now.first_id = first_kept_id_;
  return now;
}

log_state::orders log_state::take_orders() {
  const auto held = room_.enter();
  news_ = false;
  notice_ = false;
  auto taken = orders_;
  taken.reader = reader_waits_;
  orders_.release = false;
  orders_.drop = false;
  return taken;
}

void log_state::rest(bool lingering, const std::optional<until::clock::time_point>& deadline) {
  auto held = room_.enter();
  lingering_ = lingering;
  // The reader may have come while this thread looked elsewhere.
  const auto ready = [this] { return news_ || notice_ || (lingering_ && reader_waits_); };
  const auto limit = deadline ? until(*deadline) : until();
  static_cast<void>(room_.wait(held, io_seat_, ready, limit, io_counters_));
  lingering_ = false;
}

void log_state::gather(std::size_t count, until::clock::time_point deadline) {
  auto held = room_.enter();
  gathering_ = count;
  const auto ready = [&] { return durable_waiters_ >= count || orders_.stop || orders_.close; };
  static_cast<void>(room_.wait(held, io_seat_, ready, deadline, io_counters_));
  gathering_ = 0;
}

void log_state::notify_io() {
  auto held = room_.enter();
  notice_ = true;
  io_seat_.notify(held);
}

void log_state::await_notice() {
  auto held = room_.enter();
  static_cast<void>(room_.wait(
      held, io_seat_, [this] { return notice_; }, {}, io_counters_));
}

void log_state::publish(const log_end& end, std::uint64_t bytes, bytes_view cached,
                        std::uint64_t file_end) {
  auto held = room_.enter();
  end_ = end;
  written_ += bytes;
  cached_ = cached;
  file_end_ = file_end;
  untold_ += bytes;
  if (untold_ >= worth_waking) tell(held);
}

void log_state::tell_reader() {
  auto held = room_.enter();
  if (untold_ > 0) tell(held);
  untold_ = 0;
}

void log_state::tell(lock& held) {
  if (!std::exchange(reader_waits_, false)) return;
  untold_ = 0;
  reader_seat_.notify(held);
}

std::size_t log_state::trim_cache(std::size_t kept, std::size_t keep) {
  const auto held = room_.enter();
  const auto wanted = pinned_ ? static_cast<std::size_t>(written_ - pin_) : 0;
  const auto left = std::min(kept, std::max(keep, wanted));
  if (cached_.size() > left) cached_ = cached_.last(left);
  trim_due_ = left > keep;
  return left;
}

std::size_t log_state::publish_durable(std::uint64_t next_id) {
  auto held = room_.enter();
  done_[static_cast<std::size_t>(goal::durable)] = next_id - 1;
  // Release: pairs with durable_next_id().
  durable_next_id_.store(next_id, std::memory_order_release);
  return serve(held);
}

void log_state::done(goal what, std::uint64_t value) {
  auto held = room_.enter();
  done_[static_cast<std::size_t>(what)] = value;
  serve(held);
}

std::size_t log_state::serve(lock& held) {
  const auto before = durable_waiters_;
  bool any = false;
  std::erase_if(waiters_, [&](waiter* each) {
    const bool reached = is_reached(each->what, each->value);
    if (!reached && poison_.ok()) return false;
    any = true;
    leaves(each->what);
    // Release: pairs with await(). The waiter may be gone afterwards.
    each->got.store(reached ? answer::reached : answer::failed, std::memory_order_release);
    return true;
  });
  std::vector<armed> due;
  std::erase_if(armed_, [&](const armed& each) {
    const bool is = !poison_.ok() || is_reached(each.what, each.value);
    if (is) {
      leaves(each.what);
      due.push_back(each);
    }
    return is;
  });
  const auto served = before - durable_waiters_;
  held.unlock();
  if (any) crowd_.rouse();
  for (const auto& each : due) each.who->notify();
  return served;
}

void log_state::publish_first_kept(std::uint64_t chunk, std::uint64_t id) {
  const auto held = room_.enter();
  first_kept_ = chunk;
  first_kept_id_ = id;
}

void log_state::chunks_deleted() {
  auto held = room_.enter();
  writer_seat_.notify(held);
}

void log_state::ended() {
  auto held = room_.enter();
  ended_ = true;
  reader_waits_ = false;
  reader_seat_.notify(held);
}

void log_state::tell_io(lock& held) {
  news_ = true;
  io_seat_.notify(held);
}

std::string log_state::describe() const {
  const auto held = room_.enter();
  return sentence("written up to chunk ", end_.chunk, ", offset ", end_.offset, ", next ID ",
                  end_.next_id, "; durable up to ID ", done_[2], "; flushes ", done_[0], " of ",
                  orders_.wanted[0], ", checkpoints ", done_[1], " of ", orders_.wanted[1],
                  ", durable wanted ", orders_.wanted[2], "\nwaiters ", waiters_.size(), ", armed ",
                  armed_.size(), ", reader waits ", reader_waits_, ", lingering ", lingering_,
                  ", gathering ", gathering_, ", news ", news_, ", notice ", notice_, ", release ",
                  orders_.release, ", drop ", orders_.drop, ", close ", orders_.close, ", ended ",
                  ended_, "\ncached ", cached_.size(), ", pinned ", pinned_, ", poison ",
                  poison_.ok() ? "none" : poison_.message, "\n");
}

}  // namespace annulus::chunklog
