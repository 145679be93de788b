#include "verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace annulus::log_bench {
namespace {

using enum verdict::direction;

constexpr std::size_t judged_bytes = 128;
constexpr unsigned judged_producers = 64;

}  // namespace

const cell* find(const outcome& in, std::string_view row, std::size_t record_bytes,
                 unsigned producers) {
  const auto at = std::find_if(in.cells.begin(), in.cells.end(), [&](const cell& each) {
    return each.row == row && each.record_bytes == record_bytes && each.producers == producers;
  });
  return at == in.cells.end() ? nullptr : &*at;
}

const seed_table* published_for(std::string_view row) noexcept {
  if (row == memory_rows || row == descriptor_rows) return &seed_memory;
  if (row == disk_rows || row == durable_rows) return &seed_disk;
  return nullptr;
}

harness::estimate of(const cell& at, const char* metric) {
  return harness::bootstrap_median(at.metrics.at(metric));
}

harness::estimate ratio(const cell& one, const char* metric, const cell& other,
                        const char* other_metric) {
  const auto& above = one.metrics.at(metric);
  const auto& below = other.metrics.at(other_metric);
  std::vector<double> ratios(std::min(above.size(), below.size()));
  for (std::size_t i = 0; i < ratios.size(); ++i) ratios[i] = above[i] / below[i];
  return harness::bootstrap_median(ratios);
}

harness::estimate scaled(const harness::estimate& value, double by) {
  return {value.median / by, value.low / by, value.high / by, value.n};
}

std::vector<verdict> judge(const outcome& found) {
  std::vector<verdict> out;
  for (const auto* row : {memory_rows, disk_rows}) {
    const auto* const at = find(found, row, judged_bytes);
    if (at == nullptr) continue;
    const auto seed = *figure_for(*published_for(row), judged_bytes);
    out.push_back({fmt::format("{} / seed's, {} bytes, records/s", row, judged_bytes),
                   of(*at, records_per_second).median / seed.records_per_second, 5});
    if (row == memory_rows) continue;
    out.push_back({fmt::format("{}, {} bytes, CPU for each record", row, judged_bytes),
                   of(*at, cpu_per_record).median, 0.62, at_most, "µs"});
  }
  for (const cell& at : found.cells) {
    const auto* const roof =
        at.row == disk_rows ? find(found, roof_rows, at.record_bytes) : nullptr;
    if (roof == nullptr) continue;
    out.push_back({fmt::format("disk / roof, {} bytes", at.record_bytes),
                   ratio(at, records_per_second, *roof, records_per_second).median, 0.7});
  }
  for (const cell& at : found.cells) {
    const bool threads = at.row == commit_rows;
    if (!threads && at.row != awaited_commit_rows) continue;
    if (at.producers != judged_producers) continue;
    const auto* const single = find(found, single_commit_rows, at.record_bytes);
    out.push_back({fmt::format("group commit / one fdatasync a record, {} {}", at.producers,
                               threads ? "threads" : "coroutines"),
                   ratio(at, confirmed_per_second, *single, confirmed_per_second).median, 30});
  }
  return out;
}

std::string to_text(const verdict& value) {
  return fmt::format("{} = {:.3g}{}{} (want {} {})  {}", value.what, value.value,
                     value.unit.empty() ? "" : " ", value.unit,
                     value.bound == at_least ? ">=" : "<=", value.wanted,
                     value.met() ? "met" : "NOT MET");
}

harness::json to_json(const verdict& value) {
  return {{"what", value.what},
          {"value", value.value},
          {"unit", value.unit},
          {"wanted", fmt::format("{} {}", value.bound == at_least ? ">=" : "<=", value.wanted)},
          {"met", value.met()}};
}

}  // namespace annulus::log_bench
