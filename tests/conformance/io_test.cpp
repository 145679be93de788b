// Descriptors, other rings and single bytes: nothing is lost, whatever either side does.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <annulus/ring_io.hpp>
#include <csignal>
#include <utility>

#include "suite.hpp"

namespace annulus::testing {

// Owns a descriptor.
class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) { EXPECT_GE(fd, 0); }
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor() { close(); }
  [[nodiscard]] int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

struct channel {
  descriptor out;  // read from here
  descriptor in;   // what was written here
};
channel make_pipe() {
  int fds[2]{-1, -1};
  EXPECT_EQ(pipe2(fds, O_CLOEXEC), 0);
  return {descriptor(fds[0]), descriptor(fds[1])};
}
channel make_socket() {
  int fds[2]{-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  return {descriptor(fds[0]), descriptor(fds[1])};
}
descriptor make_file() {
  return descriptor(memfd_create("annulus-test", MFD_CLOEXEC));
}

// Writes all of the stream from `from` to `to` in pieces of at most `piece`.
void send(int fd, std::uint64_t from, std::uint64_t to, std::size_t piece) {
  while (from < to) {
    const auto bytes = pattern_bytes(from, std::min<std::uint64_t>(piece, to - from));
    const auto n = ::write(fd, bytes.data(), bytes.size());
    ASSERT_GT(n, 0) << errno;
    from += static_cast<std::uint64_t>(n);
  }
}
// Reads the stream until its end, in pieces of at most `piece`. Returns its length.
std::uint64_t receive(int fd, std::size_t piece) {
  std::vector<std::byte> got(piece);
  for (std::uint64_t at = 0;;) {
    const auto n = ::read(fd, got.data(), got.size());
    EXPECT_GE(n, 0) << errno;
    if (n <= 0) return at;
    EXPECT_TRUE(matches(bytes_view(got).first(static_cast<std::size_t>(n)), at));
    at += static_cast<std::uint64_t>(n);
  }
}
template <class Ring>
std::uint64_t drain(Ring& ring) {
  std::vector<std::byte> got(700);
  std::uint64_t at = 0;
  for (;;) {
    const auto step = ring.reader().read(got);
    EXPECT_TRUE(matches(bytes_view(got).first(step.bytes), at));
    at += step.bytes;
    if (!step.error) continue;
    EXPECT_EQ(step.error, errc::end_of_stream);
    return at;
  }
}

template <class Ring>
class io : public suite<Ring> {
 protected:
  static constexpr std::uint64_t total = suite<Ring>::times(40'000);

  void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }
};
TYPED_TEST_SUITE(io, ring_types, ring_names);

TYPED_TEST(io, reads_a_pipe_and_a_socket_to_their_end) {
  for (auto make : {&make_pipe, &make_socket}) {
    TypeParam ring(300);
    auto source = make();
    std::thread sender([&] {
      send(source.in.get(), 0, TestFixture::total, 777);
      source.in.close();
    });
    std::thread filler([&] {
      const auto step = read_from(ring.writer(), source.out.get());
      EXPECT_EQ(step.bytes, TestFixture::total);
      EXPECT_FALSE(step.error) << step.error.message();
      ring.writer().close();
    });
    EXPECT_EQ(drain(ring), TestFixture::total);
    sender.join();
    filler.join();
  }
}

TYPED_TEST(io, writes_to_a_pipe_and_a_socket_until_the_end_of_the_stream) {
  for (auto make : {&make_pipe, &make_socket}) {
    TypeParam ring(300);
    auto sink = make();
    std::thread producer([&] {
      for (std::uint64_t at = 0; at < TestFixture::total; at += 500)
        EXPECT_FALSE(ring.writer().write(pattern_bytes(at, 500)).error);
      ring.writer().close();
    });
    std::thread emptier([&] {
      const auto step = write_to(ring.reader(), sink.in.get());
      EXPECT_EQ(step.bytes, TestFixture::total);
      EXPECT_FALSE(step.error) << step.error.message();
      sink.in.close();
    });
    EXPECT_EQ(receive(sink.out.get(), 333), TestFixture::total);
    producer.join();
    emptier.join();
  }
}

// A socket with a small buffer takes part of what it is offered.
TYPED_TEST(io, short_writes_keep_the_rest) {
  TypeParam ring(100'000);
  auto sink = make_socket();
  const int small = 1;
  ASSERT_EQ(setsockopt(sink.in.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  ASSERT_EQ(fcntl(sink.in.get(), F_SETFL, O_NONBLOCK), 0);
  this->put(ring, 100'000);
  ring.writer().close();
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  int refusals = 0;
  std::vector<std::byte> got(1000);
  for (;;) {
    const auto step = write_to(ring.reader(), sink.in.get());
    sent += step.bytes;
    if (!step.error) break;
    ASSERT_EQ(step.error, std::errc::resource_unavailable_try_again);
    ++refusals;
    const auto n = ::read(sink.out.get(), got.data(), got.size());
    ASSERT_GT(n, 0);
    ASSERT_TRUE(matches(bytes_view(got).first(static_cast<std::size_t>(n)), received));
    received += static_cast<std::uint64_t>(n);
  }
  EXPECT_EQ(sent, 100'000U);
  EXPECT_GT(refusals, 0);
  sink.in.close();
  for (;;) {
    const auto n = ::read(sink.out.get(), got.data(), got.size());
    ASSERT_GE(n, 0);
    if (n == 0) break;
    ASSERT_TRUE(matches(bytes_view(got).first(static_cast<std::size_t>(n)), received));
    received += static_cast<std::uint64_t>(n);
  }
  EXPECT_EQ(received, sent);
}

TYPED_TEST(io, a_file_goes_through_and_comes_out_the_same) {
  TypeParam ring(4096);
  const auto source = make_file();
  const auto sink = make_file();
  send(source.get(), 0, TestFixture::total, 65536);
  ASSERT_EQ(lseek(source.get(), 0, SEEK_SET), 0);
  std::thread filler([&] {
    EXPECT_EQ(read_from(ring.writer(), source.get()).bytes, TestFixture::total);
    ring.writer().close();
  });
  EXPECT_EQ(write_to(ring.reader(), sink.get()).bytes, TestFixture::total);
  filler.join();
  ASSERT_EQ(lseek(sink.get(), 0, SEEK_SET), 0);
  EXPECT_EQ(receive(sink.get(), 65536), TestFixture::total);
}

TYPED_TEST(io, the_most_bytes_of_a_call_are_kept_exactly) {
  TypeParam ring(64);
  auto source = make_pipe();
  auto sink = make_pipe();
  send(source.in.get(), 0, 100, 100);
  for (std::uint64_t at = 0; at < 100; at += 20) {
    transfer step = read_from(ring.writer(), source.out.get(), 20);
    EXPECT_EQ(step.bytes, 20U);
    EXPECT_FALSE(step.error);
    EXPECT_EQ(ring.size(), 20U);
    for (const std::size_t n : {7U, 13U}) {
      step = write_to(ring.reader(), sink.in.get(), n);
      EXPECT_EQ(step.bytes, n);
      EXPECT_FALSE(step.error);
    }
    EXPECT_TRUE(ring.empty());
  }
  EXPECT_EQ(read_from(ring.writer(), source.out.get(), 0).bytes, 0U);
  sink.in.close();
  EXPECT_EQ(receive(sink.out.get(), 64), 100U);
}

TYPED_TEST(io, an_empty_source_is_a_clean_end) {
  TypeParam ring(64);
  auto source = make_pipe();
  source.in.close();
  const auto step = read_from(ring.writer(), source.out.get());
  EXPECT_EQ(step.bytes, 0U);
  EXPECT_FALSE(step.error);
  EXPECT_EQ(ring.writer().commit(1), errc::commit_overrun);
}

TYPED_TEST(io, a_bad_descriptor_is_its_own_error_and_loses_nothing) {
  TypeParam ring(64);
  EXPECT_EQ(read_from(ring.writer(), -1).error, std::errc::bad_file_descriptor);
  EXPECT_TRUE(ring.empty());
  this->put(ring, 10);
  const auto step = write_to(ring.reader(), -1);
  EXPECT_EQ(step.bytes, 0U);
  EXPECT_EQ(step.error, std::errc::bad_file_descriptor);
  EXPECT_EQ(ring.size(), 10U);
  std::vector<std::byte> got(10);
  EXPECT_EQ(ring.reader().read(got, 10).bytes, 10U);
  EXPECT_TRUE(matches(got, 0));
}

TYPED_TEST(io, a_broken_pipe_keeps_what_was_not_taken) {
  TypeParam ring(64);
  auto sink = make_pipe();
  sink.out.close();
  this->put(ring, 10);
  const auto step = write_to(ring.reader(), sink.in.get());
  EXPECT_EQ(step.bytes, 0U);
  EXPECT_EQ(step.error, std::errc::broken_pipe);
  std::vector<std::byte> got(10);
  EXPECT_EQ(ring.reader().read(got, 10).bytes, 10U);
  EXPECT_TRUE(matches(got, 0));
}

TYPED_TEST(io, a_source_without_bytes_would_block_and_can_be_tried_again) {
  TypeParam ring(64);
  auto source = make_pipe();
  ASSERT_EQ(fcntl(source.out.get(), F_SETFL, O_NONBLOCK), 0);
  EXPECT_EQ(read_from(ring.writer(), source.out.get()).error,
            std::errc::resource_unavailable_try_again);
  send(source.in.get(), 0, 10, 10);
  EXPECT_EQ(read_from(ring.writer(), source.out.get(), 10).bytes, 10U);
  EXPECT_EQ(ring.size(), 10U);
}

TYPED_TEST(io, errors_of_the_stream_end_the_call) {
  const auto error = std::make_error_code(std::errc::io_error);
  auto channel = make_pipe();
  send(channel.in.get(), 0, 10, 10);
  TypeParam ring(64);
  ring.reader().close(error);
  EXPECT_EQ(read_from(ring.writer(), channel.out.get()).error, error);
  EXPECT_EQ(write_to(ring.reader(), channel.in.get()).error, error);
  TypeParam other(64);
  EXPECT_EQ(copy(ring.reader(), other.writer()).error, error);
  EXPECT_EQ(write_byte(ring.writer(), std::byte{1}), error);
  auto byte = std::byte{42};
  EXPECT_EQ(read_byte(ring.reader(), byte), error);
  EXPECT_EQ(byte, std::byte{42});
  // Nothing was taken out of the descriptor.
  EXPECT_EQ(read_from(other.writer(), channel.out.get(), 10).bytes, 10U);
}

TYPED_TEST(io, limits_bound_the_waits_for_the_ring) {
  TypeParam ring(64);
  TypeParam full(64);
  auto channel = make_pipe();
  const auto now = until::clock::now();
  EXPECT_EQ(write_to(ring.reader(), channel.in.get(), everything, now).error, errc::timed_out);
  this->put(full, full.limit());
  EXPECT_EQ(read_from(full.writer(), channel.out.get(), everything, now).error, errc::timed_out);
  EXPECT_EQ(copy(ring.reader(), full.writer(), everything, now).error, errc::timed_out);
}

// smallnest/ringbuffer #28: while the source blocks in read(2), the reader's end goes on.
TYPED_TEST(io, a_source_that_blocks_does_not_block_the_reader) {
  TypeParam ring(64);
  auto source = make_pipe();
  std::thread filler([&] {
    const auto step = read_from(ring.writer(), source.out.get());
    EXPECT_EQ(step.bytes, 3000U);
    EXPECT_FALSE(step.error);
    ring.writer().close();
  });
  std::vector<std::byte> got(30);
  for (std::uint64_t at = 0; at < 3000; at += 30) {
    send(source.in.get(), at, at + 30, 30);
    ASSERT_EQ(ring.reader().read(got, 30).bytes, 30U);
    ASSERT_TRUE(matches(got, at));
    // The source has nothing more: the filler is in read(2), or on its way there.
    EXPECT_EQ(ring.reader().try_read(got).error, errc::would_block);
    EXPECT_EQ(ring.reader().try_peek(1).error, errc::would_block);
    EXPECT_EQ(ring.size(), 0U);
  }
  source.in.close();
  EXPECT_EQ(ring.reader().read(got).error, errc::end_of_stream);
  filler.join();
}

TYPED_TEST(io, a_sink_that_blocks_does_not_block_the_writer) {
  TypeParam ring(64);
  auto sink = make_pipe();
  ASSERT_GT(fcntl(sink.in.get(), F_SETPIPE_SZ, 4096), 0);
  std::thread emptier([&] {
    EXPECT_EQ(write_to(ring.reader(), sink.in.get()).bytes, 4096U + 64U);
    sink.in.close();
  });
  // The sink takes 4096 bytes and then blocks; of the 64 behind them all are accepted meanwhile,
  // or for a pipe offered.
  EXPECT_FALSE(ring.writer().write(pattern_bytes(0, 4096)).error);
  for (std::uint64_t i = 0; i < 64 && this->buffered; ++i)
    EXPECT_FALSE(ring.writer().write(pattern_bytes(4096 + i, 1)).error);
  if (!this->buffered) this->put(ring, 64, 4096);
  ring.writer().close();
  EXPECT_EQ(receive(sink.out.get(), 1000), 4096U + 64U);
  emptier.join();
}

TYPED_TEST(io, copies_one_ring_to_another) {
  TypeParam from(100);
  TypeParam to(77);
  std::thread producer([&] {
    sizes random(3);
    for (std::uint64_t sent = 0; sent < TestFixture::total;) {
      const auto n = std::min<std::uint64_t>(TestFixture::total - sent, random.next(1, 300));
      EXPECT_EQ(from.writer().write(pattern_bytes(sent, n)).bytes, n);
      sent += n;
    }
    from.writer().close();
  });
  std::thread copier([&] {
    const auto head = copy(from.reader(), to.writer(), 1000);
    EXPECT_EQ(head.bytes, 1000U);
    EXPECT_FALSE(head.error);
    const auto rest = copy(from.reader(), to.writer());
    EXPECT_EQ(rest.bytes, TestFixture::total - 1000);
    EXPECT_FALSE(rest.error);
    to.writer().close();
  });
  EXPECT_EQ(drain(to), TestFixture::total);
  producer.join();
  copier.join();
}

TYPED_TEST(io, a_copy_consumes_no_more_than_it_gave) {
  if (!this->buffered) return;  // nothing is given before somebody takes it
  TypeParam from(100'000);
  TypeParam to(64);
  const auto room = to.capacity();
  this->put(from, room + 30);
  std::stop_source source;
  std::thread stopper([&] {
    while (to.stats().writer.waits == 0) std::this_thread::yield();
    source.request_stop();
  });
  const auto step = copy(from.reader(), to.writer(), everything, source.get_token());
  stopper.join();
  EXPECT_EQ(step.bytes, room);
  EXPECT_EQ(step.error, errc::cancelled);
  EXPECT_EQ(from.size(), 30U);
  to.reader().close();
  EXPECT_EQ(copy(from.reader(), to.writer()).error, errc::closed);
  std::vector<std::byte> rest(30);
  EXPECT_EQ(from.reader().read(rest, 30).bytes, 30U);
  EXPECT_TRUE(matches(rest, room));
}

TYPED_TEST(io, a_source_that_fails_fails_the_ring_if_it_is_told_to) {
  const std::error_code bad = std::make_error_code(std::errc::bad_file_descriptor);
  for (const auto told : {on_error::keep_open, on_error::close}) {
    TypeParam ring(64);
    EXPECT_EQ(read_from(ring.writer(), -1, everything, {}, told).error, bad);
    EXPECT_EQ(ring.reader().try_peek(1).error,
              told == on_error::close ? bad : make_error_code(errc::would_block));
  }
  // A reader that waits goes.
  TypeParam ring(64);
  std::thread reader([&] { EXPECT_EQ(ring.reader().peek(1).error, bad); });
  EXPECT_EQ(read_from(ring.writer(), -1, everything, {}, on_error::close).bytes, 0U);
  reader.join();
}

TYPED_TEST(io, a_sink_that_fails_fails_the_ring_if_it_is_told_to) {
  const std::error_code bad = std::make_error_code(std::errc::bad_file_descriptor);
  for (const auto told : {on_error::keep_open, on_error::close}) {
    TypeParam ring(64);
    this->put(ring, 10);
    const auto step = write_to(ring.reader(), -1, everything, {}, told);
    EXPECT_EQ(step.bytes, 0U);
    EXPECT_EQ(step.error, bad);
    if (told == on_error::close) {
      EXPECT_EQ(ring.writer().drain(), bad);
      EXPECT_EQ(ring.writer().try_write(pattern_bytes(0, 1)).error, bad);
    } else {
      EXPECT_EQ(ring.reader().peek(10).data.size(), 10U);
    }
  }
}

TYPED_TEST(io, a_copy_passes_an_error_on_both_ways_if_it_is_told_to) {
  for (const auto told : {on_error::keep_open, on_error::close}) {
    const bool passed = told == on_error::close;
    {
      TypeParam from(64), to(64);
      from.writer().close(some_error);
      EXPECT_EQ(copy(from.reader(), to.writer(), everything, {}, told).error, some_error);
      EXPECT_EQ(to.reader().try_peek(1).error,
                passed ? some_error : make_error_code(errc::would_block));
    }
    {
      TypeParam from(64), to(64);
      this->put(from, 10);
      to.reader().close(some_error);
      const auto step = copy(from.reader(), to.writer(), everything, {}, told);
      EXPECT_EQ(step.bytes, 0U);
      EXPECT_EQ(step.error, some_error);
      EXPECT_EQ(from.writer().commit(0), passed ? some_error : std::error_code{});
    }
    {
      TypeParam from(64), to(64);
      const auto now = until::clock::now();
      EXPECT_EQ(copy(from.reader(), to.writer(), everything, now, told).error, errc::timed_out);
      EXPECT_EQ(from.writer().commit(0),
                passed ? make_error_code(errc::timed_out) : std::error_code{});
      EXPECT_EQ(to.reader().try_peek(1).error,
                make_error_code(passed ? errc::timed_out : errc::would_block));
    }
  }
}

// EAGAIN is no end, and the end of a source or of a stream no error.
TYPED_TEST(io, what_goes_on_or_ended_well_fails_nothing) {
  TypeParam ring(64);
  auto source = make_pipe();
  ASSERT_EQ(fcntl(source.out.get(), F_SETFL, O_NONBLOCK), 0);
  const auto filled = [&] {
    return read_from(ring.writer(), source.out.get(), everything, {}, on_error::close).error;
  };
  EXPECT_EQ(filled(), std::errc::resource_unavailable_try_again);
  source.in.close();
  EXPECT_EQ(filled(), std::error_code{});
  EXPECT_EQ(ring.reader().try_peek(1).error, errc::would_block);
  ring.writer().close();
  TypeParam to(64);
  EXPECT_FALSE(copy(ring.reader(), to.writer(), everything, {}, on_error::close).error);
  EXPECT_EQ(to.reader().try_peek(1).error, errc::would_block);
}

// What an end below has of its ring, and the error that it fails it with.
template <class Ring>
class failing_end {
 public:
  failing_end(Ring& ring, std::error_code error) : ring_(ring), error_(error) {}
  failing_end(const failing_end&) = delete;
  failing_end& operator=(const failing_end&) = delete;
  [[nodiscard]] std::size_t size() const noexcept { return ring_.size(); }
  [[nodiscard]] std::size_t free() const noexcept { return ring_.free(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return ring_.capacity(); }
  [[nodiscard]] std::size_t limit() const noexcept { return ring_.limit(); }
  [[nodiscard]] bool empty() const noexcept { return ring_.empty(); }
  [[nodiscard]] bool full() const noexcept { return ring_.full(); }
  [[nodiscard]] ring_stats stats() const { return ring_.stats(); }

 protected:
  Ring& ring_;
  std::error_code error_;
};

// A reader end that fails the ring when it gives back what a sink has taken.
template <class Ring>
class failing_reader : public failing_end<Ring> {
 public:
  using failing_end<Ring>::failing_end;
  auto& end() { return ring_.reader(); }

  peeked peek(std::size_t min, const until& limit = {}) { return end().peek(min, limit); }
  std::error_code consume(std::size_t n) {
    ring_.writer().close(error_);
    return end().consume(n);
  }
  transfer read(bytes_span to, std::size_t min = 1, const until& limit = {}) {
    return end().read(to, min, limit);
  }
  transfer try_read(bytes_span to) { return end().try_read(to); }
  peeked try_peek(std::size_t min) { return end().try_peek(min); }
  void close() { end().close(); }
  void close(std::error_code error) { end().close(error); }

 private:
  using failing_end<Ring>::ring_;
  using failing_end<Ring>::error_;
};

TYPED_TEST(io, what_a_descriptor_took_is_counted_though_the_ring_fails_meanwhile) {
  TypeParam ring(64);
  auto sink = make_pipe();
  this->put(ring, 10);
  failing_reader<TypeParam> end(ring, some_error);
  const auto step = write_to(end, sink.in.get());
  EXPECT_EQ(step.bytes, 10U);
  EXPECT_EQ(step.error, some_error);
  sink.in.close();
  EXPECT_EQ(receive(sink.out.get(), 64), 10U);
}
TYPED_TEST(io, what_the_other_ring_took_is_counted_though_the_source_fails_meanwhile) {
  if (!this->buffered) return;  // nothing is taken before somebody reads it
  TypeParam from(64);
  TypeParam to(64);
  this->put(from, 10);
  failing_reader<TypeParam> end(from, some_error);
  const auto step = copy(end, to.writer());
  EXPECT_EQ(step.bytes, 10U);
  EXPECT_EQ(step.error, some_error);
  std::vector<std::byte> got(10);
  EXPECT_EQ(to.reader().read(got, 10).bytes, 10U);
  EXPECT_TRUE(matches(got, 0));
}
// A writer end that fails the ring when it is about to publish what a source gave.
template <class Ring>
class failing_writer : public failing_end<Ring> {
 public:
  using failing_end<Ring>::failing_end;
  auto& end() { return ring_.writer(); }

  reservation reserve(std::size_t min, const until& limit = {}) {
    return end().reserve(min, limit);
  }
  std::error_code commit(std::size_t n) {
    ring_.fail(error_);
    return end().commit(n);
  }
  transfer write(bytes_view from, const until& limit = {}) { return end().write(from, limit); }
  transfer try_write(bytes_view from) { return end().try_write(from); }
  reservation try_reserve(std::size_t min) { return end().try_reserve(min); }
  void cork() { end().cork(); }
  void flush() { end().flush(); }
  void uncork() { end().uncork(); }
  std::error_code drain(const until& limit = {}) { return end().drain(limit); }
  void close() { end().close(); }
  void close(std::error_code error) { end().close(error); }

 private:
  using failing_end<Ring>::ring_;
  using failing_end<Ring>::error_;
};

TYPED_TEST(io, what_a_ring_did_not_take_of_a_descriptor_is_counted_as_lost) {
  TypeParam ring(64);
  auto source = make_pipe();
  send(source.in.get(), 0, 10, 10);
  failing_writer<TypeParam> end(ring, some_error);
  const auto step = read_from(end, source.out.get());
  EXPECT_EQ(step.bytes, 0U);
  EXPECT_EQ(step.lost, 10U);
  EXPECT_EQ(step.error, some_error);
}

// Wherever the filler is when the reader fails the ring: each byte is somewhere.
TYPED_TEST(io, every_byte_of_a_descriptor_is_counted_lost_or_still_there) {
  TypeParam ring(64);
  auto source = make_pipe();
  filled step;
  std::thread filler([&] { step = read_from(ring.writer(), source.out.get()); });
  send(source.in.get(), 0, 10, 10);
  std::vector<std::byte> got(10);
  EXPECT_EQ(ring.reader().read(got, 10).bytes, 10U);
  ring.reader().close(some_error);
  send(source.in.get(), 10, 20, 10);
  filler.join();
  EXPECT_EQ(step.bytes, 10U);
  EXPECT_EQ(step.error, some_error);
  ASSERT_EQ(fcntl(source.out.get(), F_SETFL, O_NONBLOCK), 0);
  const auto left = ::read(source.out.get(), got.data(), got.size());
  EXPECT_EQ(step.lost + static_cast<std::size_t>(std::max<ssize_t>(left, 0)), 10U);
}

TYPED_TEST(io, single_bytes) {
  TypeParam ring(7);
  constexpr std::uint64_t n = TestFixture::times(5000);
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < n; ++i) EXPECT_FALSE(write_byte(ring.writer(), pattern(i)));
    ring.writer().close();
  });
  std::byte byte{};
  for (std::uint64_t i = 0; i < n; ++i) {
    ASSERT_FALSE(read_byte(ring.reader(), byte));
    ASSERT_EQ(byte, pattern(i));
  }
  EXPECT_EQ(read_byte(ring.reader(), byte), errc::end_of_stream);
  EXPECT_EQ(byte, pattern(n - 1));
  producer.join();
}

}  // namespace annulus::testing
