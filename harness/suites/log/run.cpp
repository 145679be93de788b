#include "suites/log/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/error.hpp"
#include "base/scratch.hpp"
#include "measure/suite.hpp"
#include "suites/log/commits.hpp"
#include "suites/log/disk_rows.hpp"
#include "suites/log/files.hpp"
#include "suites/log/memory_rows.hpp"
#include "suites/log/rows.hpp"
#include "suites/log/seed_figures.hpp"

namespace annulus::suites {
namespace {

namespace fs = std::filesystem;
using harness::cell_request;
using harness::cell_result;

void add_storage(cell_result& to, std::uint64_t logged, const lap& found) {
  const auto bytes = static_cast<double>(logged);
  to.metrics[logged_bytes_per_second] = bytes / found.seconds;
  to.metrics[seconds_with_sync] = found.durable_seconds;
  to.metrics[synced_per_second] = static_cast<double>(found.records) / found.durable_seconds;
  if (found.writes == 0) return;
  to.metrics[bytes_per_write] = bytes / static_cast<double>(found.writes);
  to.metrics[percent_from_memory] = static_cast<double>(found.from_memory) / bytes * 100;
}

void add_seed(cell_result& to, const cell_request& cell) {
  const auto seed = published_for(cell.word("row"), cell.number("record"));
  if (!seed) return;
  to.metrics[times_the_seed] = to.metrics[records_per_second] / seed->records_per_second;
  to.metrics[cpu_times_the_seed] = to.metrics[cpu_per_record] / (seed->cpu_per_record() * 1e6);
}

cell_result result_of(const cell_request& cell, const lap& found) {
  cell_result out;
  out.verified = true;  // what was not as sent has been thrown
  out.amount = found.records;
  out.bytes = found.records * cell.number("record");
  out.seconds = found.seconds;
  const auto records = static_cast<double>(found.records);
  const auto payload = static_cast<double>(out.bytes);
  const auto cpu = found.user + found.system;
  out.metrics = {{records_per_second, records / found.seconds},
                 {harness::bytes_per_second, payload / found.seconds},
                 {seconds_taken, found.seconds},
                 {user_percent, found.user / found.seconds * 100},
                 {system_percent, found.system / found.seconds * 100},
                 {total_percent, cpu / found.seconds * 100},
                 {cpu_per_record, cpu / records * 1e6},
                 {harness::cpu_per_gib, cpu / std::ldexp(payload, -30)}};
  if (found.durable_seconds > 0)
    add_storage(out, logged_bytes(cell.number("record"), found.records), found);
  add_seed(out, cell);
  return out;
}

cell_result result_of(const cell_request& cell, const commit_lap& found) {
  cell_result out;
  out.verified = true;  // as above
  out.amount = found.confirmed;
  out.bytes = found.confirmed * cell.number("record");
  out.seconds = found.seconds;
  const auto confirmed = static_cast<double>(found.confirmed);
  out.metrics = {{confirmed_per_second, confirmed / found.seconds},
                 {harness::bytes_per_second, static_cast<double>(out.bytes) / found.seconds},
                 {confirmed_p50, found.p50 * 1e6},
                 {confirmed_p99, found.p99 * 1e6},
                 {confirmed_per_sync, confirmed / static_cast<double>(found.syncs)}};
  return out;
}

// `lap_of(place)` in a directory that is gone behind it.
template <class Lap>
auto in_place(const fs::path& work, Lap lap_of) {
  // What an earlier lap left for the disk to do is not this one's.
  settle(work);
  const harness::scratch_directory files(work / "lap");
  return lap_of(files.path() / "log");
}

void refuse_lack_of_space(const fs::path& work, std::uint64_t needed) {
  const auto there = fs::space(work).available;
  if (there >= needed) return;
  throw harness::error(
      fmt::format("the row needs {} bytes for its files, and {} are free", needed, there));
}

lap run_stored(const cell_request& cell) {
  const auto row = cell.word("row");
  const auto size = cell.number("record");
  const auto records = stored_records(cell.number("records"), size, cell.number("most_bytes"));
  refuse_lack_of_space(cell.work, logged_bytes(size, records));
  const thread_places where{cell.producer_cpus, cell.consumer_cpus};
  const auto how = row == durable_row ? syncing::log : syncing::none;
  const auto by = cell.word("append") == "each" ? appending::each : appending::batches;
  const auto lap_of = [&](const fs::path& place) {
    return row == roof_row ? bare_writes(where, place, size, records)
                           : logged_records(where, place, size, records, how, by);
  };
  // The page cache takes memory that was in use a moment ago before other memory of that order. A
  // hypervisor may have taken back what has been free for longer, and then the first write to a
  // page costs many times as much as its bytes. So each lap follows one of its own kind.
  static_cast<void>(in_place(cell.work, lap_of));
  return in_place(cell.work, lap_of);
}

commit_lap run_commits(const cell_request& cell) {
  const auto row = cell.word("row");
  const auto size = cell.number("record");
  const auto seconds = cell.real("commit_seconds");
  const auto producers = static_cast<unsigned>(cell.number("producers"));
  return in_place(cell.work, [&](const fs::path& place) {
    if (row == single_commit_row) return single_commits(place, size, seconds);
    const auto commits = row == commit_row ? group_commits : awaited_commits;
    return commits(place, size, producers, seconds);
  });
}

}  // namespace

std::uint64_t stored_records(std::uint64_t records, std::uint64_t record_bytes,
                             std::uint64_t most_bytes) noexcept {
  return std::clamp<std::uint64_t>(most_bytes / record_bytes, 1, records);
}

cell_result run_log_cell(const cell_request& cell) {
  const auto row = cell.word("row");
  if (row == memory_row || row == descriptor_row) {
    const auto lap_of = row == memory_row ? copied_records : record_descriptors;
    return result_of(cell, lap_of({cell.producer_cpus, cell.consumer_cpus}, cell.number("record"),
                                  cell.number("records")));
  }
  if (row == disk_row || row == durable_row || row == roof_row)
    return result_of(cell, run_stored(cell));
  return result_of(cell, run_commits(cell));
}

}  // namespace annulus::suites
