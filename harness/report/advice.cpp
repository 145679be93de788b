#include "report/advice.hpp"

#include "report/advice_changes.hpp"

namespace annulus::harness {
namespace {

// The best size of each ring, best first.
std::vector<candidate> ranked(const choice_rule& by, const std::vector<candidate>& field,
                              std::string& why) {
  // The best of all is the first, whatever the best of the others would be without it.
  std::vector<candidate> out{by.choose(field, &why)};
  std::map<std::string, std::vector<candidate>> rings;
  for (const candidate& each : field) rings[each.ring].push_back(each);
  rings.erase(out.front().ring);
  std::vector<candidate> left;
  for (const auto& [ring, sizes] : rings) left.push_back(by.choose(sizes));
  while (!left.empty()) {
    out.push_back(by.choose(left));
    std::erase_if(left, [&](const candidate& each) { return each.ring == out.back().ring; });
  }
  return out;
}

}  // namespace

std::optional<advice> advise(const advice_request& asked, const std::vector<cell_samples>& cells) {
  for (const bool marked_too : {false, true}) {
    advice out{asked, {}, {}, {}, {}, marked_too};
    const neighbours around(asked, cells, marked_too);
    const auto field = around.at(around.here(), &out.skipped);
    if (field.empty() || field.front().ring == field.back().ring) continue;
    const choice_rule by{*asked.of, around.has_rate(), around.stop_us()};
    out.rings = ranked(by, field, out.why);
    out.changes = changes_of(around, by, field, out.best());
    out.skipped.insert(out.skipped.end(), around.useless().begin(), around.useless().end());
    return out;
  }
  return std::nullopt;
}

}  // namespace annulus::harness
