#include "defects.hpp"

#include <algorithm>

#include "sites.hpp"

namespace annulus::crash {
namespace {

// So many different steps behind a sync are tried as what it could wrongly come after.
constexpr std::size_t horizon = 6;

bool starts(const std::string& line, const char* file) {
  return line.rfind(file, 0) == 0;
}

// What only passes on a caller's request, so that the caller is the place.
bool passes_on(const std::string& line) {
  return starts(line, "directory.") || starts(line, "ledger.");
}

std::string kind_of_file(const std::string& name) {
  return name.ends_with(".chunk") ? "chunk" : name;
}

}  // namespace

std::string places::source(int site) {
  const auto known = sources_.find(site);
  if (known != sources_.end()) return known->second;
  std::string words;
  const auto chain = log_lines(site);
  for (const auto& line : chain) lines_.insert(line);
  for (const auto& line : chain) {
    words += (words.empty() ? "" : " < ") + line;
    if (!passes_on(line)) break;
  }
  return sources_[site] = words;
}

int places::number(const std::string& name) {
  const auto [at, added] = numbers_.emplace(name, static_cast<int>(names_.size()));
  if (added) names_.push_back(name);
  return at->second;
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
      auto name = source(step.site) + ": " + name_of(step.what);
      if (step.what != event::kind::sync_directory) name += ", " + kind_of_file(step.name);
      all.push_back(number(name));
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
