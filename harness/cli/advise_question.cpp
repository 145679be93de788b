#include "cli/advise_question.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <set>

#include "base/printable.hpp"
#include "cli/shipped.hpp"
#include "machine/topology.hpp"
#include "suites/common/load.hpp"
#include "suites/registry.hpp"

namespace annulus::cli {
namespace {

using harness::json;
using harness::matrix;

// An option that is a part of the load, as the axis spells it.
CLI::Option* add_load(CLI::App& to, std::string& load, const std::string& flag,
                      const std::string& kind, const std::string& help) {
  const bool is_rate = kind == "open" || kind == "slow";
  const char* const allowed =
      is_rate ? "bytes a second, such as 200MB/s" : "a time and a longer period, such as 4ms/40ms";
  const auto add = [&load, flag, kind, allowed](const std::string& spelled) {
    const auto part = fmt::format("{}:{}", kind, spelled);
    load += (load.empty() ? "" : "+") + part;
    if (bench::parse_load(part)) return;
    throw usage_error(
        fmt::format("{} must be {}, but is '{}'", flag, allowed, harness::printable(spelled)));
  };
  return to.add_option_function<std::string>(flag, add, fmt::format("{}: {}", help, allowed));
}

void set_request(matrix& of, const spelled_request& given) {
  for (const harness::axis& each : of.of->axes()) of.axes[each.name] = {each.fallback};
  if (!given.load.empty()) set_axis(of, "load", {given.load}, "the load");
  if (!given.sink.empty()) {
    set_axis(of, "sink", {given.sink}, "--sink");
    if (!given.pairs.empty())
      throw usage_error("--pairs is of bare rings: with --sink there is one ring before each sink");
    if (!given.message.empty()) set_axis(of, "block", {given.message}, "--message");
    return;
  }
  set_axis(of, "shape", {"flow"}, "shape");
  for (const char* const axis : {"write", "read"})
    set_axis(of, axis, {given.message.empty() ? "4KiB" : given.message}, "--message");
  if (!given.pairs.empty()) set_axis(of, "pairs", {given.pairs}, "--pairs");
  // Two ends of one pair are pinned where that is possible, since this spreads less.
  const bool pinned =
      of.axes.at("pairs").front() == 1 && harness::measurable_machine().cpus.size() > 1;
  if (!pinned) set_axis(of, "placement", {"none"}, "placement");
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

// A few sizes from the smallest that makes sense on, and the one that the bytes of a stall fit in.
std::vector<json> sizes_to_measure(const harness::suite& of, const json& key) {
  constexpr std::uint64_t smallest = 64U << 10U;
  constexpr std::uint64_t most_together = 512U << 20U;
  const auto moved = of.traffic_of(key).value();
  const auto how = bench::parse_load(moved.load).value();
  const std::uint64_t begin = std::bit_ceil(std::max(smallest, moved.piece));
  std::set<std::uint64_t> sizes{begin, begin * 8, begin * 64};
  if (how.is_paced()) {
    // A rate is that of each pair, or else of all rings together.
    const double part = key.contains("pairs") ? 1 : moved.share;
    const double held = how.paced_rate() * std::chrono::duration<double>(how.stall).count() * part;
    sizes.insert(std::max(begin, std::bit_ceil(static_cast<std::uint64_t>(held * 1.25))));
  }
  std::erase_if(sizes,
                [&](auto size) { return size > begin && size > most_together / moved.rings; });
  return {sizes.begin(), sizes.end()};
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

}  // namespace

void add_request(CLI::App& to, spelled_request& given) {
  to.add_option("--message", given.message,
                "Bytes of a write and of a read (default: 4KiB; with --sink the block, 1MiB)")
      ->type_name("SIZE");
  add_load(to, given.load, "--rate", "open",
           "Of each producer, or of the object before sinks (default: as fast as it goes)");
  auto* const stall =
      add_load(to, given.load, "--stall", "stall", "The consumer stops so long in each period");
  auto* const jitter =
      add_load(to, given.load, "--jitter", "jitter", "The same, at a random moment of each period");
  auto* const slow =
      add_load(to, given.load, "--slow", "slow", "The consumer takes no more than that");
  stall->excludes(jitter)->excludes(slow);
  jitter->excludes(slow);
  to.add_option("--pairs", given.pairs, "Producers and consumers at once (default: 1)");
  to.add_option("--sink", given.sink,
                "Ask of the whole pipeline before such a sink, instead of a bare ring");
}

question question_of(const spelled_request& given, const measuring& how) {
  const std::string suite = given.sink.empty() ? "rings" : "pipeline";
  require_suite(suite);
  matrix cells{.name = "advice",
               .description = "What advice was asked for, and no run had",
               .of = &find_suite(suites::all_suites(), suite, "the suite")};
  set_request(cells, given);
  json key = key_of(cells);
  cells.axes["ring_size"] = sizes_to_measure(*cells.of, key);
  key["ring_size"] = cells.axes["ring_size"].back();
  cells.axes["ring"] = rings_to_measure(*cells.of, key);
  change(cells, how);
  // A pipe has no memory of its own: one size stands for all.
  if (const auto& sizes = cells.axes.at("ring_size"); sizes.size() > 1)
    cells.except = {{{"ring", {"pipe"}}, {"ring_size", {sizes.begin() + 1, sizes.end()}}}};
  key = key_of(cells);
  question out{cells, {{cells.of, key}}};
  if (key.at("placement") == "nearest") {
    key["placement"] = "none";
    out.requests.push_back({cells.of, key});
  }
  return out;
}

}  // namespace annulus::cli
