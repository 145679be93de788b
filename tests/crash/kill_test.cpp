// SIGKILL: a writer of its own process is killed at any moment, again and again, on one log.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/chunklog/view.hpp>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <random>

#include "directory.hpp"
#include "killed_writer.hpp"
#include "watchdog.hpp"

namespace annulus::crash {
namespace {

using chunklog::chunk_log;

/// A killed writer's run.
class victim {
 public:
  /// Starts it, waits until it has done `steps` steps, calls `first`, and kills it.
  victim(const std::vector<std::string>& arguments, int steps, const std::function<void()>& first) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const unique_fd from(pipe[0]);
    unique_fd to(pipe[1]);
    std::vector<char*> argv;
    for (const auto& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, to.get(), STDOUT_FILENO);
    pid_t child = 0;
    EXPECT_EQ(::posix_spawn(&child, ANNULUS_CRASH_WRITER, &actions, nullptr, argv.data(), environ),
              0);
    ::posix_spawn_file_actions_destroy(&actions);
    to = {};
    char byte = 0;
    for (; done_ < steps && ::read(from.get(), &byte, 1) == 1; ++done_) {
    }
    if (first) first();
    ::kill(child, SIGKILL);
    int ended = 0;
    EXPECT_EQ(::waitpid(child, &ended, 0), child);
    // Anything else is an end of its own, with a word on the standard error.
    const bool killed = WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL;
    EXPECT_TRUE(killed || first) << "it ended by itself";
    EXPECT_EQ(done_, steps);
  }
  [[nodiscard]] int done() const noexcept { return done_; }

 private:
  int done_ = 0;
};

struct scene {
  int rounds;
  std::uint64_t chunk_bytes;
  std::uint64_t record_bytes;      // at most
  std::uint64_t filled;            // records that lie in the log before the first round
  std::function<void()> crash{};   // before the kill
  std::function<void()> reboot{};  // behind it
};

class kills {
 public:
  /// The log is in `place`; what the writer tells in `desk`, which must outlive any crash.
  kills(const std::filesystem::path& place, const std::filesystem::path& desk, const scene& what)
      : what_(what), log_(place / "log") {
    const auto path = desk / "progress";
    const unique_fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    EXPECT_EQ(::ftruncate(file.get(), sizeof(progress)), 0);
    void* const mapped =
        ::mmap(nullptr, sizeof(progress), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    EXPECT_NE(mapped, MAP_FAILED);
    seen_ = static_cast<progress*>(mapped);
    path_ = path.string();
    how_.chunk_bytes = what.chunk_bytes;
  }
  ~kills() { ::munmap(seen_, sizeof(progress)); }
  kills(const kills&) = delete;
  kills& operator=(const kills&) = delete;

  void run() {
    const watchdog guard([this] { return sentence(); }, std::chrono::minutes(120));
    fill();
    std::mt19937_64 random(7);
    for (round_ = 1; round_ <= what_.rounds && !::testing::Test::HasFatalFailure(); ++round_) {
      const auto life = static_cast<lives>(1 + round_ % 200);
      const int steps = 1 + static_cast<int>(random() % 300);
      const victim one({ANNULUS_CRASH_WRITER, log_.string(), path_, std::to_string(life),
                        std::to_string(random()), std::to_string(what_.chunk_bytes),
                        std::to_string(what_.record_bytes)},
                       steps, what_.crash);
      if (what_.reboot) what_.reboot();
      written_by_[next_] = life;
      steps_ += one.done();
      check(round_ % 25 == 0 || round_ == what_.rounds || what_.filled == 0);
    }
    std::cout << sentence() << '\n';
  }

 private:
  void fill() {
    if (what_.filled == 0) return;
    auto opened = chunk_log::open(log_, how_);
    ASSERT_TRUE(opened.ok()) << opened.message;
    written_by_[1] = 255;
    for (std::uint64_t id = 1; id <= what_.filled; ++id) {
      const auto text = payload_of(id, 255, size_of_killed(id, what_.record_bytes));
      ASSERT_TRUE(opened.log->writer().append(view_of(text)).ok());
    }
    ASSERT_TRUE(opened.log->close().ok());
    next_ = what_.filled + 1;
    seen_->appending = seen_->confirmed = what_.filled;
  }

  // Opens what is left; with `all`, reads every record.
  void check(bool all) {
    const auto began = std::chrono::steady_clock::now();
    auto opened = chunk_log::open(log_, how_);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    ASSERT_TRUE(opened.ok()) << sentence() << ": " << opened.message;
    slowest_ = std::max(slowest_, took.count());
    const auto last = opened.found.next_id - 1;
    const auto acknowledged = opened.found.acknowledged;
    ASSERT_GE(last, seen_->confirmed) << sentence();
    ASSERT_LE(last, seen_->appending) << sentence();
    ASSERT_GE(acknowledged, seen_->gone) << sentence();
    ASSERT_LE(acknowledged, seen_->acknowledging) << sentence();
    // The next writer starts from here.
    seen_->appending = seen_->confirmed = last;
    seen_->acknowledging = seen_->gone = acknowledged;
    next_ = last + 1;
    if (!all) return;
    for (auto id = acknowledged + 1; id <= last; ++id) {
      const auto record = opened.log->reader().next();
      ASSERT_TRUE(record.ok()) << sentence() << ": " << record.message;
      ASSERT_EQ(record.id, id) << sentence();
      const auto life = std::prev(written_by_.upper_bound(id))->second;
      const auto right = payload_of(id, life, size_of_killed(id, what_.record_bytes));
      ASSERT_EQ(record.payload.size(), right.size()) << sentence() << ", record " << id;
      ASSERT_EQ(std::memcmp(record.payload.data(), right.data(), right.size()), 0)
          << sentence() << ", record " << id;
      ++read_;
    }
  }

  [[nodiscard]] std::string sentence() const {
    return "round " + std::to_string(std::min(round_, what_.rounds)) + " of " +
           std::to_string(what_.rounds) + ": " + std::to_string(steps_) + " steps, " +
           std::to_string(next_ - 1) + " records, " + std::to_string(seen_->gone.load()) +
           " acknowledged, " + std::to_string(read_) + " compared, slowest open " +
           std::to_string(slowest_) + " s";
  }

  const scene what_;
  std::filesystem::path log_;
  std::string path_;
  chunklog::options how_{};
  progress* seen_ = nullptr;
  std::map<std::uint64_t, lives> written_by_;  // by the first ID
  std::uint64_t next_ = 1;
  int round_ = 0;
  std::int64_t steps_ = 0;
  std::uint64_t read_ = 0;
  double slowest_ = 0;
};

/// A directory on a real file system.
class place {
 public:
  place() {
    auto name = (std::filesystem::temp_directory_path() / "annulus-kill-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~place() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(kill, of_a_writer_loses_nothing) {
  const place here;
  kills(here.path(), here.path(), {20, 20000, 900, 0}).run();
}

TEST(long_kill, of_a_writer_a_thousand_times_loses_nothing) {
  const place here;
  kills(here.path(), here.path(), {1000, 50000, 900, 0}).run();
}

// 1 GiB that nobody has acknowledged, in chunks of the default size.
TEST(long_kill, of_a_full_log_loses_nothing) {
  const place here;
  kills(here.path(), here.path(), {1000, chunklog::default_chunk_bytes, 32768, 65536}).run();
}

/// A file system of its own in a file.
class loop_image {
 public:
  loop_image(const std::string& kind, const std::string& size) {
    const auto file = (here_.path() / "image").string();
    mount_ = (here_.path() / "mounted").string();
    std::filesystem::create_directory(mount_);
    run("truncate -s " + size + " " + file);
    ready_ = run("mkfs." + kind + " -q " + file);
    mount_command_ = "mount -o loop " + file + " " + mount_;
    ready_ = ready_ && up();
  }
  ~loop_image() { down(); }
  loop_image(const loop_image&) = delete;
  loop_image& operator=(const loop_image&) = delete;

  [[nodiscard]] bool ready() const noexcept { return ready_; }
  [[nodiscard]] const std::filesystem::path& desk() const noexcept { return here_.path(); }
  [[nodiscard]] std::filesystem::path path() const { return mount_; }
  bool up() const { return run(mount_command_); }
  bool down() const { return run("umount " + mount_); }
  /// Nothing that is not on the disk by now gets there any more.
  bool shut_down() const { return run("xfs_io -x -c shutdown " + mount_); }

 private:
  static bool run(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
  }

  const place here_;
  std::string mount_;
  std::string mount_command_;
  bool ready_ = false;
};

class long_image : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(long_image, shut_down_in_the_middle_of_a_write_loses_nothing) {
  const auto [kind, size] = GetParam();
  const loop_image image(kind, size);
  if (!image.ready()) GTEST_SKIP() << "this machine cannot make or mount a loop image of " << kind;
  const bool can = image.shut_down();
  ASSERT_TRUE(image.down());
  ASSERT_TRUE(image.up());
  if (!can) GTEST_SKIP() << kind << " knows no shutdown here: XFS_IOC_GOINGDOWN is refused";
  int rounds = 0;
  const auto crash = [&] { EXPECT_TRUE(image.shut_down()); };
  const auto reboot = [&] {
    ++rounds;
    EXPECT_TRUE(image.down());
    EXPECT_TRUE(image.up());
  };
  kills(image.path(), image.desk(), {100, 50000, 900, 0, crash, reboot}).run();
  EXPECT_EQ(rounds, 100);
}

INSTANTIATE_TEST_SUITE_P(all, long_image,
                         ::testing::Values(std::pair("ext4", "64M"), std::pair("xfs", "320M"),
                                           std::pair("btrfs", "128M")),
                         [](const auto& each) { return std::string(each.param.first); });

TEST(long_full_disk, refuses_and_goes_on_once_there_is_room) {
  const loop_image image("ext4", "16M");
  if (!image.ready()) GTEST_SKIP() << "this machine cannot make or mount a loop image of ext4";
  const auto log = image.path() / "log";
  chunklog::options how;
  how.chunk_bytes = std::uint64_t{1} << 20U;
  constexpr std::size_t size = 3000;
  std::uint64_t accepted = 0;
  std::uint64_t confirmed = 0;
  {
    auto opened = chunk_log::open(log, how);
    ASSERT_TRUE(opened.ok()) << opened.message;
    const watchdog guard([&] { return opened.log->describe(); });
    chunklog::status bad;
    while (bad.ok()) {
      const auto done =
          opened.log->writer().append(view_of(payload_of(accepted + 1, first_life, size)));
      bad = done;
      if (!bad.ok()) break;
      accepted = done.id;
      ASSERT_LT(accepted, 100000U);
      if (accepted % 50 != 0) continue;
      bad = opened.log->writer().sync();
      if (bad.ok()) confirmed = accepted;
    }
    EXPECT_EQ(bad.error, std::errc::no_space_on_device) << bad.message;
    EXPECT_EQ(opened.log->writer().append(view_of("x")).error, bad.error);
    EXPECT_EQ(opened.log->writer().sync().error, bad.error);
  }
  // Opened on the full disk, read to the end, acknowledged: then there is room again.
  auto opened = chunk_log::open(log, how);
  ASSERT_TRUE(opened.ok()) << opened.message;
  const auto last = opened.found.next_id - 1;
  EXPECT_GE(last, confirmed);
  EXPECT_LE(last, accepted);
  for (std::uint64_t id = 1; id <= last; ++id) {
    const auto record = opened.log->reader().next();
    ASSERT_TRUE(record.ok()) << record.message;
    ASSERT_EQ(record.id, id);
    ASSERT_EQ(lives_of(id, record.payload, size) & first_life, first_life);
    ASSERT_TRUE(opened.log->reader().acknowledge(id).ok());
  }
  ASSERT_TRUE(opened.log->reader().sync().ok());
  std::uint64_t more = 0;
  for (; more < 1000; ++more) {
    const auto done = opened.log->writer().append(view_of(payload_of(last + 1 + more, 1, size)));
    ASSERT_TRUE(done.ok()) << done.message;
  }
  EXPECT_TRUE(opened.log->writer().sync().ok());
  std::cout << accepted << " accepted, " << confirmed << " confirmed, " << last
            << " found on the full disk, " << more << " behind them\n";
}

}  // namespace
}  // namespace annulus::crash
