// A result set as it was measured.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "measure/matrix.hpp"
#include "measure/samples.hpp"

namespace annulus::harness {

struct measured_set {
  std::filesystem::path directory;
  json environment;  ///< env.json
  matrix what;
  std::vector<sample> samples;      ///< in the order of the file
  std::vector<cell_samples> cells;  ///< of `samples`

  [[nodiscard]] const suite& of() const noexcept { return *what.of; }
  [[nodiscard]] std::string machine() const;
  [[nodiscard]] std::string revision() const;
};

/// The commit that was measured: "1a2b3c4d5e6f".
std::string revision_of(const json& environment);

/// Throws `error` if `directory` is no result set, or one of its files is damaged or of another
/// schema.
measured_set load_measured(const std::filesystem::path& directory, const suite_list& suites);

/// Gives samples that were measured before their suite had some axis its fallback, which is what
/// they were measured at. Throws `error` if they have an axis that the suite lacks; `where` names
/// the set.
void add_new_axes(std::vector<sample>& samples, const suite& of, std::string_view where);

/// The axes that tell its cells apart in labels, see naming_axes().
std::vector<std::string> label_axes(const suite& of, const std::vector<cell_samples>& cells);

}  // namespace annulus::harness
