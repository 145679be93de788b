#include "order_book.hpp"

#include <algorithm>

namespace annulus::chunklog {

void order_book::give(bool& order) {
  auto held = shared_.enter();
  order = true;
  tell_io(held);
}

std::uint64_t order_book::want(lock& held, goal what, std::uint64_t value) {
  auto& wanted = orders_.wanted[index_of(what)];
  wanted = what == goal::durable ? std::max(wanted, value) : wanted + 1;
  if (what != goal::durable) {
    tell_io(held);
    return wanted;
  }
  if (++durable_waiters_ >= gathering_) tell_io(held);  // the last to come rings
  return value;
}

void order_book::want_space(lock& held, bool drop) {
  (drop ? orders_.drop : orders_.release) = true;
  tell_io(held);
}

void order_book::reader_waits(lock& held, bool waits) {
  orders_.reader = waits;
  if (waits && lingering_) tell_io(held);
}

void order_book::tell_io(lock& held) {
  news_ = true;
  io_seat_.notify(held);
}

order_book::orders order_book::take() {
  const auto held = shared_.enter();
  news_ = false;
  notice_ = false;
  const auto taken = orders_;
  orders_.release = false;
  orders_.drop = false;
  return taken;
}

void order_book::rest(bool lingering, const std::optional<until::clock::time_point>& deadline) {
  auto held = shared_.enter();
  lingering_ = lingering;
  // The reader may have come while this thread looked elsewhere.
  const auto ready = [this] { return news_ || notice_ || (lingering_ && orders_.reader); };
  const auto limit = deadline ? until(*deadline) : until();
  static_cast<void>(shared_.room.wait(held, io_seat_, ready, limit, io_counters_));
  lingering_ = false;
}

void order_book::gather(std::size_t count, until::clock::time_point deadline) {
  auto held = shared_.enter();
  gathering_ = count;
  const auto ready = [&] { return durable_waiters_ >= count || orders_.stop || orders_.close; };
  static_cast<void>(shared_.room.wait(held, io_seat_, ready, deadline, io_counters_));
  gathering_ = 0;
}

void order_book::notify() {
  auto held = shared_.enter();
  notice_ = true;
  io_seat_.notify(held);
}

void order_book::await_notice() {
  auto held = shared_.enter();
  static_cast<void>(shared_.room.wait(
      held, io_seat_, [this] { return notice_; }, {}, io_counters_));
}

std::string order_book::describe() const {
  return sentence("ordered: flushes ", orders_.of(goal::flushed), ", checkpoints ",
                  orders_.of(goal::checkpointed), ", durable up to ID ", orders_.of(goal::durable),
                  " by ", durable_waiters_, ", release ", orders_.release, ", drop ", orders_.drop,
                  ", close ", orders_.close, "; reader waits ", orders_.reader, ", lingering ",
                  lingering_, ", gathering ", gathering_, ", news ", news_, ", notice ", notice_,
                  "\n");
}

}  // namespace annulus::chunklog
