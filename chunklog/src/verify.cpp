#include <annulus/chunklog/verify.hpp>

#include "open_survey.hpp"

namespace annulus::chunklog {

verified verify(const std::filesystem::path& path, const reading_options& how) {
  auto opened = open_survey(path, lock_mode::shared, how);
  if (!opened.ok()) return {std::move(opened), {}, {}};
  return {{}, std::move(opened.found.summary), std::move(opened.found.faults)};
}

}  // namespace annulus::chunklog
