// The first error wins, both ends see it, and it stays until reset. A clean close drains first.
#include <cerrno>

#include "suite.hpp"

namespace annulus::testing {

const auto first_error = std::make_error_code(std::errc::io_error);
const auto second_error = std::make_error_code(std::errc::no_space_on_device);

template <class Ring>
class errors : public suite<Ring> {
 protected:
  // Every call of both ends that can fail with a sticky error.
  static std::vector<std::error_code> all_results(Ring& ring) {
    std::byte byte{};
    const auto now = until::clock::now();
    auto& writer = ring.writer();
    auto& reader = ring.reader();
    return {writer.write({&byte, 1}, now).error,
            writer.try_write({&byte, 1}).error,
            writer.reserve(1, now).error,
            writer.drain(now),
            reader.read({&byte, 1}, 1, now).error,
            reader.try_read({&byte, 1}).error,
            reader.peek(1, now).error};
  }
};
TYPED_TEST_SUITE(errors, ring_types, ring_names);

TYPED_TEST(errors, a_clean_close_drains_first) {
  TypeParam ring(64);
  this->put(ring, 40);
  ring.writer().close();
  std::vector<std::byte> got(64);
  auto step = ring.reader().read(bytes_span(got).first(30), 30);
  EXPECT_EQ(step.bytes, 30U);
  EXPECT_FALSE(step.error);
  step = ring.reader().read(got, 30);
  EXPECT_EQ(step.bytes, 10U);
  EXPECT_EQ(step.error, errc::end_of_stream);
  EXPECT_TRUE(matches(bytes_view(got).first(10), 30));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ring.reader().read(got).error, errc::end_of_stream);
  EXPECT_EQ(ring.reader().try_read(got).error, errc::end_of_stream);
}

TYPED_TEST(errors, a_peek_at_the_end_shows_what_is_left) {
  TypeParam ring(64);
  this->put(ring, 10);
  ring.writer().close();
  const auto seen = ring.reader().peek(20);
  EXPECT_EQ(seen.error, errc::end_of_stream);
  EXPECT_EQ(seen.data.size(), 10U);
  EXPECT_TRUE(matches(seen.data, 0));
  EXPECT_FALSE(ring.reader().consume(10));
  EXPECT_EQ(ring.reader().peek(1).error, errc::end_of_stream);
}

TYPED_TEST(errors, a_write_after_the_writers_close_is_refused) {
  TypeParam ring(64);
  ring.writer().close();
  EXPECT_EQ(ring.writer().write(pattern_bytes(0, 1)).error, errc::closed);
  EXPECT_EQ(ring.writer().try_write(pattern_bytes(0, 1)).error, errc::closed);
  EXPECT_EQ(ring.writer().reserve(1).error, errc::closed);
}

TYPED_TEST(errors, a_commit_after_a_close_is_refused) {
  TypeParam ring(64);
  ASSERT_FALSE(ring.writer().reserve(10).error);
  ring.reader().close();
  EXPECT_EQ(ring.writer().commit(10), errc::closed);
}

TYPED_TEST(errors, the_readers_close_stops_the_writer) {
  TypeParam ring(64);
  this->put(ring, 10);
  ring.reader().close();
  EXPECT_EQ(ring.writer().write(pattern_bytes(0, 1)).error, errc::closed);
  EXPECT_EQ(ring.writer().try_write(pattern_bytes(0, 1)).error, errc::closed);
  EXPECT_EQ(ring.writer().reserve(1).error, errc::closed);
  EXPECT_EQ(ring.writer().drain(), errc::closed);
  EXPECT_EQ(ring.reader().peek(1).error, errc::closed);
}

TYPED_TEST(errors, the_writers_error_is_seen_at_once_by_both_ends) {
  TypeParam ring(64);
  this->put(ring, 10);
  ring.writer().close(first_error);
  for (const auto& error : this->all_results(ring))
    EXPECT_EQ(error, first_error) << error.message();
}

TYPED_TEST(errors, the_readers_error_is_seen_at_once_by_both_ends) {
  TypeParam ring(64);
  this->put(ring, 10);
  ring.reader().close(first_error);
  for (const auto& error : this->all_results(ring))
    EXPECT_EQ(error, first_error) << error.message();
}

TYPED_TEST(errors, the_first_error_wins_and_stays) {
  TypeParam ring(64);
  ring.reader().close(first_error);
  ring.writer().close(second_error);
  ring.reader().close(second_error);
  ring.writer().close();
  ring.reader().close();
  for (int i = 0; i < 2; ++i) {
    for (const auto& error : this->all_results(ring))
      EXPECT_EQ(error, first_error) << error.message();
  }
}

TYPED_TEST(errors, an_error_after_ones_own_clean_close_changes_nothing) {
  TypeParam ring(64);
  this->put(ring, 5);
  ring.writer().close();
  ring.writer().close(first_error);
  std::vector<std::byte> got(5);
  EXPECT_EQ(ring.reader().read(got, 5).bytes, 5U);
  EXPECT_EQ(ring.reader().read(got).error, errc::end_of_stream);
}

TYPED_TEST(errors, an_error_after_the_other_ends_clean_close_is_seen) {
  TypeParam ring(64);
  this->put(ring, 5);
  ring.writer().close();
  ring.reader().close(first_error);
  EXPECT_EQ(ring.writer().drain(), first_error);
}

TYPED_TEST(errors, closing_with_no_error_is_a_clean_close) {
  TypeParam ring(64);
  this->put(ring, 5);
  ring.writer().close(std::error_code{});
  std::vector<std::byte> got(5);
  EXPECT_EQ(ring.reader().read(got, 5).bytes, 5U);
  EXPECT_EQ(ring.reader().read(got).error, errc::end_of_stream);
}

// A third thread.
TYPED_TEST(errors, from_outside_are_seen_at_once_by_both_ends) {
  for (const bool closed : {false, true}) {
    TypeParam ring(64);
    this->put(ring, 10);
    if (closed) ring.writer().close();
    std::thread([&] { ring.fail(first_error); }).join();
    ring.fail(second_error);
    for (const auto& error : this->all_results(ring))
      EXPECT_EQ(error, first_error) << error.message();
    ring.reset();
    this->put(ring, 5);
    EXPECT_EQ(ring.reader().peek(5).data.size(), 5U);
  }
}

TYPED_TEST(errors, from_outside_end_both_ends_waits) {
  for (std::uint64_t i = 0; i < this->times(200); ++i) {
    TypeParam ring(64);
    TypeParam full(64);
    this->put(full, full.limit());
    std::thread reader([&] {
      std::byte byte{};
      EXPECT_EQ(ring.reader().read({&byte, 1}).error, first_error);
    });
    std::thread writer([&] {
      if (i % 2 == 0) {
        EXPECT_EQ(full.writer().write(pattern_bytes(0, 10)).error, first_error);
      } else {
        EXPECT_EQ(full.writer().drain(), first_error);
      }
    });
    if (i % 3 != 0) {  // in their waits, or on their way there
      while (ring.stats().reader.waits == 0 || full.stats().writer.waits == 0)
        std::this_thread::yield();
    }
    ring.fail(first_error);
    full.fail(first_error);
    reader.join();
    writer.join();
  }
}

// One ring, both ends in it, and a third thread that knows of neither: a pipe's two ends wait for
// each other at once, another ring's move bytes meanwhile.
TYPED_TEST(errors, from_outside_meet_both_ends_at_work) {
  for (std::uint64_t i = 0; i < this->times(200); ++i) {
    TypeParam ring(64);
    std::thread writer([&] {
      transfer step;
      while (!step.error) step = ring.writer().write(pattern_bytes(0, 7));
      EXPECT_EQ(step.error, first_error);
    });
    std::thread reader([&] {
      std::vector<std::byte> got(5);
      transfer step;
      while (!step.error) step = ring.reader().read(got, 5);
      EXPECT_EQ(step.error, first_error);
    });
    ring.fail(first_error);
    writer.join();
    reader.join();
  }
}

TYPED_TEST(errors, that_mean_try_again_or_a_clean_end_are_none_that_last) {
  const auto wrong = {make_error_code(errc::would_block),
                      std::make_error_code(std::errc::resource_unavailable_try_again),
                      std::make_error_code(std::errc::operation_would_block),
                      std::make_error_code(std::errc::interrupted),
                      std::error_code(EAGAIN, std::system_category())};
  for (const auto& error : wrong) {
    for (const int by : {0, 1, 2}) {
      TypeParam ring(64);
      this->put(ring, 10);
      if (by == 0) ring.writer().close(error);
      if (by == 1) ring.reader().close(error);
      if (by == 2) ring.fail(error);
      for (const auto& seen : this->all_results(ring)) EXPECT_EQ(seen, errc::failed) << by;
      // Nor does a call go round and round.
      EXPECT_EQ(ring.writer().write(pattern_bytes(0, 1)).error, errc::failed);
      std::byte byte{};
      EXPECT_EQ(ring.reader().read({&byte, 1}).error, errc::failed);
      EXPECT_EQ(ring.reader().peek(1).error, errc::failed);
    }
  }
  for (const auto& error : {std::error_code{}, make_error_code(errc::end_of_stream)}) {
    TypeParam ring(64);
    ring.fail(error);
    for (const auto& seen : this->all_results(ring)) EXPECT_EQ(seen, errc::failed);
  }
}

TYPED_TEST(errors, closing_with_the_end_of_the_stream_is_a_clean_close) {
  TypeParam ring(64);
  this->put(ring, 5);
  ring.writer().close(errc::end_of_stream);
  std::vector<std::byte> got(5);
  EXPECT_EQ(ring.reader().read(got, 5).bytes, 5U);
  EXPECT_EQ(ring.reader().read(got).error, errc::end_of_stream);
  ring.reader().close(errc::end_of_stream);
  EXPECT_EQ(ring.writer().drain(), errc::closed);
}

TYPED_TEST(errors, two_threads_agree_on_one_error) {
  for (int round = 0; round < 300; ++round) {
    TypeParam ring(64);
    std::thread other([&] { ring.reader().close(first_error); });
    ring.writer().close(second_error);
    other.join();
    const auto results = this->all_results(ring);
    EXPECT_TRUE(results[0] == first_error || results[0] == second_error);
    for (const auto& error : results) EXPECT_EQ(error, results[0]);
  }
}

TYPED_TEST(errors, reset_clears_them) {
  TypeParam ring(64);
  ring.writer().close(first_error);
  ring.reader().close();
  ring.reset();
  this->put(ring, 5);
  EXPECT_EQ(ring.reader().peek(5).data.size(), 5U);
  EXPECT_FALSE(ring.reader().consume(5));
  EXPECT_FALSE(ring.writer().drain());
}

}  // namespace annulus::testing
