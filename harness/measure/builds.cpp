#include "measure/builds.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <map>
#include <random>
#include <utility>

#include "base/error.hpp"
#include "base/interruption.hpp"
#include "base/scratch.hpp"
#include "machine/fitness.hpp"
#include "measure/axis.hpp"
#include "measure/plan.hpp"
#include "measure/turn.hpp"

namespace annulus::harness {
namespace {

namespace fs = std::filesystem;
using pipeline::escaped;

class duel_of_builds {
 public:
  duel_of_builds(const matrix& what, const builds_options& how)
      : what_(what),
        how_(how),
        machine_(measurable_machine()),
        seed_(what.seed ? *what.seed : std::random_device()()),
        plan_(make_plan(what, machine_, seed_)),
        scratch_(fs::absolute(how.work) / fmt::format("annulus-{}", getpid())),
        random_(seed_) {
    std::vector<json> keys;
    for (const planned_cell& cell : plan_.cells) {
      keys.push_back(cell.request.key);
      if (!cell.skipped.empty() && !cell.is_roof) skip(cell);
    }
    shown_ = varying_axes(keys);
    if (shown_.empty()) shown_ = what.of->traits().table.rows;
    if (what.of->traits().reads_input) choose_input();
  }

  builds_report run() {
    for (int round = 1; round <= how_.rounds && !out_.interrupted; ++round) {
      for (const std::size_t cell : plan_.pass(round)) {
        if (!plan_.cells[cell].is_roof) both(plan_.cells[cell], round);
        if (out_.interrupted) break;
      }
    }
    return std::move(out_);
  }

 private:
  void choose_input() {
    input_ = !how_.input.empty() ? how_.input : what_.input.value_or("");
    if (input_.empty()) {
      input_ = scratch_.path() / "generated";
      generate_input(input_, how_.input_bytes, seed_, how_.stop_fd);
    }
    if (!fs::is_regular_file(input_))
      throw bad_input(fmt::format("the input {} is no regular file", escaped(input_)));
    input_ = fs::absolute(input_);
  }

  void skip(const planned_cell& cell) {
    for (auto& each : out_.samples) {
      each.push_back(sample_of(cell, 0));
      each.back().skipped = cell.skipped;
    }
  }

  void both(const planned_cell& cell, int round) {
    std::array<sample, 2> found{sample_of(cell, round), sample_of(cell, round)};
    const std::size_t first = random_() % 2;
    for (const std::size_t build : {first, 1 - first}) {
      if (is_readable(how_.stop_fd) || !turn(cell, build, found.at(build))) {
        out_.interrupted = true;
        return;
      }
    }
    for (std::size_t build = 0; build < found.size(); ++build)
      out_.samples.at(build).push_back(std::move(found.at(build)));
  }

  // False if it was stopped.
  bool turn(const planned_cell& cell, std::size_t build, sample& into) {
    announce(cell);
    const scratch_directory work(scratch_.path() / "cell");
    cell_request request = cell.request;
    request.input = input_.string();
    request.work = work.path().string();
    request.amount = amounts_[cell.index];
    const std::array<std::string, 2> command{how_.builds.at(build).string(), "cell"};
    const company meanwhile(cpus_of(machine_));
    const auto done = run_child(command, to_json(request).dump(), how_.cell_limit, how_.stop_fd);
    if (done.how == child_outcome::ending::stopped) return false;
    into.fitness = to_json(meanwhile.judge());
    take_outcome(done, how_.cell_limit, into);
    if (into.result) amounts_[cell.index] = into.result->amount;
    ++turns_;
    return true;
  }

  void announce(const planned_cell& cell) const {
    if (!how_.progress) return;
    const auto cells = static_cast<std::size_t>(
        std::count_if(plan_.runnable.begin(), plan_.runnable.end(),
                      [this](std::size_t at) { return !plan_.cells[at].is_roof; }));
    run_progress at;
    at.number = turns_ + 1;
    at.total = 2 * cells * static_cast<std::size_t>(how_.rounds);
    at.label = cell_label(what_.of->axes(), cell.request.key, shown_);
    how_.progress(at);
  }

  const matrix& what_;
  const builds_options& how_;
  topology machine_;
  std::uint64_t seed_;
  plan plan_;
  scratch_directory scratch_;
  std::mt19937_64 random_;
  fs::path input_;  ///< empty: the suite reads none
  std::vector<std::string> shown_;
  std::map<std::size_t, std::uint64_t> amounts_;
  std::size_t turns_ = 0;
  builds_report out_;
};

}  // namespace

builds_report run_builds(const matrix& what, const builds_options& how) {
  return duel_of_builds(what, how).run();
}

fs::path command_of(const fs::path& build) {
  for (const fs::path& each : {build, build / "harness" / "annulus", build / "annulus"}) {
    if (fs::is_regular_file(each) && access(each.c_str(), X_OK) == 0) return fs::absolute(each);
  }
  throw bad_input(
      fmt::format("{} holds no build: there is no program harness/annulus in it", escaped(build)));
}

}  // namespace annulus::harness
