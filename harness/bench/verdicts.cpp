#include "verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "pipelines/metrics.hpp"
#include "sizes.hpp"
#include "statistics.hpp"

namespace annulus::bench {
namespace {

using enum direction;

// A median and whose it is.
struct figure {
  std::string channel;
  double value = 0;
};

class judgement {
 public:
  explicit judgement(std::span<const cell> cells) : cells_(cells) {
    for (const cell& at : cells) {
      if (at.what.any_size) sizes_.insert(at.ring_size);
    }
  }

  std::vector<verdict> of_rings() {
    for (const std::size_t size : sizes_) {
      against_peers(size);
      against_roof(size);
      in_place(size);
      under_stalls(size);
      in_steady_state(size);
    }
    round_trips();
    at_rest();
    return sorted(judged_ring_size);
  }

  std::vector<verdict> of_pipelines() {
    for (const std::size_t size : sizes_) {
      ratio("copy-in", size, one("copy-in", "pipe", size, bytes_per_second), "",
            one("copy-in", "futex", size, bytes_per_second), "", 0.8);
      for (const std::string shape : {"no-touch", "copy-in", "checksum", "parse"}) {
        level("allocated", size, one(shape, "pipe", size, allocations_per_million), shape,
              "per million operations", 0);
      }
    }
    return sorted(judged_segment_size);
  }

 private:
  std::vector<verdict> sorted(std::size_t judged_size) {
    for (verdict& each : found_) each.judged = each.ring_size == judged_size;
    std::stable_sort(found_.begin(), found_.end(), [](const verdict& one, const verdict& other) {
      return one.criterion < other.criterion;
    });
    return std::move(found_);
  }

  void against_peers(std::size_t size) {
    for (const std::string shape : {"a", "b", "c", "d"}) {
      const double wanted = shape == "d" ? 1.0 : 1.25;
      const auto peer = best(shape, side::peer, size, bytes_per_second);
      ratio(shape + " best", size, best(shape, side::ours, size, bytes_per_second), "best ours",
            peer, "best peer", wanted);
      ratio(shape + " futex", size, one(shape, "futex", size, bytes_per_second), "", peer,
            "best peer", 1.0);
    }
  }

  void against_roof(std::size_t size) {
    const auto roof = one("roof", "two-core copy", size, bytes_per_second);
    ratio("d roof", size, best("d", side::ours, size, bytes_per_second), "best ours", roof, "",
          0.9);
  }

  void in_place(std::size_t size) {
    ratio("e in place", size, best("e", side::ours, size, bytes_per_second), "e, best ours",
          best("d", side::ours, size, bytes_per_second), "d, best ours", 1.5);
  }

  void under_stalls(std::size_t size) {
    ratio("g cpu", size, one("g", "futex", size, cpu_per_gib), "",
          one("g", "spsc", size, cpu_per_gib), "", 0.6, at_most);
    ratio("g rate", size, one("g", "futex", size, bytes_per_second), "",
          one("g", "spsc", size, bytes_per_second), "", 0.95);
  }

  void in_steady_state(std::size_t size) {
    for (const std::string channel : {"futex", "mirror"}) {
      level("steady", size, one("steady", channel, size, kernel_calls), "kernel calls",
            "per million writes", 10);
    }
  }

  void round_trips() {
    auto roof = one("f", "two lines", judged_ring_size, round_trip_p50);
    ratio("f p50", judged_ring_size, one("f", "spsc", judged_ring_size, round_trip_p50), "", roof,
          "", 1.1, at_most);
  }

  void at_rest() {
    for (const std::string channel : {"futex", "mirror"}) {
      for (const auto& [metric, what] :
           {std::pair{reader_cpu, "reader parked"}, std::pair{writer_cpu, "writer parked"}}) {
        level("h idle", judged_ring_size, one("h", channel, judged_ring_size, metric), what,
              "% CPU", 0.1);
      }
    }
  }

  // Nothing if it was not measured.
  void level(const std::string& criterion, std::size_t size, const std::optional<figure>& at,
             const std::string& what, const std::string& unit, double wanted) {
    if (!at) return;
    found_.push_back({criterion, size, fmt::format("{}, {}", at->channel, what), at->value, wanted,
                      at_most, unit, false});
  }

  // Nothing if either was not measured.
  void ratio(const std::string& criterion, std::size_t size, const std::optional<figure>& upper,
             const std::string& upper_role, const std::optional<figure>& lower,
             const std::string& lower_role, double wanted, direction bound = at_least) {
    if (!upper || !lower || lower->value == 0) return;
    const auto named = [](const std::string& role, const std::string& channel) {
      return role.empty() ? channel : fmt::format("{} ({})", role, channel);
    };
    found_.push_back({criterion, size,
                      fmt::format("{} / {}", named(upper_role, upper->channel),
                                  named(lower_role, lower->channel)),
                      upper->value / lower->value, wanted, bound, "", false});
  }

  [[nodiscard]] static bool is(const cell& at, const std::string& shape, std::size_t size,
                               const std::string& metric) {
    return at.what.shape == shape && (at.ring_size == size || !at.what.any_size) &&
           at.metrics.contains(metric);
  }

  [[nodiscard]] std::optional<figure> one(const std::string& shape, const std::string& channel,
                                          std::size_t size, const std::string& metric) const {
    for (const cell& at : cells_) {
      if (is(at, shape, size, metric) && at.what.channel == channel) {
        return figure{channel, harness::median(at.metrics.at(metric))};
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<figure> best(const std::string& shape, side whose, std::size_t size,
                                           const std::string& metric) const {
    std::optional<figure> found;
    for (const cell& at : cells_) {
      if (!is(at, shape, size, metric) || at.what.whose != whose) continue;
      const double value = harness::median(at.metrics.at(metric));
      if (!found || value > found->value) found = figure{at.what.channel, value};
    }
    return found;
  }

  std::span<const cell> cells_;
  std::set<std::size_t> sizes_;
  std::vector<verdict> found_;
};

}  // namespace

std::vector<verdict> judge(std::span<const cell> cells) {
  return judgement(cells).of_rings();
}

std::vector<verdict> judge_pipelines(std::span<const cell> cells) {
  return judgement(cells).of_pipelines();
}

std::string to_text(const verdict& value) {
  return fmt::format("{:<10} {:>6}  {} = {:.3g}{}{} (want {} {})  {}", value.criterion,
                     harness::format_size(value.ring_size), value.what, value.value,
                     value.unit.empty() ? "" : " ", value.unit,
                     value.bound == at_least ? ">=" : "<=", value.wanted,
                     value.met() ? "met" : "NOT MET");
}

harness::json to_json(const verdict& value, const std::string& size_key) {
  return {
      {"criterion", value.criterion}, {size_key, value.ring_size},
      {"what", value.what},           {"value", value.value},
      {"wanted", value.wanted},       {"bound", value.bound == at_least ? "at least" : "at most"},
      {"unit", value.unit},           {"met", value.met()},
      {"judged", value.judged}};
}

}  // namespace annulus::bench
