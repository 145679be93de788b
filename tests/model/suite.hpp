// Runs a list of scenarios as tests, one case each.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "checker/checked.hpp"

namespace annulus::model {

class scenario : public testing::TestWithParam<checked> {};

/// Explores the scenario within its quick bounds, or the deep ones if ANNULUS_MODEL_DEEP is set.
inline void explore(const checked& what) {
  const auto* const deep = std::getenv("ANNULUS_MODEL_DEEP");
  const auto& bounds = deep != nullptr ? what.deep : what.quick;
  const auto end = engine(bounds).explore(what.body);
  std::cout << what.name << ": " << end.runs << " runs, preemptions <= " << bounds.preemptions
            << ", stale <= " << bounds.stale << ", spurious <= " << bounds.spurious
            << (end.complete ? ", complete" : ", cut off") << '\n';
  testing::Test::RecordProperty("runs", std::to_string(end.runs));
  testing::Test::RecordProperty("complete", end.complete ? "yes" : "no");
  std::string trace;
  for (const auto& line : end.trace) trace += "\n  " + line;
  EXPECT_EQ(end.failure, "") << trace;
}

inline std::string case_name(const testing::TestParamInfo<checked>& info) {
  return info.param.name;
}

}  // namespace annulus::model
