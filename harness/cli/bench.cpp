// annulus bench rings | pipelines, and annulus log bench.
#include "cli/shipped.hpp"

namespace annulus::cli {
namespace {

constexpr auto rings_examples = R"(Examples:
  annulus bench rings                                    everything
  annulus bench rings --shape a,b --ring-size 2MiB       two shapes at one size
  annulus bench rings --ring futex,boost-spsc --shape d  two channels, beside the roofs
  annulus bench rings --json --out rings.json            for a program)";

constexpr auto pipelines_examples = R"(Examples:
  annulus bench pipelines                                everything
  annulus bench pipelines --shape copy-in --segment-size 64KiB
  annulus bench pipelines --json --out pipelines.json    for a program)";

constexpr auto log_examples = R"(Examples:
  annulus log bench                                      everything
  annulus log bench --rows memory --repetitions 9
  annulus log bench --rows disk --sizes 128 --work /mnt/nvme
  annulus log bench --rows commits --producers 1,8,64
  annulus log bench --save                               keep every sample in results/)";

void add_log_bench(CLI::App& log) {
  add_front(
      log,
      {.name = "bench",
       .description = "Measure the log: the seed's table, what it leaves out, and durable rates",
       .matrix = "log",
       .suite = "log",
       .options = {{"--rows", "row", "What to measure; `annulus run --reference log` has them"},
                   {"--sizes", "record", "Bytes of a record's payload"},
                   {"--producers", "producers", "How many wait for confirmations"}},
       .examples = log_examples});
}

}  // namespace

void add_bench(CLI::App& app) {
  add_log_bench(*app.get_subcommand("log"));
  CLI::App* command = app.add_subcommand("bench", "Micro-benchmarks of the rings and of the pipe");
  command->require_subcommand(1);
  add_front(*command,
            {.name = "rings",
             .description = "Measure every ring, the packaged peers and the machine's limits",
             .matrix = "rings",
             .suite = "rings",
             .options = {{"--shape", "shape", "Shapes; `annulus run --reference rings` has them"},
                         {"--ring", "ring", "Rings and peers"},
                         {"--ring-size", "ring_size", "Ring sizes"}},
             .examples = rings_examples});
  add_front(*command,
            {.name = "pipelines",
             .description = "Measure the pipe by the size of its segments, beside the futex ring",
             .matrix = "pipes",
             .suite = "pipes",
             .options = {{"--shape", "shape", "Shapes; `annulus run --reference pipes` has them"},
                         {"--channel", "channel", "The pipe, or a ring"},
                         {"--segment-size", "segment_size",
                          "Sizes of the pipe's segments, and of the ring's writes"}},
             .examples = pipelines_examples});
  command->footer(rings_examples);
}

}  // namespace annulus::cli
