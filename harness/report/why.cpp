#include "report/why.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/sizes.hpp"
#include "suites/common/load.hpp"

namespace annulus::harness {
namespace {

constexpr double gib_bytes = 1U << 30U;
constexpr double page_bytes = 4096;
constexpr auto whole_roof = "roof";

using named_medians = std::map<std::string, double>;

double figure_of(const named_medians& from, const std::string& name) {
  const auto at = from.find(name);
  return at == from.end() ? 0 : at->second;
}

std::string share_text(double share) {
  return fmt::format("{:.0f} %", share * 100);
}
std::string rate_text(double bytes_a_second) {
  return fmt::format("{:.4g} MB/s", bytes_a_second * 1e-6);
}

class detective {
 public:
  explicit detective(const clues& from)
      : from_(from), load_(bench::parse_load(from.how.load).value_or(bench::load{})) {}

  [[nodiscard]] std::optional<why> found() const {
    struct rule {
      std::optional<why> (detective::*look)() const;
      bool by_counts;  // of the rings
    };
    constexpr std::array<rule, 9> rules{{{&detective::crowd, true},
                                         {&detective::small_for_a_piece, true},
                                         {&detective::small_for_a_stall, true},
                                         {&detective::slow_sink, true},
                                         {&detective::schedule, false},
                                         {&detective::faults, false},
                                         {&detective::bare_copying, false},
                                         {&detective::wakes, true},
                                         {&detective::parts, true}}};
    if (rate() <= 0 || cpu() <= 0) return std::nullopt;
    const bool counts = from_.figures.contains("writer_waiting_percent");
    for (const rule& each : rules) {
      if (each.by_counts && !counts) continue;
      if (auto why = (this->*each.look)()) return why;
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] double figure(const std::string& name) const {
    return figure_of(from_.figures, name);
  }
  [[nodiscard]] double of_roof(const std::string& role, const std::string& name) const {
    const auto at = from_.roofs.find(role);
    return at == from_.roofs.end() ? 0 : figure_of(at->second, name);
  }
  [[nodiscard]] double cpu() const { return figure(cpu_per_gib); }
  [[nodiscard]] double rate() const { return figure(bytes_per_second); }
  [[nodiscard]] double writer_waits() const { return figure("writer_waiting_percent") / 100; }
  [[nodiscard]] double reader_waits() const { return figure("reader_waiting_percent") / 100; }
  [[nodiscard]] double writer_spins() const { return figure("writer_spinning_percent") / 100; }
  [[nodiscard]] double reader_spins() const { return figure("reader_spinning_percent") / 100; }
  [[nodiscard]] bool both_wait() const { return std::min(writer_waits(), reader_waits()) >= 0.1; }
  // Whether the roofs tell the parts of the work apart.
  [[nodiscard]] bool has_parts() const { return from_.roofs.contains(encoding_alone); }

  // What a figure is beside what reading and the sinks alone make it.
  [[nodiscard]] double beside_parts(const std::string& name) const {
    const double known = has_parts() ? of_roof(whole_roof, name) + of_roof(sink_alone, name) : 0;
    return std::max(0.0, figure(name) - known);
  }
  [[nodiscard]] double kernel_seconds() const { return beside_parts("system_seconds_per_gib"); }
  [[nodiscard]] double kernel_share() const { return kernel_seconds() / cpu(); }

  // The share of time that the threads of both ends wait awake.
  [[nodiscard]] double spinning() const {
    const auto drains = static_cast<double>(from_.how.rings);
    const auto all = static_cast<double>(from_.how.threads);
    return (writer_spins() * (all - drains) + reader_spins() * drains) / all;
  }

  [[nodiscard]] std::optional<why> faults() const {
    const double count = beside_parts("page_faults_per_gib");
    const double touched = count * page_bytes / gib_bytes;
    if (touched < 1.0 / 8 || kernel_share() < 0.25) return std::nullopt;
    return why{cause::page_faults,
               fmt::format("page faults: {:.0f} a GiB, one for each {:.3g} KiB that are moved, and "
                           "the kernel takes {} of the CPU time",
                           count, page_bytes / touched / 1024, share_text(kernel_share()))};
  }

  [[nodiscard]] std::optional<why> crowd() const {
    const std::size_t cpus = from_.how.share_a_cpu ? 1 : from_.cpus;
    if (cpus == 0 || from_.how.threads <= cpus || spinning() < 0.5) return std::nullopt;
    return why{cause::spinning_in_a_crowd,
               fmt::format("spinning in a crowd: {} threads on {} CPU{} spend {} of their time in "
                           "waits that do not sleep, and are preempted {:.0f} times a GiB",
                           from_.how.threads, cpus, cpus == 1 ? "" : "s", share_text(spinning()),
                           figure("involuntary_switches_per_gib"))};
  }

  [[nodiscard]] why too_small(const std::string& evidence, double needed) const {
    const std::uint64_t size = std::bit_ceil(static_cast<std::uint64_t>(std::ceil(needed)));
    return {cause::ring_too_small,
            fmt::format("a ring too small: {}; {} would do", evidence, format_size(size)), size};
  }

  [[nodiscard]] std::optional<why> small_for_a_piece() const {
    const auto piece = from_.how.piece;
    if (piece <= from_.how.ring_size || !both_wait()) return std::nullopt;
    return too_small(
        fmt::format("{} are handed over at once and {} fit, so that both ends wait, {} "
                    "and {} of their time",
                    format_size(piece), format_size(from_.how.ring_size),
                    share_text(writer_waits()), share_text(reader_waits())),
        // One is filled while the one before is drained.
        2 * static_cast<double>(piece));
  }

  [[nodiscard]] std::optional<why> small_for_a_stall() const {
    const double stall = std::chrono::duration<double>(load_.stall).count();
    const double inflow = load_.is_paced()
                              ? paced_rate() * from_.how.share
                              : rate() * from_.how.share / std::max(0.01, 1 - writer_waits());
    const double burst = static_cast<double>(load_.burst) * producers() * from_.how.share;
    const double needed = stall * inflow + burst;
    if (needed <= static_cast<double>(from_.how.ring_size)) return std::nullopt;
    const bool late = load_.is_paced() && stall > 0 && figure(stall_p999) * 1e-6 >= stall / 10;
    const bool held_up = load_.burst > 0 && writer_waits() >= 0.1;
    const bool closed = !load_.is_paced() && both_wait();
    if (!late && !held_up && !closed) return std::nullopt;
    const std::string effect =
        late ? fmt::format("p99.9 of a write is {:.3g} ms", figure(stall_p999) * 1e-3)
             : fmt::format("the writer waits {} of its time", share_text(writer_waits()));
    return too_small(
        fmt::format("load {} brings {:.3g} KiB while nothing is drained and {} fit, "
                    "so that {}",
                    from_.how.load, needed / 1024, format_size(from_.how.ring_size), effect),
        needed + static_cast<double>(from_.how.piece));
  }

  [[nodiscard]] std::optional<why> slow_sink() const {
    if (writer_waits() < 0.5 || !(from_.how.stores || load_.is_stopped())) return std::nullopt;
    const double alone = of_roof(sink_alone, bytes_per_second);
    const std::string limit =
        load_.is_stopped() ? fmt::format(", under load {}", from_.how.load)
        : alone > 0
            ? fmt::format(", and one thread that does nothing else gives it {}", rate_text(alone))
            : "";
    return why{cause::sink,
               fmt::format("the sink: what fills the rings waits {} of its time for what drains "
                           "them, which waits {}; {} come through{}",
                           share_text(writer_waits()), share_text(reader_waits()),
                           rate_text(rate()), limit)};
  }

  [[nodiscard]] std::optional<why> schedule() const {
    if (!load_.is_paced() || rate() < 0.9 * paced_rate()) return std::nullopt;
    return why{cause::schedule,
               fmt::format("the producer's schedule: {} of the {} that load {} makes",
                           rate_text(rate()), rate_text(paced_rate()), from_.how.load)};
  }
  // Of each of which the load is: of every pair, or of the one that writes an object.
  [[nodiscard]] double producers() const {
    return has_parts() ? 1 : static_cast<double>(from_.how.rings);
  }
  [[nodiscard]] double paced_rate() const { return load_.paced_rate() * producers(); }

  [[nodiscard]] std::optional<why> bare_copying() const {
    const double roof = of_roof(whole_roof, bytes_per_second);
    const bool driven = load_.is_paced() || load_.is_stopped();
    if (has_parts() || driven || !from_.how.copies || roof <= 0 || rate() < roof * 2 / 3)
      return std::nullopt;
    return why{cause::copying, fmt::format("copying: {}, {:.2f} of the {} at which the bytes are "
                                           "copied in and out with nothing else between",
                                           rate_text(rate()), rate() / roof, rate_text(roof))};
  }

  [[nodiscard]] std::optional<why> wakes() const {
    if (figure("wakes_per_gib") <= 0) return std::nullopt;
    const double own = kernel_share();
    const double writer_sleeps = writer_waits() - writer_spins();
    const double reader_sleeps = reader_waits() - reader_spins();
    const bool in_pairs = from_.how.threads == 2 * from_.how.rings;
    const bool both_sleep = in_pairs && std::min(writer_sleeps, reader_sleeps) >= 0.1;
    if (own < 0.25 && !both_sleep) return std::nullopt;
    return why{cause::wakes,
               fmt::format("wakes: {:.0f} a GiB, one for each {:.3g} KiB; the writer sleeps {} of "
                           "its time and the reader {}, and the kernel's part in that is {} of the "
                           "CPU time",
                           figure("wakes_per_gib"), gib_bytes / 1024 / figure("wakes_per_gib"),
                           share_text(writer_sleeps), share_text(reader_sleeps), share_text(own))};
  }

  [[nodiscard]] std::optional<why> parts() const {
    struct part {
      cause what;
      std::string_view name;
      double share;
    };
    const auto by_roof = [&](const char* role) { return of_roof(role, cpu_per_gib) / cpu(); };
    std::vector<part> all;
    if (has_parts()) {
      all = {{cause::encoding, "encoding", by_roof(encoding_alone)},
             {cause::hashing, "hashing", by_roof(hashing_alone)}};
      if (from_.how.stores) all.push_back({cause::sink, "the sink", by_roof(sink_alone)});
      if (from_.how.copies) all.push_back({cause::copying, "copying", copying_share()});
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const part& one, const part& other) { return one.share > other.share; });
    std::string shares;
    for (const part& each : all)
      shares +=
          fmt::format("{}{} {}", shares.empty() ? "" : ", ", each.name, share_text(each.share));
    if (!all.empty() && all.front().share >= 1.0 / 3) {
      return why{all.front().what,
                 fmt::format("{}: of the {:.3g} CPU-s/GiB, {}", all.front().name, cpu(), shares)};
    }
    const double roof = of_roof(whole_roof, bytes_per_second);
    if (shares.empty() && roof > 0) shares = fmt::format("{:.2f} of the roof", rate() / roof);
    return why{
        cause::nothing_stands_out,
        fmt::format("nothing stands out: {}{}the writer waits {} of its time and the reader {}",
                    shares, shares.empty() ? "" : ", ", share_text(writer_waits()),
                    share_text(reader_waits()))};
  }

  // What is left of the CPU time when all else that is known of is taken off.
  [[nodiscard]] double copying_share() const {
    const double spun = spinning() * static_cast<double>(from_.how.threads) * gib_bytes / rate();
    const double left = cpu() - of_roof(whole_roof, cpu_per_gib) -
                        of_roof(sink_alone, cpu_per_gib) - kernel_seconds() - spun;
    return std::max(0.0, left / cpu());
  }

  const clues& from_;
  const bench::load load_;
};

named_medians medians_of(const suite& of, const cell_samples& cell) {
  named_medians out;
  for (const metric& each : of.traits().metrics) {
    if (const auto value = estimate_of(cell, each.name)) out.emplace(each.name, value->median);
  }
  return out;
}

}  // namespace

std::string_view to_string(cause value) noexcept {
  constexpr std::array<std::string_view, 10> names{"spinning_in_a_crowd",
                                                   "ring_too_small",
                                                   "sink",
                                                   "schedule",
                                                   "page_faults",
                                                   "copying",
                                                   "wakes",
                                                   "encoding",
                                                   "hashing",
                                                   "nothing_stands_out"};
  return names[static_cast<std::size_t>(value)];
}

std::optional<clues> clues_of(const suite& of, const cell_samples& cell,
                              const std::vector<cell_samples>& all, std::size_t cpus) {
  const auto how = of.traffic_of(cell.key);
  if (!how || cell.is_roof) return std::nullopt;
  clues out{.how = *how, .cpus = cpus, .figures = medians_of(of, cell)};
  for (const cell_samples* const roof : roofs_of(of, cell, all))
    out.roofs.try_emplace(of.role(roof->key), medians_of(of, *roof));
  return out;
}

std::optional<why> why_of(const clues& from) {
  return detective(from).found();
}

}  // namespace annulus::harness
