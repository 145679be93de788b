// samples.jsonl: one line a finished turn, appended and never rewritten.
#pragma once

#include <annulus/core/unique_fd.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "measure/cell.hpp"

namespace annulus::harness {

/// What became of one turn. Exactly one of `result`, `error` and `skipped` is set. A cell that
/// cannot be run has one sample, with repetition 0.
struct sample {
  std::size_t cell = 0;
  json key;  ///< the canonical values of all axes
  int repetition = 0;
  bool is_roof = false;
  json spec;     ///< where it ran and what it read, with no absolute path
  json fitness;  ///< in what company it was measured, see fitness; null: not judged
  std::optional<cell_result> result;
  std::optional<std::string> error;
  std::optional<std::string> skipped;

  /// Measured in bad company: kept, but out of every verdict.
  [[nodiscard]] bool is_marked() const;
};

struct sample_file {
  std::vector<sample> samples;
  std::uint64_t whole_bytes = 0;  ///< up to the end of the last whole line
  bool torn = false;              ///< something follows it: a line whose writing was interrupted
};

/// Reads `file`, of at most 256 MiB. Tolerates a last line that is torn: not ended, or ended and no
/// JSON. Throws `error` if the file cannot be read, or with the number of any other line that is no
/// sample, was changed after it had been written (each line has its checksum), or has other axes
/// than the first one.
sample_file read_samples(const std::filesystem::path& file);

/// Appends samples, each durably.
class sample_writer {
 public:
  /// Opens or creates `file`, and cuts it to `whole_bytes`: what a torn line left. Throws `error`.
  sample_writer(const std::filesystem::path& file, std::uint64_t whole_bytes);

  /// Writes one line and waits until it is on disk. Throws `error`.
  void append(const sample& value);

 private:
  std::filesystem::path file_;
  unique_fd fd_;
};

/// All that is known of one cell: the last sample of each repetition counts.
struct cell_samples {
  std::size_t cell = 0;
  json key;
  bool is_roof = false;
  std::map<int, cell_result> results;  ///< by repetition: of those that finished in good company
  std::map<int, cell_result> marked;   ///< of those that finished in bad company
  std::vector<std::string> errors;     ///< of those that did not finish
  std::string skipped;                 ///< why the cell never ran; else empty
};

/// In the order of cell numbers.
std::vector<cell_samples> by_cell(const std::vector<sample>& samples);

}  // namespace annulus::harness
