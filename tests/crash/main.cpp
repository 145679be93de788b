// `annulus_crash`: crashes a chunk log in every way for as long as is wanted, or breaks the log in
// every way and sees that this is noticed.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include "checker.hpp"
#include "gate.hpp"
#include "workload.hpp"

namespace annulus::crash {
namespace {

void print(const std::string& name, const tally& of) {
  std::cout << name << ": " << of.workloads << " workloads, " << of.points << " crash points, "
            << of.states << " disk states; inside recovery " << of.inner_points << " and "
            << of.inner_states << "; " << of.opened << " different disks opened; " << of.violations
            << " violations" << std::endl;
  if (of.violations > 0) std::cout << "  " << of.first << std::endl;
}

struct request {
  std::uint64_t workloads = 100;
  std::uint64_t seed = 1;
  int calls = 150;
  double minutes = 1e9;
};

int explore(const request& of) {
  tally all;
  for (const auto& what : short_workloads()) {
    checker check(what.shape, bounds{}, of.seed);
    const auto found = check.explore(record(what));
    print(what.name, found);
    all += found;
  }
  print("all short workloads", all);
  tally chance;
  const auto began = std::chrono::steady_clock::now();
  const std::chrono::duration<double, std::ratio<60>> allowed(of.minutes);
  for (std::uint64_t i = 0; i < of.workloads; ++i) {
    if (std::chrono::steady_clock::now() - began > allowed) break;
    const auto what = random_workload(of.seed + i, of.calls);
    bounds limits;
    limits.states = 48;
    limits.inner = 0.05;
    limits.inner_states = 16;
    checker check(what.shape, limits, of.seed + i);
    const auto found = check.explore(record(what));
    chance += found;
    if (found.violations > 0) print(what.name, found);
    if (i % 10 == 9) print("up to " + what.name, chance);
  }
  print("random workloads from seed " + std::to_string(of.seed), chance);
  return all.violations + chance.violations == 0 ? 0 : 1;
}

// Puts `text` between the markers of `path`.
void put_into(const std::filesystem::path& path, const std::string& text) {
  std::ifstream in(path);
  std::string all{std::istreambuf_iterator<char>(in), {}};
  const std::string begin = "<!-- gate -->\n";
  const std::string end = "<!-- end of gate -->";
  const auto from = all.find(begin);
  const auto to = all.find(end);
  if (from == std::string::npos || to == std::string::npos) {
    throw std::runtime_error(path.string() + " has no place for the matrix");
  }
  all.replace(from + begin.size(), to - from - begin.size(), text);
  std::ofstream(path) << all;
}

int gate(const std::string& write_to, double recoveries) {
  bounds limits;
  limits.inner = recoveries;
  const std::filesystem::path source = ANNULUS_SOURCE;
  const auto result =
      run_gate(short_workloads(), limits, source / "chunklog/src",
               source / "tests/crash/equivalent.txt", [](std::size_t done, std::size_t of) {
                 std::cerr << '\r' << done << " of " << of << " defects" << std::flush;
               });
  std::cerr << '\n';
  const auto text = document(result);
  std::cout << text;
  if (!write_to.empty()) put_into(write_to, text);
  return result.passed() ? 0 : 1;
}

}  // namespace
}  // namespace annulus::crash

int main(int argc, char** argv) {
  // Each opening allocates a large buffer or two: kept, rather than mapped anew.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  CLI::App app("Crashes a chunk log at each step, in all legal ways.", "annulus_crash");
  annulus::crash::request how;
  app.add_option("--workloads", how.workloads, "Random workloads, behind all short ones")
      ->capture_default_str();
  app.add_option("--seed", how.seed, "Of the first random workload; the next ones count up")
      ->capture_default_str();
  app.add_option("--calls", how.calls, "Calls in a random workload")->capture_default_str();
  app.add_option("--minutes", how.minutes, "Begin no further random workload after so long");
  std::string write_to;
  auto* const broken = app.add_subcommand(
      "gate", "Leaves out or moves each sync in turn, and fails unless that is found");
  broken->add_option("--write", write_to, "Also put the matrix into this document");
  double recoveries = 1;
  broken->add_option("--recoveries", recoveries, "The share of recoveries that are crashed, too")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
    return broken->parsed() ? annulus::crash::gate(write_to, recoveries)
                            : annulus::crash::explore(how);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "annulus_crash: " << error.what() << '\n';
    return 1;
  }
}
