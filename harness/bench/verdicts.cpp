#include "verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "sizes.hpp"
#include "statistics.hpp"

namespace annulus::bench {
namespace {

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

  std::vector<verdict> all() {
    for (const std::size_t size : sizes_) {
      against_peers(size);
      against_roof(size);
    }
    std::stable_sort(found_.begin(), found_.end(), [](const verdict& one, const verdict& other) {
      return one.criterion < other.criterion;
    });
    return std::move(found_);
  }

 private:
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

  // Nothing if either was not measured.
  void ratio(const std::string& criterion, std::size_t size, const std::optional<figure>& upper,
             const std::string& upper_role, const std::optional<figure>& lower,
             const std::string& lower_role, double wanted, bool at_least = true) {
    if (!upper || !lower || lower->value == 0) return;
    const auto named = [](const std::string& role, const std::string& channel) {
      return role.empty() ? channel : fmt::format("{} ({})", role, channel);
    };
    found_.push_back({criterion, size,
                      fmt::format("{} / {}", named(upper_role, upper->channel),
                                  named(lower_role, lower->channel)),
                      upper->value / lower->value, wanted, at_least, ""});
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
  return judgement(cells).all();
}

std::string to_text(const verdict& value) {
  return fmt::format("{:<8} {:>6}  {} = {:.3g}{} (want {} {}{})  {}", value.criterion,
                     harness::format_size(value.ring_size), value.what, value.value, value.unit,
                     value.at_least ? ">=" : "<=", value.wanted, value.unit,
                     value.met() ? "met" : "NOT MET");
}

harness::json to_json(const verdict& value) {
  return {{"criterion", value.criterion},
          {"ring_size", value.ring_size},
          {"what", value.what},
          {"value", value.value},
          {"wanted", value.wanted},
          {"bound", value.at_least ? "at least" : "at most"},
          {"unit", value.unit},
          {"met", value.met()},
          {"judged", value.ring_size == judged_ring_size}};
}

}  // namespace annulus::bench
