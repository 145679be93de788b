#include <fmt/format.h>
#include <unistd.h>

#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/get.hpp>
#include <chrono>
#include <limits>
#include <memory>

#include "base/json.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/output_file.hpp"
#include "cli/output_target.hpp"
#include "cli/progress_bar.hpp"
#include "cli/standard_streams.hpp"
#include "cli/stop_on_signal.hpp"

namespace annulus::cli {
namespace {

using pipeline::escaped;

constexpr auto get_examples = R"(Examples:
  annulus get big.iso --disks d0,d1,d2,d3,d4,d5 -o copy.iso
  annulus get dir.tar --disks a,b -o - | tar x
  annulus get big.iso --disks d0,d1,d2 -o head.bin --range 0-1023      the first KiB

An output that exists keeps its mode, owner and hard links, a link its target. The report goes to
standard error where standard output is the object's. Names show bytes that are no UTF-8, and control
characters, as \xNN and a backslash as \\.)";

struct get_arguments {
  std::string object, disks, output, range;
  bool json = false;
};

std::optional<pipeline::byte_range> parse_range(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto dash = text.find('-');
  if (dash == std::string::npos) {
    throw usage_error(
        fmt::format("--range must be FIRST-LAST, two byte positions, not '{}'", escaped(text)));
  }
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  return pipeline::byte_range{
      parse_count(text.substr(0, dash), "the first byte of --range", 0, most),
      parse_count(text.substr(dash + 1), "the last byte of --range", 0, most)};
}

// Where the report goes: not among the object's bytes.
enum class channel { output, errors, nowhere };

channel channel_beside(const output_file& out) {
  if (!out.leads_to(STDOUT_FILENO)) return channel::output;
  return out.leads_to(STDERR_FILENO) ? channel::nowhere : channel::errors;
}

void tell(channel where, const std::string& line, const std::string& done) {
  if (where == channel::errors) draw(line);
  if (where != channel::output) return;
  print_text(line);
  flush_output(done);
}

std::string as_json(const get_arguments& given, const pipeline::get_report& got, double seconds,
                    const output_file& out) {
  const harness::json result{{"name", escaped(given.object)},
                             {"id", got.meta.id},
                             {"bytes", got.bytes},
                             {"seconds", seconds},
                             {"reconstructed_blocks", got.reconstructed},
                             {"rotten_frames", got.rotten_frames},
                             {"in_place", out.in_place()}};
  return json_line(result);
}

std::string as_text(const get_arguments& given, const pipeline::get_report& got, double seconds,
                    const output_file& out) {
  return fmt::format(
      "{} of '{}' in {:.2f} s, {:.0f} MB/s; {} blocks reconstructed, {} rotten frames met{}\n",
      human_bytes(got.bytes), escaped(given.object), seconds,
      static_cast<double>(got.bytes) / seconds / 1e6, got.reconstructed, got.rotten_frames,
      out.in_place().empty() ? "" : "; written in place, since " + out.in_place());
}

void run(const get_arguments& given) {
  const stop_on_signal signals;
  pipeline::get_options what{
      .name = given.object, .disks = parse_disks(given.disks), .range = parse_range(given.range)};
  what.stop = signals.token();
  refuse_stored(given.output, what.disks, given.object);
  output_file out(given.output);
  const auto where = channel_beside(out);
  const auto start = std::chrono::steady_clock::now();
  pipeline::get_report got;
  try {
    progress_bar bar("get", !out.leads_to(STDERR_FILENO));
    what.progress = [&](std::uint64_t done, std::uint64_t total) { bar.update(done, total); };
    got = pipeline::get(what, [&](bytes_view bytes) { return out.write(bytes); });
  } catch (const pipeline::error& problem) {
    throw pipeline::error(problem.kind(), problem.what() + out.left_behind());
  }
  out.commit();
  const auto seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  tell(where, given.json ? as_json(given, got, seconds, out) : as_text(given, got, seconds, out),
       fmt::format("'{}' was written to {}", escaped(given.object), escaped(given.output)));
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
