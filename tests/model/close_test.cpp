#include "scenarios/close.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

class close_scenario : public scenario {};
TEST_P(close_scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(close, close_scenario, testing::ValuesIn(close_scenarios()), case_name);

}  // namespace
}  // namespace annulus::model
