#include <fmt/format.h>

#include <annulus/chunklog/view.hpp>
#include <memory>

#include "command.hpp"
#include "json.hpp"
#include "log_bench.hpp"

namespace annulus::cli {
namespace {

struct arguments {
  std::string directory;
  bool json = false;
};

harness::json to_json(const chunklog::log_view& view, const std::vector<chunklog::fault>& faults) {
  const auto& sum = view.summary();
  auto chunks = harness::json::array();
  for (const auto& chunk : sum.chunks) {
    chunks.push_back({{"file", chunk.file}, {"bytes", chunk.bytes}, {"records", chunk.records}});
  }
  auto list = harness::json::array();
  for (const auto& fault : faults) {
    list.push_back({{"file", fault.file},
                    {"offset", fault.offset},
                    {"id", fault.id},
                    {"sentence", fault.sentence}});
  }
  return {{"records", sum.records},
          {"payload_bytes", sum.payload_bytes},
          {"bytes", sum.bytes},
          {"first_id", sum.first_id},
          {"last_id", sum.last_id},
          {"torn_bytes", sum.torn_bytes},
          {"ledger",
           {{"valid", sum.ledger_valid},
            {"sequence", sum.ledger_sequence},
            {"writer_chunk", sum.writer_chunk},
            {"reader_chunk", sum.reader_chunk},
            {"next_id", sum.next_id},
            {"last_acknowledged", sum.last_acknowledged},
            {"durable_bytes", sum.durable_bytes}}},
          {"chunks", chunks},
          {"faults", list}};
}

void print(const chunklog::log_view& view, const std::vector<chunklog::fault>& faults) {
  const auto& sum = view.summary();
  fmt::print("records       {}, IDs {} to {}\n", sum.records, sum.first_id, sum.last_id);
  fmt::print("bytes         {} of payload in {} of chunks\n", sum.payload_bytes, sum.bytes);
  fmt::print("torn tail     {} bytes\n", sum.torn_bytes);
  if (sum.ledger_valid) {
    fmt::print(
        "ledger        checkpoint {}: next ID {}, acknowledged up to {}, chunk {:04x} durable up "
        "to byte {}\n",
        sum.ledger_sequence, sum.next_id, sum.last_acknowledged, sum.writer_chunk,
        sum.durable_bytes);
  } else {
    fmt::print("ledger        not valid\n");
  }
  for (const auto& chunk : sum.chunks) {
    fmt::print("chunk         {}  {:>12} bytes  {:>9} records\n", chunk.file, chunk.bytes,
               chunk.records);
  }
  for (const auto& fault : faults) fmt::print("fault         {}\n", fault.sentence);
}

void inspect(const arguments& given) {
  auto opened = chunklog::log_view::open(given.directory);
  if (!opened.ok()) throw failure(opened.message);
  auto faults = opened.view->faults();
  for (auto& fault : opened.view->check()) faults.push_back(std::move(fault));
  if (given.json) {
    fmt::print("{}\n", to_json(*opened.view, faults).dump(2));
  } else {
    print(*opened.view, faults);
  }
  if (!faults.empty())
    throw failure(fmt::format("log {} has {} faults", given.directory, faults.size()));
}

}  // namespace

void add_log(CLI::App& app) {
  auto* command = app.add_subcommand("log", "Tools for chunk logs");
  command->require_subcommand(1);
  auto* show =
      command->add_subcommand("inspect", "Show what a chunk log holds and check every record");
  const auto given = std::make_shared<arguments>();
  show->add_option("DIR", given->directory, "The log's directory")->required();
  show->add_flag("--json", given->json, "Print JSON");
  show->footer("Example:\n  annulus log inspect d0/big.iso");
  show->callback([given] { inspect(*given); });
  add_log_bench(*command);
}

}  // namespace annulus::cli
