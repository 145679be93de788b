// Cases: the same for the same seed, whatever is printed of them read back, every operation one
// that changes something, and what is left judged right.
#include "plan.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "condition.hpp"
#include "damage.hpp"

namespace annulus::campaign {
namespace {

using pipeline::sink_kind;

constexpr sink_kind both[] = {sink_kind::dir, sink_kind::chunks};

TEST(plan, is_the_same_for_the_same_seed_and_number) {
  std::set<std::string> texts;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto text = to_text(random_plan(7, i, both));
    EXPECT_EQ(to_text(random_plan(7, i, both)), text);
    EXPECT_EQ(to_text(parse_plan(text)), text);
    texts.insert(text);
  }
  EXPECT_GT(texts.size(), 195U);
}

TEST(plan, draws_every_operation_and_both_sinks) {
  std::set<std::string> drawn;
  std::set<sink_kind> sinks;
  std::set<content_kind> contents;
  bool hurts_most = false;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const auto plan = random_plan(1, i, both);
    sinks.insert(plan.stored.sink);
    contents.insert(plan.stored.content);
    std::set<unsigned> disks;
    for (const auto& each : plan.operations) {
      drawn.insert(each.name);
      disks.insert(each.disk);
    }
    hurts_most = hurts_most || disks.size() == plan.stored.disks();
  }
  EXPECT_EQ(drawn.size(), operation_names().size());
  EXPECT_EQ(sinks.size(), 2U);
  EXPECT_EQ(contents.size(), 4U);
  EXPECT_TRUE(hurts_most);
}

TEST(plan, refuses_what_it_does_not_know) {
  for (const auto* const text : {"", "null 2+1", "dir 2", "dir 2+1 size=x", "dir 2+1 unknown=1",
                                 "dir 2+1 nothing@0#1", "dir 2+1 flip@0", "dir 2+1 content=red"}) {
    EXPECT_THROW(parse_plan(text), std::runtime_error) << text;
  }
}

// Disks as they are behind the operations of a plan.
class hurt {
 public:
  explicit hurt(const std::string& plan)
      : plan_(parse_plan(plan)), scene_(store(plan_.stored, ANNULUS_COMMAND, place_, {})) {
    where_ = {place_.emptied("case") / "disks", place_.path() / "outside"};
    fs::create_directories(where_.outside);
    materialise(scene_.disks, where_.disks);
    for (const auto& each : plan_.operations) apply(each, scene_, where_);
  }
  void apply_one(const operation& what) { apply(what, scene_, where_); }
  void refresh() {
    remove_tree(where_.disks);
    remove_tree(where_.outside);
    fs::create_directories(where_.outside);
    materialise(scene_.disks, where_.disks);
  }
  [[nodiscard]] listing disks() const { return list(where_.disks); }
  [[nodiscard]] listing outside() const { return list(where_.outside); }
  [[nodiscard]] condition state() const { return examine(scene_, disks()); }
  [[nodiscard]] const scene& stored() const { return scene_; }

 private:
  workplace place_;
  case_plan plan_;
  scene scene_;
  surroundings where_;
};

TEST(operation, changes_something) {
  std::set<std::string> idle(operation_names().begin(), operation_names().end());
  for (const auto* const sink : {"dir", "chunks"}) {
    hurt here(std::string(sink) + " 2+2 block=100 size=950 older=950 seed=5");
    for (const auto& name : operation_names()) {
      for (std::uint64_t number = 0; number < 20 && idle.contains(name); ++number) {
        here.refresh();
        const auto before = here.disks();
        const auto around = here.outside();
        here.apply_one({name, 1, number});
        if (!(before == here.disks()) || !(around == here.outside())) idle.erase(name);
      }
    }
  }
  EXPECT_TRUE(idle.empty()) << *idle.begin();
}

TEST(condition, of_untouched_disks_is_whole) {
  for (const auto* const plan : {"dir 2+1 block=100 size=950", "chunks 1+2 block=100 size=0"}) {
    const hurt here(plan);
    const auto state = here.state();
    EXPECT_TRUE(state.must_be_called_whole(here.stored())) << plan;
    EXPECT_TRUE(state.must_be_readable(here.stored()));
    EXPECT_TRUE(state.must_be_healed(here.stored()));
    EXPECT_FALSE(state.must_be_called_hurt(here.stored()));
  }
}

TEST(condition, demands_reading_and_healing_up_to_m_hurt_disks) {
  const hurt here("dir 2+2 block=100 size=950 remove_object@0#1 stale_shard@2#1");
  const auto state = here.state();
  EXPECT_TRUE(state.must_be_called_hurt(here.stored()));
  EXPECT_TRUE(state.must_be_readable(here.stored()));
  EXPECT_TRUE(state.must_be_healed(here.stored()));
  const hurt more("dir 2+2 block=100 size=950 remove_object@0#1 stale_shard@2#1 remove_disk@3#1");
  EXPECT_FALSE(more.state().must_be_readable(more.stored()));
  EXPECT_TRUE(more.state().newest_known);
}

TEST(condition, does_not_demand_that_a_stranger_be_healed_away) {
  const hurt here("dir 2+1 block=100 size=950 stranger_as_object@0#1");
  const auto state = here.state();
  EXPECT_TRUE(state.must_be_readable(here.stored()));
  EXPECT_TRUE(state.must_be_called_hurt(here.stored()));
  EXPECT_FALSE(state.must_be_healed(here.stored()));
  EXPECT_TRUE(state.disks[0].foreign);
}

TEST(condition, knows_shards_that_have_changed_places) {
  const hurt here("dir 2+1 block=100 size=950 swap_shards@0#1");
  const auto state = here.state();
  EXPECT_EQ(state.whole.size(), 3U);
  EXPECT_FALSE(state.must_be_called_hurt(here.stored()));
  EXPECT_FALSE(state.must_be_called_whole(here.stored()));
}

}  // namespace
}  // namespace annulus::campaign
