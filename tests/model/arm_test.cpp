#include "scenarios/arm.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

class arm_scenario : public scenario {};
TEST_P(arm_scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(arm, arm_scenario, testing::ValuesIn(arm_scenarios()), case_name);

}  // namespace
}  // namespace annulus::model
