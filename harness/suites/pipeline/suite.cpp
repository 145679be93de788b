#include "suites/pipeline/suite.hpp"

#include <fmt/format.h>

#include <annulus/all.hpp>

#include "base/sizes.hpp"
#include "suites/common/load.hpp"
#include "suites/common/load_axis.hpp"
#include "suites/common/usage.hpp"
#include "suites/pipeline/geometry.hpp"
#include "suites/pipeline/roofs.hpp"
#include "suites/pipeline/run.hpp"

namespace annulus::suites {
namespace {

using harness::axis;
using harness::better;
using harness::json;

constexpr std::uint64_t hash_bytes = 32;

std::vector<std::string> ring_names() {
  std::vector<std::string> names;
  for (const auto& info : all_rings::infos) names.emplace_back(info.name);
  return names;
}

bool is_geometry(std::string_view text) {
  shard_counts ignored;
  return parse_geometry(text, ignored);
}

std::vector<axis> pipeline_axes() {
  using namespace harness;
  constexpr std::uint64_t kib = 1U << 10U;
  constexpr std::uint64_t mib = 1U << 20U;
  return {
      {"sink",
       "Where shards go: nowhere (null), a directory for each disk (dir), a chunk log for each "
       "(chunks)",
       words({"null", "dir", "chunks"}), "null"},
      {"ring", "The ring before each sink; `annulus variants` lists them",
       with_hidden(words(ring_names()), {no_ring}), "futex"},
      {"mode",
       "Who encodes and fills the rings: one thread for all of them (serial), or one for each "
       "shard (parallel)",
       with_hidden(words({"serial", "parallel"}),
                   {roof_mode, encoding_mode, hashing_mode, sink_mode}),
       "serial"},
      {"hand",
       "How bytes pass through a ring: copied in and out (copy), copied in and drained straight "
       "from it (copy-in), or "
       "encoded into its own memory and drained straight from that (in-place)",
       words({"copy", "copy-in", "in-place"}), "copy"},
      {"ring_size", "Capacity of each ring", sizes(), 2 * mib},
      {"read_size", "What a drain takes at a time", sizes(), 64 * kib},
      {"block", "What is encoded at a time", sizes(), mib},
      {"geometry", "Data and parity shards, at most 256 together",
       patterns({}, "K+M, such as 8+4", is_geometry), "8+4"},
      placement_axis(),
      memory_axis(),
      {"sync", "Whether a put is on disk before its time ends", truths(), false},
      bench::load_axis("Of the object and its sinks: ",
                       "; rates are of the object's bytes, so that of each sink is its share; a "
                       "stall stops all sinks at once, jitter each at moments of its own"),
  };
}

std::vector<harness::metric> pipeline_metrics() {
  std::vector<harness::metric> out{
      {harness::bytes_per_second, "MB/s", better::higher, 1e-6},
      {harness::cpu_per_gib, "CPU-s/GiB", better::lower},
      {harness::stall_p99, "stall p99 µs", better::lower},
      {harness::stall_p999, "stall p99.9 µs", better::lower},
      {"stall_max_us", "stall max µs", better::lower},
  };
  for (auto more : {bench::usage_metrics(), bench::ring_count_metrics()})
    out.insert(out.end(), more.begin(), more.end());
  return out;
}

class pipeline final : public harness::suite {
 public:
  pipeline()
      : suite({.name = "pipeline",
               .description =
                   "An object through the whole pipeline: erasure coding, hashing, rings, sinks",
               .axes = pipeline_axes(),
               .metrics = pipeline_metrics(),
               .table = {.section = "sink",
                         .section_if_varies = "load",
                         .rows = {"ring", "mode"},
                         .across = "",
                         .baseline_axis = "ring",
                         .baseline_value = "pipe"},
               .quantities = {"shard", "frame"},
               .reads_input = true,
               .note =
                   "Whatever was stored was read back and compared with the input, or with "
                   "sink null folded and "
                   "compared.\nThe roof is one thread that reads, encodes and hashes, without "
                   "rings or sinks. `annulus table --why` shows encoding and hashing alone, "
                   "and the sinks alone, given the same bytes by one thread and not read back."}) {}

  [[nodiscard]] std::vector<std::string> shown(const json& /*key*/) const override {
    return {harness::bytes_per_second, harness::cpu_per_gib, harness::stall_p99,
            harness::stall_p999};
  }
  [[nodiscard]] std::string unavailable(const json& key) const override {
    if (is_roof(key) || key.at("hand") != "in-place") return "";
    const auto frame = quantities(key).at("frame");
    const auto size = key.at("ring_size").get<std::uint64_t>();
    if (size >= frame) return "";
    return fmt::format("in place, a ring must hold a frame, which has {} bytes, but its size is {}",
                       frame, harness::format_size(size));
  }
  [[nodiscard]] json reduced(json key) const override {
    // It has no memory of its own; handed over in place, its size must be that of a frame at least.
    if (key.at("ring") == "pipe" && key.at("hand") == "copy")
      key["ring_size"] = find_axis(axes(), "ring_size")->fallback;
    return key;
  }
  [[nodiscard]] std::vector<json> roofs(const json& key) const override {
    if (is_roof(key)) return {};
    json out = key;
    for (const axis& each : axes()) {
      if (each.name != "block" && each.name != "geometry") out[each.name] = each.fallback;
    }
    out["ring"] = no_ring;
    std::vector<json> all;
    for (const char* const mode : {roof_mode, encoding_mode, hashing_mode}) {
      out["mode"] = mode;
      all.push_back(out);
    }
    if (key.at("sink") == "null") return all;
    out["mode"] = sink_mode;
    for (const char* const axis : {"sink", "sync"}) out[axis] = key.at(axis);
    all.push_back(out);
    return all;
  }
  [[nodiscard]] std::optional<harness::traffic> traffic_of(const json& key) const override {
    if (is_roof(key)) return std::nullopt;
    const bool serial = key.at("mode") == "serial";
    shard_counts counts;
    parse_geometry(key.at("geometry").get<std::string>(), counts);
    const auto shards = static_cast<std::size_t>(counts.data + counts.parity);
    return harness::traffic{.load = key.value("load", "closed"),
                            .ring_size = key.at("ring_size").get<std::uint64_t>(),
                            .piece = quantities(key).at("frame"),
                            .rings = shards,
                            .share = 1.0 / counts.data,
                            .threads = shards + (serial ? 1 : shards),
                            .share_a_cpu = key.at("placement") == "same-pu",
                            .copies = key.at("hand") != "in-place",
                            .stores = key.at("sink") != "null"};
  }
  [[nodiscard]] std::map<std::string, std::uint64_t> quantities(const json& key) const override {
    if (!key.at("block").is_number()) return {};
    shard_counts shards;
    parse_geometry(key.at("geometry").get<std::string>(), shards);
    const auto data = static_cast<std::uint64_t>(shards.data);
    const std::uint64_t shard = (key.at("block").get<std::uint64_t>() + data - 1) / data;
    return {{"shard", shard}, {"frame", shard + hash_bytes}};
  }
  [[nodiscard]] double seconds(const json& key) const override {
    // Of the default input, verification included, on the slowest machine met.
    constexpr double bytes = 1U << 28U;
    const auto how = bench::parse_load(key.at("load").get<std::string>()).value_or(bench::load{});
    double out = key.at("sink") == "null" ? 0.6 : 1.5;
    if (how.is_paced()) out += bytes / how.paced_rate();
    if (how.drain != 0) out += bytes / static_cast<double>(how.drain);
    return how.stall.count() != 0 ? out + 1 : out;
  }
  [[nodiscard]] std::string role(const json& key) const override {
    const std::map<std::string, std::string> roles{{roof_mode, "roof"},
                                                   {encoding_mode, harness::encoding_alone},
                                                   {hashing_mode, harness::hashing_alone},
                                                   {sink_mode, harness::sink_alone}};
    return is_roof(key) ? roles.at(key.at("mode").get<std::string>()) : "";
  }
  [[nodiscard]] harness::cell_result run(const harness::cell_request& cell) const override {
    return run_pipeline_cell(cell);
  }

 private:
  static bool is_roof(const json& key) { return is_roof_mode(key.at("mode").get<std::string>()); }
};

}  // namespace

const harness::suite& pipeline_suite() {
  static const pipeline all;
  return all;
}

}  // namespace annulus::suites
