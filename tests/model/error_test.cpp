#include "scenarios/error.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

class error_scenario : public scenario {};
TEST_P(error_scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(error, error_scenario, testing::ValuesIn(error_scenarios()), case_name);

}  // namespace
}  // namespace annulus::model
