#include "scenarios/shared.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

class shared_scenario : public scenario {};
TEST_P(shared_scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(shared, shared_scenario, testing::ValuesIn(shared_scenarios()), case_name);

}  // namespace
}  // namespace annulus::model
