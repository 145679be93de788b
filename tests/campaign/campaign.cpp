#include "campaign.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <fstream>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "damage.hpp"
#include "shrink.hpp"

namespace annulus::campaign {
namespace {

// Plays cases in a directory of its own; keeps what it has stored as long as the cases want the
// same.
class player {
 public:
  explicit player(const campaign_options& how) : oracle_{how.command, how.limits} {}

  std::vector<finding> play(const case_plan& plan) {
    if (!scene_ || !(scene_->plan == plan.stored)) {
      scene_ = store(plan.stored, oracle_.command, place_, oracle_.limits);
    }
    return judge(plan, *scene_, place_, oracle_);
  }

  void keep(const case_plan& plan, const fs::path& where) {
    const auto stored = store(plan.stored, oracle_.command, place_, oracle_.limits);
    const surroundings there{where / "disks", where / "outside"};
    fs::create_directories(there.outside);
    materialise(stored.disks, there.disks);
    for (const auto& each : plan.operations) apply(each, stored, there);
  }

 private:
  oracle_options oracle_;
  workplace place_;
  std::optional<scene> scene_;
};

bool has(const std::vector<finding>& all, violation kind) {
  return std::ranges::any_of(all, [&](const finding& each) { return each.kind == kind; });
}

// What all cores find together.
class collection {
 public:
  explicit collection(const campaign_options& how) : how_(how) {}

  void add(const std::string& which, const case_plan& plan, const std::vector<finding>& found,
           player& with) {
    {
      const std::lock_guard lock(mutex_);
      ++result_.cases;
      if (!found.empty()) ++result_.violating;
      how_.progress(result_.cases, result_.violating);
    }
    for (const auto& each : found) add(which, plan, each, with);
  }

  campaign_result take() { return std::move(result_); }

 private:
  void add(const std::string& which, const case_plan& plan, const finding& what, player& with) {
    const auto kind = static_cast<std::size_t>(what.kind);
    std::uint64_t before = 0;
    {
      const std::lock_guard lock(mutex_);
      before = result_.kinds[kind]++;
    }
    if (before >= std::max(how_.shrunk_each, 1U)) return;
    const auto small = how_.shrunk_each == 0 ? plan : smallest(plan, what.kind, with);
    if (!how_.keep.empty()) with.keep(small, how_.keep / fmt::format("{}-{}", kind, before));
    const std::lock_guard lock(mutex_);
    if (result_.examples[kind].empty()) result_.examples[kind] = to_text(small);
    how_.say(fmt::format("VIOLATION {}: {}\n  {}\n  --replay '{}'", which, to_string(what.kind),
                         what.what, to_text(small)));
  }

  case_plan smallest(const case_plan& plan, violation kind, player& with) const {
    // An attempt at a hang takes as long as the limit.
    const auto attempts = kind == violation::hang ? how_.attempts / 10 : how_.attempts;
    return shrink(
        plan,
        [&](const case_plan& each) {
          try {
            return has(with.play(each), kind);
          } catch (const std::runtime_error&) {
            return false;  // it cannot even be stored
          }
        },
        attempts);
  }

  const campaign_options& how_;
  std::mutex mutex_;
  campaign_result result_;
};

// Consecutive cases, which share what is stored, stay on one core.
constexpr std::uint64_t cases_at_once = 8;

}  // namespace

campaign_result run_campaign(const campaign_options& how) {
  collection found(how);
  const auto deadline = std::chrono::steady_clock::now() +
                        std::chrono::duration<double>(std::min(how.minutes, 1e6) * 60);
  std::atomic<std::uint64_t> next = how.first / cases_at_once;
  const auto end = how.first + how.cases;
  std::mutex failed;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      player with(how);
      for (;;) {
        // relaxed: a number is all that is handed out
        const auto from = next.fetch_add(1, std::memory_order_relaxed) * cases_at_once;
        for (auto i = std::max(from, how.first); i < std::min(from + cases_at_once, end); ++i) {
          if (std::chrono::steady_clock::now() > deadline) return;
          const auto plan = random_plan(how.seed, i, how.sinks);
          found.add(fmt::format("--seed {} --case {}", how.seed, i), plan, with.play(plan), with);
        }
        if (from >= end) return;
      }
    } catch (...) {
      const std::lock_guard lock(failed);
      if (!failure) failure = std::current_exception();
      next.store(end,
                 std::memory_order_relaxed);  // relaxed: the others need not hear of it at once
    }
  };
  {
    std::vector<std::jthread> cores;
    for (unsigned i = 0; i < how.jobs; ++i) cores.emplace_back(work);
  }
  if (failure) std::rethrow_exception(failure);
  return found.take();
}

campaign_result replay(const std::vector<case_plan>& plans, const campaign_options& how) {
  collection found(how);
  player with(how);
  for (std::size_t i = 0; i < plans.size(); ++i) {
    found.add(fmt::format("case {} of {}", i + 1, plans.size()), plans[i], with.play(plans[i]),
              with);
  }
  return found.take();
}

std::string table_of(const campaign_result& result) {
  auto text = fmt::format("{} cases, {} violating\n", result.cases, result.violating);
  if (result.violating == 0) return text;
  text += "\n| what was violated | cases | the first, shrunk |\n|---|--:|---|\n";
  for (std::size_t kind = 0; kind < violations; ++kind) {
    if (result.kinds[kind] == 0) continue;
    text += fmt::format("| {} | {} | `{}` |\n", to_string(static_cast<violation>(kind)),
                        result.kinds[kind], result.examples[kind]);
  }
  return text;
}

std::vector<case_plan> read_plans(const fs::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(fmt::format("{} cannot be read", file.string()));
  std::vector<case_plan> plans;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    try {
      plans.push_back(parse_plan(line));
    } catch (const std::runtime_error& problem) {
      throw std::runtime_error(
          fmt::format("{}, line {}: {}", file.string(), number, problem.what()));
    }
  }
  return plans;
}

}  // namespace annulus::campaign
