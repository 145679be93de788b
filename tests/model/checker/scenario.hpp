// What a scenario is written in.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "engine.hpp"

namespace annulus::model {

/// Starts a thread of the scenario; all run at once within `join`.
inline void thread(std::string name, std::function<void()> body) {
  engine::here().spawn(std::move(name), std::move(body));
}
/// Runs the threads to their ends. What they did happens before whatever follows.
inline void join() {
  engine::here().join();
}

/// Fails the run, and with it the search, unless `holds`.
inline void require(bool holds, const char* what) {
  if (!holds) engine::here().fail(std::string("required: ") + what);
}

/// A moment of virtual time. Time passes when a sleeper's deadline fires, or by pass_time.
inline time_point deadline(int after) {
  return engine::here().deadline(after);
}
inline void pass_time(time_point to) {
  engine::here().pass_time(to);
}

/// The results that `scenario` can return within the bounds.
template <class Scenario>
auto outcomes(const limits& bounds, Scenario scenario) {
  std::set<decltype(scenario())> seen;
  const auto end = engine(bounds).explore([&] { seen.insert(scenario()); });
  return std::pair(std::move(seen), end);
}

}  // namespace annulus::model
