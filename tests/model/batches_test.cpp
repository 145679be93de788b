#include "scenarios/batches.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

class batches_scenario : public scenario {};
TEST_P(batches_scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(batches, batches_scenario, testing::ValuesIn(batches_scenarios()),
                         case_name);

}  // namespace
}  // namespace annulus::model
