#include "scenarios/coalescing.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

class coalescing_scenario : public scenario {};
TEST_P(coalescing_scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(coalescing, coalescing_scenario, testing::ValuesIn(coalescing_scenarios()),
                         case_name);

}  // namespace
}  // namespace annulus::model
