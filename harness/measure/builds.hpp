// Two builds on one matrix, side by side.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <vector>

#include "measure/matrix.hpp"
#include "measure/runner.hpp"
#include "measure/samples.hpp"

namespace annulus::harness {

struct builds_options {
  std::array<std::filesystem::path, 2> builds;  ///< called as `build cell`, see run_options::self
  int rounds = 12;
  std::filesystem::path input;  ///< as run_options::input
  std::uint64_t input_bytes = std::uint64_t{256} << 20U;
  std::filesystem::path work;  ///< as run_options::work
  std::chrono::milliseconds cell_limit = std::chrono::seconds(600);
  std::function<void(const run_progress&)> progress;  ///< may be empty
  int stop_fd = -1;
};

/// The samples of each build; those of one round have the same repetition number. A round that was
/// interrupted is in neither.
struct builds_report {
  std::array<std::vector<sample>, 2> samples;
  bool interrupted = false;
};

/// Measures every cell of `what` that this machine has, without its roofs, once a round: both
/// builds in random order, one directly after the other, moving the same amount, so that whatever
/// changes more slowly than a turn lasts meets both. Throws bad_input if the input does not exist;
/// `error` if processes or files cannot be made.
builds_report run_builds(const matrix& what, const builds_options& how);

/// The command of a build: `build` itself, or what its build directory holds. Throws bad_input if
/// there is none.
std::filesystem::path command_of(const std::filesystem::path& build);

}  // namespace annulus::harness
