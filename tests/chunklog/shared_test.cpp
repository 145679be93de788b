// Several producers: shared_writer, and the combining under it.
#include <annulus/chunklog/shared_writer.hpp>
#include <atomic>
#include <thread>

#include "support.hpp"
#include "watchdog.hpp"

namespace annulus::chunklog::test {
namespace {

constexpr int producers = 8;

TEST(combining, every_job_is_done_once_by_one_thread_at_a_time) {
  combining_stack<std_platform, std::uint64_t> stack;
  std::atomic<int> inside{0};
  std::uint64_t sum = 0;  // guarded by the stack
  constexpr std::uint64_t jobs = 20'000;
  {
    std::vector<std::jthread> all;
    for (int t = 0; t < producers; ++t) {
      all.emplace_back([&] {
        for (std::uint64_t i = 1; i <= jobs; ++i) {
          auto job = i;
          stack.run(job, [&](std::uint64_t& each) {
            EXPECT_EQ(inside.fetch_add(1, std::memory_order_relaxed), 0);
            sum += each;
            each = 0;
            inside.fetch_sub(1, std::memory_order_relaxed);
          });
          ASSERT_EQ(job, 0U);
        }
      });
    }
  }
  EXPECT_EQ(sum, producers * jobs * (jobs + 1) / 2);
}

TEST(shared_writer, keeps_each_producers_order_and_loses_nothing) {
  const scratch dir;
  auto log = must_open(dir.log(), limited(100'000, 4096));
  const watchdog guard(*log);
  shared_writer writer(log->writer());
  constexpr std::uint64_t each = 2000;
  std::vector<std::vector<std::uint64_t>> ids(producers);
  {
    std::vector<std::jthread> all;
    for (std::size_t t = 0; t < producers; ++t) {
      all.emplace_back([&, t] {
        for (std::uint64_t i = 0; i < each; ++i) {
          const auto done = writer.append(view_of(std::to_string(t) + ":" + std::to_string(i)));
          ASSERT_TRUE(done.ok()) << done.message;
          ids[t].push_back(done.id);
        }
      });
    }
  }
  ASSERT_TRUE(log->writer().close().ok());
  const auto found = drain(*log);
  ASSERT_EQ(found.size(), producers * each);
  for (std::size_t t = 0; t < producers; ++t) {
    for (std::uint64_t i = 0; i < each; ++i) {
      if (i > 0) {
        ASSERT_LT(ids[t][i - 1], ids[t][i]);
      }
      ASSERT_EQ(found[ids[t][i] - 1].second, std::to_string(t) + ":" + std::to_string(i));
    }
  }
}

TEST(shared_writer, commits_in_groups) {
  const scratch dir;
  auto log = must_open(dir.log());
  const watchdog guard(*log);
  shared_writer writer(log->writer());
  constexpr std::uint64_t each = 20;
  {
    std::vector<std::jthread> all;
    for (int t = 0; t < producers; ++t) {
      all.emplace_back([&] {
        for (std::uint64_t i = 0; i < each; ++i) {
          const auto done = writer.append(view_of("confirmed"));
          ASSERT_TRUE(done.ok()) << done.message;
          ASSERT_TRUE(writer.durable(done.id).ok());
          ASSERT_GE(writer.durable_id(), done.id);
        }
      });
    }
  }
  const auto stats = log->stats();
  EXPECT_EQ(stats.appended_records, producers * each);
  EXPECT_LE(stats.syncs, producers * each);
}

TEST(shared_writer, passes_errors_to_whom_they_concern) {
  const scratch dir;
  auto log = must_open(dir.log(), limited(100, 1));
  shared_writer writer(log->writer());
  EXPECT_EQ(writer.append(view_of(payload(1, 200))).error, errc::record_too_large);
  EXPECT_EQ(writer.append(view_of("fits")).id, 1U);
}

}  // namespace
}  // namespace annulus::chunklog::test
