#include "suites/log/lap.hpp"

#include <sys/resource.h>

namespace annulus::suites {

reading reading::now() noexcept {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& value) {
    return static_cast<double>(value.tv_sec) + 1e-6 * static_cast<double>(value.tv_usec);
  };
  return {clock::now(), seconds(used.ru_utime), seconds(used.ru_stime)};
}

}  // namespace annulus::suites
