// A ready_event is readable in epoll when, and only when, its end can go on.
#include <sys/epoll.h>

#include <annulus/ready_event.hpp>

#include "suite.hpp"

namespace annulus::testing {

// An epoll set of one event.
class poller {
 public:
  explicit poller(const ready_event& event) : fd_(epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    EXPECT_EQ(epoll_ctl(fd_, EPOLL_CTL_ADD, event.fd(), &wanted), 0);
  }
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;
  ~poller() { ::close(fd_); }

  [[nodiscard]] bool readable() const { return wait_for(0) == 1; }
  void wait() const { EXPECT_EQ(wait_for(-1), 1); }

 private:
  [[nodiscard]] int wait_for(int milliseconds) const {
    epoll_event got{};
    int n = 0;
    do n = epoll_wait(fd_, &got, 1, milliseconds);
    while (n < 0 && errno == EINTR);
    return n;
  }

  int fd_;
};

template <class Ring>
class event : public suite<Ring> {};
TYPED_TEST_SUITE(event, ring_types, ring_names);

TYPED_TEST(event, bytes_make_the_readers_event_readable) {
  TypeParam ring(64);
  ready_event ready;
  const poller epoll(ready);
  ASSERT_TRUE(ready.arm(ring.reader(), 1));
  EXPECT_FALSE(epoll.readable());
  this->put(ring, 1);
  EXPECT_TRUE(epoll.readable());
  ready.clear();
  EXPECT_FALSE(epoll.readable());
}

TYPED_TEST(event, fewer_bytes_than_the_minimum_do_not) {
  if (!this->buffered) return;  // what a pipe's writer offers must be taken for more to come
  TypeParam ring(64);
  ready_event ready;
  const poller epoll(ready);
  ASSERT_TRUE(ready.arm(ring.reader(), 10));
  this->put(ring, 9);
  EXPECT_FALSE(epoll.readable());
  this->put(ring, 1, 9);
  EXPECT_TRUE(epoll.readable());
}

TYPED_TEST(event, room_makes_the_writers_event_readable) {
  TypeParam ring(64);
  const auto n = ring.limit();
  this->put(ring, n);
  ready_event ready;
  const poller epoll(ready);
  ASSERT_TRUE(ready.arm(ring.writer(), 1));
  EXPECT_FALSE(epoll.readable());
  std::vector<std::byte> got(n);
  EXPECT_EQ(ring.reader().try_read(got).bytes, n);
  EXPECT_TRUE(epoll.readable());
}

TYPED_TEST(event, is_not_armed_for_what_is_there_already) {
  TypeParam ring(64);
  ready_event ready;
  const poller epoll(ready);
  EXPECT_FALSE(ready.arm(ring.writer(), 1));
  this->put(ring, 5);
  EXPECT_FALSE(ready.arm(ring.reader(), 5));
  EXPECT_FALSE(epoll.readable());
}

TYPED_TEST(event, every_end_of_the_stream_makes_it_readable) {
  const auto error = std::make_error_code(std::errc::io_error);
  const auto after = [&](auto close_it) {
    TypeParam ring(64);
    ready_event ready;
    const poller epoll(ready);
    EXPECT_TRUE(ready.arm(ring.reader(), 1));
    close_it(ring);
    const auto readable = epoll.readable();
    EXPECT_FALSE(ready.arm(ring.reader(), 1));
    return readable;
  };
  EXPECT_TRUE(after([](auto& ring) { ring.writer().close(); }));
  EXPECT_TRUE(after([&](auto& ring) { ring.writer().close(error); }));
  EXPECT_TRUE(after([&](auto& ring) { ring.reader().close(error); }));

  TypeParam full(64);
  this->put(full, full.limit());
  ready_event ready;
  const poller epoll(ready);
  EXPECT_TRUE(ready.arm(full.writer(), 1));
  full.reader().close();
  EXPECT_TRUE(epoll.readable());
  EXPECT_FALSE(ready.arm(full.writer(), 1));
}

TYPED_TEST(event, destroying_the_ring_makes_it_readable) {
  ready_event ready;
  const poller epoll(ready);
  {
    TypeParam ring(64);
    ASSERT_TRUE(ready.arm(ring.reader(), 1));
  }
  EXPECT_TRUE(epoll.readable());
}

TYPED_TEST(event, wake_makes_it_readable) {
  TypeParam ring(64);
  ready_event ready;
  const poller epoll(ready);
  ASSERT_TRUE(ready.arm(ring.reader(), 1));
  ring.reader().wake();
  EXPECT_TRUE(epoll.readable());
}

TYPED_TEST(event, a_disarmed_one_stays_quiet) {
  TypeParam ring(64);
  ready_event ready;
  const poller epoll(ready);
  ASSERT_TRUE(ready.arm(ring.reader(), 1));
  ready.disarm(ring.reader());
  this->put(ring, 1);
  ring.writer().close();
  EXPECT_FALSE(epoll.readable());
}

// After disarm() nobody touches the event any more, however close the notification was.
TYPED_TEST(event, disarming_races_a_notification) {
  for (int i = 0; i < 500; ++i) {
    TypeParam ring(64);
    std::thread writer;
    {
      ready_event ready;
      ASSERT_TRUE(ready.arm(ring.reader(), 1));
      writer = std::thread([&] { this->put(ring, 1); });
      if (i % 2 == 0) std::this_thread::yield();
      ready.disarm(ring.reader());
    }
    writer.join();
    EXPECT_EQ(ring.size(), 1U);
  }
}

TYPED_TEST(event, an_epoll_loop_reads_a_whole_stream) {
  TypeParam ring(256);
  constexpr std::uint64_t total = TestFixture::times(300'000);
  std::thread writer([&] {
    sizes random(1);
    for (std::uint64_t sent = 0; sent < total;) {
      const auto n = std::min<std::uint64_t>(total - sent, random.next(1, 600));
      ASSERT_EQ(ring.writer().write(pattern_bytes(sent, n)).bytes, n);
      sent += n;
    }
    ring.writer().close();
  });
  ready_event ready;
  const poller epoll(ready);
  std::uint64_t received = 0;
  std::vector<std::byte> got(200);
  for (;;) {
    const auto step = ring.reader().try_read(got);
    ASSERT_TRUE(matches(bytes_view(got).first(step.bytes), received));
    received += step.bytes;
    if (step.error == errc::end_of_stream) break;
    if (step.error == errc::would_block && ready.arm(ring.reader(), 1)) {
      epoll.wait();
      ready.clear();
    }
  }
  writer.join();
  EXPECT_EQ(received, total);
}

TYPED_TEST(event, an_epoll_loop_writes_a_whole_stream) {
  TypeParam ring(256);
  constexpr std::uint64_t total = TestFixture::times(300'000);
  std::thread reader([&] {
    sizes random(1);
    std::uint64_t received = 0;
    std::vector<std::byte> got(600);
    for (transfer step; !step.error;) {
      const auto want = random.next(1, got.size());
      step = ring.reader().read(bytes_span(got).first(want), random.next(1, want));
      ASSERT_TRUE(matches(bytes_view(got).first(step.bytes), received));
      received += step.bytes;
    }
    EXPECT_EQ(received, total);
  });
  ready_event ready;
  const poller epoll(ready);
  for (std::uint64_t sent = 0; sent < total;) {
    const auto n = std::min<std::uint64_t>(total - sent, ring.limit() / 2);
    const auto space = ring.writer().try_reserve(n);
    if (!space.error) {
      fill(space.memory.prefix(n), sent);
      ASSERT_FALSE(ring.writer().commit(n));
      sent += n;
      continue;
    }
    ASSERT_EQ(space.error, errc::would_block);
    if (ready.arm(ring.writer(), n)) {
      epoll.wait();
      ready.clear();
    }
  }
  ring.writer().close();
  reader.join();
}

}  // namespace annulus::testing
