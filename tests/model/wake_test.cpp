#include "scenarios/wake.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

class wake_scenario : public scenario {};
TEST_P(wake_scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(wake, wake_scenario, testing::ValuesIn(wake_scenarios()), case_name);

}  // namespace
}  // namespace annulus::model
