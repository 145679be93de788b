#include "measure/runner.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <annulus/core/unique_fd.hpp>
#include <csignal>

#include "base/child_process.hpp"
#include "base/interruption.hpp"
#include "base/paths.hpp"
#include "fixtures.hpp"
#include "measure/plan.hpp"
#include "measure/result_set.hpp"
#include "measure/statistics.hpp"

namespace annulus::harness {
namespace {

// Stands in for the command: what it does depends on the ring. "spsc" never ends by itself, and
// while there is a busy process it waits until that has used 30 more ticks.
constexpr std::string_view fake_cell = R"sh(#!/bin/sh
test "$1" = cell || exit 9
here=${0%/*}
request=$(cat)
echo "$request" >>"$here/calls"
used() {
  read -r line <"/proc/$busy/stat"
  set -- ${line##*)}
  ticks=$((${12} + ${13}))
}
if test -s "$here/busy"; then
  read -r busy <"$here/busy"
  used
  enough=$((ticks + 30))
  while test "$ticks" -lt "$enough"; do used; done
fi
case "$request" in
  *'"ring":"mutex"'*) echo "cannot open /secret/place/part.1" >&2; exit 3 ;;
  *'"ring":"spsc"'*) kill -STOP $$ ;;
esac
speed=$(cat "$here/speed" 2>/dev/null || echo 1e9)
echo '{"verified":true,"bytes":1073741824,"amount":7,"seconds":1,"metrics":{"bytes_per_second":'"$speed"'}}'
)sh";

class runner : public testing::Test {
 protected:
  void SetUp() override {
    script(fake_cell);
    write(directory_ / "input.bin", "some input");
    how_.results = directory_ / "results";
    how_.self = directory_ / "self";
    how_.input = directory_ / "input.bin";
    how_.work = directory_ / "work";
    how_.build = {"GCC 12", "Release", "-O2", "abc123"};
    how_.system = world_.root();
  }
  void script(std::string_view text) const {
    write(directory_ / "self", text);
    std::filesystem::permissions(directory_ / "self", std::filesystem::perms::owner_all);
  }
  [[nodiscard]] std::size_t calls() const {
    const std::string text = read(directory_ / "calls");
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  [[nodiscard]] static matrix of(std::string_view axes, int repetitions = 2,
                                 std::string_view keys = "") {
    return matrix_of(
        fmt::format("name='m'\nseed=3\nrepetitions={}\n{}\n[axes]\n{}", repetitions, keys, axes));
  }
  [[nodiscard]] std::vector<json> requests() const {
    std::istringstream in(read(directory_ / "calls"));
    std::vector<json> out;
    for (std::string line; std::getline(in, line);) out.push_back(json::parse(line));
    return out;
  }
  [[nodiscard]] static std::vector<sample> samples_of(const run_report& done) {
    return read_samples(done.directory / samples_name).samples;
  }

  // Another process uses all it gets, from one turn until another begins.
  void disturb(std::size_t from, std::size_t until) {
    how_.progress = [this, from, until](const run_progress& at) {
      if (at.number == from) {
        world_.let_in(stranger_.emplace().pid());
        write(directory_ / "busy", fmt::format("{}\n", stranger_->pid()));
      }
      if (at.number == until) {
        std::filesystem::remove(directory_ / "busy");
        stranger_.reset();
      }
    };
  }

  temporary_directory directory_;
  small_world world_;
  std::optional<busy_process> stranger_;
  run_options how_;
};

TEST_F(runner, keeps_a_result_for_every_turn) {
  const run_report done = run(of("sink=['null','dir','chunks']"), how_);
  EXPECT_EQ(done.finished, 8U);  // three cells and their one roof
  EXPECT_EQ(done.failed, 0U);
  EXPECT_EQ(done.total, 8U);
  EXPECT_FALSE(done.interrupted);
  const auto samples = samples_of(done);
  ASSERT_EQ(samples.size(), 8U);
  EXPECT_EQ(std::count_if(samples.begin(), samples.end(), [](auto& each) { return each.is_roof; }),
            2);
  EXPECT_EQ(samples[0].result->metrics.at("bytes_per_second"), 1e9);
  EXPECT_EQ(samples[0].spec.at("input"), "input.bin");
  EXPECT_EQ(samples[0].spec.at("input_bytes"), 10);
  EXPECT_TRUE(samples[0].fitness.contains("others_percent"));
  EXPECT_EQ(calls(), 8U);
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "work"));
  EXPECT_EQ(done.directory.parent_path().filename(), machine_slug(this_machine()));
}

TEST_F(runner, gives_each_cell_its_request) {
  run(of("size=['64KiB']", 1), how_);
  for (const json& request : requests()) {
    EXPECT_EQ(request.at("suite"), "fake");
    EXPECT_EQ(request.at("key").at("size"), 65536);
    EXPECT_EQ(request.at("input"), (directory_ / "input.bin").string());
    EXPECT_EQ(request.at("work").get<std::string>().rfind((directory_ / "work").string(), 0), 0U);
  }
  EXPECT_EQ(calls(), 2U);
}

TEST_F(runner, hands_on_what_a_cell_found_out_to_move) {
  const matrix what = of("", 2);
  how_.resume = run(what, how_).directory;
  std::map<std::string, std::vector<std::uint64_t>> amounts;
  for (const json& request : requests())
    amounts[request.at("key").dump()].push_back(request.at("amount"));
  ASSERT_EQ(amounts.size(), 2U);
  for (const auto& [key, found] : amounts) EXPECT_EQ(found, (std::vector<std::uint64_t>{0, 7}));
}

TEST_F(runner, records_a_failure_and_goes_on) {
  const run_report done = run(of("ring=['mutex','futex']"), how_);
  EXPECT_EQ(done.finished, 4U);
  EXPECT_EQ(done.failed, 2U);
  for (const sample& each : samples_of(done)) {
    if (each.key.at("ring") == "mutex") {
      EXPECT_EQ(each.error, "exit status 3: cannot open part.1");
    }
  }
}

TEST_F(runner, kills_a_cell_at_its_limit) {
  how_.cell_limit = std::chrono::milliseconds(100);
  const run_report done = run(of("ring=['spsc']", 1), how_);
  EXPECT_GE(done.failed, 1U);  // its roof may take that long too
  EXPECT_EQ(by_cell(samples_of(done)).at(0).errors,
            (std::vector<std::string>{"killed after 0.1 s, the limit for a cell"}));
}

TEST_F(runner, records_a_signal_and_a_result_that_is_none) {
  script("#!/bin/sh\nkill -SEGV $$\n");
  EXPECT_EQ(samples_of(run(of("", 1), how_)).at(0).error,
            "ended by signal 11 (Segmentation fault)");
  script("#!/bin/sh\necho 42; echo why >&2\n");
  EXPECT_EQ(samples_of(run(of("", 1), how_)).at(0).error,
            "the cell's result must be a JSON object: why");
}

TEST_F(runner, a_program_that_cannot_start_ends_the_run) {
  how_.self = directory_ / "none";
  EXPECT_THROW(run(of("", 1), how_), error);
}

TEST_F(runner, records_what_the_machine_cannot_do_once) {
  const run_report done = run(of("memory=['any','node:999']"), how_);
  EXPECT_EQ(done.skipped, 1U);
  EXPECT_EQ(done.total, 4U);
  const auto samples = samples_of(done);
  EXPECT_EQ(std::count_if(samples.begin(), samples.end(),
                          [](const sample& each) { return each.skipped.has_value(); }),
            1);
  how_.resume = done.directory;
  EXPECT_EQ(run(of("memory=['any','node:999']"), how_).skipped, 1U);
  EXPECT_EQ(samples_of(done).size(), samples.size());
  EXPECT_EQ(samples.size(), 5U);
}

// Ends a run while its turn `number` hangs, without waiting for any time to pass.
class stopper {
 public:
  void stop_at(run_options& how, std::size_t number) {
    how.stop_fd = flag_.get();
    how.progress = [this, number](const run_progress& at) {
      if (at.number == number) eventfd_write(flag_.get(), 1);
    };
  }

 private:
  unique_fd flag_{eventfd(0, EFD_CLOEXEC)};
};

TEST_F(runner, stops_and_resumes_without_repeating_anything) {
  const matrix what = of("sink=['null','dir','chunks']", 3);
  stopper flag;
  flag.stop_at(how_, 4);
  const run_report first = run(what, how_);
  EXPECT_TRUE(first.interrupted);
  EXPECT_EQ(first.finished, 3U);
  EXPECT_EQ(samples_of(first).size(), 3U);
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "work"));

  // What a crash in the middle of the fourth line would leave.
  write(first.directory / samples_name, read(first.directory / samples_name) + "{\"cell\":0,\"k");
  how_.stop_fd = -1;
  how_.progress = nullptr;
  how_.resume = first.directory;
  std::filesystem::remove(directory_ / "calls");
  const run_report second = run(what, how_);
  EXPECT_FALSE(second.interrupted);
  EXPECT_EQ(second.directory, first.directory);
  EXPECT_EQ(second.finished, 12U);
  EXPECT_EQ(calls(), 9U);
  EXPECT_EQ(samples_of(second).size(), 12U);
  for (const cell_samples& cell : by_cell(samples_of(second)))
    EXPECT_EQ(cell.results.size() + cell.marked.size(), 3U);
}

TEST_F(runner, stops_a_cell_that_hangs) {
  stopper flag;
  flag.stop_at(how_, 1);
  const run_report done = run(of("ring=['spsc']", 1), how_);
  EXPECT_TRUE(done.interrupted);
  EXPECT_EQ(done.finished + done.failed, 0U);
}

TEST_F(runner, stops_at_a_signal) {
  {
    const interruption signals;
    how_.stop_fd = signals.fd();
    ASSERT_EQ(raise(SIGTERM), 0);
    EXPECT_TRUE(run(of("ring=['spsc']", 1), how_).interrupted);
  }
  SUCCEED() << "the signal was taken with its watcher";
}

TEST_F(runner, a_resumed_run_tries_failures_again) {
  const matrix what = of("ring=['mutex']", 1);
  const run_report first = run(what, how_);
  EXPECT_EQ(first.failed, 1U);
  std::string mended(fake_cell);
  mended.replace(mended.find("exit 3"), 6, "true");
  script(mended);
  how_.resume = first.directory;
  const run_report second = run(what, how_);
  EXPECT_EQ(second.finished, 2U);
  EXPECT_EQ(calls(), 3U);
  EXPECT_TRUE(by_cell(samples_of(second)).at(0).errors.empty());
}

TEST_F(runner, resumes_only_its_own_run) {
  how_.resume = run(of("", 1), how_).directory;
  EXPECT_THROW(run(of("", 2), how_), bad_input);
  run_options other = how_;
  other.build.commit = "def456";
  EXPECT_NE(message_of<bad_input>([&] { run(of("", 1), other); }).find("its build was"),
            std::string::npos);
  write(directory_ / "input.bin", "other input");
  EXPECT_NE(message_of<bad_input>([&] { run(of("", 1), how_); }).find("its input was"),
            std::string::npos);
  how_.input.clear();
  EXPECT_NE(message_of<bad_input>([&] {
              run(of("", 1), how_);
            }).find("cannot be resumed without its input, input.bin (10 bytes)"),
            std::string::npos);
  how_.resume = directory_ / "nothing";
  EXPECT_THROW(run(of("", 1), how_), error);
}

TEST_F(runner, resumes_no_samples_that_were_changed_or_are_of_another_plan) {
  const matrix what = of("", 1);
  how_.resume = run(what, how_).directory;
  const auto file = how_.resume / samples_name;
  const std::string good = read(file);
  std::string edited = good;
  edited.replace(edited.find("1000000000.0"), 1, "2");
  write(file, edited);
  EXPECT_NE(message_of<error>([&] { run(what, how_); }).find("its checksum differs"),
            std::string::npos);
  auto other = fixed_cell(0, fixed_key("spsc", "null"), {1});
  std::filesystem::remove(file);
  sample_writer(file, 0).append(other.at(0));
  EXPECT_NE(
      message_of<bad_input>([&] { run(what, how_); }).find("its cell 0 is not that of its matrix"),
      std::string::npos);
}

TEST_F(runner, reads_no_set_of_another_schema) {
  how_.resume = run(of("", 1), how_).directory;
  const auto file = how_.resume / environment_name;
  json environment = json::parse(read(file));
  const auto refused = [&] {
    write(file, environment.dump());
    return message_of<error>([&] { read_environment(how_.resume); });
  };
  environment["schema"] = 2;
  EXPECT_NE(
      refused().find("is no result set: env.json: it is of schema 2, and this reads schema 1"),
      std::string::npos);
  environment.erase("schema");
  EXPECT_NE(refused().find("it is of an older revision, before schema 1, and cannot be read"),
            std::string::npos);
}

// Which repetitions each cell has, roofs last.
std::vector<std::size_t> counts_of(const run_report& done) {
  std::vector<std::size_t> out;
  for (const cell_samples& cell : by_cell(read_samples(done.directory / samples_name).samples))
    out.push_back(cell.results.size() + cell.marked.size());
  return out;
}

TEST_F(runner, goes_on_until_the_interval_is_narrow) {
  // From the eighth turn on, all are alike.
  how_.progress = [&](const run_progress& at) {
    write(directory_ / "speed", at.number <= 14 ? fmt::format("{}", at.number) : "9");
  };
  const run_report done = run(of("", 6, "until='1%'\nbudget='1h'"), how_);
  EXPECT_EQ(done.wide, 0U);
  EXPECT_EQ(done.finished, done.total);
  const auto found = counts_of(done);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_GT(found[0], 9U);
  EXPECT_EQ(found[0], found[1]) << "its roof beside it";
}

TEST_F(runner, narrows_only_what_is_wide) {
  // The first of the two cells never comes to rest.
  script(R"sh(#!/bin/sh
here=${0%/*}
request=$(cat)
echo "$request" >>"$here/calls"
speed=5
case "$request" in *'"sink":"dir"'*) speed=$(wc -l <"$here/calls") ;; esac
echo '{"verified":true,"bytes":1,"amount":7,"seconds":1,"metrics":{"bytes_per_second":'"$speed"'}}'
)sh");
  stopper flag;
  flag.stop_at(how_, 6 * 3 + 5);
  const run_report done = run(of("sink=['dir','null']", 6, "until='1%'\nbudget='1h'"), how_);
  EXPECT_TRUE(done.interrupted);
  EXPECT_EQ(done.wide, 1U);
  EXPECT_EQ(counts_of(done), (std::vector<std::size_t>{8, 6, 8}));
}

TEST_F(runner, a_pass_that_began_within_the_budget_is_finished_by_a_resumed_run) {
  const matrix what = of("", 6, "until='1%'\nbudget='1h'");
  stopper flag;
  flag.stop_at(how_, 14);
  const auto stop = how_.progress;
  how_.progress = [&](const run_progress& at) {
    write(directory_ / "speed", fmt::format("{}", at.number));
    stop(at);
  };
  const run_report first = run(what, how_);
  EXPECT_EQ(first.finished, 13U);
  // The one turn of the seventh pass took more than the budget.
  auto samples = samples_of(first);
  samples.back().spec["elapsed_seconds"] = 4000;
  std::filesystem::remove(first.directory / samples_name);
  {
    sample_writer again(first.directory / samples_name, 0);
    for (const sample& each : samples) again.append(each);
  }
  how_.stop_fd = -1;
  how_.progress = nullptr;
  how_.resume = first.directory;
  const run_report second = run(what, how_);
  EXPECT_EQ(second.finished, 14U);
  EXPECT_EQ(second.wide, 1U);
  EXPECT_EQ(counts_of(second), (std::vector<std::size_t>{7, 7}));
}

bool others_marked(const sample& each) {
  const std::string marks = each.fitness.at("marks").dump();
  return marks.find("other processes") != std::string::npos;
}

TEST_F(runner, a_busy_loop_marks_the_samples_that_it_ran_beside_and_no_others) {
  disturb(4, 7);
  const run_report done = run(of("", 5), how_);
  const auto samples = samples_of(done);
  ASSERT_EQ(samples.size(), 10U);
  for (std::size_t at = 0; at < samples.size(); ++at)
    EXPECT_EQ(others_marked(samples[at]), at >= 3 && at < 6) << at << samples[at].fitness;
  EXPECT_EQ(done.marked, 3U);
  EXPECT_EQ(done.finished, 10U);
}

TEST_F(runner, goes_on_with_a_cell_that_had_bad_company_only) {
  disturb(1, 3);
  const run_report done = run(of("", 1, "until='5%'\nbudget='1h'"), how_);
  EXPECT_EQ(done.marked, 2U);
  EXPECT_EQ(done.wide, 0U);
  EXPECT_EQ(by_cell(samples_of(done)).at(0).results.size(), least_for_interval);
}

TEST_F(runner, strict_ends_at_the_first_mark_and_keeps_it) {
  how_.strict = true;
  disturb(2, 3);
  const std::string said = message_of<error>([&] { run(of("", 5), how_); });
  EXPECT_NE(said.find("was measured in bad company: other processes used"), std::string::npos)
      << said;
  EXPECT_EQ(calls(), 2U);
}

TEST_F(runner, the_matrix_of_a_run_is_kept) {
  const matrix what =
      of("sink=['dir']\nsize=['64KiB', '2 x frame']", 1, "until='7%'\nbudget='90s'");
  const run_report done = run(what, how_);
  EXPECT_EQ(to_toml(matrix_of_run(done.directory, fake_suites())), to_toml(what));
}

TEST_F(runner, makes_an_input_when_none_is_given) {
  how_.input.clear();
  how_.input_bytes = 100'001;
  script(R"sh(#!/bin/sh
path=$(sed 's/.*"input":"\([^"]*\)".*/\1/')
set -- $(cksum <"$path")
echo "{\"verified\":true,\"bytes\":$2,\"amount\":1,\"seconds\":1,\"metrics\":{\"sum\":$1}}"
)sh");
  const run_report done = run(of("", 2), how_);
  const auto samples = samples_of(done);
  ASSERT_EQ(samples.size(), 4U);
  EXPECT_EQ(samples[0].result->bytes, 100'001U);
  EXPECT_EQ(samples[0].spec.at("input"), "generated");
  const auto& sum = samples[0].result->metrics;
  EXPECT_EQ(sum, samples[1].result->metrics);
  // The same seed gives the same bytes.
  EXPECT_EQ(samples_of(run(of("", 1), how_)).at(0).result->metrics, sum);
}

TEST_F(runner, refuses_an_input_that_is_missing_or_empty) {
  how_.input = directory_ / "none.bin";
  EXPECT_THROW(run(of("", 1), how_), bad_input);
  write(directory_ / "empty.bin", "");
  how_.input = directory_ / "empty.bin";
  EXPECT_THROW(run(of("", 1), how_), bad_input);
}

TEST_F(runner, progress_counts_and_estimates) {
  std::vector<run_progress> seen;
  how_.progress = [&](const run_progress& at) { seen.push_back(at); };
  run(of("sink=['null','dir']", 1), how_);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].number, 1U);
  EXPECT_EQ(seen[0].total, 3U);
  EXPECT_FALSE(seen[0].left);
  EXPECT_TRUE(seen[1].left);
  EXPECT_EQ(progress_line({17, 108, "futex dir serial", std::chrono::seconds(119)}),
            "[17/108] futex dir serial … 2 min left");
  EXPECT_EQ(progress_line({1, 2, "a b c", {}}), "[1/2] a b c");
  EXPECT_EQ(progress_line({2, 2, "a b c", std::chrono::seconds(3900)}),
            "[2/2] a b c … 1 h 5 min left");
}

TEST(child, takes_input_larger_than_a_pipe_and_keeps_both_outputs) {
  const std::string input(300'000, 'x');
  const std::vector<std::string> command{"sh", "-c", "cat; echo oh >&2"};
  const child_outcome done = run_child(command, input, std::chrono::seconds(60));
  EXPECT_EQ(done.how, child_outcome::ending::exited);
  EXPECT_EQ(done.out, input);
  EXPECT_EQ(done.err, "oh\n");
}

TEST(child, does_not_wait_for_what_the_child_left_behind) {
  // The grandchild holds the output open for ever; it goes with the group.
  const std::vector<std::string> command{"sh", "-c", "sh -c 'kill -STOP $$' & echo done"};
  const child_outcome done = run_child(command, "", std::chrono::seconds(60));
  EXPECT_EQ(done.how, child_outcome::ending::exited);
  EXPECT_EQ(done.out, "done\n");
}

}  // namespace
}  // namespace annulus::harness
