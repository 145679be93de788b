#include "scenarios/reset.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

class reset_scenario : public scenario {};
TEST_P(reset_scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(reset, reset_scenario, testing::ValuesIn(reset_scenarios()), case_name);

}  // namespace
}  // namespace annulus::model
