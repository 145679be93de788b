// annulus advise: which ring, and how large.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <tuple>

#include "cli/advise_question.hpp"
#include "cli/stop_on_signal.hpp"
#include "machine/topology.hpp"
#include "measure/plan.hpp"
#include "measure/result_set.hpp"
#include "report/held_back.hpp"
#include "report/measured.hpp"
#include "suites/registry.hpp"

namespace annulus::cli {
namespace {

namespace fs = std::filesystem;
using harness::measured_set;

constexpr auto advise_footer =
    R"(With a rate, it takes of the rings and sizes that reach it (95 % of it) those with the least stall at p99, of these
those with the least CPU for a GiB, and of these the smallest. If none reaches the rate, the highest throughput comes
first. Without a rate the highest throughput comes first, then CPU, then the size. Two figures are alike if they differ
by less than 5 %, by less than 25 % if their 95 % intervals meet, or, of stalls, by less than a twentieth of the
consumer's stop or 20 µs.
Stalls count from the moment that a write was due. Samples in bad company stay out, unless without them
there is no choice.

Without --from it looks through this machine's runs in results/, the newest first. A place that was not measured is
interpolated between its neighbours, in logarithms; beyond the edge one within a factor of two stands for it. If no set
has it, the cells of the request are measured and kept, unless --no-measure says not to. --set says more of the
request (hand=in-place), or which rings and sizes to measure (ring=futex,spsc). A ring that does not hold what comes
while the consumer stops says nothing of one that does.

--hold-back N shows how far to trust it: of N requests in a set, each is asked for without its own cells, and the answer
is judged by them. It is good if it is no more than 10 % behind the best of them by any figure, or alike with it. The
exit status is 3 if one is not good.

Examples:
  annulus advise --message 4KiB --rate 200MB/s --stall 4ms/40ms
  annulus advise --message 64KiB --pairs 6
  annulus advise --sink dir --jitter 4ms/40ms --no-measure
  annulus advise --rate 1GB/s --from results/MACHINE/RUN --json
  annulus run advise && annulus advise --hold-back 20 results/MACHINE/RUN)";

struct advise_arguments {
  spelled_request asked;
  std::vector<fs::path> from;
  measuring how;
  int held_back = 0;
  bool forced = false, forbidden = false, as_data = false;
};

struct answer {
  harness::advice found;
  harness::advice_source from;
  std::vector<harness::cell_samples> cells;
};

// The best-founded one: of this machine rather than another, in good company rather than bad,
// measured rather than interpolated, and then the first.
std::optional<answer> answer_from(const std::vector<measured_set>& sets, const question& what) {
  const std::string machine = machine_slug(harness::measurable_machine());
  const auto rank = [](const answer& of) {
    return std::tuple(!of.from.other_machine.empty(), of.found.marked, of.found.best().from);
  };
  std::optional<answer> best;
  for (const measured_set& set : sets) {
    const harness::advice_source from{here(set.directory), printable(set.machine()), set.revision(),
                                      set.machine() == machine ? "" : machine};
    for (const harness::advice_request& asked : what.requests) {
      auto found = advise(asked, set.cells);
      if (!found) continue;
      answer now{*std::move(found), from, set.cells};
      if (!best || rank(now) < rank(*best)) best = std::move(now);
    }
  }
  return best;
}

measured_set loaded(const fs::path& run) {
  return load_measured(local_path(run.string(), "directory"), suites::all_suites());
}

// By name, the last first: of runs that is the newest.
std::vector<fs::path> listed(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) out.push_back(entry.path());
  std::sort(out.rbegin(), out.rend());
  return out;
}

// This machine's; where nothing may be measured, another one's are better than nothing.
std::vector<fs::path> kept_runs(const advise_arguments& given) {
  const fs::path mine = given.how.results / machine_slug(harness::measurable_machine());
  auto out = listed(mine);
  if (!given.forbidden) return out;
  for (const fs::path& machine : listed(given.how.results)) {
    const auto more = machine == mine ? std::vector<fs::path>{} : listed(machine);
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

std::vector<measured_set> known_sets(const advise_arguments& given, const std::string& suite) {
  const bool chosen = !given.from.empty();
  std::vector<measured_set> out;
  for (const fs::path& run : chosen ? given.from : kept_runs(given)) {
    try {
      const std::string its =
          harness::read_environment(local_path(run.string(), "directory")).value("suite", "");
      if (its == suite) {
        out.push_back(loaded(run));
      } else if (chosen) {
        throw usage_error(fmt::format("{} is of the suite {}, but this needs one of the suite {}",
                                      here(run), printable(its), suite));
      }
    } catch (const harness::error&) {
      if (chosen) throw;  // else it may be of an older revision: the others still count
    }
  }
  return out;
}

measured_set measured(const measuring& how, const harness::matrix& what) {
  check_directories(how);
  const auto plan = make_plan(what, harness::measurable_machine(), 0);
  warn(fmt::format("measuring {} turns of {} cells, about {:.0f} s",
                   plan.runnable.size() * static_cast<std::size_t>(what.repetitions),
                   plan.runnable.size(), std::ceil(plan.seconds(*what.of, what.repetitions))));
  const stop_on_signal signals;
  const auto done = measure(what, how, signals.fd());
  if (done.interrupted) throw failure(interrupted_text(done, how));
  warn(fmt::format("the results are in {}", here(done.directory)));
  return loaded(done.directory);
}

answer found_or_measured(const advise_arguments& given, const question& what) {
  const harness::suite& of = *what.cells.of;
  if (!given.forced) {
    if (auto found = answer_from(known_sets(given, of.traits().name), what))
      return *std::move(found);
  }
  if (given.forbidden) {
    throw failure(fmt::format("no run of the suite {} says anything of {}", of.traits().name,
                              request_text(what.requests.front())));
  }
  const auto set = measured(given.how, what.cells);
  auto found = answer_from({set}, what);
  if (!found) {
    throw failure(fmt::format("no two rings could be measured for this; annulus table {} says why",
                              here(set.directory)));
  }
  found->from.now = true;
  return *std::move(found);
}

void advise_on(const advise_arguments& given) {
  const answer told = found_or_measured(given, question_of(given.asked, given.how));
  if (given.as_data) return print_json(to_json(told.found, told.from), 2);
  print_text(to_text(told.found, told.from, told.cells));
}

void judge_advice(const advise_arguments& given) {
  if (given.from.empty()) throw usage_error("--hold-back needs runs to hold cells of back");
  const auto wanted = static_cast<std::size_t>(given.held_back);
  std::vector<harness::held_back> found;
  for (const fs::path& run : given.from) {
    const auto set = loaded(run);
    auto more = hold_back(set.of(), set.cells, wanted - found.size());
    std::move(more.begin(), more.end(), std::back_inserter(found));
  }
  if (given.as_data) {
    print_json(to_json(found), 2);
  } else {
    print_text(to_text(found));
  }
  flush_output();
  if (found.size() < wanted) {
    throw failure(
        fmt::format("only {} of {} requests could be held back: the others have no "
                    "rings, no neighbours, or no samples in good company",
                    found.size(), wanted));
  }
  const auto bad = found.size() - good_of(found);
  if (bad > 0)
    throw bad_verdict(fmt::format("{} of {} pieces of advice were not good", bad, found.size()));
}

}  // namespace

void add_advise(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "advise", "Say which ring to take and how large, from what was measured, or by measuring");
  const auto given = std::make_shared<advise_arguments>();
  add_request(*command, given->asked);
  command->add_option("from,--from", given->from, "Only these runs, results/MACHINE/RUN")
      ->type_name("DIR");
  auto* const force =
      command->add_flag("--measure", given->forced, "Measure, whatever was measured before");
  command->add_flag("--no-measure", given->forbidden, "Measure nothing")->excludes(force);
  command
      ->add_option("--hold-back", given->held_back,
                   "Show how good the advice from these runs is, by that many requests")
      ->check(CLI::Range(1, 10000))
      ->excludes(force);
  command->add_option("--input", given->how.input, "The file that cells with a sink read");
  command->add_option("--input-size", given->how.input_size, "Size of generated input")
      ->capture_default_str();
  command->add_option("--results", given->how.results, "Where result sets are, and are kept")
      ->capture_default_str();
  add_measuring(*command, given->how);
  command->add_flag("--json", given->as_data, "Print JSON");
  command->footer(advise_footer);
  command->callback([given] {
    reporting([&] { given->held_back > 0 ? judge_advice(*given) : advise_on(*given); });
  });
}

}  // namespace annulus::cli
