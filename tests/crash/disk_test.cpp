// The model of a disk: which states it calls legal.
#include "disk.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace annulus::crash {
namespace {

using kind = event::kind;

event create(int file, const std::string& name) {
  return {kind::create, file, 0, name, {}, {}, 0};
}
event put(int file, std::uint64_t offset, const std::string& data) {
  return {kind::write, file, offset, {}, {}, data, 0};
}
event cut(int file, std::uint64_t bytes) {
  return {kind::truncate, file, bytes, {}, {}, {}, 0};
}
event drop(const std::string& name) {
  return {kind::remove, -1, 0, name, {}, {}, 0};
}
event synced(int file) {
  return {kind::sync_file, file, 0, {}, {}, {}, 0};
}
event names_synced() {
  return {kind::sync_directory, -1, 0, {}, {}, {}, 0};
}

std::vector<image> states(const disk& of, std::size_t limit = 10000) {
  std::mt19937_64 random(1);
  auto all = of.states(limit, random);
  std::sort(all.begin(), all.end());
  return all;
}

disk after(std::initializer_list<event> steps, disk now = {}) {
  for (const auto& step : steps) now.apply(step);
  return now;
}

using list = std::vector<image>;
const std::string zero(1, '\0');

TEST(disk, keeps_what_is_synced) {
  const auto now = after(
      {create(0, "a"), put(0, 0, "xy"), synced(0), names_synced(), put(0, 2, "z"), synced(0)});
  EXPECT_EQ(states(now), (list{{{"a", "xyz"}}}));
}

TEST(disk, may_lose_a_name_without_the_bytes_and_bytes_without_the_name) {
  EXPECT_EQ(states(after({create(0, "a"), put(0, 0, "x"), synced(0)})), (list{{}, {{"a", "x"}}}));
  EXPECT_EQ(states(after({create(0, "a"), names_synced(), put(0, 0, "x")})),
            (list{{{"a", ""}}, {{"a", zero}}, {{"a", "x"}}}));
}

TEST(disk, may_do_writes_in_any_order_and_zeros_stand_for_what_is_missing) {
  const auto all = states(after({put(0, 1, "b"), put(0, 2, "c")}, disk(image{{"f", "a"}})));
  const list expected{{{"f", "a"}},
                      {{"f", "a" + zero}},
                      {{"f", "a" + zero + zero}},
                      {{"f", "a" + zero + "c"}},
                      {{"f", "ab"}},
                      {{"f", "ab" + zero}},
                      {{"f", "abc"}}};
  EXPECT_EQ(all, expected);
}

TEST(disk, tears_writes_at_sectors_and_leaves_each_out) {
  const std::string old(3 * sector_bytes, 'o');
  const std::string part(sector_bytes, 'o');
  const std::string fresh(sector_bytes, 'n');
  const auto all =
      states(after({put(0, 0, std::string(3 * sector_bytes, 'n'))}, disk(image{{"f", old}})));
  for (const auto& torn : {fresh + part + part, fresh + fresh + part, part + fresh + fresh,
                           part + part + fresh, fresh + part + fresh, old, fresh + fresh + fresh}) {
    EXPECT_NE(std::find(all.begin(), all.end(), image{{"f", torn}}), all.end());
  }
  EXPECT_EQ(all.size(), 7U);
}

TEST(disk, overwrites_a_sector_whole_or_not_at_all) {
  EXPECT_EQ(states(after({put(0, 0, "new")}, disk(image{{"f", "old"}}))),
            (list{{{"f", "new"}}, {{"f", "old"}}}));
}

TEST(disk, may_lose_a_truncation_and_keep_the_write_behind_it) {
  const auto all = states(after({cut(0, 1), put(0, 1, "B")}, disk(image{{"f", "abc"}})));
  const list expected{
      {{"f", "a"}}, {{"f", "a" + zero}}, {{"f", "aB"}}, {{"f", "aBc"}}, {{"f", "abc"}}};
  EXPECT_EQ(all, expected);
}

TEST(disk, may_remove_early_or_late) {
  const disk start(image{{"a", "x"}, {"b", ""}});
  EXPECT_EQ(states(after({put(1, 0, "y"), synced(1), drop("a")}, start)),
            (list{{{"a", "x"}, {"b", "y"}}, {{"b", "y"}}}));
  EXPECT_EQ(states(after({drop("a"), put(1, 0, "y")}, start)).size(), 6U);
  EXPECT_EQ(states(after({drop("a"), names_synced()}, start)), (list{{{"b", ""}}}));
}

TEST(disk, does_not_mistake_a_new_file_for_the_old_one_of_that_name) {
  const auto now =
      after({drop("a"), create(1, "a"), put(1, 0, "n"), synced(1)}, disk(image{{"a", "o"}}));
  EXPECT_EQ(states(now), (list{{}, {{"a", "n"}}, {{"a", "o"}}}));
}

TEST(disk, renames_or_does_not) {
  const auto now =
      after({{kind::rename, -1, 0, "a", "b", {}, 0}}, disk(image{{"a", "x"}, {"b", "y"}}));
  EXPECT_EQ(states(now), (list{{{"a", "x"}, {"b", "y"}}, {{"b", "x"}}}));
}

TEST(disk, chooses_among_too_many_states_and_keeps_the_extremes) {
  disk now(image{{"f", ""}, {"g", ""}});
  for (int i = 0; i < 12; ++i) {
    now.apply(put(0, static_cast<unsigned>(i), "x"));
    now.apply(put(1, static_cast<unsigned>(i), "y"));
  }
  const auto all = states(now, 50);
  EXPECT_EQ(all.size(), 50U);
  for (const auto& extreme : {image{{"f", ""}, {"g", ""}}, now.visible()}) {
    EXPECT_NE(std::find(all.begin(), all.end(), extreme), all.end());
  }
}

}  // namespace
}  // namespace annulus::crash
