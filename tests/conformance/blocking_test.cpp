// Blocked means woken: close, error, cancel, deadline or progress always wakes a waiter. Each case
// runs many times, so that the waker comes before, while and after the waiter goes to sleep.
#include <stop_token>

#include "suite.hpp"

namespace annulus::testing {

template <class Ring>
class blocking : public suite<Ring> {
 protected:
  static constexpr std::uint64_t rounds = 300;
  // A ring whose writer has to wait: full, or for a pipe with an offer that nobody takes.
  struct stuck {
    explicit stuck() {
      const auto n = ring.limit();
      EXPECT_GE(ring.writer().reserve(n).memory.size(), n);
      EXPECT_FALSE(ring.writer().commit(n));
    }
    Ring ring{64};
  };
};
TYPED_TEST_SUITE(blocking, ring_types, ring_names);

TYPED_TEST(blocking, a_byte_wakes_the_reader) {
  for (std::uint64_t i = 0; i < this->times(TestFixture::rounds); ++i) {
    TypeParam ring(64);
    std::thread reader([&] {
      std::byte byte{};
      EXPECT_EQ(ring.reader().read({&byte, 1}).bytes, 1U);
      EXPECT_EQ(byte, pattern(7));
    });
    EXPECT_FALSE(ring.writer().write(pattern_bytes(7, 1)).error);
    reader.join();
  }
}

TYPED_TEST(blocking, space_wakes_the_writer) {
  for (std::uint64_t i = 0; i < this->times(TestFixture::rounds); ++i) {
    typename TestFixture::stuck full;
    std::thread writer([&] { EXPECT_EQ(full.ring.writer().write(pattern_bytes(0, 1)).bytes, 1U); });
    std::vector<std::byte> got(full.ring.limit() + 1);
    EXPECT_EQ(full.ring.reader().read(got, got.size()).bytes, got.size());
    writer.join();
  }
}

TYPED_TEST(blocking, the_writers_close_wakes_the_reader) {
  for (std::uint64_t i = 0; i < this->times(TestFixture::rounds); ++i) {
    TypeParam ring(64);
    std::thread reader([&] {
      std::byte byte{};
      EXPECT_EQ(ring.reader().read({&byte, 1}).error, errc::end_of_stream);
    });
    ring.writer().close();
    reader.join();
  }
}

TYPED_TEST(blocking, the_writers_error_wakes_the_reader) {
  for (std::uint64_t i = 0; i < this->times(TestFixture::rounds); ++i) {
    TypeParam ring(64);
    std::thread reader([&] { EXPECT_EQ(ring.reader().peek(1).error, some_error); });
    ring.writer().close(some_error);
    reader.join();
  }
}

TYPED_TEST(blocking, the_readers_close_wakes_the_writer) {
  for (std::uint64_t i = 0; i < this->times(TestFixture::rounds); ++i) {
    typename TestFixture::stuck full;
    std::thread writer(
        [&] { EXPECT_EQ(full.ring.writer().write(pattern_bytes(0, 9)).error, errc::closed); });
    full.ring.reader().close();
    writer.join();
  }
}

TYPED_TEST(blocking, the_readers_error_wakes_the_writer) {
  for (std::uint64_t i = 0; i < this->times(TestFixture::rounds); ++i) {
    typename TestFixture::stuck full;
    std::thread writer([&] { EXPECT_EQ(full.ring.writer().reserve(1).error, some_error); });
    full.ring.reader().close(some_error);
    writer.join();
  }
}

TYPED_TEST(blocking, a_stop_wakes_every_kind_of_wait) {
  for (std::uint64_t i = 0; i < this->times(TestFixture::rounds); ++i) {
    typename TestFixture::stuck full;
    TypeParam empty(64);
    std::stop_source source;
    const until limit(source.get_token());
    std::thread writer([&] {
      EXPECT_EQ(full.ring.writer().write(pattern_bytes(0, 9), limit).error, errc::cancelled);
      EXPECT_EQ(full.ring.writer().reserve(1, limit).error, errc::cancelled);
      EXPECT_EQ(full.ring.writer().drain(limit), errc::cancelled);
    });
    std::thread reader([&] {
      std::byte byte{};
      EXPECT_EQ(empty.reader().read({&byte, 1}, 1, limit).error, errc::cancelled);
      EXPECT_EQ(empty.reader().peek(1, limit).error, errc::cancelled);
    });
    source.request_stop();
    writer.join();
    reader.join();
  }
}

TYPED_TEST(blocking, a_cancelled_ring_goes_on_working) {
  TypeParam ring(64);
  std::stop_source source;
  source.request_stop();
  std::byte byte{};
  EXPECT_EQ(ring.reader().read({&byte, 1}, 1, source.get_token()).error, errc::cancelled);
  std::thread writer([&] { EXPECT_FALSE(ring.writer().write(pattern_bytes(0, 1)).error); });
  EXPECT_EQ(ring.reader().read({&byte, 1}).bytes, 1U);
  writer.join();
}

TYPED_TEST(blocking, a_deadline_ends_every_kind_of_wait) {
  typename TestFixture::stuck full;
  TypeParam empty(64);
  for (const auto wait : {0ms, 1ms, 5ms}) {
    const auto deadline = until::clock::now() + wait;
    std::byte byte{};
    EXPECT_EQ(full.ring.writer().write(pattern_bytes(0, 9), deadline).error, errc::timed_out);
    EXPECT_EQ(full.ring.writer().reserve(1, deadline).error, errc::timed_out);
    EXPECT_EQ(full.ring.writer().drain(deadline), errc::timed_out);
    EXPECT_EQ(empty.reader().read({&byte, 1}, 1, deadline).error, errc::timed_out);
    EXPECT_EQ(empty.reader().peek(1, deadline).error, errc::timed_out);
    EXPECT_GE(until::clock::now(), deadline);
  }
}

TYPED_TEST(blocking, a_stop_counts_what_was_transferred) {
  TypeParam ring(64);
  const auto n = ring.limit();
  std::vector<std::byte> got(n + 10);
  // Once the end waits, it has moved all that there was.
  const auto stopped_in_its_wait = [&](end_stats ring_stats::*end, auto call) {
    std::stop_source source;
    const auto before = (ring.stats().*end).waits;
    std::thread stopper([&] {
      while ((ring.stats().*end).waits == before) std::this_thread::yield();
      source.request_stop();
    });
    const transfer moved = call(until(source.get_token()));
    stopper.join();
    EXPECT_EQ(moved.error, errc::cancelled);
    return moved.bytes;
  };
  const auto written = stopped_in_its_wait(&ring_stats::writer, [&](const until& limit) {
    return ring.writer().write(pattern_bytes(0, n + 10), limit);
  });
  EXPECT_EQ(written, this->buffered ? n : 0);
  if (!this->buffered) this->put(ring, n);
  const auto read = stopped_in_its_wait(&ring_stats::reader, [&](const until& limit) {
    return ring.reader().read(got, n + 10, limit);
  });
  EXPECT_EQ(read, n);
  EXPECT_TRUE(matches(bytes_view(got).first(n), 0));
}

TYPED_TEST(blocking, a_forced_fill_read_waits_for_all_of_it) {
  for (std::uint64_t i = 0; i < this->times(TestFixture::rounds); ++i) {
    TypeParam ring(16);
    std::thread writer([&] {
      for (std::uint64_t at = 0; at < 100; at += 4)
        std::ignore = ring.writer().write(pattern_bytes(at, 4));
    });
    std::vector<std::byte> got(100);
    const auto step = ring.reader().read(got, 100);
    EXPECT_EQ(step.bytes, 100U);
    EXPECT_FALSE(step.error);
    EXPECT_TRUE(matches(got, 0));
    writer.join();
  }
}

TYPED_TEST(blocking, drain_waits_until_all_is_consumed) {
  for (std::uint64_t i = 0; i < this->times(TestFixture::rounds); ++i) {
    TypeParam ring(64);
    std::atomic<int> consumed{0};
    std::thread reader([&] {
      for (int k = 0; k < 10; ++k) {
        ASSERT_FALSE(ring.reader().peek(1).error);
        consumed.fetch_add(
            1, std::memory_order_relaxed);  // made visible by consume, as a byte would be
        ASSERT_FALSE(ring.reader().consume(1));
      }
    });
    EXPECT_FALSE(ring.writer().write(pattern_bytes(0, 10)).error);
    EXPECT_FALSE(ring.writer().drain());
    EXPECT_EQ(consumed.load(std::memory_order_relaxed), 10);
    EXPECT_TRUE(ring.empty());
    reader.join();
  }
}

TYPED_TEST(blocking, drain_is_allowed_after_close) {
  TypeParam ring(64);
  fill(ring.writer().reserve(10).memory.prefix(10), 0);
  ASSERT_FALSE(ring.writer().commit(10));
  ring.writer().close();
  std::thread reader([&] {
    std::vector<std::byte> got(10);
    EXPECT_EQ(ring.reader().read(got, 10).bytes, 10U);
  });
  EXPECT_FALSE(ring.writer().drain());
  reader.join();
}

// A writer that waits for half a ring and a reader that waits for more than is there: each must see
// that the other sleeps, or the bytes in between are stranded (coalesced wakes without a deadlock).
TYPED_TEST(blocking, no_space_is_stranded_between_two_sleepers) {
  for (std::uint64_t i = 0; i < this->times(TestFixture::rounds); ++i) {
    TypeParam ring(100);
    const auto n = ring.limit();
    std::thread writer(
        [&] { EXPECT_EQ(ring.writer().write(pattern_bytes(0, 4 * n)).bytes, 4 * n); });
    std::uint64_t at = 0;
    while (at < 3 * n) {
      const auto seen = ring.reader().peek(n * 4 / 5);
      ASSERT_FALSE(seen.error);
      ASSERT_TRUE(matches(seen.data, at));
      ASSERT_FALSE(ring.reader().consume(n / 10));
      at += n / 10;
    }
    std::vector<std::byte> rest(4 * n - at);
    EXPECT_EQ(ring.reader().read(rest, rest.size()).bytes, rest.size());
    writer.join();
  }
}

// Lost wake-up by store buffering (oneTBB #2136): one byte to and fro, both ends always about to
// sleep.
TYPED_TEST(blocking, ping_pong_never_loses_a_wake) {
  TypeParam ping(1);
  TypeParam pong(1);
  constexpr int exchanges = 20000;
  std::thread echo([&] {
    std::byte byte{};
    for (int i = 0; i < exchanges; ++i) {
      ASSERT_EQ(ping.reader().read({&byte, 1}).bytes, 1U);
      ASSERT_EQ(pong.writer().write({&byte, 1}).bytes, 1U);
    }
  });
  for (int i = 0; i < exchanges; ++i) {
    const auto sent = pattern(static_cast<std::uint64_t>(i));
    std::byte got{};
    ASSERT_EQ(ping.writer().write({&sent, 1}).bytes, 1U);
    ASSERT_EQ(pong.reader().read({&got, 1}).bytes, 1U);
    ASSERT_EQ(got, sent);
  }
  echo.join();
}

TYPED_TEST(blocking, waits_are_counted) {
  TypeParam ring(64);
  std::byte byte{};
  std::stop_source source;
  std::thread stopper([&] {
    while (ring.stats().reader.waits == 0) std::this_thread::yield();
    source.request_stop();
  });
  EXPECT_EQ(ring.reader().read({&byte, 1}, 1, source.get_token()).error, errc::cancelled);
  stopper.join();
  const auto stats = ring.stats();
  EXPECT_EQ(stats.reader.waits, 1U);
  // Not how long: some of the time may have passed before the wait began.
  EXPECT_GT(stats.reader.stalled, 0ms);
  EXPECT_EQ(stats.reader.parks > 0, variant<TypeParam>.kernel_waits);
  EXPECT_EQ(stats.writer.waits, 0U);
}

}  // namespace annulus::testing
