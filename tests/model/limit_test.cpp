#include "scenarios/limit.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

class limit_scenario : public scenario {};
TEST_P(limit_scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(limit, limit_scenario, testing::ValuesIn(limit_scenarios()), case_name);

}  // namespace
}  // namespace annulus::model
