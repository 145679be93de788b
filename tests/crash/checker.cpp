#include "checker.hpp"

#include <sstream>

namespace annulus::crash {

tally& tally::operator+=(const tally& other) {
  workloads += other.workloads;
  points += other.points;
  inner_points += other.inner_points;
  states += other.states;
  inner_states += other.inner_states;
  opened += other.opened;
  violations += other.violations;
  if (first.empty()) first = other.first;
  return *this;
}

std::string describe(const trace& steps, std::size_t point) {
  std::ostringstream words;
  words << "step " << point << " of " << steps.size();
  if (point == 0) return words.str();
  const auto& last = steps[point - 1];
  words << ", behind " << name_of(last.what);
  if (!last.name.empty()) words << ' ' << last.name;
  if (last.file >= 0) words << ", file " << last.file;
  if (last.what == event::kind::write) words << ", " << last.data.size() << " bytes";
  if (last.number > 0 || last.mark()) words << ", at " << last.number;
  return words.str();
}

checker::checker(log_shape shape, const bounds& limits, std::uint64_t seed,
                 recording_files::sites sites)
    : shape_(std::move(shape)), limits_(limits), sites_(sites), random_(seed) {
}

checker::key checker::key_of(const image& content) {
  key sum{};
  const std::hash<std::string> of;
  const auto mix = [](std::uint64_t a, std::uint64_t b) {
    a = (a ^ b) * 0x9E3779B97F4A7C15U;
    return a ^ (a >> 31U);
  };
  for (const auto& [name, bytes] : content) {
    sum.first = mix(mix(sum.first, of(name)), of(bytes));
    sum.second = mix(mix(sum.second + bytes.size(), of(bytes)), of(name) + 1);
  }
  return sum;
}

const reopening& checker::outcome_of(const image& content) {
  const auto at = key_of(content);
  const auto old = known_.find(at);
  if (old != known_.end()) return old->second;
  ++count_.opened;
  return known_.emplace(at, reopen(disk(content), shape_, directory_.path(), sites_)).first->second;
}

std::vector<image> checker::states_of(const disk& now, std::size_t limit) {
  // Nothing is promised of the others.
  if (!shape_.survives_power_loss()) return {now.visible()};
  return now.states(limit, random_);
}

void checker::violation(const std::string& why, const std::string& when) {
  ++count_.violations;
  if (count_.first.empty()) count_.first = when + ": " + why;
}

tally checker::explore(trace steps, const mutation& mutate, bool stop_at_first) {
  count_ = {};
  count_.workloads = 1;
  mutate_ = mutate ? &mutate : nullptr;
  stop_at_first_ = stop_at_first;
  if (mutate) mutate(steps);

  disk now;
  promise owed;
  std::vector<image> states;
  bool stale = true;
  for (std::size_t point = 0; point <= steps.size() && !done(); ++point) {
    if (point > 0) {
      now.apply(steps[point - 1]);
      owed.apply(steps[point - 1]);
      stale = stale || !steps[point - 1].mark();
    }
    if (limits_.every > 1 && random_() % limits_.every != 0) continue;
    when_ = describe(steps, point);
    const bool fresh = std::exchange(stale, false);
    if (fresh) states = states_of(now, limits_.states);
    ++count_.points;
    judge(states, owed);
    // A recovery of the same disk under another promise is looked at above.
    if (limits_.process_crashes && fresh && !done()) {
      auto again = reopen(now, shape_, directory_.path(), sites_);
      ++count_.opened;
      if (const auto why = owed.broken_by(again.found, dies::process); !why.empty()) {
        violation(why, when_ + ", killed");
      } else if (limits_.inner > 0) {
        judge_recovery(now, std::move(again.steps), owed);
      }
    }
  }
  return std::move(count_);
}

void checker::judge(const std::vector<image>& states, const promise& owed) {
  for (const auto& content : states) {
    if (done()) return;
    ++count_.states;
    const auto& result = outcome_of(content);
    if (const auto why = owed.broken_by(result.found); !why.empty()) {
      std::ostringstream files;
      for (const auto& [name, bytes] : content) files << ' ' << name << ':' << bytes.size();
      violation(why, when_ + ", files" + files.str());
      continue;
    }
    if (limits_.inner >= 1 || std::uniform_real_distribution<>()(random_) < limits_.inner) {
      judge_recovery(disk(content), result.steps, owed);
    }
  }
}

void checker::judge_recovery(disk from, trace steps, promise owed) {
  if (mutate_ != nullptr) (*mutate_)(steps);
  std::vector<image> states;
  bool stale = true;
  for (std::size_t point = 0; point <= steps.size() && !done(); ++point) {
    if (point > 0) {
      from.apply(steps[point - 1]);
      owed.apply(steps[point - 1]);
      stale = stale || !steps[point - 1].mark();
    }
    if (std::exchange(stale, false)) states = states_of(from, limits_.inner_states);
    ++count_.inner_points;
    for (const auto& content : states) {
      ++count_.inner_states;
      if (const auto why = owed.broken_by(outcome_of(content).found); !why.empty()) {
        violation(why, when_ + ", then in recovery " + describe(steps, point));
        if (done()) return;
      }
    }
  }
}

void checker::each_recovery(const std::function<void(const trace&)>& visit) const {
  for (const auto& [at, result] : known_) visit(result.steps);
}

}  // namespace annulus::crash
