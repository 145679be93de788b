// What every command does about a standard output that is slow, full, closed or nobody's.
#include <fcntl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <thread>

#include "process.hpp"

namespace annulus::e2e {
namespace {

// A pipe whose writing end commands inherit under a number that scripts can name.
class output_pipe {
 public:
  static constexpr int number = 9;

  output_pipe() {
    if (pipe2(ends_, O_CLOEXEC) != 0 || dup2(ends_[1], number) != number)
      throw std::runtime_error("pipe2 failed");
  }
  output_pipe(const output_pipe&) = delete;
  output_pipe& operator=(const output_pipe&) = delete;
  ~output_pipe() {
    close_reader();
    close_writer();
  }

  void close_reader() { close(std::exchange(ends_[0], -1)); }
  void close_writer() {
    close(std::exchange(ends_[1], -1));
    close(number);
  }
  void make_non_blocking() const { fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK); }
  [[nodiscard]] int waiting() const {
    int bytes = 0;
    ioctl(ends_[0], FIONREAD, &bytes);
    return bytes;
  }
  [[nodiscard]] int capacity() const { return fcntl(ends_[0], F_GETPIPE_SZ); }
  [[nodiscard]] std::string read_all() const {
    std::string text;
    char piece[1000];
    for (ssize_t n = 0; (n = ::read(ends_[0], piece, sizeof piece)) > 0;)
      text.append(piece, static_cast<std::size_t>(n));
    return text;
  }

 private:
  int ends_[2]{-1, -1};
};

constexpr auto to_pipe = "exec \"$0\" \"$@\" >&9";

class standard_output : public ::testing::Test {
 protected:
  standard_output() { spit(where_ / "file", text_); }
  [[nodiscard]] arguments put() const {
    return {"put", where_ / "file", "--disks", where_.disks(2), "--data",
            "1",   "--parity",      "1",       "--json"};
  }
  [[nodiscard]] arguments get() const {
    return {"get", "file", "--disks", where_.disks(2), "-o", "-"};
  }
  void stored() const { ASSERT_EQ(run(put()).status, 0); }
  void make_log() const {
    auto words = put();
    words.insert(words.end(), {"--sink", "chunks"});
    ASSERT_EQ(run(words).status, 0);
  }
  // Of every kind.
  [[nodiscard]] std::vector<arguments> commands() const {
    return {{"--help"},
            {"--version"},
            {"put", "--help"},
            {"variants"},
            {"variants", "--json"},
            {"topo"},
            {"verify", "--disks", where_.disks(2)},
            {"heal", "--disks", where_.disks(2)},
            get(),
            {"get", "file", "--disks", where_.disks(2), "-o", where_ / "back"},
            {"log", "inspect", where_ / "d0/file"},
            {"log", "verify", where_ / "d0/file", "--json"},
            {"log", "repair", where_ / "d0/file", "--dry-run"},
            {"log", "tail", where_ / "d0/file"}};
  }

  scratch where_;
  std::string text_ = noise(300'000);
};

TEST_F(standard_output, that_is_closed_fails_every_command) {
  make_log();
  for (const auto& words : commands()) {
    const auto done = run_shell("exec \"$0\" \"$@\" >&-", words);
    EXPECT_EQ(done.status, 1) << words[0];
    EXPECT_TRUE(contains(done.err, "cannot be written")) << words[0] << ": " << done.err;
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
  }
  EXPECT_FALSE(fs::exists(where_ / "back"));
}

TEST_F(standard_output, that_is_full_fails_every_command) {
  make_log();
  for (const auto& words : commands()) {
    const auto done = run_shell("exec \"$0\" \"$@\" >/dev/full", words);
    EXPECT_EQ(done.status, 1) << words[0];
    EXPECT_TRUE(contains(done.err, "No space left on device")) << words[0] << ": " << done.err;
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
  }
}

TEST_F(standard_output, that_fails_after_a_put_does_not_hide_that_it_was_stored) {
  const auto done = run_shell("exec \"$0\" \"$@\" >/dev/full", put());
  EXPECT_EQ(done.status, 1);
  EXPECT_EQ(done.err,
            "annulus: object 'file' was stored, but standard output cannot be written: No space "
            "left on device\n");
  EXPECT_EQ(run(get()).out, text_);
}

TEST_F(standard_output, that_is_closed_before_a_put_stores_nothing) {
  EXPECT_EQ(run_shell("exec \"$0\" \"$@\" >&-", put()).status, 1);
  EXPECT_FALSE(fs::exists(where_ / "d0/file"));
}

TEST_F(standard_output, that_nobody_reads_is_a_failure) {
  output_pipe pipe;
  pipe.close_reader();
  for (const arguments& words : {arguments{"variants"}, {"--help"}}) {
    const auto done = run_shell(to_pipe, words);
    EXPECT_EQ(done.status, 1) << words[0];
    EXPECT_TRUE(contains(done.err, "standard output cannot be written")) << done.err;
  }
}

TEST_F(standard_output, that_does_not_block_is_waited_for) {
  stored();
  output_pipe pipe;
  pipe.make_non_blocking();
  process child(script_with(to_pipe, get()), false, {}, "/bin/sh");
  await([&] { return pipe.waiting() == pipe.capacity(); });
  pipe.close_writer();
  EXPECT_TRUE(pipe.read_all() == text_);
  EXPECT_EQ(child.wait(), 0) << child.err();
}

TEST_F(standard_output, that_is_stuck_is_left_on_a_signal) {
  stored();
  for (const bool blocking : {true, false}) {
    output_pipe pipe;
    if (!blocking) pipe.make_non_blocking();
    process child(script_with(to_pipe, get()), false, {}, "/bin/sh");
    await([&] { return pipe.waiting() == pipe.capacity(); });
    child.signal(SIGINT);
    EXPECT_EQ(child.wait(), 1);
    EXPECT_TRUE(contains(child.err(), "annulus: ")) << child.err();
  }
}

TEST_F(standard_output, closed_streams_are_not_mistaken_for_files) {
  const auto done = run_shell("exec \"$0\" \"$@\" <&- 2>&-", put());
  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(run(get()).out, text_);
}

TEST_F(standard_output, a_full_standard_error_ends_nothing) {
  EXPECT_EQ(run_shell("exec \"$0\" sprocket 2>/dev/full").status, 2);
  EXPECT_EQ(run_shell("exec \"$0\" sprocket 2>&-").status, 2);
}

}  // namespace
}  // namespace annulus::e2e
