// The verdicts follow from the medians, and only from cells that were measured.
#include "verdicts.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "pipelines/metrics.hpp"

namespace annulus::bench {
namespace {

cell measured(std::string shape, std::string channel, side whose, const std::string& metric,
              std::vector<double> values, std::size_t size = judged_ring_size) {
  cell out;
  out.what.shape = std::move(shape);
  out.what.channel = std::move(channel);
  out.what.whose = whose;
  out.ring_size = size;
  out.metrics[metric] = std::move(values);
  return out;
}

const verdict* find(const std::vector<verdict>& all, const std::string& criterion) {
  const auto at = std::find_if(all.begin(), all.end(),
                               [&](const verdict& each) { return each.criterion == criterion; });
  return at == all.end() ? nullptr : &*at;
}

TEST(Verdicts, CompareTheBestMediansOfBothSides) {
  const std::vector cells{
      measured("a", "futex", side::ours, bytes_per_second, {9, 10, 100}),
      measured("a", "mirror", side::ours, bytes_per_second, {12, 13, 14}),
      measured("a", "boost-spsc", side::peer, bytes_per_second, {7, 8, 9}),
      measured("a", "rte-ring", side::peer, bytes_per_second, {1, 10, 11}),
  };
  const auto all = judge(cells);
  const auto* best = find(all, "a best");
  ASSERT_NE(best, nullptr);
  EXPECT_DOUBLE_EQ(best->value, 1.3);
  EXPECT_TRUE(best->met());
  EXPECT_EQ(
      to_text(*best),
      "a best       2MiB  best ours (mirror) / best peer (rte-ring) = 1.3 (want >= 1.25)  met");
  const auto* futex = find(all, "a futex");
  ASSERT_NE(futex, nullptr);
  EXPECT_DOUBLE_EQ(futex->value, 1.0);
  EXPECT_TRUE(futex->met());
}

TEST(Verdicts, SayWhatIsNotMet) {
  const std::vector cells{
      measured("d", "spsc", side::ours, bytes_per_second, {10}),
      measured("d", "boost-spsc", side::peer, bytes_per_second, {11}),
      measured("e", "spsc", side::ours, bytes_per_second, {14}),
      measured("roof", "two-core copy", side::roof, bytes_per_second, {20}),
      measured("g", "futex", side::ours, cpu_per_gib, {0.7}),
      measured("g", "spsc", side::ours, cpu_per_gib, {1.0}),
      measured("steady", "futex", side::ours, kernel_calls, {11}),
  };
  const auto all = judge(cells);
  for (const auto* criterion : {"d best", "d roof", "e in place", "g cpu", "steady"}) {
    const auto* at = find(all, criterion);
    ASSERT_NE(at, nullptr) << criterion;
    EXPECT_FALSE(at->met()) << criterion;
    EXPECT_NE(to_text(*at).find("NOT MET"), std::string::npos);
  }
}

TEST(Verdicts, JudgeEachSizeByItself) {
  const std::vector cells{
      measured("c", "spsc", side::ours, bytes_per_second, {30}, 64 << 10),
      measured("c", "boost-spsc", side::peer, bytes_per_second, {10}, 64 << 10),
      measured("c", "spsc", side::ours, bytes_per_second, {20}),
      measured("c", "boost-spsc", side::peer, bytes_per_second, {10}),
  };
  const auto all = judge(cells);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_DOUBLE_EQ(all[0].value, 3);
  EXPECT_DOUBLE_EQ(all[1].value, 2);
  EXPECT_FALSE(to_json(all[0]).at("judged").get<bool>());
  EXPECT_TRUE(to_json(all[1]).at("judged").get<bool>());
}

TEST(PipelinesVerdicts, WantFourFifthsOfTheRingAndNoAllocation) {
  const std::vector cells{
      measured("copy-in", "pipe", side::ours, bytes_per_second, {7.9}, judged_segment_size),
      measured("copy-in", "futex", side::ours, bytes_per_second, {10}, judged_segment_size),
      measured("copy-in", "pipe", side::ours, bytes_per_second, {8}, 4 << 10),
      measured("copy-in", "futex", side::ours, bytes_per_second, {10}, 4 << 10),
      measured("parse", "pipe", side::ours, allocations_per_million, {1}, judged_segment_size),
      measured("checksum", "pipe", side::ours, allocations_per_million, {0}, judged_segment_size),
      measured("checksum", "futex", side::ours, allocations_per_million, {1}, judged_segment_size),
  };
  const auto all = judge_pipelines(cells);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].what, "pipe, checksum");
  EXPECT_TRUE(all[0].met());
  EXPECT_EQ(all[1].what, "pipe, parse");
  EXPECT_FALSE(all[1].met());
  EXPECT_TRUE(all[2].met());
  EXPECT_FALSE(all[2].judged);
  EXPECT_DOUBLE_EQ(all[3].value, 0.79);
  EXPECT_FALSE(all[3].met());
  EXPECT_TRUE(all[3].judged);
}

TEST(Verdicts, SayNothingAboutWhatWasNotMeasured) {
  EXPECT_TRUE(judge({}).empty());
  EXPECT_TRUE(judge_pipelines({}).empty());
  const std::vector cells{measured("a", "spsc", side::ours, bytes_per_second, {10})};
  EXPECT_TRUE(judge(cells).empty());
}

}  // namespace
}  // namespace annulus::bench
