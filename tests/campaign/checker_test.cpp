// The checker's own teeth: a command that breaks each promise in turn is found out.
#include <gtest/gtest.h>

#include "campaign.hpp"
#include "fake_command.hpp"
#include "kill_rounds.hpp"

namespace annulus::campaign {
namespace {

struct planted {
  violation kind;
  const char* name;
  const char* fault;
  const char* operations;  ///< that give it something to do
};

void PrintTo(const planted& what, std::ostream* to) {
  *to << what.name;
}

class planted_fault : public ::testing::TestWithParam<planted> {};

campaign_options with(const std::string& command) {
  campaign_options how{.command = command};
  how.attempts = 2;
  return how;
}

// Whether a run is asked for JSON, by range or to standard output is drawn from the seed.
std::vector<case_plan> some_plans(const std::string& operations) {
  std::vector<case_plan> plans;
  for (int seed = 1; seed <= 4; ++seed) {
    plans.push_back(parse_plan(
        fmt::format("dir 2+1 block=100 size=950 older=950 seed={} {}", seed, operations)));
  }
  return plans;
}

TEST_P(planted_fault, is_found) {
  const auto& what = GetParam();
  const fake_command fake(ANNULUS_COMMAND, what.fault);
  auto how = with(fake.path());
  if (what.kind == violation::hang) how.limits.time = std::chrono::seconds(5);
  auto plans = some_plans(what.operations);
  if (what.kind == violation::hang) plans.resize(1);
  const auto result = replay(plans, how);
  const auto kind = static_cast<std::size_t>(what.kind);
  EXPECT_GT(result.kinds[kind], 0U) << table_of(result);
  EXPECT_NE(result.examples[kind], "");
  EXPECT_NE(table_of(result).find(to_string(what.kind)), std::string::npos);
}

constexpr planted faults[] = {
    {violation::verify_calls_hurt_whole, "verify_sees_nothing",
     R"([ $command = verify ] && { echo "[]"; exit 0; })", "remove_object@0#1"},
    {violation::verify_calls_whole_hurt, "verify_sees_ghosts", "[ $command = verify ] && no", ""},
    {violation::unreadable, "get_gives_up", "[ $command = get ] && no", ""},
    {violation::wrong_bytes, "get_invents",
     R"([ $command = get ] && { printf x >"$output"; exit 0; })", ""},
    {violation::left_output, "get_leaves_a_part",
     R"([ $command = get ] && { [ "$output" = /dev/stdout ] || printf x >"$output"; no; })", ""},
    {violation::healed_wrong, "heal_only_says_so",
     R"([ $command = heal ] && { echo "[]"; exit 0; })", "remove_object@0#1"},
    {violation::not_healed, "heal_gives_up", "[ $command = heal ] && no", "remove_object@0#1"},
    {violation::changed_good, "heal_spoils_a_good_shard",
     R"([ $command = heal ] && printf x >>"$root/d1/object/part.1")", "remove_object@0#1"},
    {violation::changed_good, "heal_replaces_a_good_shard_by_its_like",
     R"([ $command = heal ] && cp -p "$root/d1/object/part.1" "$root/d1/x" && mv "$root/d1/x" "$root/d1/object/part.1")",
     "remove_object@0#1"},
    {violation::changed_by_reader, "verify_writes", R"([ $command = verify ] && touch "$d0/x")",
     ""},
    {violation::touched_outside, "heal_writes_outside",
     R"([ $command = heal ] && printf x >>"$root/../outside/canary")", ""},
    {violation::touched_outside, "heal_tidies_up",
     R"([ $command = heal ] && find "$root" -name mine -delete)",
     "staged_stranger@0#1 staged_stranger@1#2 staged_stranger@2#3 staged_stranger@0#4"},
    {violation::not_stored, "put_gives_up", R"(case $input in */out/input) no ;; esac)", ""},
    {violation::lost_by_put, "put_loses_what_was_there",
     R"(case $input in */out/input) rm -r "$root"/d*/object; no ;; esac)", ""},
    {violation::hang, "get_hangs", "[ $command = get ] && exec sleep 600", ""},
    {violation::signal, "get_crashes", "[ $command = get ] && kill -SEGV $$", ""},
    {violation::bad_status, "get_ends_with_3",
     R"([ $command = get ] && { echo "annulus: no" >&2; exit 3; })", ""},
    {violation::bad_sentence, "get_says_nothing", "[ $command = get ] && exit 1", ""},
    {violation::bad_sentence, "get_speaks_jargon",
     R"([ $command = get ] && { echo "annulus: std::bad_alloc" >&2; exit 1; })", ""},
    {violation::bad_json, "json_is_cut_short", R"([ -n "$json" ] && { printf "{"; exit 0; })", ""},
};

INSTANTIATE_TEST_SUITE_P(all, planted_fault, ::testing::ValuesIn(faults),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(violation_kinds, are_all_planted) {
  for (std::size_t kind = 0; kind < violations; ++kind) {
    EXPECT_TRUE(std::ranges::any_of(faults, [&](const planted& each) {
      return static_cast<std::size_t>(each.kind) == kind;
    })) << to_string(static_cast<violation>(kind));
  }
}

TEST(violating_case, is_shrunk_to_what_it_needs) {
  const fake_command fake(ANNULUS_COMMAND, R"([ $command = verify ] && { echo "[]"; exit 0; })");
  auto how = with(fake.path());
  how.attempts = 60;
  const auto result = replay({parse_plan("dir 3+2 block=100 size=2000 older=2000 seed=3 flip@1#2 "
                                         "remove_object@0#1 staged_stranger@2#3 flip@1#4")},
                             how);
  const auto small =
      parse_plan(result.examples[static_cast<std::size_t>(violation::verify_calls_hurt_whole)]);
  EXPECT_EQ(small.operations.size(), 1U) << to_text(small);
  EXPECT_LE(small.stored.disks(), 3U);
  EXPECT_LT(small.stored.size, 2000U);
}

TEST(command, keeps_every_promise_on_untouched_disks) {
  for (const auto* const sink : {"dir", "chunks"}) {
    std::vector<case_plan> plans;
    for (const auto* const size : {"0", "1", "99", "100", "1000"}) {
      for (const auto* const shape : {"1+1", "2+1", "2+3"}) {
        plans.push_back(
            parse_plan(fmt::format("{} {} block=100 size={} seed=5", sink, shape, size)));
      }
    }
    const auto result = replay(plans, with(ANNULUS_COMMAND));
    EXPECT_EQ(result.violating, 0U) << table_of(result);
  }
}

// A put that acknowledges and does not store; a heal that brings the older version back.
TEST(kill_round, notices_a_lost_acknowledgement) {
  const fake_command fake(ANNULUS_COMMAND,
                          R"(case $command$input in put*/input[12]) echo stored; exit 0 ;; esac)");
  for (const bool kill : {false, true}) {
    kill_options how{.command = fake.path(), .what = meeting::put_and_put, .kill = kill};
    how.rounds = 10;
    EXPECT_GT(run_rounds(how).violations, 0U) << kill;
  }
}

TEST(kill_round, notices_a_mixture) {
  const fake_command fake(
      ANNULUS_COMMAND,
      R"(case $command in heal|verify) printf x >>"$root/d1/object/meta.json" ;; esac)");
  kill_options how{.command = fake.path(), .what = meeting::heal_and_get};
  how.rounds = 2;
  EXPECT_EQ(run_rounds(how).violations, 2U);
}

}  // namespace
}  // namespace annulus::campaign
