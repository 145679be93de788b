#include "lap.hpp"

#include <sys/resource.h>

namespace annulus::log_bench {

reading reading::now() noexcept {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& value) {
    return static_cast<double>(value.tv_sec) + 1e-6 * static_cast<double>(value.tv_usec);
  };
  return {clock::now(), seconds(used.ru_utime), seconds(used.ru_stime)};
}

}  // namespace annulus::log_bench
