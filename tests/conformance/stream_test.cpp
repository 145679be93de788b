// Bytes come out as they went in: in order, all of them, once.
#include "suite.hpp"

namespace annulus::testing {

template <class Ring>
class stream : public suite<Ring> {};
TYPED_TEST_SUITE(stream, ring_types, ring_names);

TYPED_TEST(stream, starts_empty_and_tells_its_capacity) {
  TypeParam ring(1000);
  EXPECT_EQ(ring.size(), 0U);
  EXPECT_TRUE(ring.empty());
  EXPECT_GE(ring.limit(), 1000U);
  if (this->buffered) {
    EXPECT_GE(ring.capacity(), 1000U);
    EXPECT_EQ(ring.free(), ring.capacity());
    EXPECT_FALSE(ring.full());
  } else {
    EXPECT_EQ(ring.capacity(), 0U);
    EXPECT_TRUE(ring.full());
  }
  EXPECT_EQ(ring.writer().capacity(), ring.capacity());
  EXPECT_EQ(ring.reader().capacity(), ring.capacity());
}

TYPED_TEST(stream, capacity_of_n_holds_n_bytes) {
  for (const std::size_t asked : {1U, 2U, 3U, 7U, 64U, 1000U, 4096U, 70000U}) {
    TypeParam ring(asked);
    if (!this->buffered) {
      EXPECT_EQ(ring.writer().try_write(pattern_bytes(0, asked)).bytes, 0U);
      continue;
    }
    const auto n = ring.capacity();
    const auto sent = pattern_bytes(0, n + 1);
    const auto written = ring.writer().try_write(sent);
    EXPECT_EQ(written.bytes, n);
    EXPECT_EQ(written.error, errc::would_block);
    EXPECT_TRUE(ring.full());
    EXPECT_EQ(ring.size(), n);
    EXPECT_EQ(ring.free(), 0U);
    std::vector<std::byte> got(n + 1);
    EXPECT_EQ(ring.reader().try_read(got).bytes, n);
    EXPECT_TRUE(matches(bytes_view(got).first(n), 0));
    EXPECT_TRUE(ring.empty());
    EXPECT_EQ(ring.free(), n);
  }
}

TYPED_TEST(stream, try_read_of_nothing_would_block) {
  TypeParam ring(16);
  std::byte byte{};
  const auto got = ring.reader().try_read({&byte, 1});
  EXPECT_EQ(got.bytes, 0U);
  EXPECT_EQ(got.error, errc::would_block);
}

TYPED_TEST(stream, empty_spans_move_nothing_and_succeed) {
  TypeParam ring(16);
  for (const auto result : {ring.writer().write({}), ring.writer().try_write({}),
                            ring.reader().read({}, 0), ring.reader().try_read({})}) {
    EXPECT_EQ(result.bytes, 0U);
    EXPECT_FALSE(result.error) << result.error.message();
  }
}

TYPED_TEST(stream, every_alignment_of_a_small_ring_wraps_correctly) {
  if (!this->buffered) return;  // nothing wraps where nothing is stored
  TypeParam ring(13);
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  sizes random(1);
  std::vector<std::byte> got(ring.capacity());
  for (int i = 0; i < 20000; ++i) {
    in += ring.writer().try_write(pattern_bytes(in, random.next(0, ring.capacity()))).bytes;
    const auto n = ring.reader().try_read(bytes_span(got).first(random.next(0, got.size()))).bytes;
    ASSERT_TRUE(matches(bytes_view(got).first(n), out));
    out += n;
    ASSERT_EQ(ring.size(), in - out);
  }
  EXPECT_GT(out, 10000U);
}

// Both ends at once, with sizes from a byte to several rings, whole writes and forced-fill reads
// mixed in.
TYPED_TEST(stream, two_threads_keep_order_through_any_sizes) {
  for (const std::size_t capacity : {1U, 5U, 4096U, 65536U}) {
    TypeParam ring(capacity);
    const std::uint64_t total = capacity < 16 ? 20'000 : 4'000'000;
    std::thread producer([&] {
      sizes random(capacity);
      std::uint64_t sent = 0;
      while (sent < total) {
        const auto n = std::min<std::uint64_t>(total - sent, random.next(1, 3 * capacity));
        const auto step = ring.writer().write(pattern_bytes(sent, n));
        ASSERT_EQ(step.bytes, n);
        ASSERT_FALSE(step.error);
        sent += n;
      }
      ring.writer().close();
    });
    sizes random(capacity + 1);
    std::uint64_t received = 0;
    std::vector<std::byte> got(3 * capacity);
    for (;;) {
      const auto want = random.next(1, got.size());
      const auto step = ring.reader().read(bytes_span(got).first(want), random.next(1, want));
      ASSERT_TRUE(matches(bytes_view(got).first(step.bytes), received)) << "at " << received;
      received += step.bytes;
      if (step.error == errc::end_of_stream) break;
      ASSERT_FALSE(step.error) << step.error.message();
    }
    producer.join();
    EXPECT_EQ(received, total);
    EXPECT_EQ(ring.stats().writer.bytes, total);
    EXPECT_EQ(ring.stats().reader.bytes, total);
  }
}

// Neither end blocks; the payload must still be whole.
TYPED_TEST(stream, two_threads_with_try_calls_keep_order) {
  TypeParam ring(1024);
  const std::uint64_t total = 300'000;
  std::thread producer([&] {
    sizes random(3);
    std::uint64_t sent = 0;
    while (sent < total) {
      const auto n = std::min<std::uint64_t>(total - sent, random.next(1, 1500));
      const auto step = ring.writer().try_write(pattern_bytes(sent, n));
      sent += step.bytes;
      if (step.bytes == 0) std::this_thread::yield();
    }
    ring.writer().close();
  });
  std::uint64_t received = 0;
  std::vector<std::byte> got(1500);
  for (;;) {
    // A pipe gives to a waiting reader only, so the read side waits for a byte there.
    const auto step = this->buffered ? ring.reader().try_read(got) : ring.reader().read(got);
    ASSERT_TRUE(matches(bytes_view(got).first(step.bytes), received));
    received += step.bytes;
    if (step.error == errc::end_of_stream) break;
    if (step.bytes == 0) std::this_thread::yield();
  }
  producer.join();
  EXPECT_EQ(received, total);
}

TYPED_TEST(stream, reset_gives_a_ring_as_new) {
  TypeParam ring(64);
  std::ignore = ring.writer().try_write(pattern_bytes(0, 10));
  ring.writer().close(std::make_error_code(std::errc::io_error));
  ring.reset();
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.stats().writer.bytes, 0U);
  std::thread producer([&] {
    EXPECT_FALSE(ring.writer().write(pattern_bytes(0, 200)).error);
    ring.writer().close();
  });
  std::vector<std::byte> got(200);
  const auto step = ring.reader().read(got, 200);
  producer.join();
  EXPECT_FALSE(step.error) << step.error.message();
  EXPECT_TRUE(matches(got, 0));
}

}  // namespace annulus::testing
