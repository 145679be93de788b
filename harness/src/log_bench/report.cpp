#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "disk_rows.hpp"
#include "verdicts.hpp"

namespace annulus::log_bench {
namespace {

using harness::estimate;
using harness::json;

constexpr double mib = 1 << 20;
constexpr double mb = 1e6;

struct section {
  const char* row;
  const char* title;
  const char* note;
};

constexpr std::array sections{
    section{memory_rows, "Memory",
            "Each payload is made by the producer, copied into a ring behind a header of 16 bytes, "
            "and compared there in full by the consumer."},
    section{descriptor_rows, "Memory, descriptors",
            "As the seed's: what crosses the ring is where a record lies; its payload is neither "
            "copied nor looked at."},
    section{disk_rows, "Disk",
            "Through a chunk log that syncs nothing, as the seed's; every payload is compared in "
            "full by the reader. BYTES are payload, M are MiB; TIME ends when the last record has "
            "been compared."},
    section{durable_rows, "Disk, durable",
            "As before, but each full chunk is synced, as the log does by default."},
};

using lines = std::vector<std::vector<std::string>>;

// Characters, where bytes that continue one do not count.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

// Right-aligned columns; the first line is the head.
std::string aligned(const lines& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out += "  " + std::string(widths[i] - width_of(row[i]), ' ') + row[i];
    out += '\n';
  }
  return out;
}

// Three digits at least, and no exponent.
std::string number(double value) {
  return value >= 99.95 ? fmt::format("{:.0f}", value) : fmt::format("{:#.3g}", value);
}

std::string shown(const estimate& value) {
  if (!value.has_interval()) return number(value.median) + " [-]";
  return fmt::format("{} [{}-{}]", number(value.median), number(value.low), number(value.high));
}

// As the seed writes them: "128MB", "1.3GB", "41GB".
std::string decimal_bytes(double bytes) {
  const auto* unit = "kB";
  double value = bytes / 1e3;
  for (const auto* const next : {"MB", "GB", "TB"}) {
    if (value < 999.5) break;
    value /= 1e3;
    unit = next;
  }
  const double tenths = std::round(value * 10) / 10;
  return tenths == std::round(tenths) ? fmt::format("{:.0f}{}", tenths, unit)
                                      : fmt::format("{:.1f}{}", tenths, unit);
}

std::string banner(const std::string& title) {
  constexpr std::size_t width = 93;
  const auto dashes = width - std::min(width, title.size() + 2);
  return fmt::format("{} {} {}\n", std::string(dashes / 2, '-'), title,
                     std::string(dashes - dashes / 2, '-'));
}

std::vector<const cell*> cells_in(const outcome& found, const char* row) {
  std::vector<const cell*> out;
  for (const cell& each : found.cells) {
    if (each.row == row) out.push_back(&each);
  }
  return out;
}

double median_of(const cell& at, const char* metric) {
  return of(at, metric).median;
}

// The seed's table, column by column.
std::string as_the_seed(const std::vector<const cell*>& cells) {
  std::string out =
      fmt::format("{:>12} {:>7} {:>18} {:>14} {:>8} {:>9} {:>8} {:>10}\n", "RECORD_SIZE", "BYTES",
                  "RECORDS_PER_SEC", "BYTES_PER_SEC", "TIME", "USER_CPU", "SYS_CPU", "TOTAL_CPU");
  for (const auto* at : cells) {
    const auto size = static_cast<double>(at->record_bytes);
    const auto rate = median_of(*at, records_per_second);
    out += fmt::format(
        "{:>12} {:>7} {:>14.2f} r/s {:>10.2f} M/s {:>7.2f}s {:>8.2f}% {:>7.2f}% {:>9.2f}%\n",
        at->record_bytes, decimal_bytes(size * static_cast<double>(at->records)), rate,
        rate * size / mib, median_of(*at, seconds_taken), median_of(*at, user_percent),
        median_of(*at, system_percent), median_of(*at, total_percent));
  }
  return out;
}

std::string beside_the_seed(const std::vector<const cell*>& cells, const seed_table& published) {
  lines rows{{"RECORD_SIZE", "records/s", "seed's", "ratio", "CPU µs/record", "seed's", "ratio"}};
  for (const auto* at : cells) {
    const auto rate = of(*at, records_per_second);
    const auto cpu = of(*at, cpu_per_record);
    auto& row = rows.emplace_back();
    row = {fmt::format("{}", at->record_bytes), shown(rate), "-", "-", shown(cpu), "-", "-"};
    const auto seed = figure_for(published, at->record_bytes);
    if (!seed) continue;
    row[2] = fmt::format("{:.2f}", seed->records_per_second);
    row[3] = number(rate.median / seed->records_per_second);
    row[5] = number(seed->cpu_per_record() * 1e6);
    row[6] = number(cpu.median / (seed->cpu_per_record() * 1e6));
  }
  return aligned(rows);
}

// Bytes a second in both units: "1234 / 1294".
std::string both_units(double bytes) {
  return fmt::format("{} / {}", number(bytes / mib), number(bytes / mb));
}

std::string left_out(const outcome& found, const std::vector<const cell*>& cells) {
  lines volume{{"RECORD_SIZE", "payload MiB/s / MB/s", "with headers MiB/s / MB/s", "TIME",
                "with fdatasync", "records/s so", "KiB/write", "from memory"}};
  lines roof{{"RECORD_SIZE", "records/s", "roof's", "ratio", "with fdatasync: records/s", "roof's",
              "ratio"}};
  for (const auto* at : cells) {
    const auto size = fmt::format("{}", at->record_bytes);
    const auto records = static_cast<double>(at->records);
    const auto rate = median_of(*at, records_per_second);
    const auto whole = static_cast<double>(logged_bytes(at->record_bytes, 1));
    const auto synced = [&](const cell& which) {
      const auto took = of(which, seconds_with_sync);
      return estimate{records / took.median, records / took.high, records / took.low, took.n};
    };
    volume.push_back({size, both_units(rate * static_cast<double>(at->record_bytes)),
                      both_units(rate * whole), shown(of(*at, seconds_taken)) + " s",
                      shown(of(*at, seconds_with_sync)) + " s", shown(synced(*at)),
                      number(median_of(*at, bytes_per_write) / 1024),
                      number(median_of(*at, percent_from_memory)) + " %"});
    const auto* const best = find(found, roof_rows, at->record_bytes);
    if (best == nullptr) continue;
    roof.push_back({size, shown(of(*at, records_per_second)), shown(of(*best, records_per_second)),
                    shown(ratio(*at, records_per_second, *best, records_per_second)),
                    shown(synced(*at)), shown(synced(*best)),
                    shown(ratio(*best, seconds_with_sync, *at, seconds_with_sync))});
  }
  return aligned(volume) +
         "\nBeside the roof: as many bytes, headers included, in 256 KiB writes by one thread and "
         "reads by another.\n" +
         aligned(roof);
}

std::string commits(const outcome& found, const plan& how) {
  const auto shared = cells_in(found, commit_rows);
  if (shared.empty()) return "";
  const auto* const single = find(found, single_commit_rows, how.commit_bytes);
  lines rows{{"", "producers", "confirmed/s", "p50 µs", "p99 µs", "a sync", "ratio"}};
  const auto add = [&](const std::string& name, const cell& at) {
    rows.push_back({name, fmt::format("{}", at.producers), shown(of(at, confirmed_per_second)),
                    shown(of(at, confirmed_p50)), shown(of(at, confirmed_p99)),
                    number(median_of(at, confirmed_per_sync)),
                    shown(ratio(at, confirmed_per_second, *single, confirmed_per_second))});
  };
  add("write and fdatasync of each record", *single);
  for (const auto* each : shared) add("group commit of the log, threads", *each);
  for (const auto* each : cells_in(found, awaited_commit_rows))
    add("group commit of the log, coroutines", *each);
  return banner("Durable") +
         fmt::format(
             "Each producer appends {} bytes, waits until they are on disk, and goes on, for {} "
             "s.\n",
             how.commit_bytes, how.commit_seconds) +
         aligned(rows) + "\n";
}

json estimate_json(const std::vector<double>& values) {
  const auto found = harness::bootstrap_median(values);
  return {{"median", found.median},
          {"low", found.low},
          {"high", found.high},
          {"n", found.n},
          {"values", values}};
}

json seed_json(const seed_table& published) {
  json out = json::array();
  for (const auto& each : published) {
    out.push_back({{"record_bytes", each.record_bytes},
                   {"records_per_second", each.records_per_second},
                   {"total_cpu_percent", each.cpu_percent},
                   {"cpu_us_per_record", each.cpu_per_record() * 1e6}});
  }
  return out;
}

}  // namespace

bool is_memory(const std::string& file_system) noexcept {
  return file_system == "tmpfs" || file_system == "ramfs";
}

std::string to_text(const plan& how, const outcome& found, const std::string& file_system) {
  std::string out = fmt::format(
      "Medians [95 % intervals] of {} interleaved repetitions. Files on {}{}.\n\n", how.repetitions,
      file_system, is_memory(file_system) ? ", WHICH IS MEMORY AND NO DISK" : "");
  for (const auto& each : sections) {
    const auto cells = cells_in(found, each.row);
    if (cells.empty()) continue;
    out += banner(each.title) + as_the_seed(cells) + "\n" + each.note + "\n\n" +
           "Beside the seed's published figures, which are of another machine:\n" +
           beside_the_seed(cells, *published_for(each.row)) + "\n";
    const bool stored = cells.front()->metrics.contains(seconds_with_sync);
    if (stored) out += "What the seed leaves out:\n" + left_out(found, cells) + "\n";
  }
  out += commits(found, how);
  const bool stores = !cells_in(found, roof_rows).empty();
  if (stores && how.placed) {
    out += fmt::format(
        "In disk rows the appender and the reader were on CPU {}, and the log's own thread on {}; "
        "of the roof's two threads, the reader on {} and the writer on {}.\n",
        how.cpus.producer, how.cpus.consumer, how.cpus.producer, how.cpus.consumer);
  } else if (stores) {
    out += "In disk rows the kernel chose the threads' CPUs.\n";
  }
  if (stores) {
    out += how.in_batches ? "Records were appended in batches of 16 KiB.\n"
                          : "Records were appended one by one.\n";
  }
  out += fmt::format(
      "Meanwhile others, the kernel's own threads among them, used {:.1f} % of the two CPUs, and "
      "the "
      "hypervisor {:.1f} %{}.\n",
      found.meanwhile.others, found.meanwhile.stolen,
      found.meanwhile.matters() ? "; if that was not the kernel at work for the disk, measure again"
                                : "");
  out += "Every payload was compared with what had been sent.\n\nVerdicts:\n";
  for (const auto& each : judge(found)) out += "  " + to_text(each) + "\n";
  return out;
}

json to_json(const plan& how, const outcome& found, const std::string& file_system,
             const json& environment) {
  json out{{"command", "annulus log bench"},
           {"environment", environment},
           {"file_system", file_system},
           {"cpus", {{"producer", how.cpus.producer}, {"consumer", how.cpus.consumer}}},
           {"placement", how.placed ? "pair" : "none"},
           {"append", how.in_batches ? "batches" : "each"},
           {"repetitions", how.repetitions},
           {"commit_seconds", how.commit_seconds},
           {"disturbance_percent",
            {{"others", found.meanwhile.others}, {"stolen", found.meanwhile.stolen}}},
           {"seed", {{"memory", seed_json(seed_memory)}, {"disk", seed_json(seed_disk)}}},
           {"cells", json::array()},
           {"verdicts", json::array()}};
  for (const cell& at : found.cells) {
    json metrics = json::object();
    for (const auto& [name, values] : at.metrics) metrics[name] = estimate_json(values);
    out["cells"].push_back({{"row", at.row},
                            {"record_bytes", at.record_bytes},
                            {"producers", at.producers},
                            {"records", at.records},
                            {"metrics", std::move(metrics)}});
  }
  for (const auto& each : judge(found)) out["verdicts"].push_back(to_json(each));
  return out;
}

}  // namespace annulus::log_bench
