// annulus topo: the machine as the harness sees it.
#include <fmt/format.h>

#include <map>
#include <memory>

#include "base/json.hpp"
#include "base/sizes.hpp"
#include "cli/command.hpp"
#include "cli/support.hpp"
#include "machine/environment.hpp"
#include "machine/topology.hpp"

namespace annulus::cli {
namespace {

using harness::json;

std::string numbers(const std::vector<int>& values) {
  std::string out;
  for (std::size_t at = 0; at < values.size();) {
    std::size_t end = at + 1;
    while (end < values.size() && values[end] == values[end - 1] + 1) ++end;
    out += fmt::format("{}{}", out.empty() ? "" : ",", values[at]);
    if (end - at > 1) out += fmt::format("-{}", values[end - 1]);
    at = end;
  }
  return out.empty() ? "none" : out;
}

json pairs_json(const harness::topology& machine) {
  json out = json::object();
  for (const harness::relation kind : harness::all_relations) {
    const auto& pairs = machine.pairs(kind);
    json& entry = out[std::string(name_of(kind))];
    entry["pairs"] = pairs.size();
    entry["representative"] = nullptr;
    if (!pairs.empty()) {
      entry["representative"] = {{"producer", pairs.front().producer},
                                 {"consumer", pairs.front().consumer}};
    }
  }
  return out;
}

json as_json(const harness::topology& machine) {
  const json known = harness::describe_machine(machine, ".");
  json out{{"cpu_model", machine.cpu_model},
           {"virtual_topology", known.at("virtual_topology")},
           {"cpuidle_driver", known.at("cpuidle_driver")},
           {"machine", machine_slug(machine)},
           {"is_this_system", machine.is_this_system},
           {"cores", json::array()},
           {"caches", json::array()},
           {"nodes", json::array()},
           {"relations", pairs_json(machine)}};
  for (const auto& at : machine.cores) {
    out["cores"].push_back({{"package", at.package}, {"cpus", at.cpus}});
  }
  for (const auto& at : machine.caches) {
    out["caches"].push_back(
        {{"level", at.level}, {"type", at.type}, {"bytes", at.bytes}, {"cpus", at.cpus}});
  }
  for (const auto& at : machine.nodes) {
    out["nodes"].push_back({{"number", at.number}, {"bytes", at.bytes}, {"cpus", at.cpus}});
  }
  return out;
}

// Equal caches in one line.
void print_caches(const harness::topology& machine) {
  std::map<std::pair<int, std::string>, std::string> lines;
  for (const auto& at : machine.caches) {
    std::string& line =
        lines[{at.level, fmt::format("{} {}", at.type, harness::format_size(at.bytes))}];
    line += fmt::format("{}{}", line.empty() ? "" : " | ", numbers(at.cpus));
  }
  for (const auto& [what, cpus] : lines) {
    print("  L{} {}: CPUs {}\n", what.first, what.second, cpus);
  }
}

void print_relations(const harness::topology& machine) {
  for (const harness::relation kind : harness::all_relations) {
    const auto& pairs = machine.pairs(kind);
    if (pairs.empty()) {
      print("  {:<11} not on this machine ({})\n", name_of(kind), meaning_of(kind));
    } else {
      print("  {:<11} {}, such as {} and {} ({})\n", name_of(kind),
            pairs.size() == 1 ? "1 pair" : fmt::format("{} pairs", pairs.size()),
            pairs.front().producer, pairs.front().consumer, meaning_of(kind));
    }
  }
}

// Whether what follows is to be believed.
void print_origin(const harness::topology& machine) {
  if (!machine.is_this_system) {
    print("This is not the machine itself: HWLOC_SYNTHETIC or HWLOC_XMLFILE is set.\n");
    return;
  }
  const std::string caveat = harness::topology_caveat(harness::find_hypervisor());
  if (!caveat.empty()) print("{}.\n", printable(caveat));
  const json idle = harness::describe_machine(machine, ".").at("cpuidle_driver");
  print("cpuidle driver: {}\n", idle.is_string() ? printable(idle.get<std::string>()) : "unknown");
}

void show(const harness::topology& machine) {
  print("{}: {} CPUs, {} cores\n", printable(machine.cpu_model), machine.cpus.size(),
        machine.cores.size());
  print_origin(machine);
  print("Cores\n");
  std::map<int, std::string> packages;
  for (const auto& at : machine.cores) {
    std::string& line = packages[at.package];
    line += fmt::format("{}{}", line.empty() ? "" : " | ", numbers(at.cpus));
  }
  for (const auto& [package, cpus] : packages) {
    print("  package {}: CPUs {}\n", package, cpus);
  }
  print("Caches\n");
  print_caches(machine);
  print("NUMA nodes\n");
  if (machine.nodes.empty()) print("  none\n");
  for (const auto& at : machine.nodes) {
    print("  node {}: {:.1f} GiB, CPUs {}\n", at.number,
          static_cast<double>(at.bytes) / static_cast<double>(1U << 30U), numbers(at.cpus));
  }
  print("Placements\n");
  print_relations(machine);
}

}  // namespace

void add_topo(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("topo", "Show cores, caches, NUMA nodes and the placements they allow");
  const auto as_data = std::make_shared<bool>(false);
  command->add_flag("--json", *as_data, "Print JSON");
  command->footer("Example:\n  annulus topo --json");
  command->callback([as_data] {
    reporting([&] {
      const harness::topology machine = harness::this_machine();
      if (*as_data) {
        print_json(as_json(machine), 2);
      } else {
        show(machine);
      }
    });
  });
}

}  // namespace annulus::cli
