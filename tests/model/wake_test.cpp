#include "scenarios/wake.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

TEST_P(scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(wake, scenario, testing::ValuesIn(wake_scenarios()), case_name);

}  // namespace
}  // namespace annulus::model
