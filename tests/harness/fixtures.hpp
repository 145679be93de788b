// A suite that measures nothing, and samples with known numbers.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "measure/matrix.hpp"
#include "measure/samples.hpp"
#include "support.hpp"

namespace annulus::harness {

/// Its ring "copy" is the roof of all others; `more` are axes behind its own.
class fake_suite : public suite {
 public:
  explicit fake_suite(std::vector<axis> more = {}) : suite(with(std::move(more))) {}

  [[nodiscard]] std::string unavailable(const json& key) const override {
    const bool none = key.at("ring") == "spsc" && key.at("sink") == "chunks";
    return none ? "spsc waits for no chunks" : "";
  }
  [[nodiscard]] std::vector<std::string> shown(const json& /*key*/) const override {
    return {bytes_per_second, cpu_per_gib};
  }
  [[nodiscard]] std::vector<json> roofs(const json& key) const override {
    if (key.at("ring") == "copy") return {};
    json out = key;
    out["ring"] = "copy";
    out["sink"] = "null";
    return {out};
  }
  [[nodiscard]] std::map<std::string, std::uint64_t> quantities(
      const json& /*key*/) const override {
    return {{"frame", 4096 + 32}};
  }
  [[nodiscard]] double seconds(const json& key) const override {
    return key.at("sink") == "dir" ? 2 : 1;
  }
  [[nodiscard]] std::string role(const json& key) const override {
    return key.at("ring") == "copy" ? "roof" : "";
  }
  [[nodiscard]] cell_result run(const cell_request& cell) const override {
    cell_result out;
    out.verified = true;
    out.bytes = cell.number("size");
    out.amount = cell.amount == 0 ? 1000 : cell.amount;
    out.seconds = 1;
    out.metrics = {{bytes_per_second, 1e9}, {cpu_per_gib, 2}};
    return out;
  }

 private:
  static suite_traits with(std::vector<axis> more) {
    std::vector<axis> axes{{"ring", "What bytes go through",
                            with_hidden(words({"mutex", "futex", "spsc"}), {"copy"}), "futex"},
                           {"sink", "Where they end", words({"null", "dir", "chunks"}), "null"},
                           {"size", "How many the ring holds", sizes(), 2U << 20U},
                           placement_axis(),
                           memory_axis()};
    axes.insert(axes.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
    return {.name = "fake",
            .description = "Bytes through nothing",
            .axes = std::move(axes),
            .metrics = {{bytes_per_second, "MB/s", better::higher, 1e-6},
                        {cpu_per_gib, "CPU-s/GiB", better::lower}},
            .table = {.section = "sink", .rows = {"ring"}, .across = ""},
            .quantities = {"frame"},
            .reads_input = true,
            .note = "Nothing was measured."};
  }
};

inline const suite_list& fake_suites() {
  static const fake_suite only;
  static const suite_list all{&only};
  return all;
}

/// `text` stands behind two lines that name the schema and the suite.
inline matrix matrix_of(std::string_view text, const suite_list& suites = fake_suites()) {
  return parse_matrix("schema = 1\nsuite = 'fake'\n" + std::string(text), "m.toml", suites);
}

inline json fixed_key(const std::string& ring, const std::string& sink) {
  return {{"ring", ring},
          {"sink", sink},
          {"size", 2U << 20U},
          {"placement", "none"},
          {"memory", "any"}};
}

/// A GiB a sample, with 2 CPU-seconds a GiB, at each of `speeds` (MB/s).
inline std::vector<sample> fixed_cell(std::size_t cell, const json& key,
                                      std::initializer_list<double> speeds, bool verified = true) {
  std::vector<sample> out;
  for (const double speed : speeds) {
    sample& at = out.emplace_back();
    at.cell = cell;
    at.key = key;
    at.repetition = static_cast<int>(out.size());
    at.spec = json::object();
    cell_result result;
    result.verified = verified;
    result.bytes = 1U << 30U;
    result.amount = 7;
    result.seconds = static_cast<double>(result.bytes) / speed / 1e6;
    result.metrics = {{bytes_per_second, speed * 1e6}, {cpu_per_gib, 2}};
    at.result = std::move(result);
  }
  return out;
}

inline sample fixed_note(std::size_t cell, const json& key, bool skipped, const std::string& why) {
  sample out;
  out.cell = cell;
  out.key = key;
  out.repetition = skipped ? 0 : 7;
  out.spec = json::object();
  (skipped ? out.skipped : out.error) = why;
  return out;
}

inline std::vector<sample> operator+(std::vector<sample> one, const std::vector<sample>& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

/// Two sinks, in each a winner: "dir" has a cell that failed once, one that did not verify, and one
/// that was skipped.
inline std::vector<sample> fixed_samples() {
  std::vector<sample> roof =
      fixed_cell(7, fixed_key("copy", "null"), {9000, 9010, 8990, 9005, 8995, 9000});
  for (sample& each : roof) each.is_roof = true;
  return fixed_cell(0, fixed_key("mutex", "null"), {1000, 1010, 990, 1005, 995, 1000}) +
         fixed_cell(1, fixed_key("futex", "null"), {2000, 2100, 1900, 2050, 1950, 2000}) +
         fixed_cell(2, fixed_key("spsc", "null"), {2050, 2150, 1950, 2100, 2000, 2050}) +
         fixed_cell(3, fixed_key("mutex", "dir"), {500, 505, 495, 501, 499, 500}) +
         fixed_cell(4, fixed_key("futex", "dir"), {800, 810, 805, 801, 809, 805}) +
         std::vector{fixed_note(4, fixed_key("futex", "dir"), false, "disk full")} +
         fixed_cell(5, fixed_key("spsc", "dir"), {5000, 5000, 5000}, false) +
         std::vector{fixed_note(6, fixed_key("spsc", "chunks"), true, "no such node")} + roof;
}

/// A result set of those samples in `directory`.
inline void write_run(const std::filesystem::path& directory, const std::vector<sample>& samples) {
  std::filesystem::create_directories(directory);
  const matrix what = matrix_of("name = 'm'\n[axes]\nring = 'all'\nsink = 'all'\n");
  write(directory / "env.json", json{{"schema", schema},
                                     {"suite", "fake"},
                                     {"machine", "test-cpu-2cpu"},
                                     {"cpu_model", "Test CPU"},
                                     {"cpus", 2},
                                     {"numa_nodes", 1},
                                     {"kernel", "Linux 6.1"},
                                     {"turns", 36},
                                     {"matrix", to_toml(what)}}
                                    .dump());
  sample_writer writer(directory / "samples.jsonl", 0);
  for (const sample& each : samples) writer.append(each);
}

}  // namespace annulus::harness
