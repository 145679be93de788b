// Missing, rotten and foreign shards.
#include <algorithm>
#include <random>

#include "support.hpp"

namespace annulus::pipeline::testing {

class damage : public ::testing::TestWithParam<sink_kind> {
 protected:
  // 4+3, nine blocks; the last is short.
  damage() : how_(options(where_, {.data = 4, .parity = 3, .block = 1000})), sent_(noise(8'765)) {
    how_.sink = GetParam();
    put_bytes(where_, how_, sent_);
  }
  [[nodiscard]] fs::path object(unsigned disk) const { return how_.disks[disk] / "object"; }
  [[nodiscard]] fs::path stream(unsigned disk) const {
    return object(disk) / (GetParam() == sink_kind::dir ? "part.1" : "0000.chunk");
  }
  [[nodiscard]] bytes got(get_report* report = nullptr) const {
    return get_bytes({.name = "object", .disks = how_.disks}, report);
  }
  [[nodiscard]] std::string refused() const {
    return sentence_of(error_kind::failed, [this] { static_cast<void>(got()); });
  }
  [[nodiscard]] object_state state() const { return verify({.disks = how_.disks}).objects.at(0); }

  scratch where_;
  put_options how_;
  bytes sent_;
};

INSTANTIATE_TEST_SUITE_P(sinks, damage, ::testing::Values(sink_kind::dir, sink_kind::chunks),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST_P(damage, any_three_of_seven_disks_may_be_missing) {
  for (unsigned mask = 0; mask < 128; ++mask) {
    if (__builtin_popcount(mask) != 3) continue;
    std::vector<fs::path> left;
    for (unsigned i = 0; i < 7; ++i) {
      if ((mask >> i & 1) == 0) left.push_back(how_.disks[i]);
    }
    ASSERT_EQ(get_bytes({.name = "object", .disks = left}), sent_) << mask;
  }
}

TEST_P(damage, four_missing_disks_are_named) {
  for (const auto disk : {1U, 3U, 4U, 6U}) fs::remove_all(how_.disks[disk]);
  const auto sentence = refused();
  EXPECT_TRUE(contains(sentence, "needs 4 good shards and has 3")) << sentence;
  for (const auto disk : {1U, 3U, 4U, 6U})
    EXPECT_TRUE(contains(sentence, how_.disks[disk].string() + " (missing)")) << sentence;
  EXPECT_FALSE(contains(sentence, how_.disks[0].string())) << sentence;
  EXPECT_FALSE(state().recoverable);
}

TEST_P(damage, a_flipped_byte_in_each_of_three_shards) {
  std::mt19937 random(1);
  for (const auto disk : {0U, 2U, 5U})
    flip_byte(stream(disk), random() % fs::file_size(stream(disk)));
  get_report report;
  EXPECT_EQ(got(&report), sent_);
  EXPECT_GT(report.reconstructed, 0U);
  EXPECT_GT(report.rotten_frames, 0U);
  const auto seen = state();
  EXPECT_TRUE(seen.recoverable);
  EXPECT_EQ(seen.whole_shards, 4U);
  for (const auto disk : {0U, 2U, 5U})
    EXPECT_TRUE(contains(seen.shards[disk].fault, "rotten")) << seen.shards[disk].fault;
}

// Each block still has four good frames, though no four shards are whole.
TEST_P(damage, rot_in_every_shard_but_in_different_blocks) {
  const std::uint64_t record = 282 + (GetParam() == sink_kind::chunks ? 16 : 0);
  for (unsigned disk = 0; disk < 7; ++disk) flip_byte(stream(disk), disk * record + 100);
  EXPECT_EQ(got(), sent_);
  EXPECT_TRUE(state().recoverable);
  EXPECT_EQ(state().whole_shards, 0U);
}

TEST_P(damage, a_fourth_rotten_frame_of_one_block_is_too_many) {
  for (const auto disk : {0U, 1U, 2U, 3U}) flip_byte(stream(disk), 100);
  const auto sentence = refused();
  EXPECT_TRUE(contains(sentence, "needs 4 good shards and has 3")) << sentence;
  for (const auto disk : {0U, 1U, 2U, 3U})
    EXPECT_TRUE(contains(sentence, how_.disks[disk].string() + " (rotten: frame 0)")) << sentence;
  EXPECT_FALSE(state().recoverable);
}

TEST_P(damage, a_truncated_shard_still_serves_its_first_blocks) {
  for (const auto disk : {0U, 1U, 2U})
    fs::resize_file(stream(disk), fs::file_size(stream(disk)) / 2);
  fs::remove_all(object(6));  // so that the truncated ones are needed for the first blocks
  EXPECT_EQ(get_bytes({.name = "object", .disks = how_.disks, .range = byte_range{0, 999}}),
            bytes(sent_.begin(), sent_.begin() + 1000));
  EXPECT_TRUE(contains(refused(), "rotten: frame"));
}

TEST_P(damage, a_corrupted_meta_json_is_a_rotten_shard) {
  for (const auto disk : {0U, 3U, 6U}) flip_byte(object(disk) / "meta.json", 40);
  EXPECT_EQ(got(), sent_);
  flip_byte(object(1) / "meta.json", 40);
  const auto sentence = refused();
  EXPECT_TRUE(contains(sentence, how_.disks[1].string() + " (rotten: meta.json is corrupted"))
      << sentence;
}

TEST_P(damage, all_meta_json_corrupted) {
  for (unsigned disk = 0; disk < 7; ++disk) write_bytes(object(disk) / "meta.json", {});
  EXPECT_TRUE(contains(refused(), "no usable meta.json"));
}

TEST_P(damage, shards_of_another_put_are_not_mixed_in) {
  const scratch elsewhere;
  auto other = options(elsewhere, how_.geometry);
  other.sink = how_.sink;
  put_bytes(elsewhere, other, noise(8'765, 99));
  for (const auto disk : {0U, 1U, 2U}) {
    fs::remove_all(object(disk));
    fs::rename(other.disks[disk] / "object", object(disk));
  }
  EXPECT_EQ(got(), sent_);
  EXPECT_TRUE(contains(state().shards[1].fault, "of another object"));
  fs::remove_all(object(3));
  const auto sentence = refused();
  EXPECT_TRUE(contains(sentence, "of another object")) << sentence;
}

TEST_P(damage, a_shard_of_another_name_is_of_another_object) {
  auto other = how_;
  other.name = "other";
  put_bytes(where_, other, noise(8'765, 99));
  fs::remove_all(object(2));
  fs::rename(how_.disks[2] / "other", object(2));
  EXPECT_EQ(got(), sent_);
  EXPECT_TRUE(
      contains(verify({.disks = how_.disks, .name = "object"}).objects.at(0).shards[2].fault,
               "names 'other'"));
}

TEST_P(damage, a_copy_of_a_shard_is_not_counted_twice) {
  for (const auto disk : {1U, 2U, 3U, 4U}) {
    fs::remove_all(object(disk));
    fs::copy(object(0), object(disk), fs::copy_options::recursive);
  }
  EXPECT_TRUE(contains(refused(), "a second copy of shard 0"));
}

TEST_P(damage, an_absent_object_is_said_to_be_absent) {
  const auto sentence = sentence_of(
      error_kind::failed, [this] { get_bytes({.name = "nothing", .disks = how_.disks}); });
  EXPECT_EQ(sentence, "object 'nothing' is on none of the 7 disks");
}

TEST_P(damage, a_range_outside_is_refused) {
  for (const auto& [first, last] : {std::pair{0UL, 8765UL}, {8765UL, 8765UL}, {5UL, 4UL}}) {
    const auto sentence =
        sentence_of(error_kind::bad_argument, [&, range = byte_range{first, last}] {
          get_bytes({.name = "object", .disks = how_.disks, .range = range});
        });
    EXPECT_TRUE(contains(sentence, "is outside object 'object', which has bytes 0 to 8764"))
        << sentence;
  }
}

}  // namespace annulus::pipeline::testing
