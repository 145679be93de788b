// A limit that is over ends every call that is given one, also a call that need not wait, and
// before it does anything.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <stop_token>
#include <thread>

#include "support.hpp"

namespace annulus::pipelines::testing {

// Both ends have something to do at once: 20 bytes to read, 5 to flush, room for more.
class over : public ::testing::TestWithParam<std::errc> {
 protected:
  over() {
    put(p.writer(), 20);
    EXPECT_FALSE(p.writer().flush());
    put(p.writer(), 5, 20);
    stop.request_stop();
    EXPECT_EQ(::pipe(ends.data()), 0);
    EXPECT_EQ(::write(ends[1], "abc", 3), 3);
  }
  over(const over&) = delete;
  over& operator=(const over&) = delete;
  ~over() override {
    for (const auto end : ends) ::close(end);
  }
  [[nodiscard]] until limit() const {
    return GetParam() == std::errc::timed_out ? until(until::clock::now())
                                              : until(stop.get_token());
  }
  [[nodiscard]] static std::error_code expected() {
    return GetParam() == std::errc::timed_out ? errc::timed_out : errc::cancelled;
  }

  std::stop_source stop;
  std::array<int, 2> ends{};
  pipe p{small_options()};
};

TEST_P(over, ends_every_call_that_is_given_it) {
  EXPECT_EQ(p.reader().read(limit()).error, expected());
  EXPECT_EQ(p.reader().read_at_least(2, limit()).error, expected());
  EXPECT_EQ(p.reader().write_to(ends[1], everything, limit()).error, expected());
  EXPECT_EQ(p.writer().flush(limit()), expected());
  EXPECT_EQ(p.writer().write(pattern_bytes(0, 3), limit()).error, expected());
  EXPECT_EQ(p.writer().read_from(ends[0], everything, limit()).error, expected());
  EXPECT_EQ(read_some_from(p.writer(), ends[0], everything, limit()).error, expected());
  EXPECT_EQ(p.stats().buffered, 20U);
  EXPECT_EQ(p.writer().unflushed_bytes(), 5U);
  EXPECT_EQ(p.writer().read_from(ends[0], 3).bytes, 3U) << "the descriptor was left alone";
  EXPECT_EQ(p.reader().read().buffer.size(), 28U) << "and so was the pipe";
  EXPECT_FALSE(p.reader().close());
  EXPECT_EQ(p.writer().writing(limit()), expected()) << "before the clean end";
}
TEST_P(over, comes_behind_misuse_and_what_the_stream_failed_with) {
  const auto open = p.reader().read();
  EXPECT_EQ(p.reader().read(limit()).error, errc::read_in_progress);
  EXPECT_FALSE(p.reader().advance(open.buffer.start()));
  p.fail(some_error);
  EXPECT_EQ(p.reader().read(limit()).error, some_error);
  EXPECT_EQ(p.writer().flush(limit()), some_error);
  EXPECT_EQ(p.writer().write(pattern_bytes(0, 3), limit()).error, some_error);
  EXPECT_EQ(p.writer().writing(limit()), some_error);
  EXPECT_EQ(p.writer().read_from(ends[0], everything, limit()).error, some_error);
  EXPECT_FALSE(p.reader().close());
  EXPECT_EQ(p.reader().read(limit()).error, errc::closed);
}
INSTANTIATE_TEST_SUITE_P(limit, over,
                         ::testing::Values(std::errc::timed_out, std::errc::operation_canceled),
                         [](const auto& param) {
                           return param.param == std::errc::timed_out ? "deadline" : "stop";
                         });

// With an end that always can go on, a loop ends all the same.
TEST(limit, ends_a_loop_of_reads_that_never_wait) {
  pipe p(small_options());
  put(p.writer(), 20);
  EXPECT_FALSE(p.writer().flush());
  std::stop_source stop;
  std::atomic<int> rounds = 0;
  std::thread stopper([&] {
    while (rounds < 100) std::this_thread::yield();
    stop.request_stop();
  });
  for (;;) {
    const auto seen = p.reader().read(stop.get_token());
    if (seen.error) {
      EXPECT_EQ(seen.error, errc::cancelled);
      break;
    }
    advance(p.reader(), seen.buffer, 0, 0);
    ++rounds;
  }
  stopper.join();
}
TEST(limit, ends_a_loop_of_writes_that_never_wait) {
  pipe p({.pause_threshold = 0, .resume_threshold = 0});
  std::stop_source stop;
  std::atomic<std::size_t> written = 0;
  std::thread stopper([&] {
    while (written < 100) std::this_thread::yield();
    stop.request_stop();
  });
  const auto byte = pattern_bytes(0, 1);
  transfer step;
  for (; !step.error; written += step.bytes) step = p.writer().write(byte, stop.get_token());
  EXPECT_EQ(step.error, errc::cancelled);
  stopper.join();
  EXPECT_EQ(p.stats().buffered, written) << "what was taken is counted";
}

}  // namespace annulus::pipelines::testing
