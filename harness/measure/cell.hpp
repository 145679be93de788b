// One cell of a matrix: what its process is told, and what it answers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace annulus::harness {

/// What the process of one turn is told. CPUs and nodes are the operating system's numbers; an
/// empty list: unbound.
struct cell_request {
  std::string suite;
  json key;  ///< the canonical value of every axis, by name
  std::vector<int> producer_cpus{};
  std::vector<int> consumer_cpus{};
  std::vector<int> memory_nodes{};
  std::string input{};       ///< the file to read; empty: the suite reads none
  std::string work{};        ///< an empty directory, the cell's own
  std::uint64_t amount = 0;  ///< what an earlier turn of the cell moved; 0: to be found out

  [[nodiscard]] std::string word(const std::string& axis) const;
  [[nodiscard]] std::uint64_t number(const std::string& axis) const;
  [[nodiscard]] double real(const std::string& axis) const;
  [[nodiscard]] bool truth(const std::string& axis) const;
};

/// What one turn of a cell measured.
struct cell_result {
  /// Every byte that arrived was compared with what had been sent, or as much as the suite's note
  /// says.
  bool verified = false;
  std::uint64_t bytes = 0;   ///< moved and checked, within the measured time
  std::uint64_t amount = 0;  ///< in the suite's own unit: what the next turn is to move
  double seconds = 0;
  std::map<std::string, double> metrics{};  ///< by name, which ends in the unit; see suite::metrics
  json details = nullptr;  ///< anything else worth keeping, such as where pages lie
};

json to_json(const cell_request& value);
json to_json(const cell_result& value);

/// Each throws bad_input that names the first field that is missing, unknown or of the wrong type.
cell_request request_from_json(const json& value);
cell_result result_from_json(const json& value);

}  // namespace annulus::harness
