#include "defects.hpp"

#include <algorithm>
#include <stdexcept>

#include "sites.hpp"

namespace annulus::crash {
namespace {

// So many different steps behind a sync are tried as what it could wrongly come after.
constexpr std::size_t horizon = 6;

// What only passes on a caller's request, so that the caller is the place.
bool passes_on(const std::string& function) {
  return function.starts_with("log_directory::") || function.starts_with("ledger::");
}

std::string kind_of_file(const std::string& name) {
  return name.ends_with(".chunk") ? "chunk" : name;
}

// The call of the seam that takes such a step.
const char* seam_call(event::kind what) {
  switch (what) {
    case event::kind::create:
      return "open";
    case event::kind::sync_file:
      return "sync_data";
    case event::kind::sync_directory:
      return "sync_directory";
    default:
      return name_of(what);
  }
}

}  // namespace

int places::number(const std::string& name) {
  const auto [at, added] = numbers_.emplace(name, static_cast<int>(names_.size()));
  if (added) names_.push_back(name);
  return at->second;
}

int places::place_of(const event& step) {
  std::string what = name_of(step.what);
  if (step.what != event::kind::sync_directory) what += ", " + kind_of_file(step.name);
  const auto key = std::to_string(step.site) + ": " + what;
  if (const auto old = known_.find(key); old != known_.end()) return old->second;

  auto chain = log_lines(step.site);
  if (chain.empty()) throw std::runtime_error("a step has no place in the log's source: " + what);
  // A function that was inlined in part calls the rest of itself, from its first line.
  std::erase_if(chain, [&](const std::string& line) { return source_.is_first(line); });
  std::string callee = seam_call(step.what);
  seam_calls_.insert(source_.call(chain.front(), callee) + ": " + callee);
  std::string words;
  std::size_t used = 0;
  while (used < chain.size()) {
    const auto& line = chain[used];
    const auto function = source_.function(line);
    const bool last = !passes_on(function) || used + 1 == chain.size();
    const bool in_lambda = !last && source_.function(chain[used + 1]) == function;
    const auto call = source_.call(line, callee);
    ++used;
    // The directory's wrappers say no more than the step does, nor does a lambda's only call.
    const bool tells = !function.starts_with("log_directory::") && !(in_lambda && call == function);
    if (tells) words += (words.empty() ? "" : " < ") + call;
    if (last) break;
    callee = source_.callee(line, in_lambda);
  }
  chain.resize(used);
  words += ": " + what;
  const auto [same, added] = lines_of_.emplace(words, chain);
  if (!added && same->second != chain) {
    throw std::runtime_error("two places are called " + words + ": " + same->second.front() +
                             " and " + chain.front() + ", called at " + same->second.back() +
                             " and " + chain.back());
  }
  return known_[key] = number(words);
}

std::vector<int> places::of(const trace& steps) {
  std::vector<int> all;
  all.reserve(steps.size());
  for (const auto& step : steps) {
    if (step.what == event::kind::appended || step.what == event::kind::acknowledged ||
        step.what == event::kind::reopened) {
      all.push_back(number(std::string("the caller's: ") + name_of(step.what)));
    } else if (step.mark()) {
      all.push_back(-1);
    } else {
      all.push_back(place_of(step));
    }
  }
  return all;
}

std::set<defect> defects_in(const trace& steps, const std::vector<int>& at) {
  std::set<defect> all;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].sync()) {
      all.insert({at[i], defect::left_out});
      std::set<int> behind;
      for (auto j = i + 1; j < steps.size() && at[j] != at[i] && behind.size() < horizon; ++j) {
        if (at[j] >= 0) behind.insert(at[j]);
        // Who has been told relies on it: nothing later is worse.
        if (at[j] >= 0 && steps[j].mark()) break;
      }
      for (const auto second : behind) all.insert({at[i], second});
    } else if (steps[i].what == event::kind::write || steps[i].what == event::kind::truncate) {
      for (auto j = i + 1; j < steps.size(); ++j) {
        if (steps[j].what != event::kind::sync_file || steps[j].file != steps[i].file) continue;
        all.insert({at[i], at[j]});
        break;
      }
    }
  }
  return all;
}

trace with_defect(const trace& steps, const std::vector<int>& at, const defect& what) {
  trace changed;
  std::vector<event> late;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (at[i] == what.first) {
      if (what.second == defect::left_out) continue;
      if (!steps[i].sync()) {
        late.push_back(steps[i]);
        continue;
      }
      // The next of its kind is no later for this one: a sync that waits is done by then.
      for (auto& step : late) changed.push_back(std::move(step));
      late.assign(1, steps[i]);
      continue;
    }
    changed.push_back(steps[i]);
    if (at[i] == what.second) {
      for (auto& step : late) changed.push_back(std::move(step));
      late.clear();
    }
  }
  for (auto& step : late) changed.push_back(std::move(step));
  return changed;
}

}  // namespace annulus::crash
