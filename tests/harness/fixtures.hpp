// Samples with known numbers.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "samples.hpp"
#include "support.hpp"

namespace annulus::harness {

inline json fixed_key(const std::string& ring, const std::string& sink, const std::string& mode) {
  return {{"ring", ring},         {"sink", sink},       {"mode", mode},     {"hand", "copy"},
          {"ring_size", 2097152}, {"read_size", 65536}, {"block", 1048576}, {"geometry", "8+4"},
          {"placement", "none"},  {"memory", "any"},    {"sync", false}};
}

/// A GiB a sample, with 2 CPU-seconds and a stall p99 of 1.5 µs, at each of `speeds` (MB/s).
inline std::vector<sample> fixed_cell(std::size_t cell, const json& key,
                                      std::initializer_list<double> speeds, bool verified = true) {
  std::vector<sample> out;
  for (const double speed : speeds) {
    sample& at = out.emplace_back();
    at.cell = cell;
    at.key = key;
    at.repetition = static_cast<int>(out.size());
    at.spec = json::object();
    at.result = json{{"bytes", 1U << 30U},
                     {"seconds", static_cast<double>(1U << 30U) / speed / 1e6},
                     {"cpu_seconds", 2.0},
                     {"stall_ns", {{"p50", 10}, {"p99", 1500}, {"p999", 2000}, {"max", 9000}}},
                     {"verified", verified}};
  }
  return out;
}

inline sample fixed_note(std::size_t cell, const json& key, bool skipped, const std::string& why) {
  sample out;
  out.cell = cell;
  out.key = key;
  out.repetition = skipped ? 0 : 3;
  out.spec = json::object();
  (skipped ? out.skipped : out.error) = why;
  return out;
}

inline std::vector<sample> operator+(std::vector<sample> one, const std::vector<sample>& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

inline std::vector<sample> fixed_samples() {
  return fixed_cell(0, fixed_key("mutex", "null", "serial"), {1000, 1010, 990}) +
         fixed_cell(1, fixed_key("futex", "null", "serial"), {2000, 2100, 1900}) +
         fixed_cell(2, fixed_key("spsc", "null", "serial"), {2050, 2150, 1950}) +
         fixed_cell(3, fixed_key("mutex", "dir", "serial"), {500, 505, 495}) +
         fixed_cell(4, fixed_key("futex", "dir", "serial"), {800, 810}) +
         std::vector{fixed_note(4, fixed_key("futex", "dir", "serial"), false, "disk full")} +
         fixed_cell(5, fixed_key("spsc", "dir", "serial"), {5000, 5000, 5000}, false) +
         std::vector{fixed_note(6, fixed_key("pipe", "dir", "serial"), true, "no such node")};
}

/// A result set of those samples in `directory`.
inline void write_run(const std::filesystem::path& directory, const std::vector<sample>& samples) {
  std::filesystem::create_directories(directory);
  write(directory / "env.json", json{{"cpu_model", "Test CPU"},
                                     {"cpus", 2},
                                     {"numa_nodes", 1},
                                     {"kernel", "Linux 6.1"},
                                     {"turns", 18}}
                                    .dump());
  sample_writer writer(directory / "samples.jsonl", 0);
  for (const sample& each : samples) writer.append(each);
}

}  // namespace annulus::harness
