// annulus advise: what it measures, what it finds again, and what it refuses.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "process.hpp"

namespace annulus::e2e {
namespace {

using nlohmann::json;

class advise : public testing::Test {
 protected:
  advise() { setenv("ANNULUS_ROOT", ANNULUS_SOURCE, 1); }

  // Two rings of one size before the cheapest sink.
  [[nodiscard]] result ask(arguments more) const {
    arguments words{"advise",         "--sink",        "null",  "--input-size",    "64KiB",
                    "--set",          "geometry=2+1",  "--set", "ring=futex,spsc", "--set",
                    "ring_size=2MiB", "--repetitions", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return in_own_directories(std::move(words));
  }
  [[nodiscard]] result in_own_directories(arguments words) const {
    words.insert(words.end(), {"--work", where_ / "work", "--results", where_ / "results"});
    return run(words);
  }
  [[nodiscard]] std::vector<fs::path> runs() const {
    std::vector<fs::path> out;
    std::error_code none;
    for (const auto& machine : fs::directory_iterator(where_ / "results", none)) {
      for (const auto& each : fs::directory_iterator(machine.path())) out.push_back(each.path());
    }
    return out;
  }
  void expect_refused(const arguments& words, int status, const std::string& sentence) const {
    const auto done = in_own_directories(words);
    EXPECT_EQ(done.status, status) << done.err;
    EXPECT_TRUE(contains(done.err, sentence)) << done.err;
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
    EXPECT_EQ(done.out, "");
    EXPECT_TRUE(runs().empty());
  }
  scratch where_;
};

TEST_F(advise, measures_what_is_missing_once) {
  EXPECT_EQ(ask({"--no-measure"}).status, 1);
  const auto first = ask({"--json"});
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_TRUE(contains(first.err, "measuring 5 turns of 5 cells, about ")) << first.err;
  const auto told = json::parse(first.out);
  EXPECT_EQ(told.at("measured_now"), true);
  EXPECT_EQ(told.at("advice").at("known"), "measured");
  EXPECT_EQ(told.at("rings").size(), 2U);
  EXPECT_EQ(told.at("key").at("geometry"), "2+1");
  ASSERT_EQ(runs().size(), 1U);

  const auto again = json::parse(ask({"--json", "--no-measure"}).out);
  EXPECT_EQ(again.at("measured_now"), false);
  EXPECT_EQ(again.at("advice"), told.at("advice"));
  EXPECT_EQ(ask({}).err, "") << "what is known is not measured again";
  EXPECT_EQ(runs().size(), 1U);

  const auto text = ask({"--from", runs().front().string(), "--no-measure"});
  EXPECT_EQ(text.status, 0) << text.err;
  const auto ring = told.at("advice").at("ring").get<std::string>();
  EXPECT_TRUE(contains(text.out, "messages of 1MiB, ")) << text.out;
  EXPECT_TRUE(contains(text.out, ": " + ring + " 2MiB\n")) << text.out;
  EXPECT_TRUE(contains(text.out, "Evidence: measured, from 1 cell of ")) << text.out;
  EXPECT_TRUE(contains(text.out, ", on this machine (")) << text.out;

  EXPECT_EQ(ask({"--measure"}).status, 0);
  EXPECT_EQ(runs().size(), 2U);

  const auto held = run({"advise", "--hold-back", "1", runs().front().string()});
  EXPECT_EQ(held.status, 1);
  EXPECT_TRUE(contains(held.err, "only 0 of 1 requests could be held back")) << held.err;
  EXPECT_TRUE(contains(held.out, "0 of 0 are good")) << held.out;
}

TEST_F(advise, another_machine_is_called_so) {
  ASSERT_EQ(ask({}).status, 0);
  const fs::path mine = runs().front();
  auto environment = json::parse(slurp(mine / "env.json"));
  environment["machine"] = "abacus-1cpu";
  spit(mine / "env.json", environment.dump());
  fs::rename(mine.parent_path(), where_ / "results/abacus-1cpu");
  const auto other = ask({"--no-measure"});
  EXPECT_EQ(other.status, 0) << other.err;
  EXPECT_TRUE(contains(other.out, "on ANOTHER machine, abacus-1cpu, and not on this one, "))
      << other.out;
  EXPECT_TRUE(contains(ask({}).err, "measuring 5 turns"))
      << "it is no answer where one can measure";
}

TEST_F(advise, before_a_sink_knows_rates_and_stops) {
  const auto asked = [&](arguments load) {
    load.emplace_back("--json");
    const auto done = ask(std::move(load));
    EXPECT_EQ(done.status, 0) << done.err;
    return done.status == 0 ? json::parse(done.out) : json();
  };
  const auto paced = asked({"--rate", "50MB/s", "--stall", "1ms/10ms"});
  EXPECT_EQ(paced.at("key").at("load"), "open:50MB/s+stall:1ms/10ms");
  EXPECT_TRUE(contains(paced.at("why").get<std::string>(), " the rate")) << paced;
  EXPECT_TRUE(paced.at("advice").at("figures").contains("stall_p99.9_us")) << paced;
  EXPECT_EQ(paced.at("measured_now"), true);
  // One of another rate, within a factor of two, is known from this one; one of other stops is not.
  const auto near = asked({"--rate", "60MB/s", "--stall", "1ms/10ms"});
  EXPECT_EQ(near.at("advice").at("known"), "nearest");
  EXPECT_EQ(near.at("measured_now"), false);
  EXPECT_EQ(asked({"--jitter", "1ms/10ms"}).at("key").at("load"), "jitter:1ms/10ms");
  EXPECT_EQ(asked({"--slow", "50MB/s", "--set", "sink=dir"}).at("key").at("sink"), "dir");
  EXPECT_EQ(runs().size(), 3U);
}

TEST_F(advise, of_bare_rings_measures_messages_and_pairs) {
  const arguments words{
      "advise", "--message",       "2KiB",          "--pairs", "2",     "--set", "ring=futex,mutex",
      "--set",  "ring_size=64KiB", "--repetitions", "1",       "--json"};
  const auto done = in_own_directories(words);
  if (run({"run", "--reference", "rings"}).status != 0) {
    EXPECT_EQ(done.status, 1);
    EXPECT_TRUE(contains(done.err, "this build lacks the suite rings")) << done.err;
    return;
  }
  ASSERT_EQ(done.status, 0) << done.err;
  const auto key = json::parse(done.out).at("key");
  EXPECT_EQ(key.at("shape"), "flow");
  EXPECT_EQ(key.at("write"), 2048);
  EXPECT_EQ(key.at("read"), 2048);
  EXPECT_EQ(key.at("pairs"), 2);
  EXPECT_EQ(key.at("placement"), "none");
}

TEST_F(advise, refuses_what_makes_no_sense) {
  const arguments sink{"advise", "--sink", "null"};
  const auto with = [&](arguments more) {
    more.insert(more.begin(), sink.begin(), sink.end());
    return more;
  };
  expect_refused({"advise", "--sink", "tape"}, 2, "--sink must be one of null, dir, chunks");
  expect_refused(with({"--message", "4kb"}), 2, "--message must be a size");
  expect_refused(with({"--rate", "200"}), 2,
                 "--rate must be bytes a second, such as 200MB/s, but is '200'");
  expect_refused(with({"--stall", "40ms/4ms"}), 2,
                 "--stall must be a time and a longer period, such as 4ms/40ms, but is '40ms/4ms'");
  expect_refused(with({"--jitter", "4ms"}), 2, "--jitter must be a time and a longer period");
  expect_refused(with({"--slow", "fast"}), 2, "--slow must be bytes a second");
  expect_refused(with({"--stall", "4ms/40ms", "--slow", "1MB/s"}), 2, "--stall excludes --slow");
  expect_refused(with({"--measure", "--no-measure"}), 2, "excludes");
  expect_refused(with({"--pairs", "2"}), 2, "--pairs is of bare rings");
  expect_refused(with({"--set", "mode=serial,parallel"}), 2, "--set mode needs one value, not 2");
  expect_refused(with({"--set", "wing=futex"}), 2, "has no axis wing");
  expect_refused(with({"--no-measure"}), 1,
                 "no run of the suite pipeline says anything of messages");
  expect_refused(with({"--from", where_ / "none"}), 1, "is no result set");
  expect_refused({"advise", "--hold-back", "20"}, 2, "--hold-back needs runs");
  expect_refused({"advise", "--hold-back", "0", "x"}, 2, "--hold-back");
}

}  // namespace
}  // namespace annulus::e2e
