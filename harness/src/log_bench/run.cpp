#include "run.hpp"

#include <algorithm>
#include <random>

#include "commits.hpp"
#include "disk_rows.hpp"
#include "error.hpp"
#include "files.hpp"
#include "memory_rows.hpp"
#include "scratch.hpp"

namespace annulus::log_bench {
namespace {

void keep(cell& at, const lap& found) {
  const auto records = static_cast<double>(found.records);
  const auto add = [&at](const char* name, double value) { at.metrics[name].push_back(value); };
  add(records_per_second, records / found.seconds);
  add(seconds_taken, found.seconds);
  if (found.durable_seconds > 0) add(seconds_with_sync, found.durable_seconds);
  if (found.writes > 0) {
    const auto bytes = static_cast<double>(logged_bytes(at.record_bytes, found.records));
    add(bytes_per_write, bytes / static_cast<double>(found.writes));
    add(percent_from_memory, static_cast<double>(found.from_memory) / bytes * 100);
  }
  add(user_percent, found.user / found.seconds * 100);
  add(system_percent, found.system / found.seconds * 100);
  add(total_percent, (found.user + found.system) / found.seconds * 100);
  add(cpu_per_record, (found.user + found.system) / records * 1e6);
}

void keep(cell& at, const commit_lap& found) {
  at.metrics[confirmed_per_second].push_back(static_cast<double>(found.confirmed) / found.seconds);
  at.metrics[confirmed_per_sync].push_back(static_cast<double>(found.confirmed) /
                                           static_cast<double>(found.syncs));
  at.metrics[confirmed_p50].push_back(found.p50 * 1e6);
  at.metrics[confirmed_p99].push_back(found.p99 * 1e6);
}

void measure_in_memory(cell& at, const plan& how) {
  const auto lap_of = at.row == memory_rows ? copied_records : record_descriptors;
  keep(at, lap_of(how.cpus, at.record_bytes, at.records));
}

lap stored_records(const cell& at, const plan& how, const std::filesystem::path& place) {
  const auto where =
      how.placed ? thread_places{{how.cpus.producer}, {how.cpus.consumer}} : thread_places{};
  if (at.row == roof_rows) return bare_writes(where, place, at.record_bytes, at.records);
  return logged_records(where, place, at.record_bytes, at.records,
                        at.row == durable_rows ? syncing::log : syncing::none,
                        how.in_batches ? appending::batches : appending::each);
}

void measure_on_disk(cell& at, const plan& how) {
  const auto in_place = [&](auto lap_of) {
    // What an earlier lap left for the disk to do is not this one's.
    settle(how.directory);
    const harness::scratch_directory files(how.directory / "lap");
    return lap_of(files.path() / "log");
  };
  if (at.row == single_commit_rows) {
    return keep(at, in_place([&](const auto& place) {
                  return single_commits(place, at.record_bytes, how.commit_seconds);
                }));
  }
  if (at.row == commit_rows || at.row == awaited_commit_rows) {
    const auto commits = at.row == commit_rows ? group_commits : awaited_commits;
    return keep(at, in_place([&](const auto& place) {
                  return commits(place, at.record_bytes, at.producers, how.commit_seconds);
                }));
  }
  // The page cache takes memory that was in use a moment ago before other memory of that order. A
  // hypervisor may have taken back what has been free for longer, and then the first write to a
  // page costs many times as much as its bytes. So each lap follows one of its own kind.
  const auto lap_of = [&](const auto& place) { return stored_records(at, how, place); };
  static_cast<void>(in_place(lap_of));
  keep(at, in_place(lap_of));
}

void measure(cell& at, const plan& how) {
  if (at.row == memory_rows || at.row == descriptor_rows) return measure_in_memory(at, how);
  measure_on_disk(at, how);
}

}  // namespace

std::vector<planned> cells_of(const plan& what) {
  std::vector<planned> out;
  int group = 0;
  const auto wanted = [&what](const char* row) { return what.rows.contains(row); };
  for (const auto* row : {memory_rows, descriptor_rows}) {
    if (!wanted(row)) continue;
    for (const auto size : what.sizes)
      out.push_back({{row, size, 1, what.memory_records}, group++});
  }
  for (const auto size : what.sizes) {
    if (!wanted(disk_rows) && !wanted(durable_rows)) break;
    const auto fitting = std::max<std::uint64_t>(1, what.most_disk_bytes / size);
    for (const auto* row : {disk_rows, durable_rows, roof_rows}) {
      if (row == roof_rows || wanted(row))
        out.push_back({{row, size, 1, std::min(what.disk_records, fitting)}, group});
    }
    ++group;
  }
  if (wanted(commit_rows)) {
    out.push_back({{single_commit_rows, what.commit_bytes, 1, 0}, group});
    for (const auto* row : {commit_rows, awaited_commit_rows}) {
      for (const auto producers : what.producers)
        out.push_back({{row, what.commit_bytes, producers, 0}, group});
    }
  }
  return out;
}

std::uint64_t disk_bytes(const plan& what) noexcept {
  std::uint64_t most = 0;
  for (const auto& [at, group] : cells_of(what)) {
    const bool stored = at.row == disk_rows || at.row == durable_rows || at.row == roof_rows;
    if (stored) most = std::max(most, logged_bytes(at.record_bytes, at.records));
  }
  return most;
}

outcome run(const plan& what, const std::stop_token& stop,
            const std::function<void(std::size_t, std::size_t)>& progress) {
  auto cells = cells_of(what);
  std::vector<std::size_t> order(cells.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto all = cells.size() * static_cast<std::size_t>(what.repetitions);
  std::size_t done = 0;
  std::mt19937 random(std::random_device{}());
  const auto before = bench::usage_now(what.cpus);
  for (int pass = 0; pass < what.repetitions; ++pass) {
    std::map<int, std::uint64_t> turns;
    for (const auto& each : cells) turns.try_emplace(each.group, random());
    std::shuffle(order.begin(), order.end(), random);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t one, std::size_t other) {
      return turns.at(cells[one].group) < turns.at(cells[other].group);
    });
    for (const auto index : order) {
      if (stop.stop_requested()) throw harness::error("stopped by a signal");
      measure(cells[index].what, what);
      progress(++done, all);
    }
  }
  const auto after = bench::usage_now(what.cpus);
  outcome out{{}, bench::between(before, after)};
  for (auto& each : cells) out.cells.push_back(std::move(each.what));
  return out;
}

}  // namespace annulus::log_bench
