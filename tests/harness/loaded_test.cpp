// A put whose producer is paced, on a clock of the test's own.
#include "suites/pipeline/loaded.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "measure/statistics.hpp"

namespace annulus::suites {
namespace {

using namespace std::chrono_literals;
using pipeline::hand_over;
using pipeline::put_mode;
using times = std::vector<std::chrono::nanoseconds>;

class still_time final : public bench::timeline {
 public:
  [[nodiscard]] bench::load::duration now() noexcept override { return now_; }
  void wait_until(bench::load::duration at) noexcept override { now_ = std::max(now_, at); }

 private:
  bench::load::duration now_{};
};

TEST(BlockPace, WaitsUntilABlockIsDueAndTellsHowLateItBegan) {
  const auto how = bench::parse_load("open:1MB/s").value();
  still_time time;
  block_pace pace(how, time);
  pace.reached(1000);
  EXPECT_EQ(time.now(), 1ms);
  time.wait_until(2500us);
  pace.reached(2000);
  EXPECT_EQ(time.now(), 2500us) << "a late block begins at once";
  pace.reached(3000);
  EXPECT_EQ(time.now(), 3ms);
  EXPECT_EQ(pace.late(), (times{0us, 0us, 500us, 0us}));
}

// Two blocks of three shards, shard by shard; the second one began 10 µs late.
TEST(StallsFromDue, CountTheFramesThatABlockHasBefore) {
  const times late{0us, 10us, 0us};
  const times waits{1us, 2us, 3us, 4us, 5us, 6us};
  const auto counted = [&](put_mode mode, hand_over hand) {
    return stalls_from_due(late, waits, 3, mode, hand);
  };
  EXPECT_EQ(counted(put_mode::serial, hand_over::copy), (times{1us, 12us, 4us, 16us, 9us, 22us}));
  EXPECT_EQ(counted(put_mode::serial, hand_over::copy_in),
            (times{1us, 12us, 4us, 16us, 9us, 22us}));
  EXPECT_EQ(counted(put_mode::parallel, hand_over::copy), (times{1us, 12us, 3us, 14us, 5us, 16us}));
  EXPECT_EQ(counted(put_mode::serial, hand_over::in_place),
            (times{9us, 22us, 9us, 22us, 9us, 22us}));
  EXPECT_EQ(counted(put_mode::parallel, hand_over::in_place),
            (times{5us, 16us, 5us, 16us, 5us, 16us}));
}

// Of blocks at a steady rate those due in the 4 ms of a stall, a tenth of all, wait for its end,
// evenly from 4 ms down: so 1 % wait longer than 3.6 ms, and 0.1 % longer than 3.96 ms. Behind each
// other: the ring made but the first of them wait.
TEST(StallsFromDue, ShowAPlantedStallWhereArithmeticSays) {
  constexpr std::uint64_t block = 4096;
  constexpr std::size_t blocks = 200'000;
  for (const auto* kind : {"stall", "jitter"}) {
    const auto how = bench::parse_load("open:200MB/s+" + std::string(kind) + ":4ms/40ms").value();
    still_time time;
    bench::stop_schedule sink(how);
    block_pace pace(how, time);
    times waits(2 * blocks);  // of two shards, of which the second one's sink never stops
    for (std::uint64_t at = 0; at < blocks; ++at) {
      const auto before = time.now();
      stop_if_due(sink, block, time);
      waits[at] = time.now() - before;
      pace.reached((at + 1) * block);
    }
    std::vector<double> us;
    for (const auto each :
         stalls_from_due(pace.late(), waits, 2, put_mode::serial, hand_over::copy))
      us.push_back(static_cast<double>(each.count()) / 1e3);
    constexpr double interval = 1e6 * block / 200e6;
    EXPECT_NEAR(harness::quantile(us, 0.99), 3600, 2 * interval) << kind;
    EXPECT_NEAR(harness::quantile(us, 0.999), 3960, 2 * interval) << kind;
    EXPECT_EQ(harness::quantile(us, 0.5), 0) << kind;
  }
}

}  // namespace
}  // namespace annulus::suites
