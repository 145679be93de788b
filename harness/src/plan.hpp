// From a matrix and a machine to the cells, and the order in which they run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "json.hpp"
#include "matrix.hpp"
#include "topology.hpp"

namespace annulus::harness {

/// All that a cell is told. Sizes are in bytes, CPUs and nodes in the operating system's numbers;
/// an empty list means unbound.
struct cell_spec {
  std::string ring;
  std::string sink;
  std::string mode;
  std::string hand;
  std::uint64_t ring_size = 0;
  std::uint64_t read_size = 0;
  std::uint64_t block = 0;
  int data = 0;
  int parity = 0;
  bool sync = false;
  std::string placement;
  std::string memory;
  std::vector<int> producer_cpus;
  std::vector<int> consumer_cpus;
  std::vector<int> memory_nodes;
  std::string input;  ///< the file to read
  std::string work;   ///< an empty directory, the cell's own
};

json to_json(const cell_spec& value);
/// Throws bad_input that names the first field that is missing, unknown or of the wrong type.
cell_spec spec_from_json(const json& value);

/// The axis values of a cell, by axis name; what identifies it in samples and tables.
json key_of(const cell_spec& value);

struct planned_cell {
  std::size_t index = 0;
  cell_spec spec;
  std::string skipped;  ///< why this machine cannot run it; empty: it can
};

/// One turn: a cell, and for which time (from 1).
struct turn {
  std::size_t cell = 0;
  int repetition = 0;
};

struct plan {
  std::uint64_t seed = 0;
  std::vector<planned_cell> cells;  ///< the cross product, first axis slowest
  std::vector<turn> turns;  ///< each repetition is one shuffled pass over the cells that can run
};

/// The same arguments give the same plan, on every machine with that topology. `input` and `work`
/// of the cells stay empty.
plan make_plan(const matrix& what, const topology& machine, std::uint64_t seed);

}  // namespace annulus::harness
