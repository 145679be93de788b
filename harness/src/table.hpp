// The table of a run, as data, as Markdown and as JSON.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "json.hpp"
#include "metrics.hpp"

namespace annulus::harness {

struct table_row {
  json key;
  cell_metrics metrics;
};

struct table_section {
  std::string sink;
  std::vector<table_row> rows;  ///< in the order of the matrix
};

/// A cell, and why it or one of its repetitions has no result.
struct table_note {
  std::string label;
  std::string reason;
};

struct table {
  std::string run;
  json environment;                  ///< env.json
  std::vector<std::string> varying;  ///< axes with several values, `sink` left out
  json constant;                     ///< the axes with one value, by name, as text
  std::vector<table_section> sections;
  std::vector<winner> best;
  std::vector<table_note> failed;
  std::vector<table_note> skipped;
  std::size_t turns = 0;     ///< planned
  std::size_t finished = 0;  ///< with a result
};

/// Reads the run in `directory`. Throws `error` if it is no result set, or as `metrics_of`.
table make_table(const std::filesystem::path& directory);

std::string to_markdown(const table& value);
json to_json(const table& value);

/// "Intel Xeon, 2 CPUs, 1 NUMA node, Linux 6.1": one line for captions.
std::string machine_line(const json& environment);
/// "ring size 2MiB, block 1MiB, ...": the axes with one value, one line for captions.
std::string constant_line(const table& value);
/// "ring size" for ring_size.
std::string axis_title(std::string axis);

}  // namespace annulus::harness
