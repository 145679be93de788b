#include "gate.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>

namespace annulus::crash {
namespace {

// One workload with all that is known of its crashes.
struct stage {
  const workload* what;
  trace steps;
  std::unique_ptr<checker> check;
  std::set<int> outside{};  // the places of the workload's own trace
  std::set<int> inside{};   // and those of recoveries

  // Whether traces that take these places can show it.
  static bool shown(const defect& changed, const std::set<int>& by) {
    return by.contains(changed.first) &&
           (changed.second == defect::left_out || by.contains(changed.second));
  }
};

// Why a survivor is equivalent: lines of "place | change | argument", the first two as patterns of
// a shell.
class known_equivalents {
 public:
  explicit known_equivalents(const std::filesystem::path& file) {
    static const std::regex form("(.*\\S) \\| (.*\\S) \\| (.*)");
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      std::smatch parts;
      if (line.rfind('#', 0) != 0 && std::regex_match(line, parts, form)) {
        all_.push_back({parts[1], parts[2], parts[3]});
      }
    }
  }
  [[nodiscard]] std::string why(const trial& survivor) const {
    for (const auto& [place, change, argument] : all_) {
      if (::fnmatch(place.c_str(), survivor.what.c_str(), 0) == 0 &&
          ::fnmatch(change.c_str(), survivor.change.c_str(), 0) == 0) {
        return argument;
      }
    }
    return {};
  }

 private:
  struct entry {
    std::string place, change, argument;
  };
  std::vector<entry> all_;
};

}  // namespace

matrix run_gate(const std::vector<workload>& workloads, const bounds& limits,
                const std::filesystem::path& sources, const std::filesystem::path& arguments,
                const std::function<void(std::size_t, std::size_t)>& progress) {
  const known_equivalents known(arguments);
  const source_index source(sources);
  places where(source);
  matrix result;
  std::vector<stage> stages;
  std::set<defect> all;
  for (const auto& what : workloads) {
    if (!what.repeatable) continue;
    constexpr auto sites = recording_files::sites::yes;
    stage one{&what, record(what, sites), std::make_unique<checker>(what.shape, limits, 1, sites)};
    result.clean += one.check->explore(one.steps);
    const auto at = where.of(one.steps);
    one.outside.insert(at.begin(), at.end());
    all.merge(defects_in(one.steps, at));
    one.check->each_recovery([&](const trace& steps) {
      const auto inner = where.of(steps);
      one.inside.insert(inner.begin(), inner.end());
      all.merge(defects_in(steps, inner));
    });
    stages.push_back(std::move(one));
  }

  for (const auto& what : all) {
    if (progress) progress(result.trials.size(), all.size());
    trial one{
        where.name(what.first),
        what.second == defect::left_out ? "left out" : "only after " + where.name(what.second),
        {},
        {},
        {}};
    const mutation mutate = [&](trace& steps) {
      steps = with_defect(steps, where.of(steps), what);
    };
    // Crashes outside recovery first: they are known already, but for what the defect adds.
    for (const double inner : {0.0, limits.inner}) {
      for (const auto& each : stages) {
        if (one.killed() || !stage::shown(what, inner > 0 ? each.inside : each.outside)) continue;
        each.check->inner(inner);
        const auto found = each.check->explore(each.steps, mutate, true);
        if (found.violations == 0) continue;
        one.killer = each.what->name;
        one.how = found.first;
      }
    }
    if (!one.killed()) one.why = known.why(one);
    result.trials.push_back(std::move(one));
  }
  for (const auto& call : source.seam_calls()) {
    const bool excused = !known.why({call, "never reached", {}, {}, {}}).empty();
    if (!excused && !where.seam_calls().contains(call)) result.unseen.push_back(call);
  }
  return result;
}

bool matrix::passed() const {
  return clean.violations == 0 && unseen.empty() &&
         std::all_of(trials.begin(), trials.end(),
                     [](const trial& one) { return one.killed() || one.equivalent(); });
}

std::string document(const matrix& of) {
  const auto count = [&](auto is) { return std::count_if(of.trials.begin(), of.trials.end(), is); };
  const auto killed = count([](const trial& one) { return one.killed(); });
  const auto equivalent = count([](const trial& one) { return one.equivalent(); });
  std::ostringstream out;
  out << of.trials.size() << " defects: " << killed << " found, " << equivalent << " equivalent, "
      << static_cast<long>(of.trials.size()) - killed - equivalent << " not found.\n\n"
      << "| place | defect | found by |\n|---|---|---|\n";
  for (const auto& one : of.trials) {
    out << "| " << one.what << " | " << one.change << " | "
        << (one.killed()       ? one.killer
            : one.equivalent() ? "equivalent: " + one.why
                               : "**nothing**")
        << " |\n";
  }
  for (const auto& call : of.unseen) out << "\n" << call << " was never reached.\n";
  return out.str();
}

}  // namespace annulus::crash
