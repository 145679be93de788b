#include "scenarios/destruction.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

class destruction_scenario : public scenario {};
TEST_P(destruction_scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(destruction, destruction_scenario,
                         testing::ValuesIn(destruction_scenarios()), case_name);

}  // namespace
}  // namespace annulus::model
