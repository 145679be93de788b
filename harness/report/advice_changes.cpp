#include "report/advice_changes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/sizes.hpp"
#include "report/table.hpp"

namespace annulus::harness {
namespace {

using field_view = const std::vector<candidate>&;

std::string instead(const metric& by, const candidate& other, const candidate& best) {
  const auto text = [&](const candidate& of) {
    return estimate_text({of.figures.at(by.name).median}, by.scale);
  };
  return fmt::format("{} {} instead of {}", by.title, text(other), text(best));
}

// What decides between `best` and another of its ring; empty: they are alike in all.
std::string cost_of(const choice_rule& rule, field_view field, const candidate& best,
                    const candidate& other) {
  if (!other.reaches_rate && best.reaches_rate) return "the rate is not reached";
  for (const metric* const by : rule.figures(reaching(field))) {
    if (!rule.alike(*by, best, other)) return instead(*by, other, best);
  }
  return "";
}

void add_sizes(const choice_rule& rule, field_view field, const candidate& best,
               std::vector<std::string>& out) {
  const candidate* below = nullptr;
  const candidate* above = nullptr;
  bool flat = true;
  for (const candidate& each : field) {
    if (each.ring != best.ring || each.size == best.size) continue;
    (each.size < best.size ? below : above) = &each;
    if (each.size > best.size) flat = flat && cost_of(rule, field, best, each).empty();
  }
  if (above != nullptr && flat) {
    out.push_back(fmt::format("from {} to {} the size of {} changes nothing",
                              format_size(best.size), format_size(above->size), best.ring));
  }
  if (below == nullptr) return;
  const std::string cost = cost_of(rule, field, best, *below);
  if (!cost.empty()) out.push_back(fmt::format("with {}: {}", below->label(), cost));
}

void add_cpu(const choice_rule& rule, field_view field, const candidate& best,
             std::vector<std::string>& out) {
  const auto figures = rule.figures(field);
  if (figures.size() < 2 || figures.back()->name != cpu_per_gib) return;
  const metric& cpu = *figures.back();
  const candidate& least = best_by(cpu, field);
  if (rule.alike(cpu, least, best)) return;
  out.push_back(fmt::format("if CPU matters more: {}, {}, but {}", least.label(),
                            instead(cpu, least, best), instead(*figures.front(), least, best)));
}

std::string value_text(dimension of, double value) {
  if (of == by_message) return "messages of " + format_size(static_cast<std::uint64_t>(value));
  return fmt::format("a {} of {:g}MB/s", of == by_rate ? "rate" : "consumer", value / 1e6);
}

// Through `values` to the first with another answer; or how far none has one.
std::string walked(const neighbours& around, const choice_rule& rule, const candidate& best,
                   dimension along, const std::vector<double>& values) {
  std::string out;
  for (const double value : values) {
    coordinates there = around.here();
    there[along] = value;
    const auto field = around.at(there);
    const candidate* const kept = same_choice(field, best);
    if (kept == nullptr) continue;
    const auto where = value_text(along, value);
    if (best.reaches_rate && !reaching(field).front().reaches_rate)
      return fmt::format("at {} no ring reaches the rate", where);
    if (rule.loss_of(*kept, field))
      return fmt::format("at {}: {}", where, rule.choose(field).label());
    const bool up = value > around.here()[along];
    out = fmt::format("{} to {} nothing changes", up ? "up" : "down", where);
  }
  return out;
}

}  // namespace

std::vector<std::string> changes_of(const neighbours& around, const choice_rule& by,
                                    const std::vector<candidate>& field, const candidate& best) {
  std::vector<std::string> out;
  add_sizes(by, field, best, out);
  add_cpu(by, reaching(field), best, out);
  for (const dimension along : {by_message, by_rate, by_drain}) {
    const double here = around.here()[along];
    if (here <= 0) continue;
    const auto values = around.values(along);
    const std::vector<double> down(std::reverse_iterator(values.lower_bound(here)), values.rend());
    out.push_back(walked(around, by, best, along, down));
    out.push_back(walked(around, by, best, along, {values.upper_bound(here), values.end()}));
  }
  std::erase(out, "");
  return out;
}

}  // namespace annulus::harness
