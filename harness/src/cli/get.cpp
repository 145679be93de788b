#include <fmt/format.h>

#include <annulus/pipeline/get.hpp>
#include <chrono>
#include <cstdio>
#include <limits>
#include <memory>

#include "command.hpp"
#include "json.hpp"
#include "options.hpp"
#include "output_file.hpp"
#include "progress_bar.hpp"
#include "stop_on_signal.hpp"

namespace annulus::cli {
namespace {

constexpr auto get_examples = R"(Examples:
  annulus get big.iso --disks d0,d1,d2,d3,d4,d5 -o copy.iso
  annulus get dir.tar --disks a,b -o - | tar x
  annulus get big.iso --disks d0,d1,d2 -o head.bin --range 0-1023      the first KiB)";

struct get_arguments {
  std::string object, disks, output, range;
  bool json = false;
};

std::optional<pipeline::byte_range> parse_range(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto dash = text.find('-');
  if (dash == std::string::npos) {
    throw usage_error(
        fmt::format("--range must be FIRST-LAST, two byte positions, not '{}'", text));
  }
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  return pipeline::byte_range{
      parse_count(text.substr(0, dash), "the first byte of --range", 0, most),
      parse_count(text.substr(dash + 1), "the last byte of --range", 0, most)};
}

void run(const get_arguments& given) {
  const stop_on_signal signals;
  pipeline::get_options what{
      .name = given.object, .disks = parse_disks(given.disks), .range = parse_range(given.range)};
  what.stop = signals.token();
  output_file out(given.output);
  const auto start = std::chrono::steady_clock::now();
  pipeline::get_report report;
  {
    progress_bar bar("get");
    what.progress = [&](std::uint64_t done, std::uint64_t total) { bar.update(done, total); };
    report = pipeline::get(what, [&](bytes_view bytes) { return out.write(bytes); });
  }
  out.commit();
  const auto seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  // Standard output may be the object itself.
  auto* const where = given.output == "-" ? stderr : stdout;
  if (given.json) {
    const harness::json result{{"name", given.object},
                               {"id", report.meta.id},
                               {"bytes", report.bytes},
                               {"seconds", seconds},
                               {"reconstructed_blocks", report.reconstructed},
                               {"rotten_frames", report.rotten_frames}};
    fmt::print(where, "{}\n", result.dump());
    return;
  }
  fmt::print(where,
             "{} of '{}' in {:.2f} s, {:.0f} MB/s; {} blocks reconstructed, {} rotten frames met\n",
             human_bytes(report.bytes), given.object, seconds,
             static_cast<double>(report.bytes) / seconds / 1e6, report.reconstructed,
             report.rotten_frames);
}

}  // namespace

void add_get(CLI::App& app) {
  auto* command =
      app.add_subcommand("get", "Read an object, or a range of it, back from its shards");
  const auto given = std::make_shared<get_arguments>();
  command->add_option("OBJECT", given->object, "The object's name")->required();
  add_disks(*command, given->disks,
            "The disks, in any order, separated by commas; missing ones may be left out");
  command->add_option("-o,--output", given->output, "The file to write, or - for standard output")
      ->required()
      ->type_name("FILE");
  command->add_option("--range", given->range, "Only bytes A to B, both included, counted from 0")
      ->type_name("A-B");
  command->add_flag("--json", given->json, "Print JSON");
  command->footer(get_examples);
  command->callback([given] { reporting([&] { run(*given); }); });
}

}  // namespace annulus::cli
