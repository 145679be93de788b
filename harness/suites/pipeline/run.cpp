#include "suites/pipeline/run.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

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
#include "suites/pipeline/geometry.hpp"
#include "suites/pipeline/loaded.hpp"

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

pipeline::geometry geometry_of(const cell_request& cell) {
  shard_counts shards;
  parse_geometry(cell.word("geometry"), shards);
  return {.data = static_cast<unsigned>(shards.data),
          .parity = static_cast<unsigned>(shards.parity),
          .block = cell.number("block")};
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

// What this process has used so far.
struct usage {
  double user = 0;
  double system = 0;
  double faults = 0;

  static usage now() {
    rusage at{};
    getrusage(RUSAGE_SELF, &at);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return {seconds(at.ru_utime), seconds(at.ru_stime),
            static_cast<double>(at.ru_minflt + at.ru_majflt)};
  }
};

// The figures of everything that moved `bytes`.
void add_rates(cell_result& to, std::uint64_t bytes, double seconds, const usage& before,
               const usage& after) {
  const double gib = std::ldexp(static_cast<double>(bytes), -30);
  to.bytes = to.amount = bytes;
  to.seconds = seconds;
  to.metrics[harness::bytes_per_second] = static_cast<double>(bytes) / seconds;
  to.metrics["user_seconds_per_gib"] = (after.user - before.user) / gib;
  to.metrics["system_seconds_per_gib"] = (after.system - before.system) / gib;
  to.metrics[harness::cpu_per_gib] =
      (after.user - before.user + after.system - before.system) / gib;
  to.metrics["page_faults_per_gib"] = (after.faults - before.faults) / gib;
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

void add_counts(cell_result& to, const pipeline::put_report& report) {
  const double gib = std::ldexp(static_cast<double>(report.bytes), -30);
  const auto add = [&](const char* name, std::uint64_t count) {
    to.metrics[name] = static_cast<double>(count) / gib;
  };
  const auto& [writer, reader] = std::tie(report.rings.writer, report.rings.reader);
  add("waits_per_gib", writer.waits + reader.waits);
  add("sleeps_per_gib", writer.parks + reader.parks);
  add("wakes_per_gib", writer.wakes + reader.wakes);
  add("voluntary_switches_per_gib", report.voluntary_switches);
  add("involuntary_switches_per_gib", report.involuntary_switches);
}

void add(harness::page_census& sum, const harness::page_census& one) {
  for (const auto& [node, pages] : one.on_node) sum.on_node[node] += pages;
  for (const auto& [number, pages] : one.by_errno) sum.by_errno[number] += pages;
}

// One thread that reads, encodes and hashes, and folds what it has.
cell_result run_roof(const cell_request& cell) {
  auto from = pipeline::input::open(cell.input);
  const auto shape = geometry_of(cell);
  const auto before = usage::now();
  const auto start = std::chrono::steady_clock::now();
  const auto folds = pipeline::reference_folds(from, shape);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  cell_result out;
  out.verified = folds.size() == shape.shards();
  add_rates(out, std::filesystem::file_size(cell.input), taken.count(), before, usage::now());
  return out;
}

}  // namespace

cell_result run_pipeline_cell(const cell_request& cell) {
  if (cell.word("mode") == roof_mode) return run_roof(cell);
  auto how = options_of(cell);
  harness::bind_memory(cell.memory_nodes, cell.word("memory") == "interleaved"
                                              ? harness::spread::interleave
                                              : harness::spread::bind);
  how.on_producer = [&] { harness::pin_thread(cell.producer_cpus); };
  how.on_consumer = [&] { harness::pin_thread(cell.consumer_cpus); };
  harness::page_census pages;
  if (!cell.memory_nodes.empty()) {
    how.on_ring_memory = [&](bytes_view memory) { add(pages, harness::page_homes(memory)); };
  }
  auto from = pipeline::input::open(cell.input);
  const loaded_put load(bench::parse_load(cell.word("load")).value_or(bench::load{}), how);
  const auto before = usage::now();
  const auto report = pipeline::put(from, how);
  const auto after = usage::now();
  if (!report.failures.empty()) {
    throw harness::error(fmt::format("disk {} failed: {}",
                                     pipeline::escaped(report.failures[0].disk.filename()),
                                     report.failures[0].reason));
  }
  cell_result out;
  add_rates(out, report.bytes, std::chrono::duration<double>(report.elapsed).count(), before,
            after);
  out.metrics[harness::cpu_per_gib] = std::chrono::duration<double>(report.cpu).count() /
                                      std::ldexp(static_cast<double>(report.bytes), -30);
  add_stalls(out, load.stalls(report));
  add_counts(out, report);
  if (!cell.memory_nodes.empty()) out.details = {{"pages", harness::to_json(pages)}};
  out.verified = verified(cell, how, report);
  return out;
}

}  // namespace annulus::suites
