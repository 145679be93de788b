// cork and flush, and patience with wakes: less is told at once, and nothing is ever stranded.
#include "suite.hpp"

namespace annulus::testing {

template <class Ring>
class batches : public suite<Ring> {
 protected:
  static constexpr std::size_t total = 5000;

  // Reads all, `at_once` bytes at least each time, and compares them.
  static void expect_all(Ring& ring, std::size_t at_once) {
    std::vector<std::byte> to(64);
    std::size_t done = 0;
    while (done < total) {
      const auto min = std::min(at_once, total - done);
      const auto got = ring.reader().read(
          bytes_span(to).first(std::max(min, std::min<std::size_t>(to.size(), total - done))), min);
      ASSERT_FALSE(got.error);
      ASSERT_EQ(std::vector(to.begin(), to.begin() + static_cast<std::ptrdiff_t>(got.bytes)),
                pattern_bytes(done, got.bytes));
      done += got.bytes;
    }
  }
};
TYPED_TEST_SUITE(batches, ring_types, ring_names);

TYPED_TEST(batches, what_was_corked_and_never_flushed_arrives) {
  TypeParam ring(256);
  std::thread writer([&] {
    ring.writer().cork();
    for (std::size_t at = 0; at < this->total; at += 10)
      ASSERT_FALSE(ring.writer().write(pattern_bytes(at, 10)).error);
    // And then it is busy with something else: no flush, no close.
  });
  this->expect_all(ring, 1);
  writer.join();
  EXPECT_TRUE(ring.empty());
}

TYPED_TEST(batches, flushes_and_forced_fills_meet) {
  TypeParam ring(256);
  std::thread writer([&] {
    ring.writer().cork();
    for (std::size_t at = 0; at < this->total; at += 10) {
      ASSERT_FALSE(ring.writer().write(pattern_bytes(at, 10)).error);
      if (at % 70 == 0) ring.writer().flush();
    }
  });
  this->expect_all(ring, 40);
  writer.join();
}

TYPED_TEST(batches, a_flush_shows_all_to_who_only_tries) {
  if (!variant<TypeParam>.buffered) return;  // a write waits for its reader
  TypeParam ring(256);
  ring.writer().cork();
  this->put(ring, 30);
  ring.writer().flush();
  std::vector<std::byte> to(64);
  EXPECT_EQ(ring.reader().try_read(to).bytes, 30U);
  this->put(ring, 20);
  ring.writer().uncork();
  EXPECT_EQ(ring.reader().try_read(to).bytes, 20U);
  this->put(ring, 7);
  EXPECT_EQ(ring.reader().try_read(to).bytes, 7U);
}

TYPED_TEST(batches, a_close_a_full_ring_and_a_drain_flush) {
  if (!variant<TypeParam>.buffered) return;
  TypeParam ring(256);
  std::vector<std::byte> to(2 * ring.capacity());
  ring.writer().cork();
  EXPECT_EQ(ring.writer().try_write(pattern_bytes(0, to.size())).bytes, ring.capacity());
  EXPECT_EQ(ring.size(), ring.capacity());
  EXPECT_EQ(ring.reader().try_read(to).bytes, ring.capacity());
  this->put(ring, 5);
  EXPECT_EQ(ring.writer().drain(until(0ns)), errc::timed_out);
  std::thread reader([&] { EXPECT_EQ(ring.reader().read(bytes_span(to).first(5), 5).bytes, 5U); });
  EXPECT_FALSE(ring.writer().drain());
  reader.join();
  this->put(ring, 9);
  ring.writer().close();
  EXPECT_EQ(ring.reader().try_read(to).bytes, 9U);
  EXPECT_EQ(ring.reader().try_read(to).error, errc::end_of_stream);
}

TYPED_TEST(batches, patience_strands_nothing) {
  TypeParam ring(256);
  if constexpr (requires { ring.moderate_wakes(1ms); }) {
    for (const auto patience : {0us, 50us, 1000us}) {
      ring.reset();
      ring.moderate_wakes(patience);
      std::thread writer([&] {
        for (std::size_t at = 0; at < this->total; at += 10) {
          ASSERT_FALSE(ring.writer().write(pattern_bytes(at, 10)).error);
          if (at % 500 == 0) std::this_thread::yield();
        }
      });
      this->expect_all(ring, 1);
      writer.join();
    }
  }
}

TYPED_TEST(batches, patience_ends_with_a_close_an_error_and_a_stop) {
  TypeParam ring(4096);
  if constexpr (requires { ring.moderate_wakes(1s); }) {
    std::vector<std::byte> to(8);
    for (const auto error : {std::error_code{}, some_error}) {
      ring.reset();
      ring.moderate_wakes(1s);
      std::thread reader([&] {
        EXPECT_EQ(ring.reader().read(to).error,
                  error ? error : make_error_code(errc::end_of_stream));
      });
      ring.writer().close(error);
      reader.join();
    }
    ring.reset();
    std::stop_source stop;
    std::thread reader(
        [&] { EXPECT_EQ(ring.reader().read(to, 1, stop.get_token()).error, errc::cancelled); });
    stop.request_stop();
    reader.join();
  }
}

}  // namespace annulus::testing
