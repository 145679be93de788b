#include "suites/pipeline/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/get.hpp>
#include <annulus/pipeline/put.hpp>
#include <chrono>
#include <cmath>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "machine/placement.hpp"
#include "measure/statistics.hpp"
#include "measure/suite.hpp"
#include "suites/common/usage.hpp"
#include "suites/pipeline/geometry.hpp"
#include "suites/pipeline/roofs.hpp"

namespace annulus::suites {
namespace {

using harness::cell_request;
using harness::cell_result;
using harness::json;

constexpr auto object_name = "object";

pipeline::hand_over hand_of(std::string_view name) {
  if (name == "copy") return pipeline::hand_over::copy;
  return name == "copy-in" ? pipeline::hand_over::copy_in : pipeline::hand_over::in_place;
}

pipeline::put_options options_of(const cell_request& cell) {
  pipeline::put_options how;
  how.name = object_name;
  how.geometry = geometry_of(cell);
  how.ring = cell.word("ring");
  how.ring_size = cell.number("ring_size");
  how.read_size = cell.number("read_size");
  const auto sink = pipeline::parse_sink(cell.word("sink"));
  if (!sink) {
    throw harness::bad_input(
        fmt::format("the cell's sink is '{}', which there is not", cell.word("sink")));
  }
  how.sink = *sink;
  how.mode =
      cell.word("mode") == "serial" ? pipeline::put_mode::serial : pipeline::put_mode::parallel;
  how.hand = hand_of(cell.word("hand"));
  how.sync = cell.truth("sync");
  if (how.sink == pipeline::sink_kind::null) return how;
  for (unsigned i = 0; i < how.geometry.shards(); ++i) {
    how.disks.push_back(std::filesystem::path(cell.work) / fmt::format("d{}", i));
  }
  return how;
}

std::string digest_of(pipeline::input& from) {
  harness::sha256 digest;
  std::vector<std::byte> piece(std::size_t{1} << 20);
  for (;;) {
    const auto got = from.read(piece, {});
    if (got.error) {
      throw harness::error(
          fmt::format("input {} cannot be read: {}", from.name(), got.error.message()));
    }
    if (got.bytes == 0) return digest.hex();
    digest.update(std::span(piece).first(got.bytes));
  }
}

// Whether what went through the rings is the input: read back and compared by SHA-256, or with sink
// null by the fold of each shard stream against one computed without rings.
bool verified(const cell_request& cell, const pipeline::put_options& how,
              const pipeline::put_report& report) {
  auto again = pipeline::input::open(cell.input);
  if (how.sink == pipeline::sink_kind::null) {
    return report.stored_bytes == how.geometry.stream_size(report.bytes) * how.geometry.shards() &&
           report.folds == pipeline::reference_folds(again, how.geometry);
  }
  harness::sha256 digest;
  pipeline::get({.name = how.name, .disks = how.disks}, [&](bytes_view bytes) {
    digest.update(bytes);
    return std::error_code{};
  });
  return digest.hex() == digest_of(again);
}

void add_stalls(cell_result& to, const std::vector<std::chrono::nanoseconds>& stalls) {
  std::vector<double> us;
  us.reserve(stalls.size());
  for (const auto stall : stalls) us.push_back(static_cast<double>(stall.count()) / 1e3);
  if (us.empty()) us.push_back(0);
  to.metrics[harness::stall_p99] = harness::quantile(us, 0.99);
  to.metrics[harness::stall_p999] = harness::quantile(us, 0.999);
  to.metrics["stall_max_us"] = *std::max_element(us.begin(), us.end());
}

void add_costs(cell_result& to, const pipeline::put_options& how,
               const pipeline::put_report& report, const bench::usage& spent) {
  bench::add_usage(to.metrics, spent, report.bytes);
  const double gib = std::ldexp(static_cast<double>(report.bytes), -30);
  // What it took before and behind the measured time does not count.
  to.metrics[harness::cpu_per_gib] = std::chrono::duration<double>(report.cpu).count() / gib;
  to.metrics["voluntary_switches_per_gib"] = static_cast<double>(report.voluntary_switches) / gib;
  to.metrics["involuntary_switches_per_gib"] =
      static_cast<double>(report.involuntary_switches) / gib;
  const double drains = to.seconds * how.geometry.shards();
  const double fillers = how.mode == pipeline::put_mode::serial ? to.seconds : drains;
  bench::add_ring_counts(to.metrics, report.rings, report.bytes, fillers, drains);
}

}  // namespace

cell_result run_pipeline_cell(const cell_request& cell) {
  if (is_roof_mode(cell.word("mode"))) return run_pipeline_roof(cell);
  auto how = options_of(cell);
  harness::bind_memory(cell.memory_nodes, cell.word("memory") == "interleaved"
                                              ? harness::spread::interleave
                                              : harness::spread::bind);
  how.on_producer = [&] { harness::pin_thread(cell.producer_cpus); };
  how.on_consumer = [&] { harness::pin_thread(cell.consumer_cpus); };
  how.ask_memory = true;
  auto from = pipeline::input::open(cell.input);
  const harness::hardware_counters counters;
  const auto before = bench::usage::now(counters);
  const auto report = pipeline::put(from, how);
  const auto spent = bench::usage::now(counters) - before;
  if (!report.failures.empty()) {
    throw harness::error(fmt::format("disk {} failed: {}",
                                     pipeline::escaped(report.failures[0].disk.filename()),
                                     report.failures[0].reason));
  }
  cell_result out;
  out.bytes = out.amount = report.bytes;
  out.seconds = std::chrono::duration<double>(report.elapsed).count();
  out.metrics[harness::bytes_per_second] = static_cast<double>(report.bytes) / out.seconds;
  add_costs(out, how, report, spent);
  add_stalls(out, report.stalls);
  out.details["occupancy"] = bench::occupancy_of(report.rings);
  if (report.memory) out.details["pages"] = harness::pages_json(*report.memory);
  out.verified = verified(cell, how, report);
  return out;
}

}  // namespace annulus::suites
