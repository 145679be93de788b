#include <fmt/format.h>

#include <algorithm>
#include <annulus/all.hpp>
#include <annulus/ring.hpp>
#include <memory>
#include <string_view>

#include "base/json.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"

namespace annulus::cli {
namespace {

void print_list() {
  auto list = harness::json::array();
  for (const auto& info : all_rings::infos) {
    list.push_back({{"name", info.name},
                    {"storage", info.storage},
                    {"waiting", info.waiting},
                    {"contiguous", info.contiguous},
                    {"kernel_waits", info.kernel_waits},
                    {"source", info.source},
                    {"selected", info.name == variant<ring>.name}});
  }
  print_json(list, 2);
}

/// As wide as the widest of a column, and two blanks.
std::size_t width_of(std::string_view title, std::string_view variant_info::*column) {
  std::size_t widest = title.size();
  for (const auto& info : all_rings::infos) widest = std::max(widest, (info.*column).size());
  return widest + 2;
}

void print_table() {
  constexpr auto row = "{:2}{:{}}{:{}}{:{}}{:12}{:14}{}\n";
  const auto name = width_of("name", &variant_info::name);
  const auto storage = width_of("storage", &variant_info::storage);
  const auto waiting = width_of("waiting", &variant_info::waiting);
  print(row, "", "name", name, "storage", storage, "waiting", waiting, "contiguous", "kernel waits",
        "source");
  for (const auto& info : all_rings::infos) {
    print(row, info.name == variant<ring>.name ? "*" : "", info.name, name, info.storage, storage,
          info.waiting, waiting, info.contiguous ? "yes" : "no", info.kernel_waits ? "yes" : "no",
          info.source);
  }
  print("\n* annulus::ring in this build; choose another with cmake -DANNULUS_RING=NAME\n");
}

}  // namespace

void add_variants(CLI::App& app) {
  auto* command = app.add_subcommand("variants", "List the rings");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print JSON");
  command->footer("Example:\n  annulus variants --json");
  command->callback([json] { reporting([&] { *json ? print_list() : print_table(); }); });
}

}  // namespace annulus::cli
