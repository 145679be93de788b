#include "scenarios/pipelines.hpp"

#include "suite.hpp"

namespace annulus::model {
namespace {

class pipelines_scenario : public scenario {};
TEST_P(pipelines_scenario, holds) {
  explore(GetParam());
}
INSTANTIATE_TEST_SUITE_P(pipelines, pipelines_scenario, testing::ValuesIn(pipelines_scenarios()),
                         case_name);

}  // namespace
}  // namespace annulus::model
