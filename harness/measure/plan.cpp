#include "measure/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "machine/placement.hpp"

namespace annulus::harness {
namespace {

bool is_kept(const matrix& what, const json& key) {
  const auto has = [&](const cell_filter& filter) { return matches(filter, key); };
  const bool named = what.only.empty() || std::any_of(what.only.begin(), what.only.end(), has);
  return named && std::none_of(what.except.begin(), what.except.end(), has);
}

// Fisher-Yates with its own bounded draw: std::shuffle and std::uniform_int_distribution differ
// between standard libraries, and a seed has to mean one order everywhere.
void shuffle(std::vector<std::size_t>& order, std::mt19937_64& random) {
  for (std::size_t left = order.size(); left > 1; --left) {
    const std::uint64_t limit = random.max() - random.max() % left;
    std::uint64_t drawn = random();
    while (drawn >= limit) drawn = random();
    std::swap(order[left - 1], order[drawn % left]);
  }
}

class planner {
 public:
  planner(const matrix& what, const topology& machine) : what_(what), machine_(machine) {}

  std::vector<planned_cell> cells() {
    json key = json::object();
    cross(0, key);
    if (cells_.empty()) {
      throw bad_input(fmt::format("the filters of the matrix {} leave no cell", what_.name));
    }
    const std::size_t own = cells_.size();
    for (std::size_t at = 0; at < own; ++at) {
      if (!cells_[at].skipped.empty()) continue;
      for (json& roof : what_.of->roofs(json(cells_[at].request.key)))
        add(std::move(roof), "", true);
    }
    return std::move(cells_);
  }

 private:
  void cross(std::size_t number, json& key) {
    if (number == what_.of->axes().size()) return settle(key);
    const std::string& name = what_.of->axes()[number].name;
    for (const json& value : what_.axes.at(name)) {
      key[name] = value;
      cross(number + 1, key);
    }
  }

  // Replaces what is derived by what it comes to.
  void settle(const json& written) {
    json key = written;
    std::string impossible;
    for (const axis& each : what_.of->axes()) {
      const auto derived = each.values.derivable && key[each.name].is_string()
                               ? parse_derived(key[each.name].get<std::string>())
                               : std::nullopt;
      if (!derived) continue;
      const std::uint64_t bytes = comes_to(*derived, written);
      const auto value = each.values.canonical(bytes);
      key[each.name] = bytes;
      if (!value) {
        impossible = fmt::format("{} is {}, which comes to {} and must be {}", each.name,
                                 written[each.name].get<std::string>(), bytes, each.values.allowed);
      }
    }
    if (is_kept(what_, key)) add(what_.of->reduced(std::move(key)), std::move(impossible), false);
  }

  [[nodiscard]] std::uint64_t comes_to(const derived_size& from, const json& key) const {
    const auto times = [&](std::uint64_t bytes) {
      constexpr double most = 9e18;  // what llround can return
      const double product = from.factor * static_cast<double>(bytes);
      return product > most ? std::numeric_limits<std::uint64_t>::max()
                            : static_cast<std::uint64_t>(std::llround(product));
    };
    if (const auto at = key.find(from.of); at != key.end() && at->is_number()) {
      return times(at->get<std::uint64_t>());
    }
    const auto known = what_.of->quantities(key);
    const auto at = known.find(from.of);
    if (at == known.end()) {
      throw bad_input(fmt::format(
          "the size {} is itself derived, so that no other can be derived from it", from.of));
    }
    return times(at->second);
  }

  void add(json key, std::string impossible, bool is_roof) {
    if (!keys_.insert(key.dump()).second) return;
    planned_cell& cell = cells_.emplace_back();
    cell.index = cells_.size() - 1;
    cell.is_roof = is_roof;
    cell.request.suite = what_.of->traits().name;
    cell.skipped = impossible.empty() ? what_.of->unavailable(key) : std::move(impossible);
    cell.request.key = std::move(key);
    if (cell.skipped.empty()) place(cell);
  }

  void place(planned_cell& cell) const {
    const json& key = cell.request.key;
    if (!key.contains("placement")) return;
    resolved where =
        resolve(machine_, key.at("placement").get<std::string>(), key.value("memory", "any"));
    cell.request.producer_cpus = std::move(where.producer_cpus);
    cell.request.consumer_cpus = std::move(where.consumer_cpus);
    cell.request.memory_nodes = std::move(where.memory_nodes);
    cell.skipped = std::move(where.unavailable);
  }

  const matrix& what_;
  const topology& machine_;
  std::set<std::string> keys_;
  std::vector<planned_cell> cells_;
};

}  // namespace

std::vector<std::size_t> plan::pass(int number) const {
  std::vector<std::size_t> order = runnable;
  // Each pass on its own, so that a run can go on at any of them.
  std::seed_seq parts{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U),
                      static_cast<std::uint32_t>(number)};
  std::mt19937_64 random(parts);
  shuffle(order, random);
  return order;
}

double plan::seconds(const suite& of, int passes) const {
  // What it takes to start a process, measured on slow machines.
  constexpr double process = 0.03;
  double out = 0;
  for (const std::size_t at : runnable) out += of.seconds(cells[at].request.key) + process;
  return out * passes;
}

plan make_plan(const matrix& what, const topology& machine, std::uint64_t seed) {
  plan out;
  out.seed = seed;
  out.cells = planner(what, machine).cells();
  for (const planned_cell& cell : out.cells) {
    if (cell.skipped.empty()) out.runnable.push_back(cell.index);
  }
  return out;
}

}  // namespace annulus::harness
