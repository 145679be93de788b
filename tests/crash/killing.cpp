#include "killing.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <iostream>
#include <random>
#include <utility>
#include <vector>

#include "watchdog.hpp"

namespace annulus::crash {

using chunklog::chunk_log;

namespace {

/// A killed writer's run.
class victim {
 public:
  /// Starts it, waits until it has done `steps` steps, calls `first`, and kills it.
  /// With `ends`, it may find out about `first`, and end by itself.
  victim(const std::vector<std::string>& arguments, int steps, const std::function<void()>& first,
         bool ends) {
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
    EXPECT_TRUE(killed || ends) << "it ended by itself";
    EXPECT_EQ(done_, steps);
  }
  [[nodiscard]] int done() const noexcept { return done_; }

 private:
  int done_ = 0;
};

}  // namespace

kills::kills(const std::filesystem::path& place, const std::filesystem::path& desk, scene what)
    : what_(std::move(what)), log_(place / "log") {
  const auto path = desk / "progress";
  const unique_fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  EXPECT_EQ(::ftruncate(file.get(), sizeof(progress)), 0);
  void* const mapped =
      ::mmap(nullptr, sizeof(progress), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  EXPECT_NE(mapped, MAP_FAILED);
  seen_ = static_cast<progress*>(mapped);
  path_ = path.string();
  how_.chunk_bytes = what_.chunk_bytes;
}

kills::~kills() {
  ::munmap(seen_, sizeof(progress));
}

void kills::run() {
  const watchdog guard([this] { return sentence(); }, std::chrono::minutes(120));
  fill();
  std::mt19937_64 random(7);
  for (round_ = 1; round_ <= what_.rounds && !::testing::Test::HasFailure(); ++round_) {
    const auto life = static_cast<lives>(1 + round_ % 200);
    const int steps = 1 + static_cast<int>(random() % 300);
    interrupt(life, steps, random());
    if (what_.reboot) what_.reboot();
    if (::testing::Test::HasFailure()) break;
    written_by_[next_] = life;
    check(round_ % 25 == 0 || round_ == what_.rounds || what_.filled == 0);
  }
  std::cout << sentence() << '\n';
}

void kills::interrupt(lives life, int steps, std::uint64_t seed) {
  // What the writer was promised before the crash, and what it had asked for by the end of it.
  std::uint64_t confirmed = 0;
  std::uint64_t gone = 0;
  std::uint64_t appending = 0;
  std::uint64_t acknowledging = 0;
  const auto crash = [&] {
    confirmed = seen_->confirmed;
    gone = seen_->gone;
    if (what_.crash) what_.crash();
    appending = seen_->appending;
    acknowledging = seen_->acknowledging;
  };
  const victim one(
      {ANNULUS_CRASH_WRITER, log_.string(), path_, std::to_string(life), std::to_string(seed),
       std::to_string(what_.chunk_bytes), std::to_string(what_.record_bytes)},
      steps, crash, what_.crash && !what_.unnoticed);
  steps_ += one.done();
  if (!what_.unnoticed) return;
  seen_->confirmed = confirmed;
  seen_->gone = gone;
  seen_->appending = appending;
  seen_->acknowledging = acknowledging;
}

void kills::fill() {
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

void kills::check(bool all) {
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
  more_ += last - seen_->confirmed;
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

std::string kills::sentence() const {
  return "round " + std::to_string(std::min(round_, what_.rounds)) + " of " +
         std::to_string(what_.rounds) + ": " + std::to_string(steps_) + " steps, " +
         std::to_string(next_ - 1) + " records, " + std::to_string(seen_->gone.load()) +
         " acknowledged, " + std::to_string(read_) + " compared, " + std::to_string(more_) +
         " found before they were confirmed, slowest open " + std::to_string(slowest_) + " s";
}

}  // namespace annulus::crash
