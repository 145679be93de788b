#include "cli/shipped.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <memory>
#include <optional>
#include <utility>

#include "base/scratch.hpp"
#include "base/system_words.hpp"
#include "cli/measuring.hpp"
#include "cli/output_file.hpp"
#include "cli/stop_on_signal.hpp"
#include "report/table.hpp"
#include "suites/registry.hpp"

namespace annulus::cli {
namespace {

struct front_arguments {
  measuring how;
  std::list<std::string> values;  ///< of each of the front's options, as given: "a,b"
  std::string out = "-";
  bool as_data = false;
  bool save = false;
};

void write(const front_arguments& given, output_file& out, const harness::table& measured) {
  const std::string text = given.as_data ? json_line(to_json(measured), 2) : to_markdown(measured);
  if (const auto problem = out.write(std::as_bytes(std::span(text)))) {
    throw failure(fmt::format("output {} cannot be written: {}", pipeline::escaped(given.out),
                              harness::in_words(problem)));
  }
  out.commit();
}

void run(front_arguments given, const front& what) {
  require_suite(what.suite);
  harness::matrix cells = load_named(what.matrix, given.how);
  auto value = given.values.begin();
  for (const front::option& each : what.options) {
    if (!value->empty()) set_values(cells, each.axis, *value, each.flag);
    ++value;
  }
  const stop_on_signal signals;
  local_path(given.out, "--out");
  output_file out(given.out);
  check_directories(given.how);
  std::optional<harness::scratch_directory> passing;
  if (!given.save) {
    passing.emplace(given.how.work / fmt::format("{}-{}", what.name, getpid()));
    given.how.results = passing->path() / "results";
  }
  const auto done = measure(cells, given.how, signals.fd());
  if (done.interrupted) {
    throw failure(given.save
                      ? interrupted_text(done, given.how)
                      : fmt::format("interrupted after {} of {} turns; only --save keeps them",
                                    done.finished, done.total));
  }
  write(given, out, make_table(done.directory, suites::all_suites()));
  if (given.save) warn(fmt::format("kept in {}", here(done.directory)));
  if (done.failed > 0) {
    throw failure(
        fmt::format("{} of {} turns failed; the table says why", done.failed, done.total));
  }
  if (const auto problem = problem_of(done); !problem.empty())
    throw failure("what some cells delivered is not what they were given; the table says which");
}

}  // namespace

void require_suite(std::string_view suite) {
  const auto& all = suites::all_suites();
  const bool there = std::any_of(all.begin(), all.end(), [&](const harness::suite* each) {
    return each->traits().name == suite;
  });
  if (there) return;
  throw failure(fmt::format(
      "this build lacks the suite {}: ./annulus bench makes one that has it, or cmake with "
      "-DANNULUS_BENCH=ON and the packages of cmake/packages-bench.txt",
      suite));
}

void add_front(CLI::App& to, front what) {
  CLI::App* command = to.add_subcommand(what.name, what.description);
  const auto given = std::make_shared<front_arguments>();
  for (const front::option& each : what.options) {
    command->add_option(each.flag, given->values.emplace_back(), each.help)->type_name("VALUE,…");
  }
  add_measuring(*command, given->how);
  command->add_flag("--json", given->as_data, "Print JSON");
  command->add_flag("--save", given->save, "Also keep the result set in results/");
  command->add_option("--out", given->out, "Write there instead of standard output")
      ->type_name("FILE");
  command->footer(what.examples);
  command->callback([given, what = std::move(what)] { reporting([&] { run(*given, what); }); });
}

}  // namespace annulus::cli
