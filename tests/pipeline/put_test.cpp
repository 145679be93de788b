// What put refuses, drops and leaves behind.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <mutex>
#include <set>
#include <thread>

#include "support.hpp"

namespace annulus::pipeline::testing {
namespace {

std::string refused(const put_options& how) {
  return sentence_of(error_kind::bad_argument, [&] { check(how); });
}

// True if a disk shows no object and nothing is staged.
bool clean(const std::vector<fs::path>& disks) {
  return std::all_of(disks.begin(), disks.end(), [](const fs::path& disk) {
    return !fs::exists(disk / "object") &&
           (!fs::exists(disk / ".annulus") || fs::is_empty(disk / ".annulus"));
  });
}

}  // namespace

TEST(put_refuses, each_bad_option_in_one_sentence) {
  const scratch where;
  const auto good = options(where, {.data = 2, .parity = 1, .block = 1000});
  const auto with = [&](auto change) {
    auto how = good;
    change(how);
    return refused(how);
  };
  EXPECT_EQ(with([](auto& how) { how.ring = "sprocket"; }),
            "there is no ring 'sprocket'; the rings are pipe, mutex, futex, spsc, mirror, segment");
  EXPECT_EQ(with([](auto& how) { how.ring_size = 0; }),
            "the ring size must be 1 to 70368744177664 bytes, not 0");
  EXPECT_EQ(with([](auto& how) { how.read_size = 0; }),
            "the read size must be at least 1 byte, not 0");
  EXPECT_EQ(with([](auto& how) { how.geometry.block = 0; }),
            "the block size must be 1 to 1073741824, not 0");
  EXPECT_EQ(with([](auto& how) { how.disks.pop_back(); }),
            "2 data and 1 parity shards need 3 disks, but 2 are named");
  EXPECT_EQ(with([](auto& how) { how.disks.clear(); }), "at least one disk must be named");
  EXPECT_TRUE(
      contains(with([](auto& how) { how.disks[2] = how.disks[0] / "."; }), "is named twice"));
  EXPECT_EQ(with([](auto& how) { how.name = "a/b"; }), "object name 'a/b' contains '/'");
  for (const auto hand : {hand_over::copy_in, hand_over::in_place}) {
    EXPECT_EQ(with([hand](auto& how) {
                how.hand = hand;
                how.ring_size = 531;
              }),
              "in place, a ring must hold a frame: the ring size is 531 bytes, a frame of 3 shards "
              "of 500 bytes has 532");
  }
  EXPECT_TRUE(contains(with([](auto& how) {
                         how.sink = sink_kind::chunks;
                         how.geometry = {.data = 1, .parity = 2, .block = std::size_t{1} << 30};
                       }),
                       "a frame must fit a chunk of the log"));
}

TEST(put_refuses, a_ring_that_cannot_be_mapped) {
  const scratch where;
  auto how = options(where, {.data = 2, .parity = 1});
  how.ring_size = max_capacity;  // more than three of these no address space holds
  const auto sentence = sentence_of(error_kind::failed, [&] { put_bytes(where, how, noise(10)); });
  EXPECT_TRUE(contains(sentence, "3 rings 'futex' of 70368744177664 bytes cannot be made"))
      << sentence;
  EXPECT_TRUE(clean(how.disks));
}

TEST(put_refuses, inputs_that_cannot_be_read) {
  const scratch where;
  EXPECT_TRUE(contains(sentence_of(error_kind::failed, [&] { input::open(where / "absent"); }),
                       "No such file or directory"));
  EXPECT_TRUE(contains(sentence_of(error_kind::failed, [&] { input::open(where.path()); }),
                       "it is a directory"));
}

// One that holds a sink up has to know which, and be on the thread that it holds up.
TEST(put_tells, which_shard_goes_to_its_sink_on_the_thread_that_drains_it) {
  for (const auto hand : every_hand) {
    const scratch where;
    auto how = options(where, {.data = 2, .parity = 1, .block = 1000});
    how.hand = hand;
    std::array<std::uint64_t, 3> told{};
    std::array<std::set<std::thread::id>, 3> threads{};
    std::mutex lock;
    std::set<std::thread::id> consumers;
    how.on_consumer = [&] {
      const std::lock_guard held(lock);
      consumers.insert(std::this_thread::get_id());
    };
    how.before_sink = [&](std::size_t shard, std::size_t n) {
      told[shard] += n;
      threads[shard].insert(std::this_thread::get_id());
    };
    const auto report = put_bytes(where, how, noise(10'500));
    for (const auto one : told) EXPECT_EQ(one, report.stored_bytes / 3) << name_of(hand);
    std::set<std::thread::id> all;
    for (const auto& one : threads) {
      EXPECT_EQ(one.size(), 1U);
      all.insert(one.begin(), one.end());
    }
    EXPECT_EQ(all, consumers);
  }
}

// A disk that is bad at the beginning is dropped as one that fails later.
TEST(put_drops, disks_that_cannot_be_written_while_the_quorum_holds) {
  for (const auto sink : {sink_kind::dir, sink_kind::chunks}) {
    const scratch where;
    auto how = options(where, {.data = 4, .parity = 2, .block = 1000});
    how.sink = sink;
    write_bytes(how.disks[1], noise(1));  // a file where a directory should be
    fs::create_directories(how.disks[4]);
    write_bytes(how.disks[4] / ".annulus", noise(1));
    const auto report = put_bytes(where, how, noise(10'000));
    ASSERT_EQ(report.failures.size(), 2U);
    EXPECT_EQ(report.failures[0].disk, how.disks[1]);
    EXPECT_EQ(report.failures[0].reason, "unusable: it is a file");
    EXPECT_EQ(report.failures[1].reason,
              ".annulus cannot be used: it is no directory, and a link is not followed");
    EXPECT_EQ(get_bytes({.name = "object", .disks = how.disks}), noise(10'000));
    fs::remove_all(how.disks[5]);
    write_bytes(how.disks[5], noise(1));
    const auto sentence =
        sentence_of(error_kind::failed, [&] { put_bytes(where, how, noise(10'001)); });
    EXPECT_TRUE(contains(sentence, "3 of 6 disks took their shard, 4 are needed")) << sentence;
    EXPECT_TRUE(contains(sentence, how.disks[5].string() + " (unusable: it is a file)"))
        << sentence;
  }
}

TEST(put_leaves_nothing, when_it_is_stopped) {
  for (const auto mode : {put_mode::serial, put_mode::parallel}) {
    for (const auto hand : every_hand) {
      const scratch where;
      auto how = options(where, {.data = 2, .parity = 1, .block = 1000});
      std::stop_source source;
      how.mode = mode;
      how.hand = hand;
      how.stop = source.get_token();
      how.progress = [&](std::uint64_t done) {
        if (done >= 5000) source.request_stop();
      };
      const auto sentence =
          sentence_of(error_kind::cancelled, [&] { put_bytes(where, how, noise(100'000)); });
      EXPECT_EQ(sentence, "put of 'object' was interrupted after 5000 bytes; nothing was stored");
      EXPECT_TRUE(clean(how.disks));
    }
  }
}

TEST(put_leaves_nothing, when_a_waiting_stream_is_stopped) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // In a process of its own, because standard input belongs to the process.
    dup2(ends[0], STDIN_FILENO);
    const scratch where;
    auto how = options(where, {.data = 2, .parity = 1, .block = 1000});
    std::stop_source source;
    how.stop = source.get_token();
    how.progress = [&](std::uint64_t) { source.request_stop(); };
    auto from = input::open("-");
    const auto sentence = sentence_of(error_kind::cancelled, [&] { put(from, how); });
    const auto good = contains(sentence, "interrupted") && clean(how.disks);
    fs::remove_all(where.path());
    _exit(good ? 0 : 1);
  }
  const auto block = noise(1000);
  EXPECT_EQ(write(ends[1], block.data(), block.size()), 1000);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0),
            child);  // the pipe stays open: only the stop can end the put
  EXPECT_EQ(status, 0);
  close(ends[0]);
  close(ends[1]);
}

// Every disk is full at once: below the quorum the put fails and says of each disk why.
TEST(put_leaves_nothing, when_no_disk_takes_its_shard) {
  for (const auto sink : {sink_kind::dir, sink_kind::chunks}) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const scratch where;
      auto how = options(where, {.data = 2, .parity = 1, .block = 1000});
      how.sink = sink;
      write_bytes(where / "input", noise(24'000'000));
      // Less than a shard, and more than the memory of a log's ring, which is a file to the kernel.
      const rlimit limit{10'000'000, 10'000'000};
      std::signal(SIGXFSZ, SIG_IGN);
      setrlimit(RLIMIT_FSIZE, &limit);
      auto from = input::open(where / "input");
      const auto sentence = sentence_of(error_kind::failed, [&] { put(from, how); });
      const auto good = contains(sentence, "0 of 3 disks took their shard, 2 are needed") &&
                        contains(sentence, "File too large") && clean(how.disks);
      fs::remove_all(where.path());
      _exit(good ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << to_string(sink);
  }
}

TEST(put_sweeps, what_a_killed_put_left_and_nothing_else) {
  const scratch where;
  const auto how = options(where, {.data = 2, .parity = 1});
  put_bytes(where, how, noise(10));
  const auto staging = how.disks[0] / ".annulus";
  const auto entry = [&](char digit) { return staging / std::string(32, digit); };
  fs::copy(how.disks[0] / "object", entry('a'), fs::copy_options::recursive);
  fs::remove(entry('a') / "meta.json");
  fs::create_directories(entry('b'));  // killed before its first file
  fs::create_directories(entry('f'));
  write_bytes(entry('f') / "frames.bound", {});   // or before that had a header
  fs::create_directories(staging / "mine/deep");  // no name that a put gives
  fs::create_directories(entry('c') / "deep");    // no file of a put's
  fs::copy(how.disks[0] / "object", entry('d'), fs::copy_options::recursive);
  write_bytes(entry('d') / "notes", noise(3));  // and one of somebody else's
  write_bytes(entry('e'), noise(3));
  put_bytes(where, how, noise(11));
  for (const char gone : {'a', 'b', 'f'}) EXPECT_FALSE(fs::exists(entry(gone))) << gone;
  for (const auto& kept : {staging / "mine/deep", entry('c') / "deep", entry('d') / "notes",
                           entry('d') / "part.1", entry('e')})
    EXPECT_TRUE(fs::exists(kept)) << kept;
}

TEST(put_sweeps, nothing_of_a_put_that_runs) {
  const scratch where;
  auto how = options(where, {.data = 2, .parity = 1, .block = 100});
  how.progress = [&](std::uint64_t done) {
    if (done != 100) return;
    auto other = options(where, how.geometry);
    other.name = "other";
    write_bytes(where / "second", noise(10));
    auto from = input::open(where / "second");
    put(from, other);
  };
  put_bytes(where, how, noise(1000));
  EXPECT_EQ(get_bytes({.name = "object", .disks = how.disks}), noise(1000));
  EXPECT_EQ(get_bytes({.name = "other", .disks = how.disks}), noise(10));
}

TEST(put_counts, frames_bytes_and_stalls) {
  const scratch where;
  auto how = options(where, {.data = 2, .parity = 1, .block = 1000});
  const auto report = put_bytes(where, how, noise(10'500));
  EXPECT_EQ(report.frames, 33U);
  EXPECT_EQ(report.stalls.size(), 33U);
  EXPECT_EQ(report.rings.writer.bytes, report.rings.reader.bytes);
  EXPECT_EQ(report.stored_bytes, 3 * how.geometry.stream_size(10'500));
}

}  // namespace annulus::pipeline::testing
