#include "measure/runner.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <array>
#include <cmath>
#include <ctime>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "base/bounded_file.hpp"
#include "base/child_process.hpp"
#include "base/error.hpp"
#include "base/interruption.hpp"
#include "base/json_fields.hpp"
#include "base/scratch.hpp"
#include "machine/fitness.hpp"
#include "machine/topology.hpp"
#include "measure/axis.hpp"
#include "measure/plan.hpp"
#include "measure/result_set.hpp"
#include "measure/samples.hpp"
#include "measure/statistics.hpp"
#include "measure/turn.hpp"

namespace annulus::harness {
namespace {

namespace fs = std::filesystem;
using pipeline::escaped;
using clock = std::chrono::steady_clock;

constexpr std::string_view generated = "generated";

std::uint64_t fresh_seed() {
  std::random_device device;
  // 63 bits: TOML and most JSON readers have no more.
  return ((std::uint64_t{device()} << 32U) | device()) >> 1U;
}

std::string now_utc() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

// The file that every cell reads.
struct input_file {
  fs::path path;
  std::string name;  ///< as recorded
  std::uint64_t bytes = 0;

  [[nodiscard]] json recorded() const { return {{"name", name}, {"bytes", bytes}}; }
};

input_file given_input(const fs::path& path) {
  std::error_code failed;
  const std::uint64_t bytes = fs::file_size(path, failed);
  if (failed) {
    throw bad_input(
        fmt::format("the input {} cannot be read: {}", escaped(path), failed.message()));
  }
  if (bytes == 0) throw bad_input(fmt::format("the input {} is empty", escaped(path)));
  return {fs::absolute(path), escaped(path.filename()), bytes};
}

// Chooses, and if need be makes, the input. `earlier` is what a resumed run recorded, else null.
input_file choose_input(const matrix& what, const run_options& how, const fs::path& scratch,
                        std::uint64_t seed, const json& earlier) {
  fs::path named = how.input;
  if (named.empty() && what.input) named = *what.input;
  if (!named.empty()) return given_input(named);
  std::uint64_t bytes = how.input_bytes;
  if (!earlier.is_null()) {
    if (!earlier.contains("input")) {
      throw error(fmt::format("{} cannot be resumed: its {} names no input", escaped(how.resume),
                              environment_name));
    }
    const json& recorded = earlier["input"];
    bytes = whole_number(recorded, "bytes", std::numeric_limits<std::int64_t>::max(), 1);
    if (recorded["name"] != generated) {
      throw bad_input(fmt::format("{} cannot be resumed without its input, {} ({} bytes)",
                                  escaped(how.resume), recorded["name"].get<std::string>(), bytes));
    }
  }
  fs::path path = scratch / generated;
  generate_input(path, bytes, seed, how.stop_fd);
  return {std::move(path), std::string(generated), bytes};
}

void refuse_other_run(const fs::path& directory, const json& earlier, std::string_view field,
                      const json& now) {
  const json then = earlier.value(field, json());
  if (then == now) return;
  throw bad_input(fmt::format("{} cannot be resumed: its {} was {}, but now it is {}",
                              escaped(directory), field, then.dump(), now.dump()));
}

// A run in progress: its plan, its directory and what of it is done.
class session {
 public:
  session(const matrix& what, const run_options& how)
      : what_(what),
        how_(how),
        machine_(measurable_machine()),
        earlier_(how.resume.empty() ? json() : read_environment(how.resume)),
        plan_(make_plan(what, machine_, seed_for(what))),
        results_(prepared_results(how, machine_)),
        scratch_(fs::absolute(how.work) / fmt::format("annulus-{}", getpid())) {
    if (what.of->traits().reads_input)
      input_ = choose_input(what, how, scratch_.path(), plan_.seed, earlier_);
    std::vector<json> keys;
    for (const planned_cell& cell : plan_.cells) keys.push_back(cell.request.key);
    shown_ = what.of->traits().table.rows;
    for (const std::string& axis : varying_axes(keys)) {
      if (std::find(shown_.begin(), shown_.end(), axis) == shown_.end()) shown_.push_back(axis);
    }
    report_.total = plan_.runnable.size() * static_cast<std::size_t>(what.repetitions);
    if (how.resume.empty()) {
      start();
    } else {
      take_up();
    }
  }

  run_report run() {
    sample_writer writer(report_.directory / samples_name, whole_bytes_);
    record_skipped(writer);
    begin_ = clock::now();
    for (int pass = 1; pass <= what_.repetitions && !report_.interrupted; ++pass) {
      run_pass(pass, plan_.pass(pass), writer);
    }
    if (what_.until) narrow(writer);
    return report_;
  }

 private:
  using values = std::map<int, double>;  // by repetition

  [[nodiscard]] std::uint64_t seed_for(const matrix& what) const {
    if (!earlier_.is_null())
      return whole_number(earlier_, "seed", std::numeric_limits<std::int64_t>::max());
    return what.seed ? *what.seed : fresh_seed();
  }

  // Before the input is made, which takes its time.
  static fs::path prepared_results(const run_options& how, const topology& machine) {
    prepare_directory(how.resume.empty() ? how.results / machine_slug(machine) : how.resume);
    return how.results;
  }

  void start() {
    const std::string machine = machine_slug(machine_);
    report_.directory = make_result_directory(results_, machine, what_.name);
    json environment{{"schema", schema},   {"suite", what_.of->traits().name},
                     {"machine", machine}, {"started", now_utc()},
                     {"seed", plan_.seed}, {"turns", report_.total}};
    if (input_) environment["input"] = input_->recorded();
    environment.update(describe_machine(machine_, scratch_.path()));
    environment["build"] = to_json(how_.build);
    environment["matrix"] = to_toml(what_);
    write_durably(report_.directory / topology_name, machine_.xml);
    write_durably(report_.directory / environment_name, environment.dump(2) + '\n');
  }

  void take_up() {
    report_.directory = how_.resume;
    refuse_other_run(how_.resume, earlier_, "matrix", to_toml(what_));
    refuse_other_run(how_.resume, earlier_, "machine", machine_slug(machine_));
    if (input_) refuse_other_run(how_.resume, earlier_, "input", input_->recorded());
    refuse_other_run(how_.resume, earlier_, "build", to_json(how_.build));
    if (!fs::exists(how_.resume / samples_name)) return;
    const sample_file have = read_samples(how_.resume / samples_name);
    whole_bytes_ = have.whole_bytes;
    for (const sample& each : have.samples) {
      if (each.cell >= plan_.cells.size() || each.key != plan_.cells[each.cell].request.key) {
        throw bad_input(fmt::format("{} cannot be resumed: its cell {} is not that of its matrix",
                                    escaped(how_.resume), each.cell));
      }
      if (each.result || each.skipped) done_.insert({each.cell, each.repetition});
      spent_[each.repetition] += each.spec.value("elapsed_seconds", 0.0);
      if (each.result) keep(each);
    }
  }

  void keep(const sample& line) {
    ++report_.finished;
    if (line.is_marked()) ++report_.marked;
    amounts_[line.cell] = line.result->amount;
    const auto shown = what_.of->shown(line.key);
    const auto& metrics = line.result->metrics;
    const auto at = shown.empty() ? metrics.end() : metrics.find(shown[0]);
    if (at == metrics.end()) return;
    auto& counted = values_[line.cell];
    if (!line.is_marked()) counted[line.repetition] = at->second;
  }

  void record_skipped(sample_writer& writer) {
    for (const planned_cell& cell : plan_.cells) {
      if (cell.skipped.empty()) continue;
      ++report_.skipped;
      if (done_.contains({cell.index, 0})) continue;
      sample line = base_sample(cell, 0);
      line.skipped = cell.skipped;
      writer.append(line);
    }
  }

  // More passes over the cells whose interval is too wide, and what they are compared with, while
  // the budget lasts.
  void narrow(sample_writer& writer) {
    for (int pass = what_.repetitions + 1; pass <= most_repetitions; ++pass) {
      const auto wide = wide_cells(pass);
      report_.wide = wide.size();
      if (wide.empty() || report_.interrupted || is_spent(pass)) return;
      const auto wanted = with_references(wide);
      std::vector<std::size_t> order;
      for (const std::size_t cell : plan_.pass(pass)) {
        if (wanted.contains(plan_.cells[cell].request.key.dump())) order.push_back(cell);
      }
      report_.total += order.size();
      run_pass(pass, order, writer);
    }
  }

  // Both by what the passes before `pass` gave, so that a resumed run comes to the same.
  [[nodiscard]] bool is_spent(int pass) const {
    double seconds = 0;
    for (const auto& [repetition, spent] : spent_) seconds += repetition < pass ? spent : 0;
    return seconds >= static_cast<double>(what_.budget.count());
  }
  [[nodiscard]] std::set<std::size_t> wide_cells(int pass) const {
    std::set<std::size_t> out;
    for (const std::size_t cell : plan_.runnable) {
      const auto found = values_.find(cell);
      if (plan_.cells[cell].is_roof || found == values_.end()) continue;
      std::vector<double> counted;
      for (const auto& [repetition, value] : found->second) {
        if (repetition < pass) counted.push_back(value);
      }
      if (!is_narrow(std::move(counted))) out.insert(cell);
    }
    return out;
  }

  [[nodiscard]] bool is_narrow(std::vector<double> found) const {
    if (found.empty()) return false;  // all were measured in bad company
    const estimate now = median_with_interval(std::move(found));
    return now.has_interval() && (now.high - now.low) / 2 <= *what_.until * std::abs(now.median);
  }

  // The keys of these cells and of those that they are compared with, beside which they have to be
  // measured.
  [[nodiscard]] std::set<std::string> with_references(const std::set<std::size_t>& cells) const {
    std::set<std::string> out;
    for (const std::size_t cell : cells) {
      const json& key = plan_.cells[cell].request.key;
      out.insert(key.dump());
      for (const json& roof : what_.of->roofs(key)) out.insert(roof.dump());
      if (const auto baseline = baseline_key(*what_.of, key)) out.insert(baseline->dump());
    }
    return out;
  }

  void run_pass(int pass, const std::vector<std::size_t>& order, sample_writer& writer) {
    for (const std::size_t cell : order) {
      if (done_.contains({cell, pass})) continue;
      if (is_readable(how_.stop_fd)) report_.interrupted = true;
      if (report_.interrupted) return;
      run_turn(plan_.cells[cell], pass, writer);
    }
  }

  [[nodiscard]] sample base_sample(const planned_cell& cell, int repetition) const {
    sample out = sample_of(cell, repetition);
    if (input_) {
      out.spec["input"] = input_->name;
      out.spec["input_bytes"] = input_->bytes;
    }
    return out;
  }

  void run_turn(const planned_cell& cell, int repetition, sample_writer& writer) {
    announce(cell);
    const scratch_directory work(scratch_.path() / "cell");
    cell_request request = cell.request;
    if (input_) request.input = input_->path.string();
    request.work = work.path().string();
    if (const auto at = amounts_.find(cell.index); at != amounts_.end())
      request.amount = at->second;
    const std::array<std::string, 2> command{how_.self.string(), "cell"};
    const std::string started = now_utc();
    const company meanwhile(cpus_of(machine_), how_.system);
    const auto before = clock::now();
    const child_outcome done =
        run_child(command, to_json(request).dump(), how_.cell_limit, how_.stop_fd);
    if (done.how == child_outcome::ending::stopped) {
      report_.interrupted = true;
      return;
    }
    sample line = base_sample(cell, repetition);
    const double elapsed = std::chrono::duration<double>(clock::now() - before).count();
    line.spec["started"] = started;
    line.spec["elapsed_seconds"] = elapsed;
    line.fitness = to_json(meanwhile.judge());
    take_outcome(done, how_.cell_limit, line);
    writer.append(line);
    spent_[repetition] += elapsed;
    ++ran_;
    if (line.result) {
      keep(line);
    } else {
      ++report_.failed;
    }
    if (how_.strict && line.is_marked()) {
      throw error(fmt::format("{} was measured in bad company: {}", label(cell),
                              line.fitness.at("marks").at(0).get<std::string>()));
    }
  }

  [[nodiscard]] std::string label(const planned_cell& cell) const {
    return cell_label(what_.of->axes(), cell.request.key, shown_);
  }

  void announce(const planned_cell& cell) const {
    if (!how_.progress) return;
    run_progress at;
    const std::size_t behind = report_.finished + report_.failed;
    at.number = behind + 1;
    at.total = std::max(report_.total, at.number);
    at.label = label(cell);
    if (ran_ > 0) {
      const auto each = (clock::now() - begin_) / static_cast<clock::rep>(ran_);
      at.left = std::chrono::ceil<std::chrono::seconds>(each *
                                                        static_cast<clock::rep>(at.total - behind));
    }
    how_.progress(at);
  }

  const matrix& what_;
  const run_options& how_;
  topology machine_;
  json earlier_;  ///< the env.json of the run that is resumed, else null
  plan plan_;
  fs::path results_;  ///< where a new run gets its directory
  scratch_directory scratch_;
  std::optional<input_file> input_;
  std::vector<std::string> shown_;  ///< the axes that a label names
  run_report report_;
  std::set<std::pair<std::size_t, int>> done_;
  /// Of each cell that has it, the figure that it is judged by, where that was measured in good
  /// company.
  std::map<std::size_t, values> values_;
  std::map<std::size_t, std::uint64_t> amounts_;
  std::uint64_t whole_bytes_ = 0;
  std::map<int, double> spent_;  ///< seconds of all turns so far, by repetition
  std::size_t ran_ = 0;
  clock::time_point begin_;
};

std::string duration_text(std::chrono::seconds left) {
  const auto seconds = left.count();
  if (seconds < 60) return fmt::format("{} s", seconds);
  const auto minutes = (seconds + 59) / 60;
  if (minutes < 60) return fmt::format("{} min", minutes);
  return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

}  // namespace

run_report run(const matrix& what, const run_options& how) {
  return session(what, how).run();
}

topology measurable_machine() {
  topology machine = this_machine();
  if (!machine.is_this_system) {
    throw error("the topology is not this machine's (HWLOC_SYNTHETIC or HWLOC_XMLFILE is set)");
  }
  return machine;
}

std::string progress_line(const run_progress& at) {
  const std::string left = at.left ? fmt::format(" … {} left", duration_text(*at.left)) : "";
  return fmt::format("[{}/{}] {}{}", at.number, at.total, at.label, left);
}

}  // namespace annulus::harness
