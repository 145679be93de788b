#include "gate.hpp"

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
  std::set<defect> outside{};  // in the workload's own trace
  std::set<defect> inside{};   // in recoveries
};

// "core.cpp:135" of every call of the seam that changes something.
std::vector<std::string> seam_calls(const std::filesystem::path& sources) {
  static const std::regex call(
      "files(\\(\\))?(\\.|->)(sync_data|sync_directory|truncate|remove|rename|write)\\(");
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(sources)) {
    std::ifstream in(entry.path());
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (std::regex_search(line, call)) {
        all.push_back(entry.path().filename().string() + ":" + std::to_string(number));
      }
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

// Why a survivor is equivalent: lines of "part of the place | part of the change | argument".
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
      if (survivor.what.find(place) != std::string::npos &&
          survivor.change.find(change) != std::string::npos) {
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

// A call that is broken over lines has the number of any of them.
bool reached(const std::string& line, const std::set<std::string>& lines) {
  const auto colon = line.find(':');
  const auto file = line.substr(0, colon + 1);
  const auto number = std::stoi(line.substr(colon + 1));
  for (int n = number - 1; n <= number + 3; ++n) {
    if (lines.contains(file + std::to_string(n))) return true;
  }
  return false;
}

}  // namespace

matrix run_gate(const std::vector<workload>& workloads, const bounds& limits,
                const std::filesystem::path& sources, const std::filesystem::path& arguments,
                const std::function<void(std::size_t, std::size_t)>& progress) {
  const known_equivalents known(arguments);
  places where;
  matrix result;
  std::vector<stage> stages;
  std::set<defect> all;
  for (const auto& what : workloads) {
    constexpr auto sites = recording_files::sites::yes;
    stage one{&what, record(what, sites), std::make_unique<checker>(what.shape, limits, 1, sites)};
    result.clean += one.check->explore(one.steps);
    one.outside = defects_in(one.steps, where.of(one.steps));
    one.check->each_recovery(
        [&](const trace& steps) { one.inside.merge(defects_in(steps, where.of(steps))); });
    all.insert(one.outside.begin(), one.outside.end());
    all.insert(one.inside.begin(), one.inside.end());
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
        if (one.killed() || !(inner > 0 ? each.inside : each.outside).contains(what)) continue;
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
  for (const auto& line : seam_calls(sources)) {
    const bool excused = !known.why({line, "never reached", {}, {}, {}}).empty();
    if (!excused && !reached(line, where.lines())) result.unseen.push_back(line);
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
  for (const auto& line : of.unseen) out << "\n" << line << " was never reached.\n";
  return out.str();
}

}  // namespace annulus::crash
