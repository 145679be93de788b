#include "cli/log_command.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "cli/progress_bar.hpp"
#include "cli/standard_streams.hpp"
#include "cli/stop_on_signal.hpp"

namespace annulus::cli {

void expect_ok(const chunklog::status& done) {
  if (!done.ok()) throw failure(done.message);
}

std::uint64_t log_bytes(const std::string& directory) {
  std::error_code error;
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".chunk") continue;
    if (const auto size = entry.file_size(error); !error) bytes += size;
  }
  return bytes;
}

chunklog::verified verify_with_bar(const std::string& directory, const std::string& name,
                                   unsigned threads) {
  chunklog::reading_options how;
  how.threads = threads;
  const stop_on_signal signals;
  how.stop = signals.token();
  chunklog::verified found;
  {
    progress_bar bar(name);
    how.progress = [&, total = log_bytes(directory)](std::uint64_t done) {
      bar.update(done, total);
    };
    found = chunklog::verify(directory, how);
  }
  expect_ok(found);
  return found;
}

harness::json to_json(const chunklog::log_summary& sum) {
  auto chunks = harness::json::array();
  for (const auto& chunk : sum.chunks) {
    chunks.push_back(
        {{"file", printable(chunk.file)}, {"bytes", chunk.bytes}, {"records", chunk.records}});
  }
  return {{"records", sum.records},
          {"payload_bytes", sum.payload_bytes},
          {"lost_records", sum.lost_records},
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
          {"chunks", chunks}};
}

harness::json to_json(const std::vector<chunklog::fault>& faults) {
  auto list = harness::json::array();
  for (const auto& fault : faults) {
    list.push_back({{"kind", name_of(fault.kind)},
                    {"file", printable(fault.file)},
                    {"offset", fault.offset},
                    {"id", fault.id},
                    {"sentence", printable(fault.sentence)}});
  }
  return list;
}

void print(const std::vector<chunklog::fault>& faults) {
  for (const auto& fault : faults) {
    const auto id = fault.id != 0 ? fmt::format("ID {}", fault.id) : "ID unknown";
    print("fault         {:14}  {}  offset {}  {}\n              {}\n", name_of(fault.kind),
          printable(fault.file), fault.offset, id, printable(fault.sentence));
  }
}

std::string count_of(std::uint64_t n, const std::string& thing) {
  return fmt::format("{} {}{}", n, thing, n == 1 ? "" : "s");
}

}  // namespace annulus::cli
