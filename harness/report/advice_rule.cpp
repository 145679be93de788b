#include "report/advice_rule.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace annulus::harness {
namespace {

constexpr double alike_part = 0.05;
constexpr double tie_part = 0.25;
constexpr double alike_us = 20;
constexpr double alike_part_of_stop = 0.05;

std::vector<candidate> as_good(const choice_rule& rule, const metric& by,
                               std::vector<candidate> field) {
  const candidate best = best_by(by, field);
  std::erase_if(field, [&](const candidate& each) { return !rule.alike(by, best, each); });
  return field;
}

double median_of(const metric& by, const candidate& of) {
  return of.figures.at(by.name).median;
}

bool meet(const metric& by, const candidate& one, const candidate& other) {
  const estimate& a = one.figures.at(by.name);
  const estimate& b = other.figures.at(by.name);
  return a.has_interval() && b.has_interval() && overlap(a, b);
}

double cpu_of(const candidate& of) {
  const auto at = of.figures.find(cpu_per_gib);
  return at == of.figures.end() ? 0 : at->second.median;
}

}  // namespace

const candidate& best_by(const metric& by, const std::vector<candidate>& field) {
  const double sign = by.best == better::lower ? 1 : -1;
  const auto badness = [&](const candidate& of) { return sign * median_of(by, of); };
  return *std::ranges::min_element(field, {}, badness);
}

std::vector<candidate> reaching(std::vector<candidate> field) {
  if (std::ranges::any_of(field, &candidate::reaches_rate))
    std::erase_if(field, [](const candidate& each) { return !each.reaches_rate; });
  return field;
}

const candidate* same_choice(const std::vector<candidate>& field, const candidate& as) {
  const auto at = std::ranges::find(field, as.label(), &candidate::label);
  return at == field.end() ? nullptr : &*at;
}

bool choice_rule::alike(const metric& by, const candidate& one, const candidate& other) const {
  const double a = median_of(by, one);
  const double b = median_of(by, other);
  const double apart = std::abs(a - b);
  if (by.name == stall_p99 && apart < std::max(alike_us, alike_part_of_stop * stop_us)) return true;
  const double part = apart / std::min(a, b);
  return part <= alike_part || (part <= tie_part && meet(by, one, other));
}

std::vector<const metric*> choice_rule::figures(const std::vector<candidate>& field) const {
  std::vector<const char*> names{stall_p99, cpu_per_gib};
  if (!has_rate) names = {cpu_per_gib};
  if (!has_rate || !reaching(field).front().reaches_rate)
    names.insert(names.begin(), bytes_per_second);
  std::vector<const metric*> out;
  for (const char* const name : names) {
    if (std::ranges::all_of(field, [&](auto& each) { return each.figures.contains(name); }))
      out.push_back(&find_metric(of, name));
  }
  return out;
}

candidate choice_rule::choose(std::vector<candidate> field, std::string* why) const {
  std::vector<std::string> trail;
  const auto all = field.size();
  field = reaching(field);
  if (has_rate && field.front().reaches_rate)
    trail.push_back(fmt::format("{} of {} rings and sizes reach the rate", field.size(), all));
  if (has_rate && !field.front().reaches_rate) trail.emplace_back("none reaches the rate");
  for (const metric* const by : figures(field)) {
    const auto before = field.size();
    if (before == 1) break;
    field = as_good(*this, *by, field);
    trail.push_back(field.size() == 1
                        ? fmt::format("of {} it has the best {}", before, by->title)
                        : fmt::format("{} of {} are alike by {}", field.size(), before, by->title));
  }
  if (field.size() > 1) trail.emplace_back("of these it is the smallest");
  if (why != nullptr) *why = fmt::format("{}", fmt::join(trail, "; "));
  return *std::ranges::min_element(
      field, {}, [](const candidate& each) { return std::pair(each.size, cpu_of(each)); });
}

loss choice_rule::loss_of(const candidate& one, std::vector<candidate> field) const {
  field = reaching(field);
  loss out{field.front().reaches_rate && !one.reaches_rate};
  for (const metric* const by : figures(field)) {
    const candidate best = best_by(*by, field);
    const double part = std::abs(median_of(*by, one) / median_of(*by, best) - 1);
    if (!alike(*by, best, one)) return {out.of_rate, by, best, part};
    if (part > out.part && by->name != stall_p99) out = {out.of_rate, by, best, part, true};
    field = as_good(*this, *by, field);
  }
  return out;
}

}  // namespace annulus::harness
