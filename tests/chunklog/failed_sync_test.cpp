// A sync that fails once, on the operating system's files and by io_uring.
#include <annulus/chunklog/uring_files.hpp>
#include <atomic>

#include "damaged.hpp"
#include "support.hpp"
#include "watchdog.hpp"

namespace annulus::chunklog::test {
namespace {

/// Which sync of a checkpoint fails: the chunk's comes first, then the ledger's.
enum class fails { chunk, ledger };

/// One sync fails without having synced; how many were asked for before and after.
class failing_sync : public passing_files {
 public:
  using passing_files::passing_files;

  // Relaxed: the calls of the log order what is armed and counted here.
  void arm(fails which) { left_.store(which == fails::chunk ? 1 : 2, std::memory_order_relaxed); }
  [[nodiscard]] int after() const { return after_.load(std::memory_order_relaxed); }

  std::error_code sync_data(int fd) override {
    const auto left = left_.load(std::memory_order_relaxed);
    if (left < 0) after_.fetch_add(1, std::memory_order_relaxed);
    if (left > 0) left_.store(left == 1 ? -1 : left - 1, std::memory_order_relaxed);
    if (left == 1) return std::make_error_code(std::errc::io_error);
    return passing_files::sync_data(fd);
  }

 private:
  std::atomic<int> left_{0};
  std::atomic<int> after_{0};
};

struct sync_case {
  bool uring;
  fails which;
};

class failed_sync : public ::testing::TestWithParam<sync_case> {};

TEST_P(failed_sync, is_sticky_until_the_log_is_opened_again) {
  auto made = made_uring_files{};
  if (GetParam().uring) {
    made = make_uring_files();
    if (made.error) GTEST_SKIP() << "the kernel refuses io_uring: " << made.error.message();
  }
  auto& behind = made.files ? *made.files : system_files();
  const scratch dir;
  auto how = limited(1000, 1);
  records all;
  const auto append = [&all](chunk_log& log, std::uint64_t seed) {
    const auto text = payload(seed, 50);
    all.emplace_back(must_append(log, text), text);
  };
  {
    failing_sync files(behind);
    how.files = &files;
    auto log = must_open(dir.log(), how);
    const watchdog guard(*log);
    append(*log, 1);
    ASSERT_TRUE(log->writer().sync().ok());
    append(*log, 2);
    ASSERT_TRUE(log->reader().next().ok());
    ASSERT_TRUE(log->reader().acknowledge(1).ok());
    files.arm(GetParam().which);
    const auto failed = log->writer().sync();
    EXPECT_EQ(failed.error, std::errc::io_error);
    const auto* const name = GetParam().which == fails::chunk ? "0000.chunk" : "ledger.state";
    EXPECT_NE(failed.message.find(name), std::string::npos) << failed.message;
    for (int again = 0; again < 2; ++again) {
      EXPECT_EQ(log->writer().sync().error, failed.error);
      EXPECT_EQ(log->writer().flush().error, failed.error);
      EXPECT_EQ(log->reader().sync().error, failed.error);
      EXPECT_EQ(log->writer().append(view_of("x")).error, failed.error);
    }
    // What was durable before the failure stays so; of the other record nobody is told that it is.
    EXPECT_TRUE(log->writer().durable(1).ok());
    if (GetParam().which == fails::chunk) {
      EXPECT_EQ(log->writer().durable(2).error, failed.error);
      EXPECT_EQ(log->writer().durable_id(), 1U);
    }
    EXPECT_EQ(log->close().error, failed.error);
    EXPECT_EQ(files.after(), 0) << "a sync that has failed is tried again";
  }
  how.files = &behind;
  auto again = chunk_log::open(dir.log(), how);
  ASSERT_TRUE(again.ok()) << again.message;
  const watchdog guard(*again.log);
  EXPECT_EQ(again.found.next_id, 3U);
  EXPECT_EQ(again.log->writer().durable_id(), 2U);
  append(*again.log, 3);
  ASSERT_TRUE(again.log->close().ok());
  const auto known = again.found.acknowledged;
  EXPECT_LE(known, 1U);
  EXPECT_EQ(drain(*again.log),
            records(all.begin() + static_cast<std::ptrdiff_t>(known), all.end()));
}

INSTANTIATE_TEST_SUITE_P(all, failed_sync,
                         ::testing::Values(sync_case{false, fails::chunk},
                                           sync_case{false, fails::ledger},
                                           sync_case{true, fails::chunk},
                                           sync_case{true, fails::ledger}),
                         [](const auto& each) {
                           return std::string(each.param.uring ? "io_uring" : "plain") +
                                  (each.param.which == fails::chunk ? "_chunk" : "_ledger");
                         });

// The kernel's own refusal comes back by way of its ring.
TEST(uring_files, give_the_kernels_error_of_a_sync) {
  const auto made = make_uring_files();
  if (made.error) GTEST_SKIP() << "the kernel refuses io_uring: " << made.error.message();
  EXPECT_EQ(made.files->sync_data(-1), std::errc::bad_file_descriptor);
}

}  // namespace
}  // namespace annulus::chunklog::test
