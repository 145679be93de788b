#include "report/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <annulus/all.hpp>
#include <array>
#include <cmath>
#include <random>
#include <set>

#include "base/sizes.hpp"
#include "report/advice_words.hpp"
#include "suites/common/load.hpp"

namespace annulus::harness {
namespace {

constexpr double reached = 0.95;
constexpr double alike_part = 0.05;
constexpr double tie_part = 0.25;
constexpr double alike_us = 20;
constexpr double near_factor = 2;

enum dimension : std::size_t { by_message, by_rate, by_drain, by_capacity };
constexpr std::array all_dimensions{by_message, by_rate, by_drain, by_capacity};
using coordinates = std::array<double, all_dimensions.size()>;  // 0: there is no such number

bool has_memory(const std::string& ring) {
  const auto& all = all_rings::infos;
  const auto at = std::find_if(all.begin(), all.end(),
                               [&](const variant_info& each) { return each.name == ring; });
  return at == all.end() || at->buffered;
}

// A cell's key in numbers and words.
struct place {
  std::string ring;
  std::map<std::string, json> words{};  // which may come in any order
  coordinates at{};

  [[nodiscard]] bench::load load() const {
    const auto spelled = words.find("load");
    if (spelled == words.end()) return {};
    return bench::parse_load(spelled->second.get<std::string>()).value_or(bench::load{});
  }
  [[nodiscard]] double pairs() const {
    const auto spelled = words.find("pairs");
    return spelled == words.end() ? 1 : spelled->second.get<double>();
  }
};

std::optional<place> place_of(const json& key) {
  place out{key.at("ring").get<std::string>()};
  const bool in_writes = key.contains("write");
  if (in_writes && key.at("write") != key.at("read")) return std::nullopt;
  out.at[by_message] = key.at(in_writes ? "write" : "block").get<double>();
  if (has_memory(out.ring)) out.at[by_capacity] = key.at("ring_size").get<double>();
  constexpr std::array numbers{"ring", "ring_size", "write", "read", "block"};
  for (const auto& [axis, value] : key.items()) {
    if (std::find(numbers.begin(), numbers.end(), axis) == numbers.end()) out.words[axis] = value;
  }
  if (!key.contains("load")) return out;
  auto how = bench::parse_load(key.at("load").get<std::string>());
  if (!how) return std::nullopt;
  for (const auto& [at, number] : {std::pair{by_rate, &how->rate}, {by_drain, &how->drain}}) {
    out.at[at] = static_cast<double>(*number);
    *number = std::min<std::uint64_t>(*number, 1);
  }
  out.words["load"] = to_string(*how);
  return out;
}

// What is known of one place.
struct guess {
  std::map<std::string, estimate> figures{};
  origin from = origin::measured;
  double span = 0;  ///< how far apart the places are that it is from
  std::vector<std::size_t> cells{};
};

double between(double low, double high, double part) {
  if (low <= 0 || high <= 0) return std::lerp(low, high, part);
  return std::exp(std::lerp(std::log(low), std::log(high), part));
}

guess between(const guess& below, const guess& above, double part, double span) {
  guess out;
  out.from = std::max({origin::interpolated, below.from, above.from});
  out.span = span + std::max(below.span, above.span);
  for (const auto& [name, low] : below.figures) {
    const auto high = above.figures.find(name);
    if (high == above.figures.end()) continue;
    out.figures[name] = {
        between(low.median, high->second.median, part), between(low.low, high->second.low, part),
        between(low.high, high->second.high, part), std::min(low.n, high->second.n)};
  }
  out.cells = below.cells;
  out.cells.insert(out.cells.end(), above.cells.begin(), above.cells.end());
  return out;
}

void scale(std::map<std::string, estimate>& figures, double factor) {
  const auto at = figures.find(bytes_per_second);
  if (at == figures.end()) return;
  estimate& of = at->second;
  of = {of.median * factor, of.low * factor, of.high * factor, of.n};
}

bool meet(const estimate& one, const estimate& other) {
  return one.has_interval() && other.has_interval() && overlap(one, other);
}

// Two figures of which neither is to be preferred.
bool alike(const metric& by, const estimate& one, const estimate& other) {
  const double difference = std::abs(one.median - other.median);
  const double part = difference / std::min(one.median, other.median);
  const bool is_stall = by.name == stall_p99 || by.name == stall_p999;
  return part <= alike_part || (is_stall && difference < alike_us) ||
         (part <= tie_part && meet(one, other));
}

using choices = std::vector<const candidate*>;

const estimate& figure_by(const candidate& of, const metric& by) {
  return of.figures.at(by.name);
}

// How good candidates are compared: for one request.
class choice_rule {
 public:
  choice_rule(const suite& of, bool has_rate) : of_(of), has_rate_(has_rate) {}

  // The figures that decide, one after the other.
  [[nodiscard]] std::vector<const metric*> figures(const choices& field) const {
    std::vector<const char*> names{bytes_per_second, cpu_per_gib};
    if (has_rate_) {
      names = {stall_p999, stall_p99, cpu_per_gib};
      if (!any_reaches(field)) names.insert(names.begin(), bytes_per_second);
    }
    std::vector<const metric*> out;
    for (const char* const name : names) {
      const bool known = !field.empty() && std::all_of(field.begin(), field.end(), [&](auto* each) {
        return each->figures.contains(name);
      });
      if (known) out.push_back(&find_metric(of_, name));
    }
    return out;
  }

  [[nodiscard]] static bool any_reaches(const choices& field) {
    return std::any_of(field.begin(), field.end(), [](auto* each) { return each->reaches_rate; });
  }
  [[nodiscard]] choices reaching(const choices& field) const {
    if (!has_rate_ || !any_reaches(field)) return field;
    choices out;
    std::copy_if(field.begin(), field.end(), std::back_inserter(out),
                 [](auto* each) { return each->reaches_rate; });
    return out;
  }

  // The one with the best median.
  static const candidate& best_by(const metric& by, const choices& field) {
    return **std::min_element(field.begin(), field.end(), [&](auto* one, auto* other) {
      const double a = figure_by(*one, by).median;
      const double b = figure_by(*other, by).median;
      return by.best == better::lower ? a < b : a > b;
    });
  }
  static choices as_good(const metric& by, const choices& field) {
    const candidate& best = best_by(by, field);
    choices out;
    std::copy_if(field.begin(), field.end(), std::back_inserter(out),
                 [&](auto* each) { return alike(by, figure_by(best, by), figure_by(*each, by)); });
    return out;
  }

  // Precondition: the field is not empty.
  [[nodiscard]] const candidate* choose(const choices& all, std::string* why = nullptr) const {
    choices field = reaching(all);
    std::string trail;
    if (has_rate_) {
      trail = any_reaches(all)
                  ? fmt::format("{} of {} rings and sizes reach the rate", field.size(), all.size())
                  : "none reaches the rate";
    }
    for (const metric* const by : figures(field)) {
      const auto before = field.size();
      field = as_good(*by, field);
      if (before == 1) break;
      trail += trail.empty() ? "" : "; ";
      trail += field.size() == 1
                   ? fmt::format("of {} it has the best {}", before, words_for(*by))
                   : fmt::format("{} of {} are alike by {}", field.size(), before, words_for(*by));
    }
    if (field.size() > 1) trail += "; of these it is the smallest";
    if (why != nullptr) *why = trail;
    return *std::min_element(field.begin(), field.end(), [&](auto* one, auto* other) {
      return std::pair(one->size, cpu_of(*one)) < std::pair(other->size, cpu_of(*other));
    });
  }

  // The first figure by which `one` is not as good as the best of the field; null: there is none.
  [[nodiscard]] const metric* loses_by(const candidate& one, choices field,
                                       const candidate** best) const {
    field = reaching(field);
    for (const metric* const by : figures(field)) {
      *best = &best_by(*by, field);
      if (!alike(*by, figure_by(**best, *by), figure_by(one, *by))) return by;
      field = as_good(*by, field);
    }
    return nullptr;
  }
  // Whether the rule would rather have another one than `one` of the field.
  [[nodiscard]] bool rejects(const candidate& one, const choices& field) const {
    const candidate* ignored = nullptr;
    return (has_rate_ && any_reaches(field) && !one.reaches_rate) ||
           loses_by(one, field, &ignored) != nullptr;
  }

 private:
  static double cpu_of(const candidate& of) {
    const auto at = of.figures.find(cpu_per_gib);
    return at == of.figures.end() ? 0 : at->second.median;
  }

  const suite& of_;
  bool has_rate_;
};

choices pointers_to(const std::vector<candidate>& all) {
  choices out;
  for (const candidate& each : all) out.push_back(&each);
  return out;
}

enum class company_of { good_only, any };

// The cells with the words of one request.
class neighbours {
 public:
  neighbours(const advice_request& asked, const std::vector<cell_samples>& cells,
             company_of company = company_of::good_only)
      : asked_(asked), here_(place_of(asked.key).value()) {
    for (const cell_samples& each : cells) {
      if (company == company_of::good_only && each.results.empty()) continue;
      if (const auto at = fitting(each)) rings_[at->ring].emplace(at->at, &each);
    }
  }

  [[nodiscard]] const coordinates& here() const noexcept { return here_.at; }
  [[nodiscard]] bool has_rate() const { return offered(here()) > 0; }

  // Bytes a second that the producers offer; 0: as many as go.
  [[nodiscard]] double offered(const coordinates& at) const {
    bench::load how = here_.load();
    if (!how.is_paced()) return 0;
    if (how.rate != 0) how.rate = static_cast<std::uint64_t>(at[by_rate]);
    return how.paced_rate() * here_.pairs();
  }

  // What rings of the sizes that were measured would do there, but for those that the message does
  // not fit in, of which `skipped` is told.
  [[nodiscard]] std::vector<candidate> at(const coordinates& where,
                                          std::vector<std::string>* skipped = nullptr) const {
    std::vector<candidate> out;
    for (const auto& [ring, cells] : rings_) {
      for (const double size : values(by_capacity, cells)) {
        candidate now{ring, static_cast<std::uint64_t>(size), {}, {}, {}, true};
        if (const auto why = too_small(now, where); !why.empty()) {
          if (skipped != nullptr) skipped->push_back(why);
          continue;
        }
        coordinates there = where;
        there[by_capacity] = size;
        auto known = guessed(cells, there);
        if (!known) continue;
        if (known->from != origin::measured && size > 0 && size < 2 * where[by_message]) {
          if (skipped != nullptr)
            skipped->push_back(now.label() +
                               ": it does not hold two messages, and was not measured there");
          continue;
        }
        out.push_back(filled(now, *std::move(known), there));
      }
    }
    // What is only near is no rival of what is known better.
    const auto is_near = [](const candidate& each) { return each.from == origin::nearest; };
    if (!std::all_of(out.begin(), out.end(), is_near)) std::erase_if(out, is_near);
    return out;
  }

  [[nodiscard]] std::set<double> values(dimension of) const {
    std::set<double> out;
    for (const auto& [ring, cells] : rings_) out.merge(values(of, cells));
    return out;
  }

 private:
  using ring_cells = std::map<coordinates, const cell_samples*>;

  [[nodiscard]] std::optional<place> fitting(const cell_samples& cell) const {
    const std::string role = asked_.of->role(cell.key);
    if (cell.is_roof || role == "roof" || role == "peer") return std::nullopt;
    if ((cell.results.empty() && cell.marked.empty()) || !is_verified(cell)) return std::nullopt;
    auto at = place_of(cell.key);
    return at && at->words == here_.words ? at : std::nullopt;
  }

  static std::set<double> values(dimension of, const ring_cells& cells) {
    std::set<double> out;
    for (const auto& [at, cell] : cells) out.insert(at[of]);
    return out;
  }

  [[nodiscard]] std::string too_small(const candidate& ring, const coordinates& where) const {
    const auto quantities = asked_.of->quantities(asked_.key);
    const auto frame = quantities.find("frame");
    const auto least =
        frame == quantities.end() ? static_cast<std::uint64_t>(where[by_message]) : frame->second;
    if (ring.size == 0 || ring.size >= least) return "";
    return fmt::format("{}: it is smaller than what is written at once, {}", ring.label(),
                       format_size(least));
  }

  [[nodiscard]] guess known(const cell_samples& cell, const coordinates& at) const {
    guess out;
    for (const char* const name : {bytes_per_second, cpu_per_gib, stall_p99, stall_p999}) {
      if (const auto value = estimate_of(cell, name)) out.figures[name] = *value;
    }
    // Rates lie apart: what can be interpolated is the part of them that arrives.
    if (const double most = offered(at); most > 0) scale(out.figures, 1 / most);
    out.cells = {cell.cell};
    return out;
  }

  [[nodiscard]] std::optional<guess> guessed(const ring_cells& cells, const coordinates& at) const {
    const std::vector<dimension> open(all_dimensions.begin(), all_dimensions.end());
    if (auto found = inside(cells, at, open)) return found;
    std::optional<guess> best;
    for (const dimension each : {by_message, by_rate, by_drain}) {
      for (const double value : values(each, cells)) {
        const double far = std::abs(std::log(value / at[each]));
        if (at[each] <= 0 || far > std::log(near_factor) * 1.001) continue;
        coordinates there = at;
        there[each] = value;
        const auto found = cells.find(there);
        if (found == cells.end() || (best && best->span <= far)) continue;
        best = known(*found->second, there);
        best->from = origin::nearest;
        best->span = far;
      }
    }
    return best;
  }

  // Measured there, or interpolated in some of the `open` dimensions.
  [[nodiscard]] std::optional<guess> inside(const ring_cells& cells, const coordinates& at,
                                            const std::vector<dimension>& open) const {
    if (const auto exact = cells.find(at); exact != cells.end()) return known(*exact->second, at);
    std::optional<guess> best;
    for (const dimension each : open) {
      if (at[each] <= 0) continue;
      auto rest = open;
      std::erase(rest, each);
      std::optional<guess> sides[2];
      double ends[2] = {0, 0};
      for (const double value : values(each, cells)) {
        const bool above = value > at[each];
        if (value == at[each] || (above && (sides[1] || !sides[0]))) continue;
        coordinates there = at;
        there[each] = value;
        if (auto side = inside(cells, there, rest)) {
          sides[above] = std::move(side);
          ends[above] = value;
        }
      }
      if (!sides[0] || !sides[1]) continue;
      const double span = std::log(ends[1] / ends[0]);
      auto found = between(*sides[0], *sides[1], std::log(at[each] / ends[0]) / span, span);
      if (!best || found.span < best->span) best = std::move(found);
    }
    return best;
  }

  [[nodiscard]] candidate filled(candidate out, guess&& from, const coordinates& at) const {
    out.figures = std::move(from.figures);
    out.from = from.from;
    out.cells = std::move(from.cells);
    double goal = offered(at);
    if (goal <= 0) return out;
    scale(out.figures, goal);
    if (at[by_drain] > 0) goal = std::min(goal, at[by_drain] * here_.pairs());
    const auto arrived = out.figures.find(bytes_per_second);
    out.reaches_rate = arrived == out.figures.end() || arrived->second.median >= reached * goal;
    return out;
  }

  const advice_request& asked_;
  place here_;
  std::map<std::string, ring_cells> rings_;
};

const candidate* same_choice(const std::vector<candidate>& field, const candidate& as) {
  const auto at = std::find_if(field.begin(), field.end(), [&](const candidate& each) {
    return each.ring == as.ring && each.size == as.size;
  });
  return at == field.end() ? nullptr : &*at;
}

std::string value_text(dimension of, double value) {
  if (of == by_message) return "messages of " + format_size(static_cast<std::uint64_t>(value));
  return fmt::format("{} {}", of == by_rate ? "a rate of" : "a consumer of", rate_text(value));
}

// What would change the answer.
class alternatives {
 public:
  alternatives(const neighbours& around, const choice_rule& by, const std::vector<candidate>& field,
               const candidate& best)
      : around_(around), by_(by), field_(pointers_to(field)), best_(best) {}

  [[nodiscard]] std::vector<std::string> sentences() const {
    std::vector<std::string> out = by_size();
    by_cpu(out);
    for (const dimension each : {by_message, by_rate, by_drain}) {
      for (const bool up : {false, true}) walk(each, up, out);
    }
    return out;
  }

 private:
  // The figure that decides between the best and `other`; null: they are alike in all.
  [[nodiscard]] const metric* between(const candidate& other) const {
    for (const metric* const by : by_.figures(by_.reaching(field_))) {
      if (!alike(*by, figure_by(best_, *by), figure_by(other, *by))) return by;
    }
    return nullptr;
  }
  [[nodiscard]] std::string instead(const metric& by, const candidate& other) const {
    return fmt::format("{} {} instead of {}", words_for(by),
                       value_text_of(by, figure_by(other, by).median),
                       value_text_of(by, figure_by(best_, by).median));
  }

  [[nodiscard]] std::vector<std::string> by_size() const {
    const candidate* below = nullptr;
    choices above;
    for (const candidate* const each : field_) {
      if (each->ring != best_.ring) continue;
      if (each->size > best_.size) above.push_back(each);
      if (each->size < best_.size && (below == nullptr || each->size > below->size)) below = each;
    }
    std::vector<std::string> out;
    const bool flat = std::none_of(above.begin(), above.end(),
                                   [&](auto* each) { return between(*each) != nullptr; });
    if (!above.empty() && flat) {
      out.push_back(fmt::format("from {} to {} the size of {} changes nothing",
                                format_size(best_.size), format_size(above.back()->size),
                                best_.ring));
    }
    if (below == nullptr) return out;
    const metric* const by = between(*below);
    if (!below->reaches_rate && best_.reaches_rate) {
      out.push_back(fmt::format("with {} the rate would not be reached", below->label()));
    } else if (by != nullptr) {
      out.push_back(fmt::format("with {}: {}", below->label(), instead(*by, *below)));
    }
    return out;
  }

  void by_cpu(std::vector<std::string>& out) const {
    const choices field = by_.reaching(field_);
    const auto deciding = by_.figures(field);
    if (deciding.size() < 2 || deciding.back()->name != cpu_per_gib) return;
    const metric& cpu = *deciding.back();
    const candidate& least = choice_rule::best_by(cpu, field);
    if (alike(cpu, figure_by(least, cpu), figure_by(best_, cpu))) return;
    const metric& first = *deciding.front();
    out.push_back(fmt::format("if CPU matters more: {}, {}, but {}", least.label(),
                              instead(cpu, least), instead(first, least)));
  }

  // To the nearest value with another answer; and how far none has one.
  void walk(dimension along, bool up, std::vector<std::string>& out) const {
    const double here = around_.here()[along];
    const auto all = around_.values(along);
    std::vector<double> ahead;
    std::copy_if(all.begin(), all.end(), std::back_inserter(ahead),
                 [&](double value) { return here > 0 && (up ? value > here : value < here); });
    if (!up) std::reverse(ahead.begin(), ahead.end());
    std::optional<double> same;
    for (const double value : ahead) {
      coordinates there = around_.here();
      there[along] = value;
      const auto field = around_.at(there);
      const candidate* const kept = same_choice(field, best_);
      if (kept == nullptr) continue;
      const auto choice = pointers_to(field);
      const auto where = value_text(along, value);
      if (around_.has_rate() && best_.reaches_rate && !choice_rule::any_reaches(choice)) {
        out.push_back(fmt::format("at {} no ring reaches the rate", where));
        return;
      }
      if (by_.rejects(*kept, choice)) {
        out.push_back(fmt::format("at {}: {}", where, by_.choose(choice)->label()));
        return;
      }
      same = value;
    }
    if (same)
      out.push_back(
          fmt::format("{} to {} nothing changes", up ? "up" : "down", value_text(along, *same)));
  }

  const neighbours& around_;
  const choice_rule& by_;
  choices field_;
  const candidate& best_;
};

// The best size of each ring, best first.
std::vector<candidate> ranked(const choice_rule& by, const std::vector<candidate>& field) {
  std::map<std::string, choices> rings;
  for (const candidate& each : field) rings[each.ring].push_back(&each);
  // The best of all is the first, whatever the best of the others would be without it.
  choices left{by.choose(pointers_to(field))};
  std::vector<candidate> out{*left.front()};
  rings.erase(out.front().ring);
  left.clear();
  for (const auto& [ring, sizes] : rings) left.push_back(by.choose(sizes));
  while (!left.empty()) {
    const candidate* const next = by.choose(left);
    out.push_back(*next);
    std::erase(left, next);
  }
  return out;
}

// Why cells of the very request have no figures.
void explain(const advice_request& asked, const std::vector<cell_samples>& cells,
             std::vector<std::string>& out) {
  const place here = place_of(asked.key).value();
  for (const cell_samples& each : cells) {
    const std::string role = asked.of->role(each.key);
    const auto there = place_of(each.key);
    if (each.is_roof || role == "roof" || role == "peer" || !there) continue;
    coordinates at = there->at;
    at[by_capacity] = here.at[by_capacity];
    if (there->words != here.words || at != here.at) continue;
    std::string why = each.skipped;
    if (why.empty() && each.results.empty() && each.marked.empty() && !each.errors.empty())
      why = each.errors.front();
    if (why.empty() && !is_verified(each)) why = "what arrived was not verified";
    const candidate of{there->ring, static_cast<std::uint64_t>(there->at[by_capacity]), {}, {}, {},
                       true};
    if (!why.empty()) out.push_back(fmt::format("{}: {}", of.label(), why));
  }
}

// The key without what tells rings and sizes apart, by which cells of one request are together.
std::string request_of(const json& key) {
  json out = key;
  out.erase("ring");
  out.erase("ring_size");
  return out.dump();
}

std::optional<held_back> judged(const advice_request& asked, const std::vector<cell_samples>& own,
                                const std::vector<cell_samples>& others) {
  const neighbours told(asked, others);
  const neighbours truth(asked, own);
  const auto predicted = told.at(told.here());
  const auto measured = truth.at(truth.here());
  if (predicted.empty() || measured.size() < 2) return std::nullopt;
  const choice_rule by(*asked.of, truth.has_rate());
  const candidate& chosen = *by.choose(pointers_to(predicted));
  const candidate* const real = same_choice(measured, chosen);
  if (real == nullptr) return std::nullopt;
  const auto field = pointers_to(measured);
  held_back out{request_text(asked),
                chosen.label(),
                by.choose(field)->label(),
                chosen.from,
                nullptr,
                0,
                false};
  out.missed_rate = truth.has_rate() && choice_rule::any_reaches(field) && !real->reaches_rate;
  const candidate* best = nullptr;
  out.by = by.loses_by(*real, field, &best);
  if (out.by == nullptr) return out;
  out.best = best->label();
  const double mine = figure_by(*real, *out.by).median;
  const double theirs = figure_by(*best, *out.by).median;
  out.behind = out.by->best == better::lower ? mine / theirs - 1 : 1 - mine / theirs;
  out.is_tie = meet(figure_by(*real, *out.by), figure_by(*best, *out.by));
  return out;
}

}  // namespace

std::string candidate::label() const {
  return size == 0 ? ring : fmt::format("{} {}", ring, format_size(size));
}

bool advice::has_rate() const {
  return neighbours(asked, {}).has_rate();
}

bool held_back::is_good() const noexcept {
  return !missed_rate && (by == nullptr || is_tie || behind <= good_advice);
}

std::optional<advice> advise(const advice_request& asked, const std::vector<cell_samples>& cells) {
  for (const company_of company : {company_of::good_only, company_of::any}) {
    const neighbours around(asked, cells, company);
    advice out{asked, {}, {}, {}, {}, company == company_of::any};
    const auto field = around.at(around.here(), &out.skipped);
    std::set<std::string> names;
    for (const candidate& each : field) names.insert(each.ring);
    if (names.size() < 2) continue;
    const choice_rule by(*asked.of, around.has_rate());
    out.rings = ranked(by, field);
    static_cast<void>(by.choose(pointers_to(field), &out.why));
    out.changes = alternatives(around, by, field, out.best()).sentences();
    explain(asked, cells, out.skipped);
    return out;
  }
  return std::nullopt;
}

std::vector<held_back> hold_back(const suite& of, const std::vector<cell_samples>& cells,
                                 std::size_t count) {
  std::map<std::string, std::vector<cell_samples>> requests;
  for (const cell_samples& each : cells) {
    if (!each.is_roof && !each.results.empty()) requests[request_of(each.key)].push_back(each);
  }
  std::vector<std::string> order;
  order.reserve(requests.size());
  for (const auto& [request, own] : requests) order.push_back(request);
  std::mt19937_64 random(1);  // any seed, but the same for all
  for (std::size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[random() % left]);
  std::vector<held_back> out;
  for (const std::string& request : order) {
    if (out.size() == count) break;
    std::vector<cell_samples> others;
    for (const auto& [name, some] : requests) {
      if (name != request) others.insert(others.end(), some.begin(), some.end());
    }
    const auto& own = requests.at(request);
    if (!place_of(own.front().key)) continue;
    if (auto found = judged({&of, own.front().key}, own, others)) out.push_back(*std::move(found));
  }
  return out;
}

}  // namespace annulus::harness
