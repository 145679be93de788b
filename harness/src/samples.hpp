// samples.jsonl: one line a finished turn, appended and never rewritten.
#pragma once

#include <annulus/unique_fd.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "json.hpp"

namespace annulus::harness {

/// What became of one turn. Exactly one of `result`, `error` and `skipped` is set. A cell that the
/// machine cannot run has one sample, with repetition 0.
struct sample {
  std::size_t cell = 0;
  json key;  ///< all axis values, see key_of
  int repetition = 0;
  json spec;  ///< as the cell got it, but no absolute path
  std::optional<json> result;
  std::optional<std::string> error;
  std::optional<std::string> skipped;
};

struct sample_file {
  std::vector<sample> samples;
  std::uint64_t whole_bytes = 0;  ///< up to the end of the last whole line
  bool torn = false;              ///< something follows it: a line whose writing was interrupted
};

/// Reads `file`, of at most 256 MiB. Tolerates a last line that is torn: not ended, or ended and no
/// JSON. Throws `error` if the file cannot be read, or with the number of any other line that is no
/// sample: all keys have the same axes, and no value could be taken for more than a word.
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
struct cell_results {
  std::size_t cell = 0;
  json key;
  std::vector<json> results;        ///< of the repetitions that finished
  std::vector<std::string> errors;  ///< of those that did not
  std::string skipped;              ///< why the cell never ran; else empty
};

/// In the order of cell numbers, repetitions ascending.
std::vector<cell_results> by_cell(const std::vector<sample>& samples);

}  // namespace annulus::harness
