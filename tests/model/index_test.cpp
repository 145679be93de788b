#include "scenarios/index.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

class index_scenario : public scenario {};
TEST_P(index_scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(index, index_scenario, testing::ValuesIn(index_scenarios()), case_name);

}  // namespace
}  // namespace annulus::model
