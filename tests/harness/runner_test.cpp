#include "runner.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <annulus/unique_fd.hpp>
#include <csignal>

#include "child_process.hpp"
#include "fixtures.hpp"
#include "interruption.hpp"
#include "paths.hpp"
#include "result_set.hpp"

namespace annulus::harness {
namespace {

// Stands in for the command: what it does depends on the ring. "spsc" never ends by itself.
constexpr std::string_view fake_cell = R"sh(#!/bin/sh
test "$1" = cell || exit 9
spec=$(cat)
echo "$spec" >>"${0%/*}/calls"
case "$spec" in
  *'"ring":"mutex"'*) echo "cannot open /secret/place/part.1" >&2; exit 3 ;;
  *'"ring":"spsc"'*) kill -STOP $$ ;;
  *) echo '{"bytes":1073741824,"seconds":1,"cpu_seconds":2,"stall_ns":{"p99":5},"verified":true}' ;;
esac
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
  }
  void script(std::string_view text) const {
    write(directory_ / "self", text);
    std::filesystem::permissions(directory_ / "self", std::filesystem::perms::owner_all);
  }
  [[nodiscard]] std::size_t calls() const {
    const std::string text = read(directory_ / "calls");
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  [[nodiscard]] static matrix of(std::string_view axes, int repetitions = 2) {
    return matrix_of(
        fmt::format("name='m'\nseed=3\nrepetitions={}\n[axes]\n{}", repetitions, axes));
  }
  [[nodiscard]] static std::vector<sample> samples_of(const run_report& done) {
    return read_samples(done.directory / samples_name).samples;
  }

  temporary_directory directory_;
  run_options how_;
};

TEST_F(runner, keeps_a_result_for_every_turn) {
  const run_report done = run(of("sink=['null','dir','chunks']"), how_);
  EXPECT_EQ(done.finished, 6U);
  EXPECT_EQ(done.failed, 0U);
  EXPECT_EQ(done.total, 6U);
  EXPECT_FALSE(done.interrupted);
  ASSERT_EQ(samples_of(done).size(), 6U);
  EXPECT_EQ(samples_of(done)[0].result->at("cpu_seconds"), 2);
  EXPECT_EQ(samples_of(done)[0].spec.at("input"), "input.bin");
  EXPECT_EQ(samples_of(done)[0].spec.at("input_bytes"), 10);
  EXPECT_EQ(calls(), 6U);
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "work"));
  EXPECT_EQ(done.directory.parent_path().filename(), machine_slug(this_machine()));
}

TEST_F(runner, gives_each_cell_its_spec) {
  run(of("block=['64KiB']", 1), how_);
  const json spec = json::parse(read(directory_ / "calls"));
  EXPECT_EQ(spec.at("block"), 65536);
  EXPECT_EQ(spec.at("input"), (directory_ / "input.bin").string());
  EXPECT_EQ(spec.at("work").get<std::string>().rfind((directory_ / "work").string(), 0), 0U);
}

TEST_F(runner, records_a_failure_and_goes_on) {
  const run_report done = run(of("ring=['mutex','futex']"), how_);
  EXPECT_EQ(done.finished, 2U);
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
  EXPECT_EQ(done.failed, 1U);
  EXPECT_EQ(samples_of(done).at(0).error, "killed after 0.1 s, the limit for a cell");
}

TEST_F(runner, records_a_signal_and_a_result_that_is_none) {
  script("#!/bin/sh\nkill -SEGV $$\n");
  EXPECT_EQ(samples_of(run(of("", 1), how_)).at(0).error,
            "ended by signal 11 (Segmentation fault)");
  script("#!/bin/sh\necho 42; echo why >&2\n");
  EXPECT_EQ(samples_of(run(of("", 1), how_)).at(0).error, "the cell printed no JSON object: why");
}

TEST_F(runner, a_program_that_cannot_start_ends_the_run) {
  how_.self = directory_ / "none";
  EXPECT_THROW(run(of("", 1), how_), error);
}

TEST_F(runner, records_what_the_machine_cannot_do_once) {
  const run_report done = run(of("memory=['any','node:999']"), how_);
  EXPECT_EQ(done.skipped, 1U);
  EXPECT_EQ(done.total, 2U);
  const auto samples = samples_of(done);
  EXPECT_EQ(std::count_if(samples.begin(), samples.end(),
                          [](const sample& each) { return each.skipped.has_value(); }),
            1);
  how_.resume = done.directory;
  EXPECT_EQ(run(of("memory=['any','node:999']"), how_).skipped, 1U);
  EXPECT_EQ(samples_of(done).size(), samples.size());
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
  EXPECT_EQ(second.finished, 9U);
  EXPECT_EQ(calls(), 6U);
  EXPECT_EQ(samples_of(second).size(), 9U);
  for (const cell_results& cell : by_cell(samples_of(second))) EXPECT_EQ(cell.results.size(), 3U);
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
  script("#!/bin/sh\necho '{}'\n");
  how_.resume = first.directory;
  const run_report second = run(what, how_);
  EXPECT_EQ(second.finished, 1U);
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

TEST_F(runner, the_matrix_of_a_run_is_kept) {
  const matrix what = of("sink=['dir']\nring_size=['64KiB']", 1);
  const run_report done = run(what, how_);
  EXPECT_EQ(to_toml(matrix_of_run(done.directory, test_rings)), to_toml(what));
}

TEST_F(runner, makes_an_input_when_none_is_given) {
  how_.input.clear();
  how_.input_bytes = 100'001;
  script(R"sh(#!/bin/sh
path=$(sed 's/.*"input":"\([^"]*\)".*/\1/')
echo "{\"bytes\":$(wc -c <"$path"),\"sum\":\"$(cksum <"$path")\"}"
)sh");
  const run_report done = run(of("", 2), how_);
  const auto samples = samples_of(done);
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].result->at("bytes"), 100'001);
  EXPECT_EQ(samples[0].spec.at("input"), "generated");
  EXPECT_EQ(samples[0].result, samples[1].result);
  // The same seed gives the same bytes.
  EXPECT_EQ(samples_of(run(of("", 1), how_)).at(0).result, samples[0].result);
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
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].number, 1U);
  EXPECT_EQ(seen[0].total, 2U);
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
