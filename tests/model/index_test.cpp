#include "scenarios/index.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

TEST_P(scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(index, scenario, testing::ValuesIn(index_scenarios()), case_name);

}  // namespace
}  // namespace annulus::model
