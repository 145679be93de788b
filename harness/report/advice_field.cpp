#include "report/advice_field.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/sizes.hpp"

namespace annulus::harness {
namespace {

constexpr double reached = 0.95;   // of a rate, since a run has an end
constexpr double near_by = 0.694;  // a bit more than the logarithm of two

std::optional<place> place_of(const json& key) {
  const bool in_writes = key.contains("write");
  for (const char* const needed : {"ring", "ring_size", in_writes ? "read" : "block"})
    if (!key.contains(needed)) return std::nullopt;
  if (in_writes && key.at("write") != key.at("read")) return std::nullopt;
  const auto how = bench::parse_load(key.value("load", "closed"));
  if (!how) return std::nullopt;
  place out{key.at("ring").get<std::string>(), key, {}, *how};
  out.at[by_message] = key.at(in_writes ? "write" : "block").get<double>();
  out.at[by_rate] = static_cast<double>(how->rate);
  out.at[by_drain] = static_cast<double>(how->drain);
  // A pipe has no memory of its own.
  if (out.ring != "pipe") out.at[by_capacity] = key.at("ring_size").get<double>();
  for (const char* const number : {"ring", "ring_size", "write", "read", "block"})
    out.words.erase(number);
  bench::load word = *how;
  for (auto* const rate : {&word.rate, &word.drain}) *rate = std::min<std::uint64_t>(*rate, 1);
  out.words["load"] = to_string(word);
  return out;
}

double between(double low, double high, double part) {
  if (low <= 0 || high <= 0) return std::lerp(low, high, part);
  return std::exp(std::lerp(std::log(low), std::log(high), part));
}

candidate between(const candidate& below, const candidate& above, double part) {
  candidate out = below;
  out.from = std::max({origin::interpolated, below.from, above.from});
  out.span = std::max(below.span, above.span);
  out.cells.insert(out.cells.end(), above.cells.begin(), above.cells.end());
  std::erase_if(out.figures, [&](const auto& each) { return !above.figures.contains(each.first); });
  for (auto& [name, value] : out.figures) {
    const estimate& high = above.figures.at(name);
    value = {between(value.median, high.median, part), between(value.low, high.low, part),
             between(value.high, high.high, part), std::min(value.n, high.n)};
  }
  return out;
}

void scale_throughput(candidate& of, double factor) {
  const auto at = of.figures.find(bytes_per_second);
  if (at == of.figures.end()) return;
  for (double* const value : {&at->second.median, &at->second.low, &at->second.high})
    *value *= factor;
}

template <class Cells>
std::set<double> values_of(const Cells& cells, dimension of) {
  std::set<double> out;
  for (const auto& [at, cell] : cells) out.insert(at[of]);
  return out;
}

std::string why_useless(const cell_samples& cell) {
  if (!cell.skipped.empty()) return cell.skipped;
  if (cell.results.empty() && cell.marked.empty())
    return cell.errors.empty() ? "it has no samples" : cell.errors.front();
  return is_verified(cell) ? "" : "what arrived was not verified";
}

}  // namespace

std::string candidate::label() const {
  return size == 0 ? ring : fmt::format("{} {}", ring, format_size(size));
}

neighbours::neighbours(const advice_request& asked, const std::vector<cell_samples>& cells,
                       bool marked_too)
    : asked_(asked), here_(place_of(asked.key).value_or(place{})) {
  for (const cell_samples& each : cells) add(each, marked_too);
}

void neighbours::add(const cell_samples& cell, bool marked_too) {
  const std::string role = asked_.of->role(cell.key);
  if (cell.is_roof || role == "roof" || role == "peer") return;
  auto there = place_of(cell.key);
  if (!there || there->words != here_.words) return;
  const std::string why = why_useless(cell);
  if (why.empty()) {
    if (marked_too || !cell.results.empty()) rings_[there->ring].emplace(there->at, &cell);
    return;
  }
  const auto size = std::exchange(there->at[by_capacity], here()[by_capacity]);
  if (there->at != here()) return;
  const candidate it{there->ring, static_cast<std::uint64_t>(size)};
  useless_.push_back(fmt::format("{}: {}", it.label(), why));
}

double neighbours::stop_us() const noexcept {
  return std::chrono::duration<double, std::micro>(here_.load.stall).count();
}

// Bytes a second that one producer offers; 0: as many as go.
double neighbours::producer_rate(const coordinates& at) const {
  bench::load how = here_.load;
  if (!how.is_paced()) return 0;
  if (how.rate != 0) how.rate = static_cast<std::uint64_t>(at[by_rate]);
  return how.paced_rate();
}

// Of all producers.
double neighbours::offered(const coordinates& at) const {
  return producer_rate(at) * here_.words.value("pairs", 1.0);
}

// What comes while the consumer stops.
bool neighbours::holds_stop(const coordinates& at) const {
  constexpr double pipe = 65536;  // Linux's default
  const double size = at[by_capacity] > 0 ? at[by_capacity] : pipe;
  return producer_rate(at) * stop_us() * 1e-6 <= size;
}

std::vector<candidate> neighbours::at(const coordinates& where,
                                      std::vector<std::string>* skipped) const {
  std::vector<candidate> out;
  for (const auto& [ring, cells] : rings_) {
    coordinates there = where;
    for (const double size : values_of(cells, by_capacity)) {
      there[by_capacity] = size;
      auto its_kind = cells;
      std::erase_if(its_kind,
                    [&](const auto& each) { return holds_stop(each.first) != holds_stop(there); });
      auto found = guessed(its_kind, there, {by_message, by_rate, by_drain, by_capacity});
      candidate now = found.value_or(candidate{});
      now.ring = ring;
      now.size = static_cast<std::uint64_t>(size);
      if (const auto why = misfit(now, where); !why.empty()) {
        if (skipped != nullptr) skipped->push_back(fmt::format("{}: {}", now.label(), why));
      } else if (found) {
        set_rate(now, there);
        out.push_back(std::move(now));
      }
    }
  }
  // What is only near is no rival of what is known better.
  const auto is_near = [](const candidate& each) { return each.from == origin::nearest; };
  if (!std::all_of(out.begin(), out.end(), is_near)) std::erase_if(out, is_near);
  return out;
}

std::set<double> neighbours::values(dimension of) const {
  std::set<double> out;
  for (const auto& [ring, cells] : rings_) out.merge(values_of(cells, of));
  return out;
}

std::string neighbours::misfit(const candidate& ring, const coordinates& where) const {
  if (ring.size == 0) return "";
  const auto message = static_cast<std::uint64_t>(where[by_message]);
  json key = asked_.key;
  if (key.contains("block")) key["block"] = message;
  const auto quantities = asked_.of->quantities(key);
  const auto frame = quantities.find("frame");
  const auto least = frame == quantities.end() ? message : frame->second;
  if (ring.size < least) return "it is smaller than what is written at once, " + format_size(least);
  if (ring.from == origin::measured || ring.size >= 2 * least) return "";
  return "it does not hold twice what is written at once, and was not measured there";
}

candidate neighbours::known(const cell_samples& cell, const coordinates& at) const {
  candidate out;
  for (const char* const name : {bytes_per_second, cpu_per_gib, stall_p99, stall_p999}) {
    if (const auto value = estimate_of(cell, name)) out.figures[name] = *value;
  }
  // Rates lie apart: what can be interpolated is the part of them that arrives.
  if (const double most = offered(at); most > 0) scale_throughput(out, 1 / most);
  out.cells = {cell.cell};
  return out;
}

void neighbours::set_rate(candidate& of, const coordinates& at) const {
  double goal = offered(at);
  if (goal <= 0) return;
  scale_throughput(of, goal);
  if (at[by_drain] > 0) goal = std::min(goal, at[by_drain] * here_.words.value("pairs", 1.0));
  const auto arrived = of.figures.find(bytes_per_second);
  of.reaches_rate = arrived == of.figures.end() || arrived->second.median >= reached * goal;
}

// Measured there; or between two sides, or beyond but near one, in some of the `open` dimensions.
std::optional<candidate> neighbours::guessed(const ring_cells& cells, const coordinates& at,
                                             const std::vector<dimension>& open) const {
  if (const auto exact = cells.find(at); exact != cells.end()) return known(*exact->second, at);
  std::optional<candidate> best;
  for (const dimension each : open) {
    if (at[each] <= 0) continue;
    auto rest = open;
    std::erase(rest, each);
    std::optional<candidate> sides[2];
    double far[2] = {0, 0};
    coordinates there = at;
    for (const double value : values_of(cells, each)) {
      const bool above = value > at[each];
      if (value == at[each] || (above && sides[1])) continue;
      there[each] = value;
      if (auto side = guessed(cells, there, rest)) {
        sides[above] = std::move(side);
        far[above] = std::abs(std::log(value / at[each]));
      }
    }
    std::optional<candidate> found;
    if (sides[0] && sides[1]) {
      found = between(*sides[0], *sides[1], far[0] / (far[0] + far[1]));
    } else if (const bool above = sides[1].has_value();
               (above || sides[0]) && each != by_capacity && far[above] < near_by) {
      found = std::move(sides[above]);
      found->from = origin::nearest;
    }
    if (!found) continue;
    found->span += far[0] + far[1];
    if (!best || std::pair(found->from, found->span) < std::pair(best->from, best->span))
      best = std::move(found);
  }
  return best;
}

}  // namespace annulus::harness
