// What put reads: files that state another size, FIFOs, links, nothing at all.
#include <sys/stat.h>

#include "process.hpp"

namespace annulus::e2e {
namespace {

class put_input : public ::testing::Test {
 protected:
  [[nodiscard]] arguments put(const std::string& file, const arguments& more = {}) const {
    arguments all{"put",    file, "--name",   "object", "--disks", where_.disks(3),
                  "--data", "2",  "--parity", "1",      "--block", "1000"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] std::string got() const {
    const auto done = run({"get", "object", "--disks", where_.disks(3), "-o", "-"});
    EXPECT_EQ(done.status, 0) << done.err;
    return done.out;
  }

  scratch where_;
};

TEST_F(put_input, that_states_no_size_is_read_to_its_end) {
  const auto text = slurp("/proc/filesystems");
  ASSERT_FALSE(text.empty());
  for (const std::string way : {"--copy", "--copy-in", "--in-place"}) {
    const auto done = run(put("/proc/filesystems", {way}));
    ASSERT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(got(), text) << way;
  }
}

TEST_F(put_input, that_states_more_than_it_has_is_stored_as_it_is_read) {
  // Files of /sys state a page and have some bytes.
  const std::string file = "/sys/kernel/mm/transparent_hugepage/enabled";
  if (!fs::exists(file)) GTEST_SKIP() << file << " is not there";
  ASSERT_GT(fs::file_size(file), slurp(file).size());
  for (const std::string way : {"--copy", "--copy-in", "--in-place"}) {
    ASSERT_EQ(run(put(file, {way})).status, 0);
    EXPECT_EQ(got(), slurp(file)) << way;
  }
}

TEST_F(put_input, with_holes_is_stored_whole) {
  spit(where_ / "sparse", "head");
  fs::resize_file(where_ / "sparse", 100'000);
  for (const std::string way : {"--copy", "--in-place"}) {
    ASSERT_EQ(run(put(where_ / "sparse", {way})).status, 0);
    EXPECT_EQ(got(), "head" + std::string(99'996, '\0')) << way;
  }
}

TEST_F(put_input, behind_a_symbolic_link_is_stored) {
  spit(where_ / "real", noise(5000));
  fs::create_symlink("real", where_ / "link");
  ASSERT_EQ(run(put(where_ / "link")).status, 0);
  EXPECT_EQ(got(), noise(5000));
}

TEST_F(put_input, from_a_fifo_waits_for_its_writer) {
  ASSERT_EQ(mkfifo((where_ / "fifo").c_str(), 0600), 0);
  for (const std::string way : {"--copy", "--in-place"}) {
    process child(put(where_ / "fifo", {way}));
    spit(where_ / "fifo", noise(12'345));
    EXPECT_EQ(child.wait(), 0) << child.err();
    EXPECT_EQ(got(), noise(12'345)) << way;
  }
}

TEST_F(put_input, from_a_fifo_without_a_writer_ends_on_a_signal) {
  ASSERT_EQ(mkfifo((where_ / "fifo").c_str(), 0600), 0);
  for (const int number : {SIGINT, SIGTERM}) {
    process child(put(where_ / "fifo"));
    await([&] {
      return fs::exists(where_ / "d2/.annulus") && !fs::is_empty(where_ / "d2/.annulus");
    });
    child.signal(number);
    EXPECT_EQ(child.wait(), 1);
    EXPECT_TRUE(contains(child.err(), "was interrupted")) << child.err();
    EXPECT_FALSE(fs::exists(where_ / "d0/object"));
  }
}

TEST_F(put_input, that_is_a_closed_standard_input_is_named) {
  const auto done = run_shell("exec \"$0\" \"$@\" <&-", put("-"));
  EXPECT_EQ(done.status, 1);
  EXPECT_EQ(done.err, "annulus: input standard input cannot be read: it is closed\n");
}

TEST_F(put_input, is_not_read_when_a_disk_is_a_url) {
  const auto here = fs::current_path();
  fs::current_path(where_.path());
  const auto done = run(
      {"put", "/proc/filesystems", "--disks", "http://h/d0,d1", "--data", "1", "--parity", "1"});
  EXPECT_EQ(done.status, 2);
  EXPECT_TRUE(contains(done.err, "disk http://h/d0 is a URL")) << done.err;
  EXPECT_TRUE(fs::is_empty(where_.path()));
  fs::current_path(here);
}

}  // namespace
}  // namespace annulus::e2e
