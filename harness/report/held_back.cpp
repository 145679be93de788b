#include "report/held_back.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "base/columns.hpp"
#include "report/advice_field.hpp"
#include "report/advice_rule.hpp"

namespace annulus::harness {
namespace {

// The key without what tells rings and sizes apart, by which cells of one request are together.
std::string request_of(json key) {
  for (const char* const axis : {"ring", "ring_size"}) key.erase(axis);
  return key.dump();
}

bool counts(const cell_samples& cell) {
  return !cell.is_roof && !cell.results.empty();
}

std::optional<held_back> judged(const advice_request& asked, const std::vector<cell_samples>& own,
                                const std::vector<cell_samples>& others) {
  const neighbours told(asked, others, false);
  const neighbours truth(asked, own, false);
  const auto predicted = told.at(told.here());
  const auto measured = truth.at(truth.here());
  if (predicted.empty() || measured.size() < 2) return std::nullopt;
  const choice_rule rule{*asked.of, truth.has_rate(), truth.stop_us()};
  const candidate chosen = rule.choose(predicted);
  const candidate* const real = same_choice(measured, chosen);
  if (real == nullptr) return std::nullopt;
  const loss lost = rule.loss_of(*real, measured);
  const candidate best = lost.by == nullptr ? rule.choose(measured) : lost.best;
  return held_back{request_text(asked), chosen.label(), best.label(), chosen.from,
                   lost.of_rate,        lost.by,        lost.part,    lost.is_tie};
}

std::string verdict_of(const held_back& of) {
  const char* const missed = of.is_good() ? "" : "MISSED: ";
  if (of.missed_rate) return fmt::format("{}does not reach the rate", missed);
  if (of.by == nullptr) return "as good as the best";
  return fmt::format("{}{:.1f} % behind by {}{}", missed, of.behind * 100, of.by->title,
                     of.is_tie && of.behind > good_advice ? ", but the intervals meet" : "");
}

}  // namespace

bool held_back::is_good() const noexcept {
  return !missed_rate && (by == nullptr || is_tie || behind <= good_advice);
}

std::vector<held_back> hold_back(const suite& of, const std::vector<cell_samples>& cells,
                                 std::size_t count) {
  std::set<std::string> requests;
  for (const cell_samples& each : cells) {
    if (counts(each)) requests.insert(request_of(each.key));
  }
  std::vector<std::string> order(requests.begin(), requests.end());
  std::shuffle(order.begin(), order.end(), std::mt19937_64(1));  // any seed, but the same for all
  std::vector<held_back> out;
  for (const std::string& request : order) {
    if (out.size() == count) break;
    std::vector<cell_samples> own, others;
    for (const cell_samples& each : cells) {
      if (counts(each)) (request_of(each.key) == request ? own : others).push_back(each);
    }
    if (auto found = judged({&of, own.front().key}, own, others)) out.push_back(*std::move(found));
  }
  return out;
}

std::size_t good_of(const std::vector<held_back>& found) {
  return static_cast<std::size_t>(std::ranges::count_if(found, &held_back::is_good));
}

std::string to_text(const std::vector<held_back>& found) {
  std::vector<text_row> rows{{"held back", "known", "advised", "best measured", "verdict"}};
  for (const held_back& each : found)
    rows.push_back(
        {each.request, std::string(word_for(each.from)), each.chosen, each.best, verdict_of(each)});
  const auto tied = std::ranges::count_if(
      found, [](const held_back& each) { return each.is_good() && each.behind > good_advice; });
  return fmt::format(
      "{}\n{} of {} are good, {} of these since intervals meet, the others within {:.0f} % of the "
      "best measured one or alike.\n",
      aligned(rows, rows.front().size(), column_style::markdown), good_of(found), found.size(),
      tied, good_advice * 100);
}

json to_json(const std::vector<held_back>& found) {
  json list = json::array();
  for (const held_back& each : found) {
    json& at = list.emplace_back(json{{"request", each.request},
                                      {"advised", each.chosen},
                                      {"best", each.best},
                                      {"known", word_for(each.from)},
                                      {"missed_rate", each.missed_rate},
                                      {"good", each.is_good()}});
    if (each.by == nullptr) continue;
    at.update(
        {{"metric", each.by->name}, {"behind", each.behind}, {"intervals_meet", each.is_tie}});
  }
  return {{"good", good_of(found)}, {"of", found.size()}, {"each", std::move(list)}};
}

}  // namespace annulus::harness
