// Each misuse is an error, and changes nothing.
#include <thread>

#include "support.hpp"

namespace annulus::pipelines::testing {

class misuse : public ::testing::Test {
 protected:
  // Flushes 40 bytes in three segments and reads them.
  readable_buffer read_forty() {
    put(p.writer(), 40);
    EXPECT_FALSE(p.writer().flush());
    return p.reader().read().buffer;
  }
  // The read is still open, and all of it there.
  void still_open(const readable_buffer& buffer) {
    EXPECT_EQ(p.stats().buffered, 40U);
    EXPECT_EQ(p.stats().unexamined, 40U);
    EXPECT_TRUE(holds(buffer));
    EXPECT_FALSE(p.reader().advance(buffer.finish()));
    EXPECT_EQ(p.stats().buffered, 0U);
  }

  pipe p{small_options()};
};

TEST_F(misuse, advance_without_a_read) {
  EXPECT_EQ(p.reader().advance(cursor{}), errc::no_read);
}
TEST_F(misuse, advance_twice) {
  const auto buffer = read_forty();
  EXPECT_FALSE(p.reader().advance(buffer.at(10), buffer.at(20)));
  EXPECT_EQ(p.reader().advance(buffer.at(10), buffer.at(20)), errc::no_read);
  EXPECT_EQ(p.stats().buffered, 30U);
  EXPECT_EQ(p.stats().unexamined, 20U);
}
TEST_F(misuse, a_stale_cursor) {
  const auto before = read_forty();
  const auto inside = before.at(29);
  EXPECT_FALSE(p.reader().advance(before.at(30), before.at(30)));
  const auto now = p.reader().read().buffer;
  EXPECT_EQ(p.reader().advance(before.start()), errc::stale_cursor);
  EXPECT_EQ(p.reader().advance(inside, now.finish()), errc::stale_cursor);
  EXPECT_EQ(p.reader().advance(cursor{}), errc::stale_cursor);
  EXPECT_EQ(p.stats().buffered, 10U);
  EXPECT_FALSE(p.reader().advance(now.finish()));
}
TEST_F(misuse, a_stale_cursor_of_a_segment_in_use_again) {
  const auto before = read_forty();
  const auto* const where = before.start().where();
  EXPECT_FALSE(p.reader().advance(before.finish()));
  for (;;) {
    put(p.writer(), 40);
    EXPECT_FALSE(p.writer().flush());
    const auto now = p.reader().read().buffer;
    const bool again = now.start().where() == where || now.at(39).where() == where;
    if (again) {
      EXPECT_EQ(p.reader().advance(before.start()), errc::stale_cursor);
    }
    EXPECT_FALSE(p.reader().advance(now.finish()));
    if (again) break;
  }
}
TEST_F(misuse, a_stale_cursor_across_a_reset) {
  const auto before = read_forty().at(20);
  EXPECT_FALSE(p.writer().close());
  EXPECT_FALSE(p.reader().close());
  EXPECT_FALSE(p.reset());
  const auto now = read_forty();
  EXPECT_EQ(p.reader().advance(before), errc::stale_cursor);
  still_open(now);
}
TEST_F(misuse, a_cursor_of_another_pipe) {
  pipe other(small_options());
  put(other.writer(), 40);
  EXPECT_FALSE(other.writer().flush());
  const auto theirs = other.reader().read().buffer;
  const auto ours = read_forty();
  EXPECT_EQ(p.reader().advance(theirs.at(5)), errc::stale_cursor);
  EXPECT_EQ(p.reader().advance(ours.start(), theirs.at(20)), errc::stale_cursor);
  still_open(ours);
}
TEST_F(misuse, examined_before_consumed) {
  const auto buffer = read_forty();
  EXPECT_EQ(p.reader().advance(buffer.at(20), buffer.at(19)), errc::examined_before_consumed);
  still_open(buffer);
}
TEST_F(misuse, advance_beyond_the_end) {
  const auto before = read_forty();
  EXPECT_FALSE(p.reader().advance(before.start(), before.start()));
  put(p.writer(), 10, 40);
  EXPECT_FALSE(p.writer().commit());
  const auto longer = p.reader().read().buffer;
  EXPECT_FALSE(p.reader().advance(longer.at(10), longer.at(10)));
  EXPECT_EQ(longer.size(), 50U);
  put(p.writer(), 5, 50);
  pipe other(small_options());
  put(other.writer(), 60);
  EXPECT_FALSE(other.writer().commit());
  const auto theirs = other.reader().read().buffer;
  const auto ours = p.reader().read().buffer;
  EXPECT_EQ(p.reader().advance(theirs.finish()), errc::cursor_beyond_end);
  EXPECT_EQ(p.reader().advance(ours.start(), theirs.finish()), errc::cursor_beyond_end);
  EXPECT_EQ(p.stats().buffered, 40U);
  EXPECT_FALSE(p.reader().advance(ours.finish()));
}
TEST_F(misuse, read_while_reading) {
  const auto buffer = read_forty();
  EXPECT_EQ(p.reader().read().error, errc::read_in_progress);
  EXPECT_EQ(p.reader().try_read().error, errc::read_in_progress);
  EXPECT_EQ(p.reader().read_at_least(1).error, errc::read_in_progress);
  still_open(buffer);
}
TEST_F(misuse, read_while_another_thread_waits_in_one) {
  std::thread reader([&] { EXPECT_EQ(p.reader().read().buffer.size(), 5U); });
  while (p.stats().reader.parks == 0) std::this_thread::yield();
  EXPECT_EQ(p.reader().read().error, errc::overlapping);
  EXPECT_EQ(p.reader().try_read().error, errc::overlapping);
  EXPECT_EQ(p.reader().advance(cursor{}), errc::overlapping);
  EXPECT_EQ(p.reader().close(), errc::overlapping);
  put(p.writer(), 5);
  EXPECT_FALSE(p.writer().flush());
  reader.join();
}
TEST_F(misuse, read_after_close) {
  EXPECT_FALSE(p.reader().close());
  EXPECT_EQ(p.reader().read().error, errc::closed);
  EXPECT_EQ(p.reader().try_read().error, errc::closed);
  EXPECT_EQ(p.reader().advance(cursor{}), errc::closed);
}
TEST_F(misuse, write_after_close) {
  (void)p.writer().alloc(5);
  EXPECT_FALSE(p.writer().close());
  const auto got = p.writer().alloc();
  EXPECT_EQ(got.error, errc::closed);
  EXPECT_TRUE(got.memory.empty());
  EXPECT_EQ(p.writer().advance(1), errc::closed);
  EXPECT_EQ(p.writer().commit(), errc::closed);
  EXPECT_EQ(p.writer().flush(), errc::closed);
  EXPECT_EQ(p.writer().try_flush(), errc::closed);
  EXPECT_EQ(p.writer().write(pattern_bytes(0, 3)).error, errc::closed);
  EXPECT_TRUE(p.reader().read().buffer.empty());
}
TEST_F(misuse, writer_advance_past_what_was_allocated) {
  EXPECT_EQ(p.writer().advance(1), errc::advance_overrun);
  const auto got = p.writer().alloc(8);
  EXPECT_EQ(p.writer().advance(got.memory.size() + 1), errc::advance_overrun);
  EXPECT_FALSE(p.writer().advance(got.memory.size()));
  EXPECT_EQ(p.writer().advance(1), errc::advance_overrun);
  EXPECT_FALSE(p.writer().flush());
  EXPECT_EQ(p.reader().read().buffer.size(), got.memory.size());
}
TEST_F(misuse, writer_advance_after_an_append) {
  const auto bytes = pattern_bytes(0, 4);
  (void)p.writer().alloc(8);
  EXPECT_FALSE(p.writer().append({.bytes = bytes}));
  EXPECT_EQ(p.writer().advance(1), errc::advance_overrun);
}
TEST_F(misuse, any_call_of_the_writer_while_a_flush_waits) {
  put(p.writer(), 64);
  std::thread writer([&] { EXPECT_FALSE(p.writer().flush()); });
  while (p.stats().writer.parks == 0) std::this_thread::yield();
  const auto bytes = pattern_bytes(0, 4);
  release_count released;
  EXPECT_EQ(p.writer().alloc().error, errc::overlapping);
  EXPECT_EQ(p.writer().advance(0), errc::overlapping);
  EXPECT_EQ(p.writer().append(released.of(bytes)), errc::overlapping);
  EXPECT_EQ(released.calls, 0);
  EXPECT_EQ(p.writer().commit(), errc::overlapping);
  EXPECT_EQ(p.writer().flush(), errc::overlapping);
  EXPECT_EQ(p.writer().try_flush(), errc::overlapping);
  EXPECT_EQ(p.writer().write(bytes).error, errc::overlapping);
  EXPECT_EQ(p.writer().writing(), errc::overlapping);
  EXPECT_EQ(p.writer().close(), errc::overlapping);
  const auto got = p.reader().read();
  EXPECT_EQ(got.buffer.size(), 64U);
  EXPECT_FALSE(p.reader().advance(got.buffer.finish()));
  writer.join();
  EXPECT_FALSE(p.writer().alloc().error);
}
TEST_F(misuse, options_that_could_never_work) {
  EXPECT_EQ((pipe_options{.pause_threshold = 64, .resume_threshold = 65}).check(),
            errc::resume_above_pause);
  EXPECT_FALSE((pipe_options{.pause_threshold = 64, .resume_threshold = 64}).check());
  EXPECT_FALSE((pipe_options{.pause_threshold = 0, .resume_threshold = 64}).check());
  EXPECT_EQ((pipe_options{.minimum_segment = 0}).check(), errc::no_segment_size);
  try {
    const pipe bad({.pause_threshold = 64, .resume_threshold = 65});
    FAIL() << "a pipe that would pause for ever";
  } catch (const std::system_error& failure) {
    EXPECT_EQ(failure.code(), errc::resume_above_pause);
  }
}
TEST_F(misuse, reset_while_an_end_has_not_closed) {
  EXPECT_EQ(p.reset(), errc::not_closed);
  EXPECT_FALSE(p.writer().close());
  EXPECT_EQ(p.reset(), errc::not_closed);
  EXPECT_FALSE(p.reader().close());
  EXPECT_FALSE(p.reset());
  EXPECT_EQ(p.reset(), errc::not_closed);
}
TEST_F(misuse, every_error_says_what_it_is) {
  for (int value = 1; value <= static_cast<int>(errc::not_closed); ++value) {
    const auto error = make_error_code(static_cast<errc>(value));
    EXPECT_NE(error.message(), make_error_code(errc{}).message()) << value;
  }
}

}  // namespace annulus::pipelines::testing
