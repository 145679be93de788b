#include "plan.hpp"

#include <fmt/format.h>

#include <annulus/pipeline/escaped.hpp>
#include <random>
#include <span>
#include <string_view>
#include <utility>

#include "error.hpp"
#include "json_fields.hpp"
#include "placement.hpp"

namespace annulus::harness {
namespace {

// Calls `visit(name, member)` for every field, in the order of the JSON. `Spec` is cell_spec, const
// or not.
template <class Spec, class Visit>
void for_each_field(Spec& spec, Visit visit) {
  visit("ring", spec.ring);
  visit("sink", spec.sink);
  visit("mode", spec.mode);
  visit("hand", spec.hand);
  visit("ring_size", spec.ring_size);
  visit("read_size", spec.read_size);
  visit("block", spec.block);
  visit("data", spec.data);
  visit("parity", spec.parity);
  visit("sync", spec.sync);
  visit("placement", spec.placement);
  visit("memory", spec.memory);
  visit("producer_cpus", spec.producer_cpus);
  visit("consumer_cpus", spec.consumer_cpus);
  visit("memory_nodes", spec.memory_nodes);
  visit("input", spec.input);
  visit("work", spec.work);
}

bool read_field(const json& from, std::string& to) {
  if (from.is_string()) to = from.get<std::string>();
  return from.is_string();
}

bool read_field(const json& from, bool& to) {
  if (from.is_boolean()) to = from.get<bool>();
  return from.is_boolean();
}

bool read_field(const json& from, std::uint64_t& to) {
  const auto value = whole_number(from);
  to = value.value_or(0);
  return value.has_value();
}

// Shards, CPUs and nodes.
bool read_field(const json& from, int& to) {
  constexpr std::uint64_t most = 1U << 16U;
  std::uint64_t value = 0;
  if (!read_field(from, value) || value > most) return false;
  to = static_cast<int>(value);
  return true;
}

bool read_field(const json& from, std::vector<int>& to) {
  if (!from.is_array()) return false;
  to.resize(from.size());
  for (std::size_t at = 0; at < to.size(); ++at) {
    if (!read_field(from[at], to[at])) return false;
  }
  return true;
}

void add_cells(const matrix_axes& axes, std::vector<planned_cell>& out) {
  cell_spec at;
  const auto add = [&] { out.push_back({out.size(), at, ""}); };
  const auto with = [](auto& member, const auto& values, auto next) {
    for (const auto& value : values) {
      member = value;
      next();
    }
  };
  const auto with_shards = [&](auto next) {
    for (const geometry& value : axes.shards) {
      at.data = value.data;
      at.parity = value.parity;
      next();
    }
  };
  // clang-format off
  with(at.sink, axes.sink, [&] {
  with(at.ring, axes.ring, [&] {
  with(at.mode, axes.mode, [&] {
  with(at.hand, axes.hand, [&] {
  with(at.ring_size, axes.ring_size, [&] {
  with(at.read_size, axes.read_size, [&] {
  with(at.block, axes.block, [&] {
  with_shards([&] {
  with(at.placement, axes.placement, [&] {
  with(at.memory, axes.memory, [&] {
  with(at.sync, axes.sync, add); }); }); }); }); }); }); }); }); }); });
  // clang-format on
}

// Fisher-Yates with its own bounded draw: std::shuffle and std::uniform_int_distribution differ
// between standard libraries, and a seed has to mean one order everywhere.
void shuffle(std::span<turn> turns, std::mt19937_64& random) {
  for (std::size_t left = turns.size(); left > 1; --left) {
    const std::uint64_t limit = random.max() - random.max() % left;
    std::uint64_t drawn = random();
    while (drawn >= limit) drawn = random();
    std::swap(turns[left - 1], turns[drawn % left]);
  }
}

}  // namespace

json to_json(const cell_spec& value) {
  json out = json::object();
  for_each_field(value, [&](const char* name, const auto& member) { out[name] = member; });
  // Paths are bytes, JSON is UTF-8.
  out["input"] = pipeline::escaped(value.input);
  out["work"] = pipeline::escaped(value.work);
  return out;
}

cell_spec spec_from_json(const json& value) {
  if (!value.is_object()) throw bad_input("the cell's description must be a JSON object");
  cell_spec out;
  std::size_t known = 0;
  for_each_field(out, [&](const char* name, auto& member) {
    const auto at = value.find(name);
    if (at == value.end()) {
      throw bad_input(fmt::format("the cell's description lacks the field {}", name));
    }
    ++known;
    if (!read_field(*at, member)) {
      throw bad_input(fmt::format("the cell's field {} is of the wrong type: {}", name,
                                  at->dump().substr(0, 100)));
    }
  });
  for (auto* const path : {&out.input, &out.work}) {
    auto bytes = pipeline::unescaped(*path);
    if (!bytes) throw bad_input(fmt::format("the cell's path {} is not escaped", *path));
    *path = std::move(*bytes);
  }
  if (known == value.size()) return out;
  for (const auto& [name, ignored] : value.items()) {
    bool found = false;
    for_each_field(out, [&, wanted = std::string_view(name)](const char* field, const auto&) {
      found = found || wanted == field;
    });
    if (!found)
      throw bad_input(fmt::format("the cell's description has an unknown field {}", name));
  }
  return out;
}

json key_of(const cell_spec& value) {
  return {{"ring", value.ring},
          {"sink", value.sink},
          {"mode", value.mode},
          {"hand", value.hand},
          {"ring_size", value.ring_size},
          {"read_size", value.read_size},
          {"block", value.block},
          {"geometry", format_geometry({value.data, value.parity})},
          {"placement", value.placement},
          {"memory", value.memory},
          {"sync", value.sync}};
}

plan make_plan(const matrix& what, const topology& machine, std::uint64_t seed) {
  plan out;
  out.seed = seed;
  add_cells(what.axes, out.cells);
  for (planned_cell& cell : out.cells) {
    resolved where = resolve(machine, cell.spec.placement, cell.spec.memory);
    cell.spec.producer_cpus = std::move(where.producer_cpus);
    cell.spec.consumer_cpus = std::move(where.consumer_cpus);
    cell.spec.memory_nodes = std::move(where.memory_nodes);
    cell.skipped = std::move(where.unavailable);
  }
  std::mt19937_64 random(seed);
  for (int repetition = 1; repetition <= what.repetitions; ++repetition) {
    const std::size_t begin = out.turns.size();
    for (const planned_cell& cell : out.cells) {
      if (cell.skipped.empty()) out.turns.push_back({cell.index, repetition});
    }
    shuffle(std::span(out.turns).subspan(begin), random);
  }
  return out;
}

}  // namespace annulus::harness
