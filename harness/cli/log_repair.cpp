#include <fmt/format.h>

#include <annulus/chunklog/repair.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <memory>

#include "cli/log_command.hpp"
#include "cli/options.hpp"
#include "cli/progress_bar.hpp"
#include "cli/standard_streams.hpp"
#include "cli/stop_on_signal.hpp"

namespace annulus::cli {
namespace {

constexpr auto log_repair_examples = R"(Examples:
  annulus log repair queue --dry-run          what would be lost; changes nothing
  annulus log repair queue --to mended        writes the repaired log to mended, leaves queue alone
  annulus log repair queue --in-place         repairs queue itself

Every whole record is kept, in the order of the IDs and in any chunk, also behind damage. Where records are lost, the
log says which, so that a reader passes by. Other files of the directory are not copied.
Exit status 0 if the log is whole now, 1 on failure, or with --dry-run if there is something to repair.)";

struct log_repair_arguments {
  std::string directory, to;
  bool in_place = false, dry_run = false, json = false;
};

std::string ids_of(const chunklog::lost_records& range) {
  if (range.first_id == 0) return range.torn_tail ? "a torn tail" : "no record that counts";
  if (range.first_id == range.last_id) return fmt::format("record {}", range.first_id);
  return fmt::format("records {} to {}", range.first_id, range.last_id);
}

void show(const chunklog::repair_plan& plan) {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  for (const auto& range : plan.lost) {
    if (range.first_id != 0) records += range.last_id - range.first_id + 1;
    print("lost          {}\n", ids_of(range));
    for (const auto& place : range.places) {
      bytes += place.bytes;
      if (place.bytes == 0) {
        print("              {}  missing\n", printable(place.file));
      } else {
        print("              {}  offset {}  {} bytes\n", printable(place.file), place.offset,
              place.bytes);
      }
    }
  }
  for (const auto& name : plan.rewritten) print("rewritten     {}\n", printable(name));
  for (const auto& name : plan.created) print("created       {}\n", printable(name));
  for (const auto& name : plan.removed) print("left out      {}\n", printable(name));
  if (plan.needed()) print("rewritten     ledger.state\n");
  print("lost          {} and {} bytes in all\n", count_of(records, "record"), bytes);
  print("kept          {}; the next ID is {}, acknowledged up to {}\n",
        count_of(plan.records, "record"), plan.next_id, plan.last_acknowledged);
}

std::vector<std::string> shown(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  out.reserve(names.size());
  for (const auto& name : names) out.push_back(printable(name));
  return out;
}

harness::json json_of(const chunklog::repair_plan& plan) {
  auto lost = harness::json::array();
  for (const auto& range : plan.lost) {
    auto places = harness::json::array();
    for (const auto& place : range.places) {
      places.push_back(
          {{"file", printable(place.file)}, {"offset", place.offset}, {"bytes", place.bytes}});
    }
    lost.push_back({{"first_id", range.first_id},
                    {"last_id", range.last_id},
                    {"torn_tail", range.torn_tail},
                    {"places", places}});
  }
  return {{"needed", plan.needed()},
          {"faults", to_json(plan.faults)},
          {"lost", lost},
          {"rewritten", shown(plan.rewritten)},
          {"created", shown(plan.created)},
          {"left_out", shown(plan.removed)},
          {"kept_records", plan.records},
          {"bytes", plan.bytes},
          {"next_id", plan.next_id},
          {"last_acknowledged", plan.last_acknowledged}};
}

void check(const log_repair_arguments& given) {
  if (given.in_place && !given.to.empty()) {
    throw usage_error("--to and --in-place exclude each other: the copy, or the log itself");
  }
  if (!given.in_place && given.to.empty() && !given.dry_run) {
    throw usage_error(
        "repair needs --to DIR for the repaired log, --in-place to change the log itself, or "
        "--dry-run to change nothing");
  }
}

void run(const log_repair_arguments& given) {
  check(given);
  if (!given.to.empty()) local_path(given.to, "--to");
  const stop_on_signal signals;
  chunklog::reading_options how;
  how.stop = signals.token();
  // One bar at a time: reading, then writing.
  std::optional<progress_bar> bar(std::in_place, "read");
  std::uint64_t total = log_bytes(given.directory);
  how.progress = [&](std::uint64_t done) {
    if (bar) bar->update(done, total);
  };
  const bool changes = given.in_place && !given.dry_run;
  auto opened = chunklog::log_repair::open(
      given.directory, changes ? chunklog::repair_kind::in_place : chunklog::repair_kind::copy,
      how);
  bar.reset();
  expect_ok(opened);
  const auto& plan = opened.repair->plan();
  if (given.json) {
    print_json(json_of(plan), 2);
  } else {
    show(plan);
  }
  // Before anything is done, also when this is a pipe.
  flush_output();
  if (given.dry_run) {
    if (plan.needed()) {
      throw failure(fmt::format("log {} has {}; nothing was changed",
                                pipeline::escaped(given.directory),
                                count_of(plan.faults.size(), "fault")));
    }
    return;
  }
  bar.emplace("write");
  total = plan.bytes;
  const auto done = given.in_place ? opened.repair->apply() : opened.repair->copy_to(given.to);
  bar.reset();
  expect_ok(done);
  opened.repair.reset();
  const auto& result = given.in_place ? given.directory : given.to;
  bar.emplace("verify");
  const auto found = chunklog::verify(result, how);
  bar.reset();
  expect_ok(found);
  if (!found.whole()) throw failure(fmt::format("{} is not whole", pipeline::escaped(result)));
  if (!given.json) print("{} is whole\n", pipeline::escaped(result));
}

}  // namespace

void add_log_repair(CLI::App& log) {
  auto* command =
      log.add_subcommand("repair", "Make a damaged chunk log whole, without the damage");
  const auto given = std::make_shared<log_repair_arguments>();
  command->add_option("DIR", given->directory, "The log's directory")->required();
  command->add_option("--to", given->to, "Write the repaired log to this new or empty directory")
      ->type_name("DIR");
  command->add_flag("--in-place", given->in_place, "Change the log itself");
  command->add_flag("--dry-run", given->dry_run, "Only say what would be done");
  command->add_flag("--json", given->json, "Print JSON");
  command->footer(log_repair_examples);
  command->callback([given] { reporting([&] { run(*given); }); });
}

}  // namespace annulus::cli
