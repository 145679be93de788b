#include "scenarios/combining.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

class combining_scenario : public scenario {};
TEST_P(combining_scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(combining, combining_scenario, testing::ValuesIn(combining_scenarios()),
                         case_name);

}  // namespace
}  // namespace annulus::model
