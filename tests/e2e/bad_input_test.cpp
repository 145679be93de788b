// Every bad input: one sentence that names the thing, the limit and the value; status 2 for usage,
// 1 for failure; no output file.
#include <sys/file.h>
#include <sys/mount.h>

#include <algorithm>

#include "process.hpp"

namespace annulus::e2e {

class bad_input : public ::testing::Test {
 protected:
  bad_input() { spit(where_ / "file", noise(5000)); }

  [[nodiscard]] arguments put(const arguments& more, const std::string& file = "file") const {
    arguments all{"put", where_ / file, "--disks", where_.disks(3), "--data", "2", "--parity", "1"};
    // A later option of the same name replaces the earlier one.
    for (std::size_t i = 0; i < more.size(); ++i) {
      const auto same = std::find(all.begin(), all.end(), more[i]);
      if (more[i].starts_with("--") && same != all.end() && i + 1 < more.size()) {
        *(same + 1) = more[++i];
      } else {
        all.push_back(more[i]);
      }
    }
    return all;
  }

  // Runs it and checks the form of the message; returns the sentence.
  static std::string refused(const arguments& given, int status) {
    const auto done = run(given);
    EXPECT_EQ(done.status, status) << done.err;
    EXPECT_TRUE(done.err.starts_with("annulus: ")) << done.err;
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
    EXPECT_EQ(done.out, "");
    return done.err;
  }
  static void expect(const arguments& given, int status, const std::string& part) {
    const auto sentence = refused(given, status);
    EXPECT_TRUE(contains(sentence, part)) << sentence;
  }

  [[nodiscard]] arguments get(const std::string& object = "file") const {
    return {"get", object, "--disks", where_.disks(3), "-o", where_ / "out"};
  }
  void stored(const arguments& more = {}) const { ASSERT_EQ(run(put(more)).status, 0); }
  void expect_no_output() const {
    for (const auto& entry : fs::directory_iterator(where_.path())) {
      EXPECT_FALSE(contains(entry.path().filename().string(), "out")) << entry.path();
    }
  }

  scratch where_;
};

TEST_F(bad_input, unknown_words) {
  expect(
      {"sprocket"}, 2,
      "there is no command 'sprocket'; the commands are quick, variants, put, get, verify, heal, "
      "log, topo, run, table, plot");
  expect({}, 2, "A subcommand is required");
  expect(put({"--sprocket", "1"}), 2, "--sprocket");
  expect(put({"--ring", "sprocket"}), 2,
         "there is no ring 'sprocket'; the rings are pipe, mutex, futex, spsc, mirror, segment");
  expect(put({"--sink", "sprocket"}), 2, "--sink must be dir, chunks or null, not 'sprocket'");
  expect(put({"--mode", "sprocket"}), 2, "--mode must be serial or parallel, not 'sprocket'");
}

TEST_F(bad_input, unknown_copies_in_the_environment) {
  const auto told = run_shell("ANNULUS_COPY=sprocket:loop exec \"$0\" variants");
  EXPECT_EQ(told.status, 2) << told.out;
  EXPECT_TRUE(contains(told.err,
                       "ANNULUS_COPY must be one of memcpy, loop, rep, nontemporal, or two of them "
                       "as in:out, but is 'sprocket:loop'"))
      << told.err;
  EXPECT_EQ(run_shell("ANNULUS_COPY=nontemporal:loop exec \"$0\" variants").status, 0);
}

TEST_F(bad_input, two_ways_at_once) {
  expect(put({"--copy", "--in-place"}), 2, "--copy");
  expect(put({"--copy", "--copy-in"}), 2, "--copy");
  expect(put({"--copy-in", "--in-place"}), 2, "--copy-in");
}

TEST_F(bad_input, shards_out_of_range) {
  expect(put({"--data", "0"}), 2, "--data must be a whole number from 1 to 255, not '0'");
  expect(put({"--data", "256"}), 2, "--data must be a whole number from 1 to 255, not '256'");
  expect(put({"--data", "-1"}), 2, "-1");
  expect(put({"--parity", "0"}), 2, "--parity must be a whole number from 1 to 255, not '0'");
  expect(put({"--parity", "two"}), 2, "--parity must be a whole number from 1 to 255, not 'two'");
  expect(put({"--data", "200", "--parity", "57"}), 2, "must be at most 256, not 200 + 57 = 257");
}

TEST_F(bad_input, wrong_number_of_disks) {
  expect(put({"--disks", where_.disks(2)}), 2,
         "2 data and 1 parity shards need 3 disks, but 2 are named");
  expect(put({"--disks", where_.disks(4)}), 2,
         "2 data and 1 parity shards need 3 disks, but 4 are named");
  expect(put({"--disks", "a,,b"}), 2, "not 'a,,b'");
  expect(put({"--disks", where_.disks(2) + "," + where_ / "d0"}), 2, "is named twice");
  expect({"put", where_ / "file", "--data", "2", "--parity", "1"}, 2, "--disks is needed");
}

TEST_F(bad_input, sizes) {
  for (const std::string option : {"--block", "--ring-size"}) {
    for (const std::string value : {"0", "lots", "1XiB", "", "1.5MiB", "99999999999999999999"}) {
      const auto sentence = refused(put({option, value}), 2);
      EXPECT_TRUE(contains(sentence, option)) << sentence;
      EXPECT_TRUE(contains(sentence, '"' + value + '"')) << sentence;
    }
  }
  expect(put({"--block", "2GiB"}), 2, "--block");
  for (const std::string way : {"--copy-in", "--in-place"}) {
    expect(put({way, "--ring-size", "4KiB"}), 2,
           "in place, a ring must hold a frame: the ring size is 4096 bytes, a frame of 3 shards "
           "of 524288 bytes has 524320");
  }
}

TEST_F(bad_input, inputs) {
  expect(put({}, "absent"), 1, "absent cannot be read: No such file or directory");
  fs::create_directory(where_ / "folder");
  expect(put({}, "folder"), 1, "folder cannot be read: it is a directory");
  expect({"put", "-", "--disks", where_.disks(3), "--data", "2", "--parity", "1"}, 2,
         "--name is needed");
}

TEST_F(bad_input, an_unreadable_input) {
  // Nobody can read this one, not even root: its first read fails.
  expect({"put", "/proc/self/mem", "--disks", where_.disks(3), "--data", "2", "--parity", "1"}, 1,
         "/proc/self/mem cannot be read");
}

TEST_F(bad_input, object_names) {
  expect(put({"--name", "a/b"}), 2, "object name 'a/b' contains '/'");
  expect(put({"--name", ".x"}), 2, "object name '.x' starts with a dot");
  expect(put({"--name", std::string(256, 'x')}), 2, "has 256 bytes, at most 255 are allowed");
}

TEST_F(bad_input, an_unwritable_disk) {
  spit(where_ / "d1", "a file");
  const auto dropped = run(put({}));
  EXPECT_EQ(dropped.status, 0);
  EXPECT_EQ(dropped.err, "annulus: disk " + (where_ / "d1") +
                             " failed and was dropped: unusable: it is a file\n");
  fs::remove(where_ / "d1");
  expect(put({"--disks", where_ / "d0" + ",/proc/annulus,/proc/other"}), 1,
         "1 of 3 disks took their shard, 2 are needed; failed: /proc/annulus (No such file or");
}

TEST_F(bad_input, an_absent_object) {
  stored();
  expect(get("nothing"), 1, "object 'nothing' is on none of the 3 disks");
  expect({"verify", "nothing", "--disks", where_.disks(3)}, 1,
         "object 'nothing' is on none of the 3 disks");
  expect({"heal", "nothing", "--disks", where_.disks(3)}, 1,
         "object 'nothing' is on none of the 3 disks");
  expect_no_output();
}

TEST_F(bad_input, too_few_good_shards) {
  stored();
  fs::remove_all(where_ / "d0");
  auto rotten = slurp(where_ / "d2/file/part.1");
  rotten[100] = static_cast<char>(rotten[100] ^ 1);
  spit(where_ / "d2/file/part.1", rotten);
  const auto sentence = refused(get(), 1);
  EXPECT_TRUE(contains(sentence, "needs 2 good shards and has 1")) << sentence;
  EXPECT_TRUE(contains(sentence, (where_ / "d0") + " (missing)")) << sentence;
  EXPECT_TRUE(contains(sentence, (where_ / "d2") + " (rotten: frame 0)")) << sentence;
  expect({"heal", "file", "--disks", where_.disks(3)}, 1,
         "object 'file' cannot be healed: every block needs 2 good shards; at fault: " +
             (where_ / "d0") + " (missing), " + (where_ / "d2") +
             " (rotten: 1 of 1 frames, the first is 0)");
  expect({"heal", "file", "--disks", where_.disks(2)}, 2,
         "object 'file' has 3 shards, but 2 disks are named");
  expect_no_output();
  spit(where_ / "out", "as it was");
  refused(get(), 1);
  EXPECT_EQ(slurp(where_ / "out"), "as it was");
}

TEST_F(bad_input, a_corrupted_meta_json) {
  stored();
  spit(where_ / "d0/file/meta.json", "{\"format\": 1}");
  EXPECT_EQ(run(get()).status, 0);
  spit(where_ / "d1/file/meta.json", "nonsense");
  expect(get(), 1,
         (where_ / "d1") + " (rotten: meta.json is corrupted: it is not the JSON that put writes)");
}

TEST_F(bad_input, ranges) {
  stored();
  const auto with = [&](const std::string& range) {
    auto all = get();
    all.insert(all.end(), {"--range", range});
    return all;
  };
  expect(with("0-5000"), 2,
         "range 0-5000 is outside object 'file', which has bytes 0 to 4999 (5000 bytes)");
  expect(with("7-6"), 2, "range 7-6 is outside");
  expect(with("7"), 2, "--range must be FIRST-LAST, two byte positions, not '7'");
  expect(with("a-b"), 2, "the first byte of --range must be a whole number");
  expect_no_output();
  EXPECT_EQ(run(with("4990-4999")).status, 0);
  EXPECT_EQ(slurp(where_ / "out"), noise(5000).substr(4990));
}

TEST_F(bad_input, outputs) {
  stored();
  fs::create_directory(where_ / "folder");
  expect({"get", "file", "--disks", where_.disks(3), "-o", where_ / "folder"}, 1,
         "it is a directory");
  expect({"get", "file", "--disks", where_.disks(3), "-o", where_ / "no/such"}, 1,
         "cannot be written: No such file");
  expect({"get", "file", "--disks", where_.disks(3), "-o", "/dev/full"}, 1,
         "output of object 'file' failed: No space left");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(bad_input, a_log_that_another_process_holds) {
  stored({"--sink", "chunks"});
  const int held = ::open((where_ / "d0/file/buffer.lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(held, 0);
  ASSERT_EQ(flock(held, LOCK_EX), 0);
  expect({"log", "inspect", where_ / "d0/file"}, 1, "buffer.lock");
  EXPECT_EQ(run(get()).status, 0);  // the other two disks suffice
  fs::remove_all(where_ / "d1");
  expect(get(), 1, (where_ / "d0") + " (locked: ");
  close(held);
}

TEST_F(bad_input, a_log_that_is_none) {
  expect({"log", "inspect", where_ / "absent"}, 1, "absent");
  fs::create_directory(where_ / "empty");
  expect({"log", "inspect", where_ / "empty"}, 1, "empty");
}

TEST_F(bad_input, a_matrix_with_an_unknown_key) {
  spit(where_ / "m.toml",
       "schema = 1\nsuite = \"pipeline\"\nname = \"m\"\n[axes]\nsprocket = [1]\n");
  const auto sentence = refused({"run", where_ / "m.toml"}, 2);
  EXPECT_TRUE(contains(sentence, "sprocket")) << sentence;
  EXPECT_TRUE(contains(sentence, "line 5") || contains(sentence, ":5")) << sentence;
  expect({"run", where_ / "absent.toml"}, 1, "absent.toml");
}

// A file system that really is full; in a mount namespace of its own, where there can be one.
TEST_F(bad_input, a_full_disk_fails_that_disk_and_not_the_process) {
  for (const std::string sink : {"dir", "chunks"}) {
    fs::create_directories(where_ / "d1");
    spit(where_ / "big", noise(3'000'000));
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      constexpr int not_allowed = 77;
      if (unshare(CLONE_NEWNS) != 0) _exit(not_allowed);
      // Fails in a chroot whose root is no mount point; then the mount below shows outside, until
      // it is undone.
      mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
      if (mount("tmpfs", (where_ / "d1").c_str(), "tmpfs", 0, "size=256k") != 0) _exit(not_allowed);
      const auto done = run({"put", where_ / "big", "--disks", where_.disks(3), "--data", "2",
                             "--parity", "1", "--sink", sink});
      const auto whole =
          fs::exists(where_ / "d0/big/meta.json") && fs::exists(where_ / "d2/big/meta.json");
      const auto dropped = !fs::exists(where_ / "d1/big") && fs::is_empty(where_ / "d1/.annulus");
      const auto told =
          contains(done.err, (where_ / "d1") + " failed and was dropped: No space left on device");
      umount((where_ / "d1").c_str());
      _exit(done.status == 0 && whole && dropped && told ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "mounting is not allowed here";
    EXPECT_EQ(status, 0) << sink;
    EXPECT_EQ(run({"get", "big", "--disks", where_.disks(3), "-o", where_ / "back"}).status, 0);
    EXPECT_EQ(slurp(where_ / "back"), slurp(where_ / "big"));
  }
}

}  // namespace annulus::e2e
