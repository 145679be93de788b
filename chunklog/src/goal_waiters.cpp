#include "goal_waiters.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace annulus::chunklog {

status goal_waiters::reach(goal what, std::uint64_t value, const until& limit) {
  waiter me{what, value};
  {
    auto held = shared_.enter();
    const bool there = what == goal::durable && is_reached(what, value);
    if (there || !shared_.poison.ok()) return there ? status{} : shared_.poison;
    waiters_.push_back(&me);
    me.value = orders_.want(held, what, value);
  }
  const auto why = await(me, limit);
  // Acquire: pairs with serve().
  if (me.got.load(std::memory_order_acquire) == answer::reached) return {};
  auto held = shared_.enter();
  if (me.got.load(std::memory_order_relaxed) == answer::none) {  // the lock's, that is
    std::erase(waiters_, &me);
    orders_.leaves(what);
    return stopped(why, what == goal::durable ? "a record to be durable" : "the log's writes");
  }
  return is_reached(what, me.value) ? status{} : shared_.poison;
}

std::error_code goal_waiters::await(const waiter& me, const until& limit) {
  const auto on_stop = [this]() noexcept { sleepers_.rouse(); };
  std::optional<std::stop_callback<decltype(on_stop)>> stop;
  if (limit.token().stop_possible()) stop.emplace(limit.token(), on_stop);
  for (;;) {
    const auto ticket = sleepers_.ticket();
    // Acquire: pairs with serve().
    if (me.got.load(std::memory_order_acquire) != answer::none) return {};
    if (limit.cancelled()) return annulus::errc::cancelled;
    if (limit.expired<std_platform>()) return annulus::errc::timed_out;
    sleepers_.sleep(ticket, limit.deadline());
  }
}

bool goal_waiters::arm(goal what, std::uint64_t value, waker& who) {
  auto held = shared_.enter();
  if (is_reached(what, value) || !shared_.poison.ok()) return false;
  armed_.push_back({what, value, &who});
  static_cast<void>(orders_.want(held, what, value));
  return true;
}

bool goal_waiters::reached(goal what, std::uint64_t value, status& why) const {
  const auto held = shared_.enter();
  if (is_reached(what, value)) return true;
  why = shared_.poison;
  return false;
}

void goal_waiters::wake() {
  auto held = shared_.enter();
  const auto due = std::exchange(armed_, {});
  for (const auto& each : due) orders_.leaves(each.what);
  held.unlock();
  for (const auto& each : due) each.who->notify();
}

std::size_t goal_waiters::publish_durable(std::uint64_t next_id) {
  auto held = shared_.enter();
  done_[index_of(goal::durable)] = next_id - 1;
  // Release: pairs with durable_next_id().
  durable_next_id_.store(next_id, std::memory_order_release);
  return serve(held);
}

void goal_waiters::done(goal what, std::uint64_t value) {
  auto held = shared_.enter();
  done_[index_of(what)] = value;
  serve(held);
}

std::size_t goal_waiters::serve(lock& held) {
  const auto before = orders_.durable_waiters();
  const bool poisoned = !shared_.poison.ok();
  bool any = false;
  std::erase_if(waiters_, [&](waiter* each) {
    const bool reached = is_reached(each->what, each->value);
    if (!reached && !poisoned) return false;
    any = true;
    orders_.leaves(each->what);
    // Release: pairs with await(). The waiter may be gone afterwards.
    each->got.store(reached ? answer::reached : answer::failed, std::memory_order_release);
    return true;
  });
  std::vector<armed> due;
  std::erase_if(armed_, [&](const armed& each) {
    const bool is = poisoned || is_reached(each.what, each.value);
    if (is) {
      orders_.leaves(each.what);
      due.push_back(each);
    }
    return is;
  });
  const auto served = before - orders_.durable_waiters();
  held.unlock();
  if (any) sleepers_.rouse();
  for (const auto& each : due) each.who->notify();
  return served;
}

std::string goal_waiters::describe() const {
  return sentence("reached: flushes ", done_[index_of(goal::flushed)], ", checkpoints ",
                  done_[index_of(goal::checkpointed)], ", durable up to ID ",
                  done_[index_of(goal::durable)], "; waiters ", waiters_.size(), ", armed ",
                  armed_.size(), "\n");
}

}  // namespace annulus::chunklog
