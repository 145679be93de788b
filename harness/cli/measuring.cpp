#include "cli/measuring.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/sizes.hpp"
#include "cli/progress_bar.hpp"
#include "measure/result_set.hpp"
#include "report/table.hpp"
#include "suites/registry.hpp"

namespace annulus::cli {
namespace {

namespace fs = std::filesystem;
using harness::matrix;

void set(matrix& what, const std::string& given) {
  const auto equals = given.find('=');
  if (equals == std::string::npos) {
    throw usage_error(fmt::format("--set needs AXIS=VALUE,…, not '{}'",
                                  pipeline::escaped(std::string_view(given))));
  }
  const std::string axis = given.substr(0, equals);
  set_values(what, axis, std::string_view(given).substr(equals + 1), "--set " + printable(axis));
}

fs::path file_of(const std::string& name) {
  if (name.find('/') != std::string::npos || name.ends_with(".toml"))
    return local_path(name, "the matrix");
  std::vector<std::string> known;
  for (const fs::path& file : shipped_matrices()) {
    if (file.stem() == name) return fs::proximate(file);
    known.push_back(file.stem().string());
  }
  throw usage_error(
      fmt::format("there is no matrix '{}'; shipped are {}, and others go by their path",
                  pipeline::escaped(std::string_view(name)), fmt::join(known, ", ")));
}

}  // namespace

void add_measuring(CLI::App& to, measuring& how) {
  to.add_option("--work", how.work, "Where cells put their files")->capture_default_str();
  to.add_option("--limit", how.limit, "Seconds that one turn may take")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  to.add_option("--repetitions", how.repetitions,
                "So many of each cell, instead of what the matrix says")
      ->check(CLI::Range(1, harness::most_repetitions));
  to.add_option("--set", how.sets,
                "The values of an axis, instead of the matrix's; may be repeated")
      ->type_name("AXIS=VALUE,…")
      ->allow_extra_args(false);
  to.add_flag("--strict", how.strict, "Fail at the first sample that was measured in bad company");
}

std::vector<fs::path> shipped_matrices() {
  const fs::path folder = checkout() / "harness" / "matrices";
  std::vector<fs::path> out;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (entry.path().extension() == ".toml") out.push_back(entry.path());
  }
  if (out.empty()) throw failure(fmt::format("there are no matrices in {}", here(folder)));
  std::sort(out.begin(), out.end());
  return out;
}

void set_values(matrix& of, const std::string& axis, std::string_view list,
                std::string_view where) {
  std::vector<std::string> values;
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    values.emplace_back(list.substr(at, end - at));
    at = end + 1;
  }
  set_axis(of, axis, values, where);
}

matrix load_named(const std::string& name, const measuring& how) {
  matrix what = load_matrix(file_of(name), suites::all_suites());
  change(what, how);
  return what;
}

void change(matrix& what, const measuring& how) {
  for (const std::string& each : how.sets) set(what, each);
  if (how.repetitions > 0) {
    what.repetitions = how.repetitions;
    what.until.reset();
    what.budget = std::chrono::seconds(0);
  }
  // Once more, for what the two may have made of it: too many turns.
  static_cast<void>(parse_matrix(to_toml(what), what.name, suites::all_suites()));
}

void check_directories(const measuring& how) {
  for (const fs::path& path : {how.work, how.resume.empty() ? how.results : how.resume}) {
    local_path(path.string(), "directory");
    harness::prepare_directory(path);
  }
}

harness::run_report measure(const matrix& what, const measuring& how, int stop_fd) {
  harness::run_options options;
  options.results = how.results;
  options.self = fs::read_symlink("/proc/self/exe");
  options.input = how.input;
  options.input_bytes = harness::parse_size(how.input_size, "--input-size");
  options.work = how.work;
  options.resume = how.resume;
  options.cell_limit = std::chrono::seconds(how.limit);
  options.build = harness::this_build(checkout());
  options.strict = how.strict;
  options.stop_fd = stop_fd;
  const live_line line;
  options.progress = [&line](const harness::run_progress& at) { line.show(progress_line(at)); };
  return run(what, options);
}

std::string interrupted_text(const harness::run_report& done, const measuring& how) {
  return fmt::format("interrupted after {} of {} turns; go on with: annulus run --resume {}{}",
                     done.finished, done.total, here(done.directory),
                     how.input.empty() ? "" : " --input " + here(how.input));
}

std::string problem_of(const harness::run_report& done) {
  if (done.failed > 0) {
    return fmt::format("{} of {} turns failed; annulus table {} says why", done.failed, done.total,
                       here(done.directory));
  }
  if (!make_table(done.directory, suites::all_suites()).all_verified()) {
    return fmt::format(
        "what some cells delivered is not what they were given; annulus table {} says which",
        here(done.directory));
  }
  return "";
}

}  // namespace annulus::cli
