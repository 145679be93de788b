// One cell of a matrix, in a process of its own: `annulus run` starts it.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/get.hpp>
#include <annulus/pipeline/put.hpp>

#include "bounded_file.hpp"
#include "command.hpp"
#include "options.hpp"
#include "placement.hpp"
#include "plan.hpp"
#include "sha256.hpp"
#include "standard_streams.hpp"
#include "statistics.hpp"

namespace annulus::cli {
namespace {

constexpr auto object_name = "object";

pipeline::hand_over hand_of(std::string_view name) {
  if (name == "copy") return pipeline::hand_over::copy;
  return name == "copy-in" ? pipeline::hand_over::copy_in : pipeline::hand_over::in_place;
}

pipeline::put_options options_of(const harness::cell_spec& spec) {
  pipeline::put_options how;
  how.name = object_name;
  how.geometry = {.data = static_cast<unsigned>(spec.data),
                  .parity = static_cast<unsigned>(spec.parity),
                  .block = spec.block};
  how.ring = spec.ring;
  how.ring_size = spec.ring_size;
  how.read_size = spec.read_size;
  const auto sink = pipeline::parse_sink(spec.sink);
  if (!sink)
    throw usage_error(fmt::format("the cell's sink is '{}', which there is not", spec.sink));
  how.sink = *sink;
  how.mode = spec.mode == "serial" ? pipeline::put_mode::serial : pipeline::put_mode::parallel;
  how.hand = hand_of(spec.hand);
  how.sync = spec.sync;
  if (how.sink == pipeline::sink_kind::null) return how;
  for (unsigned i = 0; i < how.geometry.shards(); ++i) {
    how.disks.push_back(std::filesystem::path(spec.work) / fmt::format("d{}", i));
  }
  return how;
}

std::string digest_of(pipeline::input& from) {
  harness::sha256 digest;
  std::vector<std::byte> piece(std::size_t{1} << 20);
  for (;;) {
    const auto got = from.read(piece, {});
    if (got.error)
      throw failure(fmt::format("input {} cannot be read: {}", from.name(), got.error.message()));
    if (got.bytes == 0) return digest.hex();
    digest.update(std::span(piece).first(got.bytes));
  }
}

// Whether what went through the rings is the input: read back and compared by SHA-256, or with sink
// null by the fold of each shard stream against one computed without rings.
bool verified(const harness::cell_spec& spec, const pipeline::put_options& how,
              const pipeline::put_report& report) {
  auto again = pipeline::input::open(spec.input);
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

harness::json stall_summary(const std::vector<std::chrono::nanoseconds>& stalls) {
  std::vector<double> values;
  values.reserve(stalls.size());
  for (const auto stall : stalls) values.push_back(static_cast<double>(stall.count()));
  if (values.empty()) values.push_back(0);
  return {{"p50", harness::quantile(values, 0.5)},
          {"p99", harness::quantile(values, 0.99)},
          {"p999", harness::quantile(values, 0.999)},
          {"max", *std::max_element(values.begin(), values.end())}};
}

harness::json result_of(const pipeline::put_report& report, bool good,
                        const harness::page_census& pages) {
  return {{"bytes", report.bytes},
          {"seconds", std::chrono::duration<double>(report.elapsed).count()},
          {"cpu_seconds", std::chrono::duration<double>(report.cpu).count()},
          {"stall_ns", stall_summary(report.stalls)},
          {"frames", report.frames},
          {"writer_waits", report.rings.writer.waits},
          {"reader_waits", report.rings.reader.waits},
          {"writer_parks", report.rings.writer.parks},
          {"reader_parks", report.rings.reader.parks},
          {"wakes", report.rings.writer.wakes + report.rings.reader.wakes},
          {"voluntary_switches", report.voluntary_switches},
          {"involuntary_switches", report.involuntary_switches},
          {"verified", good},
          {"stored_bytes", report.stored_bytes},
          {"pages", harness::to_json(pages)}};
}

void add(harness::page_census& sum, const harness::page_census& one) {
  for (const auto& [node, pages] : one.on_node) sum.on_node[node] += pages;
  for (const auto& [number, pages] : one.by_errno) sum.by_errno[number] += pages;
}

void run() {
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20U;
  const auto described = harness::parse_bounded(
      harness::read_bounded(STDIN_FILENO, most_bytes, "the cell's description"));
  if (described.is_discarded()) throw usage_error("the cell's description is not valid JSON");
  const auto spec = harness::spec_from_json(described);
  auto how = options_of(spec);
  harness::bind_memory(spec.memory_nodes, spec.memory == "interleaved" ? harness::spread::interleave
                                                                       : harness::spread::bind);
  how.on_producer = [&] { harness::pin_thread(spec.producer_cpus); };
  how.on_consumer = [&] { harness::pin_thread(spec.consumer_cpus); };
  harness::page_census pages;
  if (!spec.memory_nodes.empty()) {
    how.on_ring_memory = [&](bytes_view memory) { add(pages, harness::page_homes(memory)); };
  }
  auto from = pipeline::input::open(spec.input);
  const auto report = pipeline::put(from, how);
  if (!report.failures.empty()) {
    throw failure(fmt::format("disk {} failed: {}",
                              pipeline::escaped(report.failures[0].disk.filename()),
                              report.failures[0].reason));
  }
  const auto good = verified(spec, how, report);
  print_json(result_of(report, good, pages));
}

}  // namespace

void add_cell(CLI::App& app) {
  auto* command = app.add_subcommand("cell", "Run one cell, described as JSON on standard input");
  command->group("");  // not for people: `annulus run` calls it
  command->callback([] { reporting([] { run(); }); });
}

}  // namespace annulus::cli
