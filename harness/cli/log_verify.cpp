#include <fmt/format.h>

#include <annulus/pipeline/escaped.hpp>
#include <chrono>
#include <memory>

#include "cli/log_command.hpp"
#include "cli/options.hpp"
#include "cli/progress_bar.hpp"
#include "cli/standard_streams.hpp"

namespace annulus::cli {
namespace {

constexpr auto log_verify_examples = R"(Examples:
  annulus log verify queue                    every record, on all CPUs
  annulus log verify queue --threads 1        leaving the others alone
  annulus log verify queue --json | jq '.faults[] | .file, .offset'

Exit status 0 if the log is whole, 1 if it is not or cannot be read. Nothing is changed; the log must
not be open for writing.)";

constexpr std::uint64_t most_threads = 1024;

struct log_verify_arguments {
  std::string directory, threads = "0";
  bool json = false;
};

void run(const log_verify_arguments& given) {
  const auto threads =
      static_cast<unsigned>(parse_count(given.threads, "--threads", 0, most_threads));
  const auto start = std::chrono::steady_clock::now();
  const auto found = verify_with_bar(given.directory, "verify", threads);
  const auto seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto& sum = found.summary;
  if (given.json) {
    const harness::json result{{"whole", found.whole()},         {"bytes", sum.bytes},
                               {"records", sum.records},         {"lost_records", sum.lost_records},
                               {"torn_bytes", sum.torn_bytes},   {"seconds", seconds},
                               {"faults", to_json(found.faults)}};
    print_json(result, 2);
  } else {
    print(found.faults);
    print("{} in {} of {}, {:.2f} s, {:.0f} MB/s; {}\n", count_of(sum.records, "whole record"),
          count_of(sum.chunks.size(), "chunk"), human_bytes(sum.bytes), seconds,
          static_cast<double>(sum.bytes) / seconds / 1e6,
          found.whole() ? "no fault" : count_of(found.faults.size(), "fault"));
  }
  if (!found.whole()) {
    throw failure(fmt::format("log {} has {}", pipeline::escaped(given.directory),
                              count_of(found.faults.size(), "fault")));
  }
}

}  // namespace

void add_log_verify(CLI::App& log) {
  auto* command = log.add_subcommand("verify", "Check every record of a chunk log and its ledger");
  const auto given = std::make_shared<log_verify_arguments>();
  command->add_option("DIR", given->directory, "The log's directory")->required();
  command
      ->add_option("--threads", given->threads,
                   "Chunks that are read at the same time; 0: one a CPU")
      ->capture_default_str();
  command->add_flag("--json", given->json, "Print JSON");
  command->footer(log_verify_examples);
  command->callback([given] { reporting([&] { run(*given); }); });
}

}  // namespace annulus::cli
