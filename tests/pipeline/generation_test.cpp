// Which of several puts of a name counts, and how writers of one name agree.
#include <annulus/pipeline/heal.hpp>
#include <annulus/pipeline/object.hpp>
#include <atomic>
#include <future>
#include <thread>

#include "ask.hpp"
#include "support.hpp"

namespace annulus::pipeline::testing {
namespace {

object_meta meta_on(const fs::path& disk, const std::string& name = "object") {
  return parse_meta(support::slurp(disk / name / "meta.json"));
}

class generations : public ::testing::Test {
 protected:
  void put_text(const bytes& data) { put_bytes(where_, how_, data); }
  [[nodiscard]] bytes got() const { return get_bytes({.name = "object", .disks = how_.disks}); }

  scratch where_;
  put_options how_ = options(where_, {.data = 1, .parity = 1, .block = 1000});
  bytes old_ = noise(5000, 1);
  bytes fresh_ = noise(6000, 2);
};

TEST_F(generations, count_from_one_and_up_on_all_disks) {
  for (std::uint64_t count = 1; count < 5; ++count) {
    put_text(noise(1000, count));
    for (const auto& disk : how_.disks) EXPECT_EQ(meta_on(disk).generation, count);
  }
}

// One disk is away for a put and comes back.
TEST_F(generations, a_disk_that_comes_back_does_not_bring_an_older_object) {
  put_text(old_);
  fs::rename(how_.disks[1], where_ / "away");
  put_text(fresh_);
  fs::remove_all(how_.disks[1]);
  fs::rename(where_ / "away", how_.disks[1]);
  EXPECT_EQ(got(), fresh_);
  EXPECT_EQ(meta_on(how_.disks[0]).generation, 2U);
  EXPECT_EQ(meta_on(how_.disks[1]).generation, 1U);
  const auto report = heal({.name = "object", .disks = how_.disks, .sync = false});
  ASSERT_EQ(report.shards.size(), 1U);
  EXPECT_EQ(report.shards[0].disk, how_.disks[1]);
  EXPECT_EQ(got(), fresh_);
}

// The clock of the older one was ahead: only equal generations are ordered by it.
TEST_F(generations, come_before_the_clock) {
  put_text(old_);
  const scratch kept;
  fs::copy(how_.disks[1] / "object", kept / "1", fs::copy_options::recursive);
  put_text(fresh_);
  EXPECT_LT(meta_on(kept.path(), "1").created, meta_on(how_.disks[0]).created);
  fs::remove_all(how_.disks[1] / "object");
  fs::copy(kept / "1", how_.disks[1] / "object", fs::copy_options::recursive);
  EXPECT_EQ(got(), fresh_);
}

// The disk takes no shard, since its staging directory is a link, but keeps what it has.
TEST_F(generations, of_what_a_dropped_disk_has_are_exceeded) {
  how_ = options(where_, {.data = 2, .parity = 1, .block = 1000});
  put_text(noise(10, 9));
  put_text(old_);
  fs::remove(how_.disks[0] / ".annulus");
  fs::create_directory_symlink(where_.path(), how_.disks[0] / ".annulus");
  for (const auto i : {1, 2}) fs::remove_all(how_.disks[static_cast<std::size_t>(i)] / "object");
  put_text(fresh_);
  EXPECT_EQ(meta_on(how_.disks[1]).generation, 3U);
  EXPECT_EQ(got(), fresh_);
}

TEST_F(generations, that_nothing_proves_are_exceeded) {
  put_text(noise(10, 9));
  put_text(old_);
  for (const auto& disk : how_.disks) fs::resize_file(disk / "object" / "frames.bound", 0);
  put_text(fresh_);
  for (const auto& disk : how_.disks) EXPECT_EQ(meta_on(disk).generation, 3U);
  EXPECT_EQ(got(), fresh_);
}

TEST(write_quorum, any_two_share_a_disk_and_a_loss_of_the_parity_leaves_one) {
  for (unsigned data = 1; data <= 20; ++data) {
    for (unsigned parity = 1; parity <= 20; ++parity) {
      const geometry shape{.data = data, .parity = parity};
      const auto quorum = shape.write_quorum();
      EXPECT_LE(quorum, shape.shards());
      EXPECT_GE(quorum, data);
      EXPECT_GT(2 * quorum, shape.shards());
      EXPECT_GT(quorum, parity);
      if (parity > data) {
        EXPECT_GE(quorum - parity, data);
      }
    }
  }
}

// With more parity than data, what is acknowledged survives the loss of as many disks.
TEST(write_quorum, of_more_parity_than_data_is_every_disk) {
  const scratch where;
  auto how = options(where, {.data = 1, .parity = 2, .block = 1000});
  write_bytes(how.disks[2], noise(1));
  const auto sentence = sentence_of(error_kind::failed, [&] { put_bytes(where, how, noise(10)); });
  EXPECT_TRUE(contains(sentence, "2 of 3 disks took their shard, 3 are needed")) << sentence;
  for (const unsigned disk : {0U, 1U}) EXPECT_FALSE(fs::exists(how.disks[disk] / "object"));
}

class writers : public ::testing::TestWithParam<sink_kind> {};

INSTANTIATE_TEST_SUITE_P(sinks, writers, ::testing::Values(sink_kind::dir, sink_kind::chunks),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

// Every put that returns was stored whole; the one that published last is what is left.
TEST_P(writers, of_one_name_leave_exactly_one_version_whole) {
  constexpr int rounds = 25;
  constexpr std::uint64_t puts = 3;
  const scratch where;
  auto how = options(where, {.data = 2, .parity = 2, .block = 1000});
  how.sink = GetParam();
  for (std::uint64_t i = 0; i < puts; ++i)
    write_bytes(where / ("input" + std::to_string(i)), noise(3000, i));
  for (int round = 0; round < rounds; ++round) {
    {
      std::vector<std::jthread> threads;
      for (std::uint64_t i = 0; i < puts; ++i) {
        threads.emplace_back([&, i] {
          auto from = input::open(where / ("input" + std::to_string(i)));
          EXPECT_TRUE(put(from, how).failures.empty());
        });
      }
    }
    const auto seen = verify({.disks = how.disks});
    ASSERT_EQ(seen.objects.size(), 1U);
    ASSERT_TRUE(seen.objects[0].whole()) << round;
    const auto data = get_bytes({.name = "object", .disks = how.disks});
    ASSERT_TRUE(data == noise(3000, 0) || data == noise(3000, 1) || data == noise(3000, 2));
    for (const auto& disk : how.disks) ASSERT_TRUE(fs::is_empty(disk / ".annulus"));
  }
  EXPECT_EQ(meta_on(how.disks[0]).generation, rounds * puts);
}

// Whatever moment a reader looks, it finds one version whole.
TEST_P(writers, are_never_seen_half_done) {
  const scratch where;
  auto how = options(where, {.data = 2, .parity = 1, .block = 1000});
  how.sink = GetParam();
  put_bytes(where, how, noise(3000, 0));
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (std::uint64_t i = 1; i < 60; ++i) put_bytes(where, how, noise(3000, i % 2));
    done.store(true, std::memory_order_release);  // pairs with the acquire below
  });
  int reads = 0;
  while (!done.load(std::memory_order_acquire)) {
    const auto data = get_bytes({.name = "object", .disks = how.disks});
    ASSERT_TRUE(data == noise(3000, 0) || data == noise(3000, 1));
    ++reads;
  }
  EXPECT_GT(reads, 0);
}

// A disk that never answers does not keep the others from answering.
TEST(asking_disks, ends_without_those_that_hang) {
  const auto gate = std::make_shared<std::promise<void>>();
  const auto open = gate->get_future().share();
  const std::vector<int> subjects{1, 2, 3};
  const auto answers = ask_each(
      subjects,
      [open](int subject) {
        if (subject == 2) open.wait();
        return subject * 10;
      },
      std::chrono::milliseconds(50));
  EXPECT_EQ(answers[0], 10);
  EXPECT_EQ(answers[1], std::nullopt);
  EXPECT_EQ(answers[2], 30);
  gate->set_value();
}

}  // namespace
}  // namespace annulus::pipeline::testing
