// annulus table: what a run measured, as a table.
#include "report/table.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/bounded_file.hpp"
#include "cli/command.hpp"
#include "cli/support.hpp"
#include "measure/result_set.hpp"
#include "report/pages.hpp"
#include "suites/registry.hpp"

namespace annulus::cli {
namespace {

namespace fs = std::filesystem;

struct table_arguments {
  fs::path directory;
  std::vector<fs::path> into;
  std::vector<fs::path> check;
  bool as_data = false;
  bool with_why = false;
};

harness::page page_at(const fs::path& file) {
  constexpr std::uint64_t most_bytes = std::uint64_t{16} << 20U;
  local_path(file.string(), "the page");
  const fs::path root = fs::absolute(checkout()).lexically_normal();
  return {root, fs::absolute(file).lexically_normal().lexically_proximate(root),
          harness::read_bounded(file, most_bytes, here(file))};
}

void write_into(const std::vector<fs::path>& files) {
  for (const fs::path& file : files) {
    const auto page = page_at(file);
    const std::string text = made_anew(page, suites::all_suites());
    if (text != page.text) harness::write_durably(fs::absolute(file), text);
  }
}

void check_pages(const std::vector<fs::path>& files) {
  std::vector<std::string> wrong;
  for (const fs::path& file : files) {
    for (std::string& each : wrong_in(page_at(file), suites::all_suites()))
      wrong.push_back(std::move(each));
  }
  for (const std::string& each : wrong) print("{}\n", each);
  flush_output();
  if (wrong.empty()) return;
  throw failure(
      fmt::format("{} not what the result sets give; annulus table --into makes it anew",
                  wrong.size() == 1 ? "one place is" : fmt::format("{} places are", wrong.size())));
}

void print_run(const table_arguments& given) {
  const auto found = harness::make_table(given.directory, suites::all_suites());
  if (given.as_data) {
    print_json(to_json(found), 2);
  } else {
    print_text(to_markdown(found, given.with_why));
  }
}

void table(const table_arguments& given) {
  const int asked = (given.directory.empty() ? 0 : 1) + (given.into.empty() ? 0 : 1) +
                    (given.check.empty() ? 0 : 1);
  if (asked != 1) throw usage_error("table needs a run, or the pages of --into or --check");
  if (!given.into.empty()) return write_into(given.into);
  if (!given.check.empty()) return check_pages(given.check);
  print_run(given);
}

}  // namespace

void add_table(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "table", "Print a run's results as Markdown, or put them into pages of it");
  const auto given = std::make_shared<table_arguments>();
  command->add_option("directory", given->directory, "A run, results/MACHINE/RUN");
  command->add_option("--into", given->into, "Make the tables of these pages anew")
      ->type_name("FILE…");
  command->add_option("--check", given->check, "Fail if a table of these pages is not as made anew")
      ->type_name("FILE…");
  command->add_flag("--json", given->as_data, "Print JSON");
  command->add_flag("--why", given->with_why, "Say of each cell what bounds it (JSON always does)");
  command->footer(
      R"(In a page, what lies between two such lines is made from a result set, and not by hand:
  <!-- annulus table results/MACHINE/RUN [section=VALUE] [only=AXIS:VALUE,…]… [figures=METRIC,…] -->
  <!-- annulus decision results/MACHINE/RUN… -->
  <!-- annulus claims results/MACHINE/RUN… [of=PREFIX] -->
  <!-- annulus reference SUITE… -->
  <!-- annulus end -->
section leaves one section, only the cells with such values and their roofs, figures these columns (also
of_roof and of_baseline), of the claims whose names begin so.

Examples:
  annulus table results/MACHINE/RUN > table.md
  annulus table --into README.md docs/*.md
  annulus table --check README.md docs/*.md)");
  command->callback([given] { reporting([&] { table(*given); }); });
}

}  // namespace annulus::cli
