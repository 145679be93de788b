#include <fmt/format.h>

#include <algorithm>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/heal.hpp>
#include <annulus/pipeline/shards.hpp>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "base/json.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/progress_bar.hpp"
#include "cli/standard_streams.hpp"
#include "cli/stop_on_signal.hpp"

namespace annulus::cli {
namespace {

using pipeline::escaped;

constexpr auto heal_examples = R"(Examples:
  annulus heal --disks d0,d1,d2,d3,d4,d5               every object
  annulus heal big.iso --disks d0,d1,d2,d3,d4,d5       one
  annulus heal --disks d0,d1,d2,d3,d4,d5 --dry-run     what would be done; changes nothing

Name all disks in the order in which put had them, also those that are gone or empty: shards are rebuilt
there. Whole objects are left alone. Exit status 0 if every object is whole now, or with --dry-run
could be made so, else 1.)";

struct heal_arguments {
  std::string object, disks;
  bool dry_run = false, no_sync = false, json = false;
};

// What became of one object; `problem` instead of a report if nothing could be done.
struct heal_outcome {
  std::string name;
  pipeline::heal_report report{};
  std::string problem{};
  double seconds = 0;

  [[nodiscard]] auto rebuilt() const {
    return std::count_if(report.shards.begin(), report.shards.end(),
                         [](const auto& shard) { return shard.failure.empty(); });
  }
  [[nodiscard]] bool good() const {
    return problem.empty() && rebuilt() == std::ssize(report.shards);
  }
  [[nodiscard]] const char* verdict(bool dry_run) const {
    if (!good()) return "failed";
    if (report.shards.empty()) return "whole";
    return dry_run ? "degraded" : "healed";
  }
};

harness::json heal_json(const heal_outcome& done, bool dry_run) {
  const auto& meta = done.report.meta;
  auto shards = harness::json::array();
  for (const auto& shard : done.report.shards) {
    shards.push_back({{"disk", escaped(shard.disk)},
                      {"shard", shard.shard},
                      {"fault", printable(shard.fault)},
                      {"disk_is_gone", shard.disk_is_gone},
                      {"only_bound", shard.bind_only},
                      {"failure", printable(shard.failure)}});
  }
  return {{"name", escaped(done.name)},
          {"state", done.verdict(dry_run)},
          {"problem", printable(done.problem)},
          {"size", meta.size},
          {"data", done.problem.empty() ? meta.geometry.data : 0},
          {"parity", done.problem.empty() ? meta.geometry.parity : 0},
          {"seconds", done.seconds},
          {"shards", shards}};
}

void print_healed(const heal_outcome& done, bool dry_run) {
  const auto& [meta, shards] = done.report;
  if (!done.problem.empty()) {
    print("failed    {}  {}\n", escaped(done.name), printable(done.problem));
    return;
  }
  print("{:9} {}  {}, {}+{}, ", done.verdict(dry_run), escaped(done.name), human_bytes(meta.size),
        meta.geometry.data, meta.geometry.parity);
  if (shards.empty()) {
    print("nothing to do\n");
  } else if (dry_run) {
    print("{} shards to rebuild\n", shards.size());
  } else {
    print("{} of {} shards rebuilt in {:.2f} s\n", done.rebuilt(), shards.size(), done.seconds);
  }
  for (const auto& shard : shards) {
    print("          {}: shard {}: {}{}{}{}\n", escaped(shard.disk), shard.shard,
          printable(shard.fault), shard.disk_is_gone ? ", and so is the disk's directory" : "",
          shard.failure.empty() ? "" : "; not rebuilt: ", printable(shard.failure));
  }
}

heal_outcome heal_one(const std::string& name, pipeline::heal_options how, bool alone) {
  how.name = name;
  // One bar at a time: reading, then rebuilding.
  std::optional<progress_bar> bar(std::in_place, "check");
  how.checking = [&](std::uint64_t done, std::uint64_t total) { bar->update(done, total); };
  how.rebuilding = [&, first = true](std::uint64_t done, std::uint64_t total) mutable {
    if (std::exchange(first, false)) bar.emplace("heal");
    bar->update(done, total);
  };
  heal_outcome result{.name = name};
  const auto start = std::chrono::steady_clock::now();
  try {
    result.report = pipeline::heal(how);
  } catch (const pipeline::error& problem) {
    if (alone || problem.kind() == pipeline::error_kind::cancelled) throw;
    result.problem = problem.what();
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

void run(const heal_arguments& given) {
  const stop_on_signal signals;
  pipeline::heal_options how{.name = {},
                             .disks = parse_disks(given.disks),
                             .dry_run = given.dry_run,
                             .sync = !given.no_sync,
                             .stop = signals.token()};
  pipeline::check_disk_list(how.disks);
  const bool alone = !given.object.empty();
  const auto list_of = [&] {
    return alone ? pipeline::object_list{.names = {given.object}}
                 : pipeline::list_objects(how.disks);
  };
  const auto [names, passed_over] = list_of();
  for (const auto& sentence : passed_over) warn(sentence);
  std::size_t failed = 0;
  std::size_t seen = 0;
  auto list = harness::json::array();
  for (const auto& name : names) {
    const auto done = heal_one(name, how, alone);
    failed += done.good() ? 0 : 1;
    if (given.json) {
      list.push_back(heal_json(done, given.dry_run));
    } else {
      print_healed(done, given.dry_run);
      flush_output(fmt::format("{} of {} objects were seen to", ++seen, names.size()));
    }
  }
  if (given.json) {
    print_json(list, 2);
    flush_output(fmt::format("all of {} objects were seen to", names.size()));
  }
  if (failed > 0)
    throw failure(fmt::format("{} of {} objects were not healed", failed, names.size()));
  if (!given.json) {
    print("{} objects, all {}\n", names.size(),
          given.dry_run ? "whole or healable; nothing was changed" : "whole");
  }
}

}  // namespace

void add_heal(CLI::App& app) {
  auto* command = app.add_subcommand("heal", "Rebuild what verify finds missing or damaged");
  const auto given = std::make_shared<heal_arguments>();
  command->add_option("OBJECT", given->object, "One object; all by default");
  add_disks(*command, given->disks,
            "The disks, as put had them, separated by commas; those that are gone too");
  command->add_flag("--dry-run", given->dry_run, "Only say what would be done");
  command->add_flag("--no-sync", given->no_sync, "Return before the bytes are on disk");
  command->add_flag("--json", given->json, "Print JSON");
  command->footer(heal_examples);
  command->callback([given] { reporting([&] { run(*given); }); });
}

}  // namespace annulus::cli
