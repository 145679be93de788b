// Interrupts and kills leave whole objects or none.
#include <chrono>
#include <random>

#include "process.hpp"

namespace annulus::e2e {

class crash : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] arguments put(const std::string& file, const std::string& name) const {
    return {"put", file,       "--name", name,      "--disks", where_.disks(6), "--data",
            "4",   "--parity", "2",      "--block", "64KiB",   "--sink",        GetParam()};
  }
  [[nodiscard]] result get(const std::string& name) const {
    return run({"get", name, "--disks", where_.disks(6), "-o", where_ / "back"});
  }
  /// Runs it to its end, from which the moments of the kills are drawn.
  void run_whole(const arguments& whole) {
    const auto start = std::chrono::steady_clock::now();
    ASSERT_EQ(run(whole).status, 0);
    whole_ = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    random_.seed(static_cast<unsigned>(whole_.count()));
  }
  /// Kills it at a random moment, if it has not ended by then.
  void run_and_kill(const arguments& what) {
    process child(what);
    // The time limit is the experiment, nothing waits for it.
    if (!child.ends_within(
            std::chrono::milliseconds(random_() % static_cast<unsigned>(whole_.count() + 1)))) {
      child.signal(SIGKILL);
      ++killed_;
    }
    child.wait();
  }

  scratch where_;
  int killed_ = 0;

 private:
  std::chrono::milliseconds whole_{};
  std::mt19937 random_;
};

INSTANTIATE_TEST_SUITE_P(sinks, crash, ::testing::Values("dir", "chunks"),
                         [](const auto& tested) { return tested.param; });

TEST_P(crash, sigint_during_put_leaves_nothing) {
  process child(put("-", "stream"), true);
  child.write_input(noise(1'000'000));
  await(
      [&] { return fs::exists(where_ / "d5/.annulus") && !fs::is_empty(where_ / "d5/.annulus"); });
  child.signal(SIGINT);
  EXPECT_EQ(child.wait(), 1);
  EXPECT_TRUE(contains(child.err(), "put of 'stream' was interrupted after ")) << child.err();
  for (int i = 0; i < 6; ++i) {
    const auto disk = where_ / ("d" + std::to_string(i));
    EXPECT_FALSE(fs::exists(disk + "/stream"));
    EXPECT_TRUE(fs::is_empty(disk + "/.annulus"));
  }
}

// The old object, or the new one, whole: at whatever moment the put that replaces it is killed.
TEST_P(crash, sigkill_at_20_random_moments_leaves_the_old_or_the_new_object) {
  const std::string texts[] = {noise(6'000'000, 1), noise(6'000'000, 2)};
  spit(where_ / "text0", texts[0]);
  spit(where_ / "text1", texts[1]);
  ASSERT_NO_FATAL_FAILURE(run_whole(put(where_ / "text0", "object")));
  for (int round = 0; round < 20; ++round) {
    run_and_kill(put(where_ / (round % 2 == 0 ? "text1" : "text0"), "object"));
    const auto got = get("object");
    ASSERT_EQ(got.status, 0) << got.err;
    const auto back = slurp(where_ / "back");
    ASSERT_TRUE(back == texts[0] || back == texts[1]) << "round " << round;
    ASSERT_FALSE(contains(run({"verify", "--disks", where_.disks(6)}).out, "lost"));
  }
  EXPECT_GT(killed_, 0);
}

TEST_P(crash, sigkill_of_a_first_put_shows_no_object_that_get_refuses) {
  const auto text = noise(6'000'000, 3);
  spit(where_ / "text", text);
  ASSERT_NO_FATAL_FAILURE(run_whole(put(where_ / "text", "first")));
  for (int round = 0; round < 20; ++round) {
    const auto name = "object" + std::to_string(round);
    run_and_kill(put(where_ / "text", name));
    bool visible = false;
    for (int i = 0; i < 6; ++i)
      visible |= fs::exists(where_ / ("d" + std::to_string(i) + "/" + name));
    const auto got = get(name);
    if (visible) {
      ASSERT_EQ(run({"verify", name, "--disks", where_.disks(6)}).status, 0);
    }
    if (visible || got.status == 0) {
      ASSERT_EQ(got.status, 0) << got.err;
      ASSERT_EQ(slurp(where_ / "back"), text);
    } else {
      ASSERT_TRUE(contains(got.err, "is on none of the 6 disks") ||
                  contains(got.err, "good shards"))
          << got.err;
    }
  }
  // The next put finishes or removes whatever is left.
  ASSERT_EQ(run(put(where_ / "text", "last")).status, 0);
  for (int i = 0; i < 6; ++i) {
    for (const auto& left :
         fs::recursive_directory_iterator(where_ / ("d" + std::to_string(i) + "/.annulus")))
      ADD_FAILURE() << "left: " << left.path();
  }
  EXPECT_EQ(run({"verify", "--disks", where_.disks(6)}).status, 0);
}

// The object stays readable, and the next heal finishes, at whatever moment one is killed.
TEST_P(crash, sigkill_of_heals_at_20_random_moments_leaves_the_object_and_the_next_heal_finishes) {
  const auto text = noise(6'000'000, 4);
  spit(where_ / "text", text);
  ASSERT_EQ(run(put(where_ / "text", "object")).status, 0);
  const auto disk = [&](unsigned i) { return where_ / ("d" + std::to_string(i)); };
  const auto stored = [&] {
    std::vector<std::string> files;
    for (unsigned i = 0; i < 6; ++i) {
      for (const auto& left : fs::recursive_directory_iterator(disk(i) + "/.annulus"))
        ADD_FAILURE() << "left: " << left.path();
      for (const auto* const file : {"meta.json", "part.1", "0000.chunk", "ledger.state"})
        files.push_back(slurp(disk(i) + "/object/" + file));
    }
    return files;
  };
  const auto expected = stored();
  const auto damage = [&](unsigned round) {
    const auto one = round % 6;
    const auto other = (round + 1 + round / 6) % 6;
    if (one != other) fs::remove_all(round % 2 == 0 ? disk(other) : disk(other) + "/object");
    const auto stream = disk(one) + "/object/" + (GetParam() == "dir" ? "part.1" : "0000.chunk");
    auto bytes = slurp(stream);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    spit(stream, bytes);
  };
  const arguments heal{"heal", "object", "--disks", where_.disks(6)};
  damage(0);
  ASSERT_NO_FATAL_FAILURE(run_whole(heal));
  ASSERT_TRUE(stored() == expected);
  for (unsigned round = 0; round < 20; ++round) {
    damage(round);
    run_and_kill(heal);
    const auto got = get("object");
    ASSERT_EQ(got.status, 0) << got.err;
    ASSERT_TRUE(slurp(where_ / "back") == text) << "round " << round;
    const auto again = run(heal);
    ASSERT_EQ(again.status, 0) << again.err;
    ASSERT_TRUE(stored() == expected) << "round " << round;
    ASSERT_EQ(run({"verify", "--disks", where_.disks(6)}).status, 0) << "round " << round;
  }
  EXPECT_GT(killed_, 0);
}

}  // namespace annulus::e2e
