#include "runner.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <annulus/pipeline/escaped.hpp>
#include <array>
#include <cstring>
#include <ctime>
#include <limits>
#include <random>
#include <set>
#include <utility>

#include "axis.hpp"
#include "bounded_file.hpp"
#include "child_process.hpp"
#include "error.hpp"
#include "interruption.hpp"
#include "json_fields.hpp"
#include "paths.hpp"
#include "plan.hpp"
#include "result_set.hpp"
#include "samples.hpp"
#include "scratch.hpp"
#include "topology.hpp"

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

topology measurable_machine() {
  topology machine = this_machine();
  if (!machine.is_this_system) {
    throw error("the topology is not this machine's (HWLOC_SYNTHETIC or HWLOC_XMLFILE is set)");
  }
  return machine;
}

// What becomes of one turn in a cell's own words, with nothing in them that names this machine's
// directories.
sample sample_of(const child_outcome& done, sample base, std::chrono::milliseconds limit) {
  std::string said = without_paths(done.err.substr(0, 2000));
  while (!said.empty() && said.back() == '\n') said.pop_back();
  const std::string tail = said.empty() ? "" : ": " + said;
  switch (done.how) {
    case child_outcome::ending::exited: {
      if (done.code != 0) {
        base.error = fmt::format("exit status {}{}", done.code, tail);
        break;
      }
      json result = parse_bounded(done.out);
      if (result.is_object()) {
        base.result = std::move(result);
      } else {
        base.error = "the cell printed no JSON object" + tail;
      }
      break;
    }
    case child_outcome::ending::signalled:
      base.error = fmt::format("ended by signal {} ({}){}", done.code, strsignal(done.code), tail);
      break;
    case child_outcome::ending::timed_out:
      base.error = fmt::format("killed after {} s, the limit for a cell{}",
                               static_cast<double>(limit.count()) / 1e3, tail);
      break;
    case child_outcome::ending::stopped:
      break;
  }
  return base;
}

// A run in progress: its plan, its directory and what of it is done.
class session {
 public:
  session(const matrix& what, const run_options& how)
      : how_(how),
        machine_(measurable_machine()),
        earlier_(how.resume.empty() ? json() : read_environment(how.resume)),
        plan_(make_plan(what, machine_, seed_for(what))),
        results_(prepared_results(how, machine_)),
        scratch_(fs::absolute(how.work) / fmt::format("annulus-{}", getpid())),
        input_(choose_input(what, how, scratch_.path(), plan_.seed, earlier_)) {
    std::vector<json> keys;
    keys.reserve(plan_.cells.size());
    for (const planned_cell& cell : plan_.cells) keys.push_back(key_of(cell.spec));
    varying_ = varying_axes(keys);
    report_.total = plan_.turns.size();
    if (how.resume.empty()) {
      start(what);
    } else {
      take_up(what);
    }
  }

  run_report run() {
    sample_writer writer(report_.directory / samples_name, whole_bytes_);
    record_skipped(writer);
    const clock::time_point begin = clock::now();
    std::size_t ran = 0;
    for (const turn& at : plan_.turns) {
      if (done_.contains({at.cell, at.repetition})) continue;
      if (is_readable(how_.stop_fd)) report_.interrupted = true;
      if (!report_.interrupted) run_turn(at, ran++, begin, writer);
      if (report_.interrupted) break;
    }
    return report_;
  }

 private:
  [[nodiscard]] std::uint64_t seed_for(const matrix& what) const {
    if (!earlier_.is_null())
      return whole_number(earlier_, "seed", std::numeric_limits<std::int64_t>::max());
    return what.seed ? *what.seed : fresh_seed();
  }

  // Before the input is made, which takes its time.
  static fs::path prepared_results(const run_options& how, const topology& machine) {
    if (how.resume.empty()) prepare_directory(how.results / machine_slug(machine));
    return how.results;
  }

  void start(const matrix& what) {
    const std::string machine = machine_slug(machine_);
    report_.directory = make_result_directory(results_, machine, what.name);
    json environment{{"machine", machine},
                     {"started", now_utc()},
                     {"seed", plan_.seed},
                     {"turns", plan_.turns.size()},
                     {"input", input_.recorded()}};
    environment.update(describe_machine(machine_, scratch_.path()));
    environment["build"] = to_json(how_.build);
    environment["matrix"] = to_toml(what);
    write_durably(report_.directory / topology_name, machine_.xml);
    write_durably(report_.directory / environment_name, environment.dump(2) + '\n');
  }

  void take_up(const matrix& what) {
    report_.directory = how_.resume;
    refuse_other_run(how_.resume, earlier_, "matrix", to_toml(what));
    refuse_other_run(how_.resume, earlier_, "machine", machine_slug(machine_));
    refuse_other_run(how_.resume, earlier_, "input", input_.recorded());
    refuse_other_run(how_.resume, earlier_, "build", to_json(how_.build));
    if (!fs::exists(how_.resume / samples_name)) return;
    const sample_file have = read_samples(how_.resume / samples_name);
    whole_bytes_ = have.whole_bytes;
    for (const sample& each : have.samples) {
      if (each.cell >= plan_.cells.size() || each.key != key_of(plan_.cells[each.cell].spec)) {
        throw bad_input(fmt::format("{} cannot be resumed: its cell {} is not that of its matrix",
                                    escaped(how_.resume), each.cell));
      }
      if (each.result || each.skipped) done_.insert({each.cell, each.repetition});
      if (each.result) ++report_.finished;
    }
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

  [[nodiscard]] sample base_sample(const planned_cell& cell, int repetition) const {
    sample out;
    out.cell = cell.index;
    out.key = key_of(cell.spec);
    out.repetition = repetition;
    out.spec = to_json(cell.spec);
    out.spec["input"] = input_.name;
    out.spec["input_bytes"] = input_.bytes;
    out.spec.erase("work");
    return out;
  }

  void run_turn(const turn& at, std::size_t ran, clock::time_point begin, sample_writer& writer) {
    const planned_cell& cell = plan_.cells[at.cell];
    announce(cell, ran, begin);
    const scratch_directory work(scratch_.path() / "cell");
    cell_spec spec = cell.spec;
    spec.input = input_.path.string();
    spec.work = work.path().string();
    const std::array<std::string, 2> command{how_.self.string(), "cell"};
    const child_outcome done =
        run_child(command, to_json(spec).dump(), how_.cell_limit, how_.stop_fd);
    if (done.how == child_outcome::ending::stopped) {
      report_.interrupted = true;
      return;
    }
    const sample line = sample_of(done, base_sample(cell, at.repetition), how_.cell_limit);
    writer.append(line);
    ++(line.result ? report_.finished : report_.failed);
  }

  void announce(const planned_cell& cell, std::size_t ran, clock::time_point begin) const {
    if (!how_.progress) return;
    run_progress at;
    const std::size_t behind = report_.finished + report_.failed;
    at.number = behind + 1;
    at.total = report_.total;
    at.label = cell_label(key_of(cell.spec), varying_);
    if (ran > 0) {
      const auto each = (clock::now() - begin) / static_cast<clock::rep>(ran);
      at.left = std::chrono::ceil<std::chrono::seconds>(
          each * static_cast<clock::rep>(report_.total - behind));
    }
    how_.progress(at);
  }

  const run_options& how_;
  topology machine_;
  json earlier_;  ///< the env.json of the run that is resumed, else null
  plan plan_;
  fs::path results_;  ///< where a new run gets its directory
  scratch_directory scratch_;
  input_file input_;
  std::vector<std::string> varying_;
  run_report report_;
  std::set<std::pair<std::size_t, int>> done_;
  std::uint64_t whole_bytes_ = 0;
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

matrix matrix_of_run(const fs::path& directory, std::span<const std::string_view> rings) {
  const json environment = read_environment(directory);
  const auto text = environment.find("matrix");
  if (text == environment.end() || !text->is_string()) {
    throw error(fmt::format("the {} of {} holds no matrix", environment_name, escaped(directory)));
  }
  return parse_matrix(text->get<std::string>(), escaped(directory / environment_name), rings);
}

std::string progress_line(const run_progress& at) {
  const std::string left = at.left ? fmt::format(" … {} left", duration_text(*at.left)) : "";
  return fmt::format("[{}/{}] {}{}", at.number, at.total, at.label, left);
}

}  // namespace annulus::harness
