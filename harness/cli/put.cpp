#include <fmt/format.h>

#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/put.hpp>
#include <annulus/ring.hpp>
#include <memory>

#include "base/json.hpp"
#include "base/sizes.hpp"
#include "base/system_words.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/progress_bar.hpp"
#include "cli/standard_streams.hpp"
#include "cli/stop_on_signal.hpp"

namespace annulus::cli {
namespace {

using pipeline::escaped;

constexpr auto put_examples = R"(Examples:
  annulus put big.iso --disks d0,d1,d2,d3,d4,d5 --data 4 --parity 2
  tar c dir | annulus put - --name dir.tar --disks a,b --data 1 --parity 1 --sink chunks
  annulus put big.iso --disks d0,d1,d2 --data 2 --parity 1 --ring mirror --in-place --json

The input is read to its end, whatever size it states; links are followed. Disks are directories: URLs
are not supported. Names show bytes that are no UTF-8, and control characters, as \xNN and a backslash
as \\.)";

struct put_arguments {
  std::string file, name, disks, data, parity;
  std::string block = "1MiB", ring{variant<annulus::ring>.name}, ring_size = "2MiB", sink = "dir",
              mode = "serial";
  bool copy = false, copy_in = false, in_place = false, no_sync = false, json = false;
};

pipeline::hand_over hand_of(const put_arguments& given) {
  if (given.in_place) return pipeline::hand_over::in_place;
  return given.copy_in ? pipeline::hand_over::copy_in : pipeline::hand_over::copy;
}

pipeline::put_options options_of(const put_arguments& given) {
  constexpr unsigned most_shards = 255;
  pipeline::put_options how;
  how.geometry.data = static_cast<unsigned>(parse_count(given.data, "--data", 1, most_shards));
  how.geometry.parity =
      static_cast<unsigned>(parse_count(given.parity, "--parity", 1, most_shards));
  how.geometry.block =
      harness::parse_size(given.block, "--block", 1, pipeline::geometry::max_block);
  how.ring = given.ring;
  how.ring_size = harness::parse_size(given.ring_size, "--ring-size");
  const auto sink = pipeline::parse_sink(given.sink);
  if (!sink)
    throw usage_error(
        fmt::format("--sink must be dir, chunks or null, not '{}'", escaped(given.sink)));
  how.sink = *sink;
  if (given.mode != "serial" && given.mode != "parallel") {
    throw usage_error(
        fmt::format("--mode must be serial or parallel, not '{}'", escaped(given.mode)));
  }
  how.mode = given.mode == "serial" ? pipeline::put_mode::serial : pipeline::put_mode::parallel;
  how.hand = hand_of(given);
  how.sync = !given.no_sync;
  if (how.sink != pipeline::sink_kind::null) {
    if (given.disks.empty())
      throw usage_error(fmt::format("--disks is needed with --sink {}", given.sink));
    how.disks = parse_disks(given.disks);
  }
  how.name = given.name;
  if (how.name.empty() && how.sink != pipeline::sink_kind::null) {
    if (given.file == "-")
      throw usage_error("--name is needed when the input is '-', standard input");
    how.name = std::filesystem::path(given.file).filename().string();
  }
  return how;
}

harness::json to_json(const pipeline::put_options& how, const pipeline::put_report& report) {
  auto failures = harness::json::array();
  for (const auto& [disk, reason] : report.failures)
    failures.push_back({{"disk", escaped(disk)}, {"reason", printable(reason)}});
  return {{"name", escaped(how.name)},
          {"id", report.id},
          {"bytes", report.bytes},
          {"stored_bytes", report.stored_bytes},
          {"frames", report.frames},
          {"seconds", std::chrono::duration<double>(report.elapsed).count()},
          {"cpu_seconds", std::chrono::duration<double>(report.cpu).count()},
          {"disks", how.geometry.shards() - report.failures.size()},
          {"failed_disks", failures}};
}

void show(const pipeline::put_options& how, const pipeline::put_report& report) {
  const auto seconds = std::chrono::duration<double>(report.elapsed).count();
  const auto what = how.sink == pipeline::sink_kind::null
                        ? std::string("sent to nowhere")
                        : fmt::format("stored as '{}'", escaped(how.name));
  print("{} {} as {}+{} in {:.2f} s, {:.0f} MB/s, through {} rings of {}\n",
        human_bytes(report.bytes), what, how.geometry.data, how.geometry.parity, seconds,
        static_cast<double>(report.bytes) / seconds / 1e6, how.ring,
        harness::format_size(how.ring_size));
}

// Of rings, and of the block that is encoded beside them.
std::uint64_t wanted_memory(const pipeline::put_options& how) {
  const auto& shape = how.geometry;
  return shape.shards() * (std::uint64_t{how.ring_size} + 2 * shape.frame_size(shape.block));
}

pipeline::put_report store(pipeline::input& from, const pipeline::put_options& how) {
  try {
    return pipeline::put(from, how);
  } catch (const std::bad_alloc&) {
    throw failure(fmt::format("put needs some {} for {} rings and blocks, and {}",
                              human_bytes(wanted_memory(how)), how.geometry.shards(),
                              harness::memory_ran_out()));
  }
}

void run(const put_arguments& given) {
  auto how = options_of(given);
  pipeline::check(how);
  const stop_on_signal signals;
  auto from = pipeline::input::open(given.file);
  how.stop = signals.token();
  pipeline::put_report report;
  {
    progress_bar bar("put");
    how.progress = [&](std::uint64_t done) { bar.update(done, from.size_hint()); };
    report = store(from, how);
  }
  for (const auto& [disk, reason] : report.failures) {
    warn(fmt::format("disk {} failed and was dropped: {}", escaped(disk), reason));
  }
  if (given.json) {
    print_json(to_json(how, report));
  } else {
    show(how, report);
  }
  flush_output(how.sink == pipeline::sink_kind::null
                   ? ""
                   : fmt::format("object '{}' was stored", escaped(how.name)));
}

}  // namespace

void add_put(CLI::App& app) {
  auto* command = app.add_subcommand("put", "Store a file as erasure-coded shards on disks");
  const auto given = std::make_shared<put_arguments>();
  command->add_option("FILE", given->file, "The file to store, or - for standard input")
      ->required();
  command
      ->add_option("--disks", given->disks,
                   "One directory a shard, separated by commas; made if need be")
      ->type_name("D0,D1,…");
  command->add_option("--data", given->data, "Data shards, 1 to 255")->required()->type_name("K");
  command->add_option("--parity", given->parity, "Parity shards, 1 to 255")
      ->required()
      ->type_name("M");
  command->add_option("--name", given->name, "The object's name; the file's by default");
  command->add_option("--block", given->block, "Bytes that are encoded together")
      ->type_name("SIZE")
      ->capture_default_str();
  command
      ->add_option("--ring", given->ring,
                   "The ring between encoder and sink, see 'annulus variants'")
      ->capture_default_str();
  command->add_option("--ring-size", given->ring_size, "Bytes of each ring")
      ->type_name("SIZE")
      ->capture_default_str();
  command->add_option("--sink", given->sink, "dir, chunks or null")->capture_default_str();
  command
      ->add_option("--mode", given->mode,
                   "serial: one thread fills all rings; parallel: one a shard")
      ->capture_default_str();
  auto* copy =
      command->add_flag("--copy", given->copy, "Encode beside the rings and copy (default)");
  auto* copy_in = command
                      ->add_flag("--copy-in", given->copy_in,
                                 "Encode beside the rings, copy into them and drain straight from "
                                 "them, frame by frame")
                      ->excludes(copy);
  command
      ->add_flag("--in-place", given->in_place, "Encode in ring memory and drain straight from it")
      ->excludes(copy)
      ->excludes(copy_in);
  command->add_flag("--no-sync", given->no_sync, "Return before the bytes are on disk");
  command->add_flag("--json", given->json, "Print JSON");
  command->footer(put_examples);
  command->callback([given] { reporting([&] { run(*given); }); });
}

}  // namespace annulus::cli
