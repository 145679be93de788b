// Pipes and descriptors.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include "support.hpp"

namespace annulus::pipelines::testing {

// A pair of connected sockets.
class io : public ::testing::Test {
 protected:
  io() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0); }
  io(const io&) = delete;
  io& operator=(const io&) = delete;
  ~io() override {
    hang_up(0);
    hang_up(1);
  }
  void hang_up(std::size_t which) {
    if (ends.at(which) >= 0) close(std::exchange(ends.at(which), -1));
  }
  void never_block() {
    for (const auto end : ends) EXPECT_EQ(fcntl(end, F_SETFL, O_NONBLOCK), 0);
  }
  void send(std::size_t n, std::uint64_t from = 0) {
    EXPECT_EQ(::write(ends[0], pattern_bytes(from, n).data(), n), static_cast<ssize_t>(n));
  }
  std::vector<std::byte> receive() {
    std::vector<std::byte> all;
    std::array<std::byte, 5000> some{};
    for (ssize_t n = 0; (n = ::read(ends[1], some.data(), some.size())) > 0;)
      all.insert(all.end(), some.begin(), some.begin() + n);
    return all;
  }

  std::array<int, 2> ends{-1, -1};
  pipe p{{.minimum_segment = 16, .pause_threshold = 0, .resume_threshold = 0}};
};

TEST_F(io, read_from_reads_into_two_segments_until_the_end) {
  put(p.writer(), 3);
  send(25, 3);
  hang_up(0);
  const auto got = p.writer().read_from(ends[1]);
  EXPECT_FALSE(got.error);
  EXPECT_EQ(got.bytes, 25U);
  const auto seen = p.reader().read().buffer;
  EXPECT_EQ(seen.size(), 28U);
  EXPECT_TRUE(holds(seen));
  EXPECT_EQ(std::distance(seen.begin(), seen.end()), 2);
  EXPECT_EQ(p.stats().reader.waits, 0U);
}
TEST_F(io, read_some_from_reads_once) {
  send(100);
  const auto got = read_some_from(p.writer(), ends[1]);
  EXPECT_FALSE(got.error);
  EXPECT_EQ(got.bytes, 32U) << "two segments, although there is more";
  EXPECT_EQ(read_some_from(p.writer(), ends[1], 5).bytes, 5U);
  EXPECT_EQ(p.reader().read().buffer.size(), 37U) << "flushed";
  hang_up(0);
  EXPECT_EQ(p.writer().read_from(ends[1]).bytes, 63U);
  const auto end = read_some_from(p.writer(), ends[1]);
  EXPECT_FALSE(end.error);
  EXPECT_EQ(end.bytes, 0U);
}
TEST_F(io, read_some_from_counts_what_the_pipe_took_when_the_wait_ends) {
  pipe small(small_options());
  put(small.writer(), 60);
  send(20);
  const auto got = ended_when_it_waits(small, [&](until limit) {
    return read_some_from(small.writer(), ends[1], everything, limit);
  });
  EXPECT_EQ(got.error, errc::cancelled);
  EXPECT_EQ(got.bytes, 20U);
  EXPECT_EQ(small.reader().read().buffer.size(), 80U);
}
TEST_F(io, try_read_some_from_never_waits_for_the_pipe) {
  pipe small(small_options());
  put(small.writer(), 60);
  send(20);
  const auto got = try_read_some_from(small.writer(), ends[1]);
  EXPECT_EQ(got.error, errc::would_block);
  EXPECT_EQ(got.bytes, 20U);
  EXPECT_EQ(small.reader().read().buffer.size(), 80U);
}
TEST_F(io, read_from_stops_at_the_most_it_may) {
  send(100);
  EXPECT_EQ(p.writer().read_from(ends[1], 50).bytes, 50U);
  EXPECT_EQ(p.writer().read_from(ends[1], 50).bytes, 50U);
  EXPECT_TRUE(holds(p.reader().read().buffer));
}
TEST_F(io, read_from_returns_what_there_is_of_a_descriptor_that_would_block) {
  never_block();
  send(40);
  const auto got = p.writer().read_from(ends[1]);
  EXPECT_EQ(got.error, std::errc::resource_unavailable_try_again);
  EXPECT_EQ(got.bytes, 40U);
  EXPECT_EQ(p.reader().read().buffer.size(), 40U);
}
TEST_F(io, read_from_carries_errors) {
  EXPECT_EQ(p.writer().read_from(-1).error, std::errc::bad_file_descriptor);
  EXPECT_FALSE(p.reader().close());
  send(5);
  EXPECT_EQ(p.writer().read_from(ends[1]).error, errc::closed);
  EXPECT_FALSE(p.writer().close());
  EXPECT_EQ(p.writer().read_from(ends[1]).error, errc::closed);
}
TEST_F(io, write_to_writes_many_segments_until_the_end) {
  put(p.writer(), 5000);  // more segments than one writev takes
  EXPECT_FALSE(p.writer().close());
  const auto got = p.reader().write_to(ends[0]);
  EXPECT_FALSE(got.error);
  EXPECT_EQ(got.bytes, 5000U);
  hang_up(0);
  const auto all = receive();
  EXPECT_EQ(all.size(), 5000U);
  EXPECT_TRUE(annulus::testing::matches(all, 0));
  EXPECT_EQ(p.stats().buffered, 0U);
}
TEST_F(io, write_to_stops_at_the_most_it_may) {
  put(p.writer(), 100);
  EXPECT_FALSE(p.writer().close());
  EXPECT_EQ(p.reader().write_to(ends[0], 33).bytes, 33U);
  const auto rest = p.reader().read();
  EXPECT_EQ(rest.buffer.size(), 67U);
  EXPECT_TRUE(holds(rest.buffer, 33));
}
TEST_F(io, write_to_keeps_what_a_full_descriptor_did_not_take) {
  never_block();
  pipe large({.minimum_segment = 64 << 10, .pause_threshold = 0, .resume_threshold = 0});
  constexpr std::size_t total = 4 << 20;
  put(large.writer(), total);
  EXPECT_FALSE(large.writer().close());
  std::vector<std::byte> all;
  while (all.size() < total) {
    const auto got = large.reader().write_to(ends[0]);
    if (!got.error) {
      hang_up(0);
    } else {
      ASSERT_EQ(got.error, std::errc::resource_unavailable_try_again);
    }
    const auto received = receive();
    ASSERT_EQ(received.size(), got.bytes);
    all.insert(all.end(), received.begin(), received.end());
  }
  EXPECT_EQ(all.size(), total);
  EXPECT_TRUE(annulus::testing::matches(all, 0));
}
TEST_F(io, write_to_carries_errors) {
  put(p.writer(), 10);
  EXPECT_FALSE(p.writer().flush());
  EXPECT_EQ(p.reader().write_to(-1).error, std::errc::bad_file_descriptor);
  EXPECT_EQ(p.stats().buffered, 10U);
  p.reader().cancel_pending_read();
  EXPECT_EQ(p.reader().write_to(ends[0]).error, errc::cancelled);
  EXPECT_EQ(p.stats().buffered, 10U);
  const auto waits = [&](until limit) { return p.reader().write_to(ends[0], everything, limit); };
  const auto stopped = ended_when_it_waits(p, waits);
  EXPECT_EQ(stopped.error, errc::cancelled);
  EXPECT_EQ(stopped.bytes, 10U);
  EXPECT_EQ(p.stats().buffered, 0U);
  EXPECT_FALSE(p.writer().close(some_error));
  EXPECT_EQ(p.reader().write_to(ends[0]).error, some_error);
}
TEST_F(io, write_to_any_sink) {
  put(p.writer(), 100);
  EXPECT_FALSE(p.writer().close());
  pipe other({.minimum_segment = 7, .pause_threshold = 0, .resume_threshold = 0});
  EXPECT_EQ(p.reader().write_to(other.writer()).bytes, 100U);
  EXPECT_TRUE(holds(other.reader().read().buffer));
}
// Throws once it has taken some pieces.
struct throwing_sink {
  int pieces;
  std::vector<std::byte> taken{};

  transfer write(bytes_view piece) {
    if (pieces-- == 0) throw std::runtime_error("sink");
    taken.insert(taken.end(), piece.begin(), piece.end());
    return {piece.size(), {}};
  }
};
TEST_F(io, a_sink_that_throws_leaves_a_reader_that_can_go_on) {
  for (const int before : {0, 1, 3}) {
    pipe source({.minimum_segment = 16, .pause_threshold = 0, .resume_threshold = 0});
    put(source.writer(), 100);
    EXPECT_FALSE(source.writer().close());
    throwing_sink sink{before};
    EXPECT_THROW((void)source.reader().write_to(sink), std::runtime_error);
    EXPECT_TRUE(annulus::testing::matches(sink.taken, 0));
    EXPECT_EQ(source.stats().buffered, 100 - sink.taken.size()) << "what it took is consumed";
    sink.pieces = -1;
    const auto rest = source.reader().write_to(sink);
    EXPECT_FALSE(rest.error) << rest.error.message();
    EXPECT_EQ(sink.taken.size(), 100U);
    EXPECT_TRUE(annulus::testing::matches(sink.taken, 0));
  }
}
// Whose stream fails while it writes.
struct closing_sink {
  pipe_writer& of;
  std::size_t taken = 0;

  transfer write(bytes_view piece) {
    taken += piece.size();
    static_cast<void>(of.close(std::make_error_code(std::errc::io_error)));
    return {piece.size(), {}};
  }
};
TEST_F(io, what_a_sink_took_is_counted_though_the_stream_fails_meanwhile) {
  put(p.writer(), 10);
  EXPECT_FALSE(p.writer().flush());
  closing_sink sink{p.writer()};
  const auto got = p.reader().write_to(sink);
  EXPECT_EQ(got.bytes, 10U);
  EXPECT_EQ(got.bytes, sink.taken);
  EXPECT_EQ(got.error, std::errc::io_error);
}
TEST_F(io, a_source_that_fails_fails_the_stream_if_it_is_told_to) {
  std::thread reader([&] { EXPECT_EQ(p.reader().read().error, std::errc::bad_file_descriptor); });
  while (p.stats().reader.parks == 0) std::this_thread::yield();
  EXPECT_EQ(p.writer().read_from(-1).error, std::errc::bad_file_descriptor);
  EXPECT_FALSE(p.writer().alloc().error) << "it was not told to";
  EXPECT_EQ(p.writer().read_from(-1, everything, {}, on_error::close).error,
            std::errc::bad_file_descriptor);
  reader.join();
  EXPECT_EQ(p.writer().alloc().error, errc::closed);
}
TEST_F(io, what_may_be_tried_again_fails_no_stream) {
  never_block();
  send(40);
  const auto got = p.writer().read_from(ends[1], everything, {}, on_error::close);
  EXPECT_EQ(got.error, std::errc::resource_unavailable_try_again);
  EXPECT_EQ(got.bytes, 40U);
  EXPECT_FALSE(p.writer().alloc().error);
  EXPECT_EQ(p.reader().read().buffer.size(), 40U);
}
TEST_F(io, a_sink_that_fails_fails_the_stream_if_it_is_told_to) {
  pipe small(small_options());
  put(small.writer(), 64);
  std::thread writer([&] { EXPECT_EQ(small.writer().flush(), std::errc::bad_file_descriptor); });
  while (small.stats().writer.parks == 0) std::this_thread::yield();
  EXPECT_EQ(small.reader().write_to(-1).error, std::errc::bad_file_descriptor);
  EXPECT_EQ(small.reader().write_to(-1, everything, {}, on_error::close).error,
            std::errc::bad_file_descriptor);
  writer.join();
}
TEST_F(io, a_sink_that_throws_fails_the_stream_if_it_is_told_to) {
  put(p.writer(), 40);
  EXPECT_FALSE(p.writer().flush());
  throwing_sink sink{1};
  EXPECT_THROW((void)p.reader().write_to(sink, everything, {}, on_error::close),
               std::runtime_error);
  EXPECT_EQ(p.writer().flush(), std::errc::io_error);
  EXPECT_EQ(p.stats().reader.bytes, sink.taken.size()) << "what it took is counted";
}
TEST_F(io, a_pump_whose_limit_is_over_fails_the_stream_if_it_is_told_to) {
  put(p.writer(), 40);
  EXPECT_FALSE(p.writer().flush());
  const auto late = until::clock::now();
  EXPECT_EQ(p.reader().write_to(ends[0], everything, late, on_error::close).error, errc::timed_out);
  EXPECT_EQ(p.writer().flush(), errc::timed_out);
}

TEST_F(io, longest_limits_wait_for_ever) {
  constexpr auto endless = std::chrono::hours::max();
  pipe small(small_options());
  std::thread writer([&] {
    EXPECT_FALSE(small.writer().write(pattern_bytes(0, 1000), endless).error);
    EXPECT_FALSE(small.writer().close());
    EXPECT_FALSE(small.writer().writing(endless));
  });
  std::size_t got = 0;
  while (got < 1000) {
    const auto seen = small.reader().read(endless);
    ASSERT_FALSE(seen.error) << seen.error.message();
    got += seen.buffer.size();
    ASSERT_FALSE(small.reader().advance(seen.buffer.finish()));
  }
  writer.join();
  EXPECT_EQ(small.reader().read(std::chrono::hours::min()).error, errc::timed_out);
}

TEST_F(io, a_file_goes_through_a_paused_pipe) {
  pipe small(small_options());
  constexpr std::uint64_t total = 1 << 20;
  std::thread source([&] {
    for (std::uint64_t sent = 0; sent < total; sent += 4096) send(4096, sent);
    hang_up(0);
  });
  std::thread pump([&] {
    const auto got = small.writer().read_from(ends[1]);
    EXPECT_FALSE(got.error);
    EXPECT_EQ(got.bytes, total);
    EXPECT_FALSE(small.writer().close());
  });
  std::string name = ::testing::TempDir() + "annulus_pipe_XXXXXX";
  const int file = mkstemp(name.data());
  ASSERT_GE(file, 0);
  EXPECT_EQ(unlink(name.c_str()), 0);
  EXPECT_EQ(small.reader().write_to(file).bytes, total);
  source.join();
  pump.join();
  std::vector<std::byte> all(total);
  EXPECT_EQ(pread(file, all.data(), total, 0), static_cast<ssize_t>(total));
  EXPECT_TRUE(annulus::testing::matches(all, 0));
  close(file);
}

}  // namespace annulus::pipelines::testing
