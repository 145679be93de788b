#include "engine.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace annulus::model {
namespace {

constexpr std::size_t stack_bytes = std::size_t{128} << 10;

const char* text(std::memory_order how) {
  switch (how) {
    case std::memory_order_relaxed:
      return "relaxed";
    case std::memory_order_consume:
      return "consume";
    case std::memory_order_acquire:
      return "acquire";
    case std::memory_order_release:
      return "release";
    case std::memory_order_acq_rel:
      return "acq_rel";
    case std::memory_order_seq_cst:
      return "seq_cst";
  }
  return "?";
}

std::string place(const where& at) {
  std::string_view file = at.file;
  file.remove_prefix(file.rfind('/') + 1);
  return std::string(file) + ":" + std::to_string(at.line);
}

}  // namespace

thread_local engine* engine::current_ = nullptr;

template <class... Parts>
void engine::note(const where& at, const Parts&... parts) {
  if (!tracing_) return;
  std::ostringstream line;
  line << threads_[running_].name << ": ";
  (line << ... << parts);
  line << "  [" << place(at) << "]";
  trace_.push_back(line.str());
}

report engine::explore(const std::function<void()>& scenario) {
  report result;
  auto* const outer = std::exchange(current_, this);
  fibers_.reserve(max_threads);
  for (;;) {
    if (bounds_.seed) choices_.randomise(*bounds_.seed + result.runs);
    const auto passed = run(scenario);
    ++result.runs;
    if (!passed) {
      result.failure = failure_;
      choices_.repeat();
      tracing_ = true;
      run(scenario);
      result.trace = trace_;
      break;
    }
    if (!bounds_.seed && !choices_.advance()) {
      result.complete = true;
      break;
    }
    if (result.runs == bounds_.runs) break;
  }
  current_ = outer;
  return result;
}

bool engine::run(const std::function<void()>& scenario) {
  begin();
  fibers_[0].start([this, &scenario] {
    scenario();
    end_run();
  });
  control_.switch_to(fibers_[0]);
  return failure_.empty();
}

// A run that failed leaves its fibers as they stand: nothing on their stacks is destroyed.
void engine::end_run() {
  fibers_[running_].switch_to(control_);
  std::abort();  // nobody goes back
}

void engine::begin() {
  memory_.clear(max_threads);
  threads_.assign(1, {});
  threads_[0].name = "main";
  if (fibers_.empty()) fibers_.emplace_back(stack_bytes);
  running_ = 0;
  mutexes_.clear();
  dead_.clear();
  uses_.clear();
  dead_conditions_.clear();
  bytes_.clear();
  deadlines_.clear();
  now_ = time_point{} + std::chrono::nanoseconds(1);
  changes_ = 0;
  preemptions_ = stale_ = spurious_ = steps_ = 0;
  concurrent_ = false;
  failure_.clear();
  trace_.clear();
}

void engine::spawn(std::string name, std::function<void()> body) {
  const auto self = static_cast<std::uint32_t>(threads_.size());
  if (self == max_threads) throw std::length_error("the scenario has too many threads");
  threads_.emplace_back();
  threads_.back().name = std::move(name);
  if (fibers_.size() <= self) fibers_.emplace_back(stack_bytes);
  memory_.tick(0);
  memory_.known(self) = memory_.known(0);
  fibers_[self].start([this, run = std::move(body)] {
    run();
    me().what = state::finished;
    decide(false);
  });
}

void engine::join() {
  concurrent_ = true;
  decide(false);
  concurrent_ = false;
  for (std::uint32_t i = 1; i < threads_.size(); ++i) memory_.known(0).join(memory_.known(i));
}

void engine::fail(std::string why) {
  if (failure_.empty()) failure_ = std::move(why);
  if (tracing_) trace_.push_back(threads_[running_].name + ": FAILS: " + failure_);
  end_run();
}

time_point engine::deadline(int after) {
  deadlines_.push_back(time_point{} + std::chrono::nanoseconds(1 + after));
  return deadlines_.back();
}

void engine::pass_time(time_point to) {
  point(where::current());
  now_ = std::max(now_, to);
  ++changes_;
}

void engine::external_change(std::string_view what, const where& at) {
  point(at);
  ++changes_;
  note(at, what);
}

time_point engine::now() noexcept {
  count_step();  // a loop may do nothing that others notice but look at the clock
  me().saw_clock = true;
  return now_;
}

std::optional<time_point> engine::next_deadline() const {
  std::optional<time_point> next;
  for (const auto each : deadlines_) {
    if (each > now_ && (!next || each < *next)) next = each;
  }
  return next;
}

// Whether a thread that does not run could, and what it takes; nothing if it is `none`.
std::optional<engine::cause> engine::can_go_on(const thread& which) const {
  switch (which.what) {
    case state::ready:
      return cause::none;
    case state::locking:
      if (!mutexes_[which.on].held) return cause::none;
      return std::nullopt;
    case state::looking: {
      const auto& looks = which.looks;
      if (which.changes != changes_ || which.looking_since == looks.size()) return cause::none;
      for (auto each = which.looking_since; each < looks.size(); ++each) {
        if (memory_.newest_at(looks[each].location) > looks[each].at) return cause::none;
      }
      if (which.saw_clock && next_deadline()) return cause::time;
      return std::nullopt;
    }
    case state::sleeping:
    case state::waiting:
      if (which.until) return cause::time;
      if (spurious_ < bounds_.spurious) return cause::spurious;
      return std::nullopt;
    case state::finished:
      return std::nullopt;
  }
  return std::nullopt;
}

void engine::decide(bool runnable) {
  const auto self = running_;
  const auto count = static_cast<std::uint32_t>(threads_.size());
  candidates_.clear();
  if (runnable) candidates_.push_back({self, cause::none});
  auto progress = runnable, others_run = false;
  if (!runnable || preemptions_ < bounds_.preemptions) {
    for (std::uint32_t step = 1; step <= count; ++step) {
      const auto who = (self + step) % count;
      if (who == 0 || (who == self && (runnable || others_run))) continue;
      const auto why = can_go_on(threads_[who]);
      if (!why) continue;
      candidates_.push_back({who, *why});
      progress |= *why != cause::spurious;
      others_run |= *why == cause::none;
    }
  }
  if (!progress) {
    const auto all = std::all_of(threads_.begin() + 1, threads_.end(),
                                 [](const thread& each) { return each.what == state::finished; });
    if (!all) fail(stuck());
    give_to(0);
    return;
  }
  const auto taken =
      candidates_[choices_.choose(static_cast<std::uint32_t>(candidates_.size()), !runnable)];
  auto& next = threads_[taken.who];
  if (runnable && taken.who != self) ++preemptions_;
  if (taken.why == cause::time) {
    now_ = std::max(now_, next.what == state::looking ? *next_deadline() : *next.until);
  }
  if (taken.why == cause::spurious) ++spurious_;
  if (next.what == state::sleeping || next.what == state::waiting || next.what == state::looking) {
    if (tracing_ && taken.why != cause::none) {
      trace_.push_back(next.name +
                       (taken.why == cause::time ? ": time passes" : ": wakes spuriously"));
    }
    next.woken = taken.why;
  }
  next.what = next.what == state::finished ? state::finished : state::ready;
  if (taken.who != self) give_to(taken.who);
}

void engine::give_to(std::uint32_t next) {
  const auto self = std::exchange(running_, next);
  fibers_[self].switch_to(fibers_[next]);
}

std::string engine::stuck() const {
  std::ostringstream text;
  text << "deadlock or lost wakeup:";
  for (std::uint32_t i = 1; i < threads_.size(); ++i) {
    const auto& each = threads_[i];
    if (each.what == state::finished) continue;
    text << ' ' << each.name;
    switch (each.what) {
      case state::locking:
        text << " wants a mutex";
        break;
      case state::sleeping:
        text << " sleeps on a futex";
        break;
      case state::waiting:
        text << " sleeps on a condition variable";
        break;
      default:
        text << " waits for a change";
        break;
    }
    text << " at " << place(each.at) << ';';
  }
  return text.str();
}

void engine::count_step() {
  if (++steps_ > bounds_.steps) fail("livelock: no end after so many steps");
}

// Before every operation that other threads can notice.
void engine::point(const where& at) {
  if (!concurrent_) return;
  count_step();
  me().at = at;
  decide(true);
}

void engine::block(state what, std::uint32_t on, std::optional<time_point> until, const where& at) {
  auto& self = me();
  self.what = what;
  self.on = on;
  self.until = until;
  self.woken = cause::none;
  self.at = at;
  decide(false);
}

void engine::check_alive(bool dead, const where& at) {
  if (dead) fail("use after destruction at " + place(at));
  if (memory_.full()) fail("too many seq_cst operations for one run");
}

std::uint32_t engine::make_location(std::uint64_t initial) {
  dead_.push_back(false);
  uses_.emplace_back();
  return memory_.add_location(initial);
}

// The end of an atomic is a plain write to it: whoever used it must have done so before.
void engine::drop_location(std::uint32_t location, const where& at) {
  access(uses_[location], true, at);
  dead_[location] = true;
}

void engine::use(std::uint32_t location, const where& at) {
  check_alive(dead_[location], at);
  memory_.tick(running_);
  uses_[location].read[running_] = memory_.known(running_).clock[running_];
}

std::uint32_t engine::pick(const memory::places& from, std::string_view surprise) {
  const auto taken = choices_.choose(static_cast<std::uint32_t>(from.size()), false);
  if (taken > 0) {
    ++stale_;
    if (tracing_) trace_.push_back(threads_[running_].name + ": " + std::string(surprise));
  }
  return from[taken];
}

// The thread has just read `location`.
void engine::looked(std::uint32_t location) {
  if (concurrent_) me().looks.push_back({location, memory_.known(running_).seen[location]});
}

// How many looks came before the last wait at this line: a loop may wait within another's look.
std::size_t& engine::looks_before(const where& loop) {
  auto& loops = me().loops;
  for (auto& [at, since] : loops) {
    if (at.line == loop.line && at.file == loop.file) return since;
  }
  return loops.emplace_back(loop, 0).second;
}

std::uint64_t engine::load(std::uint32_t location, order how, const where& at) {
  point(at);
  use(location, at);
  const auto fresh = stale_ >= bounds_.stale || !concurrent_;
  const auto from = pick(memory_.loads(running_, location, how, fresh), "(reads a stale value)");
  const auto value = memory_.load(running_, location, how, from);
  looked(location);
  note(at, "load ", text(how), " #", location, " = ", value);
  return value;
}

void engine::store(std::uint32_t location, std::uint64_t value, order how, const where& at) {
  point(at);
  use(location, at);
  const auto fresh = stale_ >= bounds_.stale || !concurrent_;
  const auto place =
      pick(memory_.stores(running_, location, how, fresh), "(is overtaken by later stores)");
  memory_.store(running_, location, how, place, value);
  note(at, "store ", text(how), " #", location, " := ", value);
}

std::uint64_t engine::update(std::uint32_t location, change make, std::uint64_t operand, order how,
                             const where& at) {
  point(at);
  use(location, at);
  const auto fresh = stale_ >= bounds_.stale || !concurrent_;
  const auto place =
      pick(memory_.updates(running_, location, how, fresh), "(is overtaken by later stores)");
  const auto old = memory_.value(location, place);
  const auto made = make(old, operand);
  memory_.update(running_, location, how, place, made);
  note(at, "update ", text(how), " #", location, ": ", old, " -> ", made);
  return old;
}

bool engine::compare_exchange(std::uint32_t location, std::uint64_t& expected,
                              std::uint64_t desired, order success, order failure,
                              const where& at) {
  point(at);
  use(location, at);
  const auto fresh = stale_ >= bounds_.stale || !concurrent_;
  // It succeeds where it may read and follow the expected value, or fails where it may read
  // another.
  memory::places options;
  auto successes = memory_.updates(running_, location, success, fresh);
  std::erase_if(successes, [&](auto place) { return memory_.value(location, place) != expected; });
  for (const auto place : memory_.loads(running_, location, failure, fresh)) {
    const auto matches = memory_.value(location, place) == expected;
    const auto follows = std::find(successes.begin(), successes.end(), place) != successes.end();
    if (!matches || follows) options.push_back(place);
  }
  const auto place = pick(options, "(compares with a stale value)");
  const auto old = memory_.value(location, place);
  if (old != expected) {
    memory_.load(running_, location, failure, place);
    note(at, "compare_exchange #", location, " finds ", old, ", not ", expected);
    expected = old;
    looked(location);
    return false;
  }
  memory_.update(running_, location, success, place, desired);
  note(at, "compare_exchange ", text(success), " #", location, ": ", old, " -> ", desired);
  return true;
}

void engine::fence(order how, const where& at) {
  point(at);
  memory_.tick(running_);
  memory_.fence(running_, how);
  note(at, "fence ", text(how));
}

void engine::fence_everywhere(const where& at) {
  point(at);
  std::vector<std::uint32_t> others;
  for (std::uint32_t i = 1; i < threads_.size(); ++i) {
    if (i != running_) others.push_back(i);  // a finished one too: its stores have left its core
  }
  memory_.fence_everywhere(running_, others);
  note(at, "membarrier");
}

void engine::access(race_cell& cell, bool write, const where& at) {
  memory_.tick(running_);
  const auto& clock = memory_.known(running_).clock;
  auto ordered = cell.written <= clock[cell.writer];
  if (write) {
    for (std::size_t i = 0; i < cell.read.size(); ++i) ordered &= cell.read[i] <= clock[i];
    cell.writer = running_;
    cell.written = clock[running_];
    cell.read = {};
  } else {
    cell.read[running_] = clock[running_];
  }
  if (!ordered) fail("data race at " + place(at));
}

void engine::access(const std::byte* byte, bool write, const where& at) {
  access(bytes_[byte], write, at);
}

std::uint32_t engine::make_mutex() {
  mutexes_.emplace_back();
  return static_cast<std::uint32_t>(mutexes_.size() - 1);
}

std::uint32_t engine::make_condition() {
  dead_conditions_.push_back(false);
  return static_cast<std::uint32_t>(dead_conditions_.size() - 1);
}

void engine::lock(std::uint32_t mutex, const where& at) {
  point(at);
  while (mutexes_[mutex].held) block(state::locking, mutex, std::nullopt, at);
  check_alive(mutexes_[mutex].dead, at);
  mutexes_[mutex].held = true;
  memory_.known(running_).join(mutexes_[mutex].released);
  note(at, "lock");
}

void engine::unlock(std::uint32_t mutex, const where& at) {
  point(at);
  check_alive(mutexes_[mutex].dead, at);
  memory_.tick(running_);
  mutexes_[mutex].released.join(memory_.known(running_));
  mutexes_[mutex].held = false;
  note(at, "unlock");
}

bool engine::wait(std::uint32_t condition, std::uint32_t mutex, std::optional<time_point> until,
                  const where& at) {
  unlock(mutex, at);  // and sleeps in the same step: no point lies between
  note(at, "sleeps on a condition variable");
  block(state::waiting, condition, until, at);
  const auto woken = me().woken;
  lock(mutex, at);
  return woken != cause::time;
}

void engine::notify(std::uint32_t condition, bool all, const where& at) {
  point(at);
  check_alive(dead_conditions_[condition], at);
  std::vector<std::uint32_t> asleep;
  for (std::uint32_t i = 1; i < threads_.size(); ++i) {
    if (threads_[i].what == state::waiting && threads_[i].on == condition) asleep.push_back(i);
  }
  note(at, "notifies ", asleep.size(), " sleepers");
  if (asleep.empty()) return;
  if (!all) {
    const auto one = choices_.choose(static_cast<std::uint32_t>(asleep.size()), true);
    asleep = {asleep[one]};
  }
  for (const auto each : asleep) threads_[each].what = state::ready;
}

void engine::futex_wait(std::uint32_t location, std::uint32_t expected,
                        std::optional<time_point> until, const where& at) {
  point(at);
  check_alive(dead_[location], at);
  // The kernel compares with what is in memory, and tells nobody anything by it.
  if (memory_.newest(location) != expected) {
    note(at, "futex_wait #", location, " returns: the word is no longer ", expected);
    return;
  }
  note(at, "sleeps on futex #", location);
  block(state::sleeping, location, until, at);
  note(at, "is awake");
}

void engine::futex_wake(std::uint32_t location, const where& at) {
  point(at);
  note(at, "futex_wake #", location);
  for (auto& each : threads_) {
    if (each.what == state::sleeping && each.on == location) each.what = state::ready;
  }
}

void engine::look_again(const where& at) {
  count_step();
  auto& self = me();
  self.changes = changes_;
  self.looking_since = looks_before(at);
  note(at, "waits for a change");
  block(state::looking, 0, std::nullopt, at);
  looks_before(at) = self.looks.size();
}

}  // namespace annulus::model
