// annulus advise: which ring, and how large.
#include <fmt/format.h>

#include <algorithm>
#include <annulus/all.hpp>
#include <bit>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <tuple>

#include "cli/command.hpp"
#include "cli/measuring.hpp"
#include "cli/shipped.hpp"
#include "cli/stop_on_signal.hpp"
#include "machine/topology.hpp"
#include "measure/plan.hpp"
#include "measure/result_set.hpp"
#include "report/advice.hpp"
#include "report/measured.hpp"
#include "suites/common/load.hpp"
#include "suites/registry.hpp"

namespace annulus::cli {
namespace {

namespace fs = std::filesystem;
using harness::advice_request;
using harness::json;
using harness::matrix;
using harness::measured_set;

constexpr auto advise_footer =
    R"(With a rate, it takes of the rings and sizes that reach it (95 % of it) those with the least stall at p99.9, of these
those with the least at p99, of these those with the least CPU for a GiB, and of these the smallest. If none reaches the
rate, the highest throughput comes first. Without a rate the highest throughput comes first, then CPU, then the size.
Two figures are alike if they differ by less than 5 %, by less than 25 % if their 95 % intervals meet, or, of stalls, by
less than 20 µs.
Stalls count from the moment that a write was due. Samples in bad company stay out, unless without them
there is no choice.

Without --from it looks through this machine's runs in results/, the newest first. A place that was not measured is
interpolated between its neighbours, in logarithms; beyond the edge one within a factor of two stands for it. If no set
has it, the cells of the request are measured and kept, unless --no-measure says not to. --set says more of the
request (hand=in-place), or which rings and sizes to measure (ring=futex,spsc).

--hold-back N shows how far to trust it: of N requests in a set, each is asked for without its own cells, and the answer
is judged by them. It is good if it is no more than 10 % behind the best of them by the first figure by which the two
are not alike, or if the intervals of the two meet. The exit status is 3 if one is not good.

Examples:
  annulus advise --message 4KiB --rate 200MB/s --stall 4ms/40ms
  annulus advise --message 64KiB --pairs 6
  annulus advise --sink dir --jitter 4ms/40ms --no-measure
  annulus advise --rate 1GB/s --from results/MACHINE/RUN --json
  annulus run advise && annulus advise --hold-back 20 results/MACHINE/RUN)";

struct advise_arguments {
  std::string message, rate, stall, jitter, slow, pairs, sink;
  std::vector<fs::path> from;
  measuring how;
  int held_back = 0;
  bool forced = false, forbidden = false, as_data = false;
};

// What was asked for, and what would be measured for it: the same, for some rings and sizes.
struct question {
  matrix cells;
  std::vector<advice_request> requests;  ///< any of them is an answer, the first one rather
};

std::string load_part(std::string_view kind, const std::string& value, std::string_view allowed) {
  std::string out = fmt::format("{}:{}", kind == "rate" ? "open" : kind, value);
  if (bench::parse_load(out)) return out;
  throw usage_error(fmt::format("--{} must be {}, but is '{}'", kind, allowed, printable(value)));
}

std::string load_of(const advise_arguments& given) {
  constexpr auto rates = "bytes a second, such as 200MB/s";
  constexpr auto times = "a time and a longer period, such as 4ms/40ms";
  std::string out;
  if (!given.rate.empty()) out = load_part("rate", given.rate, rates);
  std::string stop;
  if (!given.stall.empty()) stop = load_part("stall", given.stall, times);
  if (!given.jitter.empty()) stop = load_part("jitter", given.jitter, times);
  if (!given.slow.empty()) stop = load_part("slow", given.slow, rates);
  if (out.empty() || stop.empty()) return out.empty() && stop.empty() ? "closed" : out + stop;
  return out + "+" + stop;
}

void set_one(matrix& of, const std::string& axis, const std::string& value,
             std::string_view where) {
  set_axis(of, axis, {value}, where);
}

// A few sizes from the smallest that makes sense on, and the one that the bytes of a stall fit in.
std::vector<json> sizes_to_measure(const matrix& of, std::uint64_t least) {
  constexpr std::uint64_t smallest = 64U << 10U;
  constexpr std::uint64_t most = 256U << 20U;
  constexpr std::uint64_t most_together = std::uint64_t{1} << 30U;
  const auto load = of.axes.find("load");
  const auto how = load == of.axes.end()
                       ? std::nullopt
                       : bench::parse_load(load->second.front().get<std::string>());
  const std::uint64_t begin = std::bit_ceil(std::max(smallest, least));
  std::vector<std::uint64_t> sizes{begin, begin * 8, begin * 64};
  if (how && how->is_paced() && how->stall.count() > 0) {
    const double held = how->paced_rate() * std::chrono::duration<double>(how->stall).count();
    sizes.push_back(std::bit_ceil(static_cast<std::uint64_t>(held * 1.25)));
  }
  // The pipeline has a ring for each shard, of which there are rarely more than 16.
  const auto pairs = of.axes.find("pairs");
  const auto rings = pairs == of.axes.end() ? 16 : pairs->second.front().get<std::uint64_t>();
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  std::vector<json> out;
  for (const std::uint64_t size : sizes) {
    const bool fits = size <= most && size * rings <= most_together;
    if (out.empty() || (fits && size >= begin)) out.emplace_back(size);
  }
  return out;
}

json key_of(const matrix& of) {
  json out = json::object();
  for (const harness::axis& each : of.of->axes()) {
    const auto& values = of.axes.at(each.name);
    const bool open = each.name == "ring" || each.name == "ring_size";
    if (values.size() > 1 && !open)
      throw usage_error(fmt::format("--set {} needs one value, not {}", each.name, values.size()));
    out[each.name] = values.front();
  }
  return out;
}

// Those that a program can take, and that can do what is asked for.
std::vector<json> rings_to_measure(const harness::suite& of, json key) {
  std::vector<json> out;
  for (const json& ring : find_axis(of.axes(), "ring")->values.all) {
    key["ring"] = ring;
    const auto role = of.role(key);
    if (role != "peer" && role != "roof" && of.unavailable(key).empty()) out.push_back(ring);
  }
  return out;
}

void set_request(matrix& of, const advise_arguments& given) {
  for (const harness::axis& each : of.of->axes()) of.axes[each.name] = {each.fallback};
  const std::string load = load_of(given);
  if (load != "closed" && find_axis(of.of->axes(), "load") == nullptr) {
    throw usage_error(
        fmt::format("the suite {} knows no rate and no stalls, but only how fast it goes",
                    of.of->traits().name));
  }
  if (load != "closed") set_one(of, "load", load, "the load");
  if (!given.sink.empty()) {
    set_one(of, "sink", given.sink, "--sink");
    if (!given.pairs.empty())
      throw usage_error("--pairs is of bare rings: with --sink there is one ring before each sink");
    if (!given.message.empty()) set_one(of, "block", given.message, "--message");
    return;
  }
  const std::string message = given.message.empty() ? "4KiB" : given.message;
  set_one(of, "shape", "flow", "shape");
  for (const char* const axis : {"write", "read"}) set_one(of, axis, message, "--message");
  if (!given.pairs.empty()) set_one(of, "pairs", given.pairs, "--pairs");
  // Two ends of one pair are pinned where that is possible, since this spreads less.
  const bool pinned =
      of.axes.at("pairs").front() == 1 && harness::measurable_machine().cpus.size() > 1;
  if (!pinned) set_one(of, "placement", "none", "placement");
}

// A ring without memory has no size: one stands for all.
void spare_sizes(matrix& of) {
  const auto& sizes = of.axes.at("ring_size");
  for (const auto& info : all_rings::infos) {
    if (info.buffered || sizes.size() < 2) continue;
    of.except.push_back(
        {{"ring", {std::string(info.name)}}, {"ring_size", {sizes.begin() + 1, sizes.end()}}});
  }
}

question question_of(const advise_arguments& given) {
  const std::string suite = given.sink.empty() ? "rings" : "pipeline";
  require_suite(suite);
  question out;
  matrix& cells = out.cells;
  cells.of = &find_suite(suites::all_suites(), suite, "the suite");
  cells.name = "advice";
  cells.description = "What advice was asked for, and no run had";
  set_request(cells, given);
  json key = key_of(cells);
  const auto quantities = cells.of->quantities(key);
  const auto frame = quantities.find("frame");
  cells.axes["ring_size"] = sizes_to_measure(
      cells, frame != quantities.end() ? frame->second : key.at("write").get<std::uint64_t>());
  key["ring_size"] = cells.axes["ring_size"].back();
  cells.axes["ring"] = rings_to_measure(*cells.of, key);
  change(cells, given.how);
  spare_sizes(cells);
  key = key_of(cells);
  out.requests.push_back({cells.of, key});
  if (key.at("placement") == "nearest") {
    key["placement"] = "none";
    out.requests.push_back({cells.of, key});
  }
  return out;
}

harness::advice_source source_of(const measured_set& set, const std::string& machine) {
  return {here(set.directory), printable(set.machine()), set.revision(),
          set.machine() == machine ? "" : machine, false};
}

struct answer {
  harness::advice found;
  const measured_set* set = nullptr;
  harness::advice_source from;
};

// The best-founded one: of this machine rather than another, in good company rather than bad,
// measured rather than interpolated, and then the first.
std::optional<answer> answer_from(const std::vector<measured_set>& sets, const question& what,
                                  const std::string& machine) {
  std::optional<answer> best;
  const auto rank = [](const answer& of) {
    return std::tuple(!of.from.other_machine.empty(), of.found.marked, of.found.best().from);
  };
  for (const measured_set& set : sets) {
    for (const advice_request& asked : what.requests) {
      auto found = advise(asked, set.cells);
      if (!found) continue;
      answer now{*std::move(found), &set, source_of(set, machine)};
      if (!best || rank(now) < rank(*best)) best = std::move(now);
    }
  }
  return best;
}

// The runs of a suite below `folder`, the newest first. What cannot be read is none of them.
void add_runs(const fs::path& folder, const harness::suite& of, std::vector<measured_set>& to) {
  std::vector<fs::path> runs;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) runs.push_back(entry.path());
  std::sort(runs.rbegin(), runs.rend());
  for (const fs::path& run : runs) {
    try {
      if (harness::read_environment(run).value("suite", "") != of.traits().name) continue;
      to.push_back(load_measured(run, suites::all_suites()));
    } catch (const harness::error&) {
      continue;  // of an older revision, say: no reason to be silent about the others
    }
  }
}

std::vector<measured_set> given_sets(const advise_arguments& given) {
  std::vector<measured_set> out;
  for (const fs::path& each : given.from) {
    local_path(each.string(), "directory");
    out.push_back(load_measured(each, suites::all_suites()));
  }
  return out;
}

std::vector<measured_set> known_sets(const advise_arguments& given, const question& what,
                                     const std::string& machine) {
  const harness::suite& of = *what.cells.of;
  if (!given.from.empty()) {
    auto out = given_sets(given);
    for (const measured_set& each : out) {
      if (&each.of() == &of) continue;
      throw usage_error(fmt::format("{} is of the suite {}, but this needs one of the suite {}",
                                    here(each.directory), each.of().traits().name,
                                    of.traits().name));
    }
    return out;
  }
  std::vector<measured_set> out;
  add_runs(given.how.results / machine, of, out);
  // Where nothing may be measured, another machine is better than nothing.
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(given.how.results, failed)) {
    if (given.forbidden && entry.path().filename() != machine) add_runs(entry.path(), of, out);
  }
  return out;
}

measured_set measured(const advise_arguments& given, const question& what) {
  check_directories(given.how);
  const auto plan = make_plan(what.cells, harness::measurable_machine(), 0);
  const int passes = what.cells.repetitions;
  warn(fmt::format("measuring {} turns of {} cells, about {:.0f} s",
                   plan.runnable.size() * static_cast<std::size_t>(passes), plan.runnable.size(),
                   std::ceil(plan.seconds(*what.cells.of, passes))));
  const stop_on_signal signals;
  const auto done = measure(what.cells, given.how, signals.fd());
  if (done.interrupted) throw failure(interrupted_text(done, given.how));
  warn(fmt::format("the results are in {}", here(done.directory)));
  return harness::load_measured(done.directory, suites::all_suites());
}

answer found_or_measured(const advise_arguments& given, const question& what,
                         std::vector<measured_set>& sets) {
  const std::string machine = machine_slug(harness::measurable_machine());
  if (!given.forced) {
    sets = known_sets(given, what, machine);
    if (auto found = answer_from(sets, what, machine)) return *std::move(found);
  }
  if (given.forbidden) {
    throw failure(fmt::format("no run of the suite {} says anything of {}",
                              what.cells.of->traits().name, request_text(what.requests.front())));
  }
  sets = {measured(given, what)};
  auto found = answer_from(sets, what, machine);
  if (!found) {
    throw failure(fmt::format("no two rings could be measured for this; annulus table {} says why",
                              here(sets.front().directory)));
  }
  found->from.now = true;
  return *std::move(found);
}

void advise_on(const advise_arguments& given) {
  const question what = question_of(given);
  std::vector<measured_set> sets;
  const answer told = found_or_measured(given, what, sets);
  if (given.as_data) return print_json(to_json(told.found, told.from), 2);
  print_text(to_text(told.found, told.from, told.set->cells));
}

void judge_advice(const advise_arguments& given) {
  if (given.from.empty()) throw usage_error("--hold-back needs runs to hold cells of back");
  std::vector<harness::held_back> found;
  const auto wanted = static_cast<std::size_t>(given.held_back);
  for (const measured_set& set : given_sets(given)) {
    if (find_axis(set.of().axes(), "ring_size") == nullptr ||
        find_axis(set.of().axes(), "ring") == nullptr) {
      throw usage_error(fmt::format("{} is of the suite {}, which has no rings of a size",
                                    here(set.directory), set.of().traits().name));
    }
    auto more = hold_back(set.of(), set.cells, wanted - found.size());
    std::move(more.begin(), more.end(), std::back_inserter(found));
  }
  if (given.as_data) {
    print_json(to_json(found), 2);
  } else {
    print_text(to_text(found));
  }
  if (found.size() < wanted) {
    flush_output();
    throw failure(
        fmt::format("only {} of {} requests could be held back: the others have no "
                    "neighbours, or no samples in good company",
                    found.size(), wanted));
  }
  const auto bad =
      std::count_if(found.begin(), found.end(), [](const auto& each) { return !each.is_good(); });
  if (bad == 0) return;
  flush_output();
  throw bad_verdict(fmt::format("{} of {} pieces of advice were not good", bad, found.size()));
}

void run_advise(const advise_arguments& given) {
  if (given.held_back > 0) return judge_advice(given);
  advise_on(given);
}

void add_request(CLI::App& to, advise_arguments& given) {
  to.add_option("--message", given.message,
                "Bytes of a write and of a read (default: 4KiB; with --sink the block, 1MiB)")
      ->type_name("SIZE");
  to.add_option("--rate", given.rate,
                "Of each producer, such as 200MB/s (default: as fast as it goes)");
  auto* const stall = to.add_option("--stall", given.stall,
                                    "The consumer stops so long in each period, such as 4ms/40ms");
  auto* const jitter =
      to.add_option("--jitter", given.jitter, "The same, at a random moment of each period");
  auto* const slow =
      to.add_option("--slow", given.slow, "The consumer takes no more than that, such as 300MB/s");
  stall->excludes(jitter)->excludes(slow);
  jitter->excludes(slow);
  to.add_option("--pairs", given.pairs, "Producers and consumers at once (default: 1)");
  to.add_option("--sink", given.sink,
                "Ask of the whole pipeline before such a sink, instead of a bare ring");
}

}  // namespace

void add_advise(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "advise", "Say which ring to take and how large, from what was measured, or by measuring");
  const auto given = std::make_shared<advise_arguments>();
  add_request(*command, *given);
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
  command->callback([given] { reporting([&] { run_advise(*given); }); });
}

}  // namespace annulus::cli
