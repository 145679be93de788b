#include <fmt/format.h>

#include <annulus/pipeline/escaped.hpp>
#include <memory>

#include "cli/log_command.hpp"
#include "cli/options.hpp"
#include "cli/standard_streams.hpp"

namespace annulus::cli {
namespace {

struct log_inspect_arguments {
  std::string directory;
  bool json = false;
};

void show(const chunklog::log_summary& sum) {
  print("records       {}, IDs {} to {}\n", sum.records, sum.first_id, sum.last_id);
  print("bytes         {} of payload in {} of chunks\n", sum.payload_bytes, sum.bytes);
  print("torn tail     {} bytes\n", sum.torn_bytes);
  if (sum.lost_records > 0) {
    print("lost          {} within, given up by earlier repairs\n",
          count_of(sum.lost_records, "record"));
  }
  if (sum.ledger_valid) {
    print(
        "ledger        checkpoint {}: next ID {}, acknowledged up to {}, chunk {:04x} durable up "
        "to byte {}\n",
        sum.ledger_sequence, sum.next_id, sum.last_acknowledged, sum.writer_chunk,
        sum.durable_bytes);
  } else {
    print("ledger        not valid\n");
  }
  for (const auto& chunk : sum.chunks) {
    print("chunk         {}  {:>12} bytes  {:>9} records\n", printable(chunk.file), chunk.bytes,
          chunk.records);
  }
}

void run(const log_inspect_arguments& given) {
  const auto found = verify_with_bar(given.directory, "inspect");
  if (given.json) {
    auto result = to_json(found.summary);
    result["faults"] = to_json(found.faults);
    print_json(result, 2);
  } else {
    show(found.summary);
    print(found.faults);
  }
  if (!found.whole()) {
    throw failure(fmt::format("log {} has {}", pipeline::escaped(given.directory),
                              count_of(found.faults.size(), "fault")));
  }
}

}  // namespace

void add_log_inspect(CLI::App& log) {
  auto* command =
      log.add_subcommand("inspect", "Show what a chunk log holds and check every record");
  const auto given = std::make_shared<log_inspect_arguments>();
  command->add_option("DIR", given->directory, "The log's directory")->required();
  command->add_flag("--json", given->json, "Print JSON");
  command->footer("Example:\n  annulus log inspect d0/big.iso");
  command->callback([given] { reporting([&] { run(*given); }); });
}

}  // namespace annulus::cli
