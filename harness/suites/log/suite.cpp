#include "suites/log/suite.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suites/log/rows.hpp"
#include "suites/log/run.hpp"
#include "suites/log/seed_figures.hpp"

namespace annulus::suites {
namespace {

using harness::axis;
using harness::better;
using harness::json;
using name_list = std::vector<std::string>;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;

std::vector<axis> log_axes() {
  using namespace harness;
  axis placement = placement_axis();
  placement.help += "; of a log, its own thread runs on the second CPU and both ends on the first";
  placement.fallback = "nearest";
  return {
      {"row",
       "What becomes of the records: copied into a ring and compared there (memory), only pointed "
       "to there (descriptors), through a chunk log that syncs nothing (disk) or each full chunk "
       "(durable), or confirmed one by one to threads (commits) or coroutines (commits-awaited)",
       with_hidden(words({memory_row, descriptor_row, disk_row, durable_row, commit_row,
                          awaited_commit_row}),
                   {roof_row, single_commit_row}),
       disk_row},
      {"record", "Bytes of a record's payload", sizes(1, mebibyte), 128},
      {"producers", "How many wait for confirmations at once", counts(1, 1024), 1},
      {"append", "In batches of 16 KiB, or by a call for each record", words({"batches", "each"}),
       "batches"},
      {"records", "How many, where the time does not rule", counts(1, std::uint64_t{1} << 32U),
       10'000'000},
      {"most_bytes", "Payload of a row that is stored, at most: of long records it has fewer",
       sizes(1, mebibyte * mebibyte), 256 * mebibyte},
      {"commit_seconds", "How long records are confirmed", numbers(0.001, 60), 1.0, "s"},
      std::move(placement),
  };
}

std::vector<harness::metric> log_metrics() {
  constexpr double in_mib = 1.0 / static_cast<double>(mebibyte);
  return {
      {records_per_second, "RECORDS_PER_SEC", better::higher},
      {harness::bytes_per_second, "BYTES_PER_SEC MiB/s", better::higher, in_mib},
      {seconds_taken, "TIME s", better::lower},
      {user_percent, "USER_CPU %"},
      {system_percent, "SYS_CPU %"},
      {total_percent, "TOTAL_CPU %"},
      {times_the_seed, "× the seed's", better::higher},
      {cpu_per_record, "CPU µs/record", better::lower},
      {cpu_times_the_seed, "CPU × the seed's", better::lower},
      {logged_bytes_per_second, "with headers MiB/s", better::higher, in_mib},
      {seconds_with_sync, "with fdatasync s", better::lower},
      {synced_per_second, "with fdatasync records/s", better::higher},
      {bytes_per_write, "KiB/write", better::higher, 1.0 / 1024},
      {percent_from_memory, "from memory %"},
      {confirmed_per_second, "confirmed/s", better::higher},
      {confirmed_p50, "p50 µs", better::lower},
      {confirmed_p99, "p99 µs", better::lower},
      {confirmed_per_sync, "confirmed/sync", better::higher},
      {harness::cpu_per_gib, "CPU-s/GiB", better::lower},
  };
}

constexpr auto log_note =
    R"(Memory: each payload is made by the producer, copied into a ring behind a header of 16 bytes, and compared there by the consumer. Descriptors: as the seed's; what crosses the ring is where a record lies.
Disk: through a chunk log that syncs nothing, as the seed's; durable: each full chunk is synced. TIME ends when the reader has compared the last record; with fdatasync it goes on until all is on disk. BYTES are payload.
The roof writes as many bytes, headers included, in 256 KiB pieces by one thread, while another one reads them.
Commits: each producer appends a record, waits until it is on disk, and goes on; fdatasync-each is one thread that writes and syncs each record.
The seed's figures are published ones, of another machine. Every payload was compared with what had been sent. Files on tmpfs are in memory: such rows say nothing about a disk.)";

// What a row has besides its name and the size of its records.
name_list axes_of(std::string_view row) {
  if (row == memory_row || row == descriptor_row) return {"records", "placement"};
  if (row == disk_row || row == durable_row)
    return {"append", "records", "most_bytes", "placement"};
  if (row == roof_row) return {"records", "most_bytes", "placement"};
  if (row == single_commit_row) return {"commit_seconds"};
  return {"producers", "commit_seconds"};
}

bool is_commit(std::string_view row) {
  return row == commit_row || row == awaited_commit_row || row == single_commit_row;
}

class log_rows final : public harness::suite {
 public:
  log_rows()
      : suite({.name = "log",
               .description = "Records through a ring and through the chunk log, beside the "
                              "published table and the disk's own limits",
               .axes = log_axes(),
               .metrics = log_metrics(),
               .table = {.section = "row", .rows = {"record"}, .across = ""},
               .note = log_note}) {}

  [[nodiscard]] json reduced(json key) const override {
    const auto used = axes_of(key.at("row").get<std::string>());
    for (const axis& each : axes()) {
      if (each.name == "row" || each.name == "record") continue;
      if (std::find(used.begin(), used.end(), each.name) != used.end()) continue;
      // Threads that are not placed are not said to be.
      key[each.name] = each.name == "placement" ? json("none") : each.fallback;
    }
    return key;
  }
  [[nodiscard]] std::string unavailable(const json& key) const override {
    const json possible = reduced(key);
    for (const axis& each : axes()) {
      if (key.at(each.name) == possible.at(each.name)) continue;
      return fmt::format("a row of {} has no {}", key.at("row").get<std::string>(), each.title());
    }
    return "";
  }
  [[nodiscard]] name_list shown(const json& key) const override {
    const auto row = key.at("row").get<std::string>();
    if (is_commit(row))
      return {confirmed_per_second, confirmed_p50, confirmed_p99, confirmed_per_sync};
    name_list out{records_per_second, harness::bytes_per_second,
                  seconds_taken,      user_percent,
                  system_percent,     total_percent};
    const bool published = published_for(row, key.at("record").get<std::size_t>()).has_value();
    if (published) out.emplace_back(times_the_seed);
    out.emplace_back(cpu_per_record);
    if (published) out.emplace_back(cpu_times_the_seed);
    if (row == memory_row || row == descriptor_row) return out;
    out.insert(out.end(), {logged_bytes_per_second, seconds_with_sync, synced_per_second});
    if (row != roof_row) out.insert(out.end(), {bytes_per_write, percent_from_memory});
    return out;
  }
  [[nodiscard]] std::vector<json> roofs(const json& key) const override {
    const auto row = key.at("row").get<std::string>();
    json out = key;
    if (row == disk_row || row == durable_row) {
      out["row"] = roof_row;
    } else if (row == commit_row || row == awaited_commit_row) {
      out["row"] = single_commit_row;
    } else {
      return {};
    }
    return {reduced(std::move(out))};
  }
  // On the slowest machine met.
  [[nodiscard]] double seconds(const json& key) const override {
    const auto row = key.at("row").get<std::string>();
    if (is_commit(row)) return key.at("commit_seconds").get<double>() + 0.3;
    const auto size = key.at("record").get<std::uint64_t>();
    const auto records = key.at("records").get<std::uint64_t>();
    if (row == descriptor_row) return static_cast<double>(records) * 20e-9;
    if (row == memory_row)
      return static_cast<double>(records) * (40e-9 + static_cast<double>(size) / 4e9);
    const auto stored =
        stored_records(records, size, key.at("most_bytes").get<std::uint64_t>()) * size;
    return 2 * (0.1 + static_cast<double>(stored) / 0.6e9);
  }
  [[nodiscard]] std::string role(const json& key) const override {
    const auto row = key.at("row").get<std::string>();
    return row == roof_row || row == single_commit_row ? row : "";
  }
  [[nodiscard]] harness::cell_result run(const harness::cell_request& cell) const override {
    return run_log_cell(cell);
  }
};

}  // namespace

const harness::suite& log_suite() {
  static const log_rows all;
  return all;
}

}  // namespace annulus::suites
