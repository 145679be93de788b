#include "measure/cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "base/json_fields.hpp"

namespace annulus::harness {
namespace {

// An object whose fields are taken one by one; what is left over at the end is unknown.
class fields {
 public:
  fields(const json& from, std::string_view what) : from_(from), what_(what) {
    if (!from.is_object()) throw bad_input(fmt::format("{} must be a JSON object", what));
  }

  const json& take(const char* name) {
    const auto at = from_.find(name);
    if (at == from_.end()) throw bad_input(fmt::format("{} lacks the field {}", what_, name));
    taken_.emplace_back(name);
    return *at;
  }
  template <class Read>
  auto take(const char* name, Read read) {
    const json& value = take(name);
    auto out = read(value);
    if (!out) {
      throw bad_input(fmt::format("{}: its field {} is of the wrong type: {}", what_, name,
                                  value.dump().substr(0, 100)));
    }
    return *std::move(out);
  }
  void refuse_others() const {
    for (const auto& [name, ignored] : from_.items()) {
      if (std::find(taken_.begin(), taken_.end(), name) == taken_.end())
        throw bad_input(fmt::format("{} has an unknown field {}", what_, name));
    }
  }

 private:
  const json& from_;
  std::string_view what_;
  std::vector<std::string_view> taken_;
};

std::optional<std::string> text_from(const json& from) {
  if (!from.is_string()) return std::nullopt;
  return from.get<std::string>();
}

// Paths are bytes, JSON is UTF-8.
std::optional<std::string> path_from(const json& from) {
  if (!from.is_string()) return std::nullopt;
  return pipeline::unescaped(from.get<std::string>());
}

std::optional<bool> truth_from(const json& from) {
  if (!from.is_boolean()) return std::nullopt;
  return from.get<bool>();
}

std::optional<double> number_from(const json& from) {
  if (!from.is_number()) return std::nullopt;
  return from.get<double>();
}

std::optional<std::vector<int>> numbers_from(const json& from) {
  constexpr std::uint64_t most = 1U << 16U;
  if (!from.is_array()) return std::nullopt;
  std::vector<int> out;
  for (const json& each : from) {
    const auto value = whole_number(each);
    if (!value || *value > most) return std::nullopt;
    out.push_back(static_cast<int>(*value));
  }
  return out;
}

std::optional<std::map<std::string, double>> metrics_from(const json& from) {
  if (!from.is_object()) return std::nullopt;
  std::map<std::string, double> out;
  for (const auto& [name, value] : from.items()) {
    if (!value.is_number() || !std::isfinite(value.get<double>())) return std::nullopt;
    out[name] = value.get<double>();
  }
  return out;
}

constexpr std::optional<std::uint64_t> (*whole)(const json&) = whole_number;

const json& value_of(const json& key, const std::string& axis) {
  const auto at = key.find(axis);
  if (at == key.end()) throw bad_input(fmt::format("the cell's key lacks the axis {}", axis));
  return *at;
}

template <class Read>
auto read_axis(const json& key, const std::string& axis, Read read) {
  auto value = read(value_of(key, axis));
  if (!value) throw bad_input(fmt::format("the cell's axis {} is of the wrong type", axis));
  return *std::move(value);
}

}  // namespace

std::string cell_request::word(const std::string& axis) const {
  return read_axis(key, axis, text_from);
}
std::uint64_t cell_request::number(const std::string& axis) const {
  return read_axis(key, axis, whole);
}
double cell_request::real(const std::string& axis) const {
  return read_axis(key, axis, number_from);
}
bool cell_request::truth(const std::string& axis) const {
  return read_axis(key, axis, truth_from);
}

json to_json(const cell_request& value) {
  return {{"suite", value.suite},
          {"key", value.key},
          {"producer_cpus", value.producer_cpus},
          {"consumer_cpus", value.consumer_cpus},
          {"memory_nodes", value.memory_nodes},
          {"input", pipeline::escaped(value.input)},
          {"work", pipeline::escaped(value.work)},
          {"amount", value.amount}};
}

json to_json(const cell_result& value) {
  json out{{"verified", value.verified},
           {"bytes", value.bytes},
           {"amount", value.amount},
           {"seconds", value.seconds},
           {"metrics", value.metrics}};
  if (!value.details.is_null()) out["details"] = value.details;
  return out;
}

cell_request request_from_json(const json& value) {
  fields from(value, "the cell's description");
  cell_request out;
  out.suite = from.take("suite", text_from);
  out.key = from.take("key");
  if (!out.key.is_object()) throw bad_input("the cell's key must be a JSON object");
  out.producer_cpus = from.take("producer_cpus", numbers_from);
  out.consumer_cpus = from.take("consumer_cpus", numbers_from);
  out.memory_nodes = from.take("memory_nodes", numbers_from);
  out.input = from.take("input", path_from);
  out.work = from.take("work", path_from);
  out.amount = from.take("amount", whole);
  from.refuse_others();
  return out;
}

cell_result result_from_json(const json& value) {
  fields from(value, "the cell's result");
  cell_result out;
  out.verified = from.take("verified", truth_from);
  out.bytes = from.take("bytes", whole);
  out.amount = from.take("amount", whole);
  out.seconds = from.take("seconds", number_from);
  if (!(out.seconds > 0)) {
    throw bad_input(
        fmt::format("the cell's result: its seconds must be more than 0, but are {}", out.seconds));
  }
  out.metrics = from.take("metrics", metrics_from);
  if (value.contains("details")) out.details = from.take("details");
  from.refuse_others();
  return out;
}

}  // namespace annulus::harness
