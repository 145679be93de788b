// When writes are due, when a consumer stops, and what that comes to, on a clock of the test's own.
#include "suites/common/load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "suites/common/pace.hpp"

namespace annulus::bench {
namespace {

using namespace std::chrono_literals;

load loaded(std::string_view text) {
  const auto found = parse_load(text);
  if (!found) ADD_FAILURE() << text << " is no load";
  return found.value_or(load{});
}

TEST(Load, HasOneSpelling) {
  const std::map<std::string, std::string> spellings{
      {"closed", "closed"},
      {"open:200MB/s", "open:200MB/s"},
      {"open:200000KB/s", "open:200MB/s"},
      {"open:1024MiB/s", "open:1GiB/s"},
      {"burst:4096KiB/40000us", "burst:4MiB/40ms"},
      {"closed+stall:2ms/50ms", "stall:2ms/50ms"},
      {"jitter:4000us/40ms", "jitter:4ms/40ms"},
      {"slow:300000000B/s", "slow:300MB/s"},
      {"open:1GiB/s+stall:2ms/1s", "open:1GiB/s+stall:2ms/1s"},
      {"burst:1MB/7ms+slow:1MB/s", "burst:1MB/7ms+slow:1MB/s"},
  };
  for (const auto& [spelled, canonical] : spellings) {
    EXPECT_EQ(to_string(loaded(spelled)), canonical);
    EXPECT_EQ(loaded(canonical), loaded(spelled)) << spelled;
  }
}

TEST(Load, RefusesWhatItIsNot) {
  for (const auto* text : {"",
                           "open",
                           "open:",
                           "open:0MB/s",
                           "open:200MB",
                           "open:200MB/ms",
                           "open:200Mb/s",
                           "open:-1MB/s",
                           "open:1.5GB/s",
                           "open:101GB/s",
                           "burst:4MiB",
                           "burst:4MiB/0ms",
                           "burst:4MiB/s",
                           "burst:4MiB/11s",
                           "stall:2ms",
                           "stall:50ms/50ms",
                           "stall:0ms/50ms",
                           "jitter:5s/4s",
                           "slow:1MB/s+slow:1MB/s",
                           "stall:2ms/50ms+open:1MB/s",
                           "closed+",
                           "+closed",
                           "closed+closed",
                           "open:1MB/s+stall:2ms/50ms+slow:1MB/s",
                           "stall:2ms/50ms ",
                           "sloww:1MB/s",
                           "open:99999999999999999999MB/s"}) {
    EXPECT_FALSE(parse_load(text)) << text;
  }
}

TEST(Load, SaysWhenAWriteIsDue) {
  const auto open = loaded("open:200MB/s");
  EXPECT_EQ(open.due(0), 0ns);
  EXPECT_EQ(open.due(200), 1us);
  EXPECT_EQ(open.due(100'000'000'000), 500s);
  const auto bursts = loaded("burst:4MiB/40ms");
  EXPECT_EQ(bursts.due((4U << 20U) - 1), 0ns);
  EXPECT_EQ(bursts.due(4U << 20U), 40ms);
  EXPECT_EQ(bursts.due(9U << 20U), 80ms);
  EXPECT_DOUBLE_EQ(bursts.paced_rate(), (4U << 20U) / 0.04);
}

// The moments at which a consumer that always has something to read stops, and for how long.
std::vector<std::pair<load::duration, load::duration>> stops_of(const load& how,
                                                                load::duration length) {
  std::vector<std::pair<load::duration, load::duration>> out;
  stop_schedule schedule(how);
  for (load::duration now{}; now < length; now += 10us) {
    const auto stop = schedule.before_read(now, 0);
    if (stop > 0ns) out.emplace_back(now, stop);
    now += stop;
  }
  return out;
}

TEST(StopSchedule, StallsInTheMiddleOfEachPeriod) {
  const auto stops = stops_of(loaded("stall:2ms/50ms"), 1s);
  ASSERT_EQ(stops.size(), 20U);
  for (std::size_t i = 0; i < stops.size(); ++i) {
    EXPECT_EQ(stops[i].second, 2ms);
    EXPECT_LT(stops[i].first - (static_cast<int>(i) * 50ms + 25ms), 10us) << i;
  }
}

TEST(StopSchedule, DrawsAMomentOfEachPeriod) {
  const auto how = loaded("jitter:4ms/40ms");
  const auto stops = stops_of(how, 40s);
  ASSERT_EQ(stops.size(), 1000U);
  std::map<std::int64_t, int> by_tenth;
  for (std::size_t i = 0; i < stops.size(); ++i) {
    const auto into = stops[i].first - static_cast<int>(i) * 40ms;
    ASSERT_GE(into, 0ms) << i;
    ASSERT_LE(into, 36ms + 10us) << i;
    ++by_tenth[into / 3600us];
  }
  // A thousand draws of ten: a hundred of each, within five standard deviations.
  for (std::int64_t tenth = 0; tenth < 10; ++tenth) EXPECT_NEAR(by_tenth[tenth], 100, 48) << tenth;
  EXPECT_EQ(stops_of(how, 40s), stops);
}

TEST(StopSchedule, JittersOtherwiseForAnotherSeed) {
  const auto how = loaded("jitter:4ms/40ms");
  stop_schedule one(how, 1);
  stop_schedule other(how, 2);
  int both = 0;
  int any = 0;
  for (load::duration now{}; now < 40s; now += 100us) {
    const bool first = one.before_read(now, 0) > 0ns;
    const bool second = other.before_read(now, 0) > 0ns;
    both += first && second ? 1 : 0;
    any += first || second ? 1 : 0;
  }
  // Each stops for a tenth of the time: both at once for a hundredth, one of them for 19.
  EXPECT_NEAR(both, 4000, 1000);
  EXPECT_NEAR(any, 76'000, 1000);
}

TEST(StopSchedule, LeavesOutWhatOfAStallIsOver) {
  stop_schedule schedule(loaded("stall:2ms/50ms"));
  EXPECT_EQ(schedule.before_read(24ms, 0), 0ms);
  EXPECT_EQ(schedule.before_read(25500us, 0), 1500us);
  EXPECT_EQ(schedule.before_read(27ms, 0), 0ms);
  EXPECT_EQ(schedule.before_read(180ms, 0), 0ms);  // it had nothing to read at 175 ms
  EXPECT_EQ(schedule.before_read(225ms, 0), 2ms);
  // Longer than half of its period, it ends with it.
  stop_schedule long_one(loaded("stall:30ms/50ms"));
  EXPECT_EQ(long_one.before_read(20ms, 0), 30ms);
  EXPECT_EQ(long_one.before_read(50ms, 0), 0ms);
}

// How long reads of 64 KB take at 100 MB/s, 640 µs each, with what comes in between.
load::duration slow_time(int reads, load::duration every_tenth) {
  stop_schedule schedule(loaded("slow:100MB/s"));
  load::duration now{};
  for (int i = 0; i < reads; ++i) {
    now += schedule.before_read(now, 64'000);
    if (i % 10 == 4) now += every_tenth;
  }
  return now + schedule.before_read(now, 0);
}

TEST(StopSchedule, IsAsSlowAsItSays) {
  EXPECT_EQ(slow_time(1000, 0us), 640ms);
  EXPECT_EQ(slow_time(1000, 900us), 640ms);                 // a thread that woke late catches up
  EXPECT_EQ(slow_time(1000, 10'640us), 640ms + 100 * 9ms);  // one that had nothing to read does not
}

// A clock that goes on only when somebody waits.
class virtual_time final : public timeline {
 public:
  [[nodiscard]] load::duration now() noexcept override { return now_; }
  void wait_until(load::duration at) noexcept override { now_ = std::max(now_, at); }

 private:
  load::duration now_{};
};

// What the writes of a schedule wait through a ring of `capacity` whose consumer, when it does not
// stop, takes no time.
std::map<std::string, double> stalls_of(const load& how, std::size_t capacity, std::size_t bytes,
                                        std::uint64_t count) {
  virtual_time time;
  stop_schedule consumer(how);
  load::duration stopped_until{};
  std::size_t buffered = 0;
  write_times out(count);
  pace(
      how, bytes, [](std::uint64_t) {},
      [&](std::uint64_t) {
        if (time.now() >= stopped_until) {
          buffered = 0;
          const auto stop = consumer.before_read(time.now(), bytes);
          stopped_until = stop > 0ns ? time.now() + stop : stopped_until;
        }
        if (buffered + bytes > capacity) {
          time.wait_until(stopped_until);
          buffered = 0;
        }
        buffered += bytes;
      },
      time, out);
  std::map<std::string, double> metrics;
  add_percentiles(metrics, "stall", out.stalls);
  return metrics;
}

// Of writes at a steady rate, those due in the 4 ms of a stall, a tenth of all, wait for its end:
// evenly from 4 ms down to nothing. So 1 % of all wait longer than 3.6 ms and 0.1 % longer
// than 3.96 ms; what the ring takes in the meantime, it takes from the beginning of each stall.
TEST(Pace, ShowsAPlantedStallWhereArithmeticSays) {
  constexpr std::size_t bytes = 4096;
  constexpr std::uint64_t count = 500'000;
  constexpr double tolerance =
      40;  // one write's interval of 20 µs, and its quantum in the percentiles
  for (const auto* kind : {"stall", "jitter"}) {
    const auto how = loaded(std::string("open:200MB/s+") + kind + ":4ms/40ms");
    for (const std::size_t capacity : {4096U, 65'536U, 262'144U}) {
      const double filled = std::chrono::duration<double, std::micro>(how.due(capacity)).count();
      const auto found = stalls_of(how, capacity, bytes, count);
      SCOPED_TRACE(kind + std::string(" ") + std::to_string(capacity));
      EXPECT_EQ(found.at("stall_p50_us"), 0);
      EXPECT_NEAR(found.at("stall_p99_us"), 3600 - filled, tolerance);
      EXPECT_NEAR(found.at("stall_p99.9_us"), 3960 - filled, tolerance);
      EXPECT_NEAR(found.at("stall_max_us"), 4000 - filled, tolerance);
    }
    EXPECT_EQ(stalls_of(how, 1U << 20U, bytes, count).at("stall_max_us"), 0);
  }
}

TEST(Pace, CountsABurstFromItsBeginning) {
  virtual_time time;
  write_times out(8);
  pace(
      loaded("burst:4KB/1ms"), 1000, [](std::uint64_t) {},
      [&](std::uint64_t) { time.wait_until(time.now() + 10us); }, time, out);
  EXPECT_EQ(out.stalls, (std::vector<double>{10, 20, 30, 40, 10, 20, 30, 40}));
}

TEST(Pace, TellsWhatTheProducerOverslept) {
  class drowsy final : public timeline {
   public:
    [[nodiscard]] load::duration now() noexcept override { return now_; }
    void wait_until(load::duration at) noexcept override { now_ = at + 7us; }

   private:
    load::duration now_{};
  } time;
  write_times out(3);
  pace(
      loaded("open:1MB/s"), 1000, [](std::uint64_t) {}, [](std::uint64_t) {}, time, out);
  EXPECT_EQ(out.late, (std::vector<double>{0, 7, 7}));
  EXPECT_EQ(out.stalls, (std::vector<double>{0, 7, 7}));
}

TEST(Percentiles, AreThoseOfTheValues) {
  std::vector<double> values(10'001);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<double>(values.size() - 1 - i);
  std::map<std::string, double> found;
  add_percentiles(found, "x", values);
  EXPECT_EQ(
      found,
      (std::map<std::string, double>{
          {"x_p50_us", 5000}, {"x_p99_us", 9900}, {"x_p99.9_us", 9990}, {"x_max_us", 10'000}}));
  std::vector<double> none;
  found.clear();
  add_percentiles(found, "x", none);
  EXPECT_TRUE(found.empty());
}

}  // namespace
}  // namespace annulus::bench
