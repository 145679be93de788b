#include "suites/registry.hpp"

#include "suites/log/suite.hpp"
#include "suites/pipeline/suite.hpp"
#ifdef ANNULUS_BENCH
#include "suites/pipes/suite.hpp"
#include "suites/rings/suite.hpp"
#endif

namespace annulus::suites {

const harness::suite_list& all_suites() {
  static const harness::suite_list all{
      &pipeline_suite(),
      &log_suite(),
#ifdef ANNULUS_BENCH
      &rings_suite(),
      &pipes_suite(),
#endif
  };
  return all;
}

}  // namespace annulus::suites
