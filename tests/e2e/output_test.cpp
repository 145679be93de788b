// Where get writes: links, modes, devices, names, and what it must not touch.
#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "process.hpp"

namespace annulus::e2e {
namespace {

class output : public ::testing::Test {
 protected:
  output() {
    spit(where_ / "file", text_);
    EXPECT_EQ(
        run({"put", where_ / "file", "--disks", where_.disks(3), "--data", "2", "--parity", "1"})
            .status,
        0);
  }
  [[nodiscard]] arguments get(const std::string& target) const {
    return {"get", "file", "--disks", where_.disks(3), "-o", target};
  }
  void written_to(const std::string& target) const {
    const auto done = run(get(target));
    ASSERT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(slurp(target), text_);
  }
  void refused(const std::string& target, int status, const std::string& part) const {
    const auto done = run(get(target));
    EXPECT_EQ(done.status, status) << done.err;
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
    EXPECT_TRUE(contains(done.err, part)) << done.err;
    EXPECT_EQ(done.out, "");
  }
  static struct stat status_of(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
    return info;
  }

  scratch where_;
  std::string text_ = noise(5000);
};

TEST_F(output, follows_a_symbolic_link_to_its_end) {
  fs::create_directory(where_ / "real");
  spit(where_ / "real/data", "old");
  fs::create_symlink("real/data", where_ / "link");
  fs::create_symlink("link", where_ / "second");
  written_to(where_ / "second");
  EXPECT_TRUE(fs::is_symlink(where_ / "link") && fs::is_symlink(where_ / "second"));
  EXPECT_EQ(slurp(where_ / "real/data"), text_);
  fs::create_symlink("real/new", where_ / "dangling");
  written_to(where_ / "dangling");
  EXPECT_TRUE(fs::is_symlink(where_ / "dangling"));
  EXPECT_EQ(slurp(where_ / "real/new"), text_);
  fs::create_symlink("loop", where_ / "loop");
  refused(where_ / "loop", 1, "too many symbolic links");
}

TEST_F(output, keeps_the_mode_of_what_it_replaces) {
  spit(where_ / "private", "old");
  ASSERT_EQ(chmod((where_ / "private").c_str(), 0600), 0);
  const auto before = status_of(where_ / "private");
  written_to(where_ / "private");
  const auto after = status_of(where_ / "private");
  EXPECT_EQ(after.st_mode, before.st_mode);
  EXPECT_EQ(after.st_uid, before.st_uid);
  EXPECT_NE(after.st_ino, before.st_ino) << "it was replaced as a whole";
}

TEST_F(output, keeps_hard_links_and_says_that_it_wrote_in_place) {
  spit(where_ / "one", noise(9000, 7));
  fs::create_hard_link(where_ / "one", where_ / "other");
  const auto done = run(get(where_ / "one"));
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(contains(done.out, "written in place, since it has 2 hard links")) << done.out;
  EXPECT_EQ(slurp(where_ / "other"), text_);
  EXPECT_EQ(fs::hard_link_count(where_ / "one"), 2U);
  fs::remove_all(where_ / "d0");
  fs::remove_all(where_ / "d1");
  refused(where_ / "one", 1, "good shards");
  EXPECT_EQ(slurp(where_ / "one"), text_) << "nothing was read, so nothing is changed";
}

TEST_F(output, may_have_any_name_that_the_file_system_allows) {
  written_to(where_ / std::string(255, 'b'));
  written_to(where_ / std::string("new\nline \xff"));
  refused(where_ / std::string(256, 'b'), 1, "File name too long");
}

TEST_F(output, is_gone_when_a_limit_is_met) {
  const auto done = run_shell("ulimit -f 4; exec \"$0\" \"$@\"", get(where_ / "limited"));
  EXPECT_EQ(done.status, 1);
  EXPECT_TRUE(contains(done.err, "output of object 'file' failed: File too large")) << done.err;
  for (const auto& entry : fs::directory_iterator(where_.path())) {
    EXPECT_FALSE(contains(entry.path().filename(), "limited")) << entry.path();
    EXPECT_FALSE(contains(entry.path().filename(), ".annulus-")) << entry.path();
  }
}

TEST_F(output, goes_into_a_fifo_when_its_reader_comes) {
  ASSERT_EQ(mkfifo((where_ / "fifo").c_str(), 0600), 0);
  process child(get(where_ / "fifo"));
  EXPECT_EQ(slurp(where_ / "fifo"), text_);
  EXPECT_EQ(child.wait(), 0) << child.err();
  EXPECT_TRUE(fs::is_fifo(where_ / "fifo"));
}

TEST_F(output, to_a_fifo_without_a_reader_ends_on_a_signal) {
  ASSERT_EQ(mkfifo((where_ / "fifo").c_str(), 0600), 0);
  for (const int number : {SIGINT, SIGTERM}) {
    process child(get(where_ / "fifo"));
    // It has threads once signals are watched.
    await([&] {
      return std::distance(fs::directory_iterator("/proc/" + std::to_string(child.pid()) + "/task"),
                           fs::directory_iterator()) > 1;
    });
    child.signal(number);
    EXPECT_EQ(child.wait(), 1);
    EXPECT_TRUE(contains(child.err(), "interrupted")) << child.err();
  }
}

TEST_F(output, never_holds_the_report) {
  for (const std::string name : {"-", "/dev/stdout", "/proc/self/fd/1", "/dev/fd/1"}) {
    const auto done = run(get(name));
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(done.out, text_) << name;
    EXPECT_TRUE(contains(done.err, "of 'file' in")) << done.err;
  }
  const auto errors = run(get("/dev/stderr"));
  EXPECT_EQ(errors.err, text_);
  EXPECT_TRUE(contains(errors.out, "of 'file' in")) << errors.out;
  const auto both = run_shell("\"$0\" \"$@\" 2>&1", get("-"));
  EXPECT_EQ(both.out, text_);
  const auto target = where_ / "same";
  const auto redirected = run_shell("target=$1; shift; \"$0\" \"$@\" >\"$target\"", [&] {
    auto words = get(target);
    words.insert(words.begin(), target);
    return words;
  }());
  EXPECT_EQ(slurp(target), text_);
  EXPECT_TRUE(contains(redirected.err, "of 'file' in")) << redirected.err;
}

TEST_F(output, goes_to_where_standard_output_stands) {
  const auto target = where_ / "log";
  spit(target, "head\n");
  auto words = get("/dev/stdout");
  words.insert(words.begin(), target);
  EXPECT_EQ(run_shell("target=$1; shift; \"$0\" \"$@\" >>\"$target\"", words).status, 0);
  EXPECT_EQ(slurp(target), "head\n" + text_);
}

TEST_F(output, never_overwrites_what_disks_keep) {
  const auto shard = slurp(where_ / "d0/file/part.1");
  refused(where_ / "d0/file/part.1", 2, "where disk " + (where_ / "d0") + " keeps what it stores");
  refused(where_ / "d0/file/new", 2, "keeps what it stores");
  refused(where_ / "d1/.annulus/new", 2, "keeps what it stores");
  fs::create_directory_symlink("d0", where_ / "alias");
  refused(where_ / "alias/file/part.1", 2, "keeps what it stores");
  fs::create_hard_link(where_ / "d0/file/part.1", where_ / "linked");
  refused(where_ / "linked", 2, "is " + (where_ / "d0/file/part.1") + " by another name");
  EXPECT_EQ(slurp(where_ / "d0/file/part.1"), shard);
  written_to(where_ / "d0-copy");
}

}  // namespace
}  // namespace annulus::e2e
