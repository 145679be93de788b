#include <fmt/format.h>

#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/verify.hpp>
#include <memory>

#include "base/json.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/progress_bar.hpp"
#include "cli/standard_streams.hpp"
#include "cli/stop_on_signal.hpp"

namespace annulus::cli {
namespace {

using pipeline::escaped;

constexpr auto verify_examples = R"(Examples:
  annulus verify --disks d0,d1,d2,d3,d4,d5             every object
  annulus verify big.iso --disks d0,d1,d2,d3,d4,d5     one

Exit status 0 if every shard of every object is whole, else 1. Names show bytes that are no UTF-8, and
control characters, as \xNN and a backslash as \\.)";

struct verify_arguments {
  std::string object, disks;
  bool json = false;
};

const char* verdict(const pipeline::object_state& state) {
  if (state.whole()) return "whole";
  return state.recoverable ? "degraded" : "lost";
}

harness::json to_json(const pipeline::object_state& state) {
  auto shards = harness::json::array();
  for (const auto& shard : state.shards) {
    shards.push_back({{"disk", escaped(shard.disk)},
                      {"fault", printable(shard.fault)},
                      {"bad_frames", shard.bad_frames},
                      {"unbound", shard.unbound}});
  }
  return {{"name", escaped(state.name)}, {"state", verdict(state)},
          {"size", state.size},          {"data", state.data},
          {"parity", state.parity},      {"whole_shards", state.whole_shards},
          {"bound", !state.unbound()},   {"shards", shards}};
}

void show(const pipeline::object_state& state) {
  print("{:9} {}  {}, {}+{}, {} shards whole{}\n", verdict(state), escaped(state.name),
        human_bytes(state.size), state.data, state.parity, state.whole_shards,
        state.unbound() ? "; unbound, which heal mends" : "");
  for (const auto& shard : state.shards) {
    if (!shard.fault.empty())
      print("          {}: {}\n", escaped(shard.disk), printable(shard.fault));
  }
}

void run(const verify_arguments& given) {
  const stop_on_signal signals;
  pipeline::verify_options what{
      .disks = parse_disks(given.disks), .name = given.object, .stop = signals.token()};
  const auto [states, passed_over] = [&what] {
    const live_line line;
    what.progress = [&line](const std::string& name) {
      line.show(fmt::format("verifying {}", escaped(name)));
    };
    return pipeline::verify(what);
  }();
  for (const auto& sentence : passed_over) warn(sentence);
  std::size_t faulty = 0;
  auto list = harness::json::array();
  for (const auto& state : states) {
    faulty += state.whole() ? 0 : 1;
    if (given.json) {
      list.push_back(to_json(state));
    } else {
      show(state);
    }
  }
  if (given.json) print_json(list, 2);
  if (faulty > 0)
    throw failure(fmt::format("{} of {} objects are not whole", faulty, states.size()));
  if (!given.json) print("{} objects, all whole\n", states.size());
}

}  // namespace

void add_verify(CLI::App& app) {
  auto* command =
      app.add_subcommand("verify", "Check every frame of every shard of the objects on disks");
  const auto given = std::make_shared<verify_arguments>();
  command->add_option("OBJECT", given->object, "One object; all by default");
  add_disks(*command, given->disks, "The disks, separated by commas");
  command->add_flag("--json", given->json, "Print JSON");
  command->footer(verify_examples);
  command->callback([given] { reporting([&] { run(*given); }); });
}

}  // namespace annulus::cli
