// Bugs of the field that leave an end asleep. The proof is the model checker's (tests/model); here
// the same happens on the real machine, many times. Each hangs if the bug is there.
#include <thread>
#include <vector>

#include "support/stream.hpp"
#include "support/suite.hpp"

namespace annulus::testing {

template <class Ring>
class wake : public suite<Ring> {};
TYPED_TEST_SUITE(wake, ring_types, ring_names);

// smallnest/ringbuffer #12: a close woke the reader only, and a writer blocked on a full ring slept
// for ever. Every close, of either end, in every kind of wait.
TYPED_TEST(wake, smallnest_12_a_close_wakes_a_blocked_writer) {
  const auto error = std::make_error_code(std::errc::io_error);
  for (std::uint64_t i = 0; i < this->times(600); ++i) {
    TypeParam ring(64);
    this->put(ring, ring.limit());
    std::error_code result;
    std::thread writer([&] {
      result = i % 3 == 0   ? ring.writer().write(pattern_bytes(0, 100)).error
               : i % 3 == 1 ? ring.writer().reserve(ring.limit()).error
                            : ring.writer().drain();
    });
    // In every second round the writer certainly waits; in the others the close may come first.
    while (i % 2 == 0 && ring.stats().writer.waits == 0) std::this_thread::yield();
    if (i % 4 < 2) {
      ring.reader().close();
    } else {
      ring.reader().close(error);
    }
    writer.join();
    ASSERT_TRUE(i % 4 < 2 ? result == errc::closed : result == error) << result.message();
  }
}

TYPED_TEST(wake, smallnest_12_a_close_wakes_a_blocked_reader) {
  for (std::uint64_t i = 0; i < this->times(600); ++i) {
    TypeParam ring(64);
    std::error_code result;
    std::thread reader([&] {
      std::vector<std::byte> got(200);
      result =
          i % 2 == 0 ? ring.reader().read(got, 200).error : ring.reader().peek(ring.limit()).error;
    });
    while (i % 4 < 2 && ring.stats().reader.waits == 0) std::this_thread::yield();
    ring.writer().close();
    reader.join();
    ASSERT_EQ(result, errc::end_of_stream) << result.message();
  }
}

// oneTBB #2136 (and libc++ #109290): the sleeper's announcement and the publisher's index each
// stayed in a store buffer while both looked at the other, and the wake was lost. One byte each
// way, so that both ends always are about to sleep.
TYPED_TEST(wake, onetbb_2136_no_wake_is_lost_to_a_store_buffer) {
  TypeParam there(1);
  TypeParam back(1);
  constexpr std::uint64_t exchanges = 20'000;
  std::thread echo([&] {
    for (std::uint64_t i = 0; i < exchanges; ++i) {
      const auto seen = there.reader().peek(1);
      ASSERT_FALSE(seen.error);
      const auto space = back.writer().reserve(1);
      ASSERT_FALSE(space.error);
      space.memory.first[0] = seen.data.first[0];
      ASSERT_FALSE(back.writer().commit(1));
      ASSERT_FALSE(there.reader().consume(1));
    }
  });
  for (std::uint64_t i = 0; i < exchanges; ++i) {
    const auto sent = pattern(i);
    std::byte got{};
    ASSERT_EQ(there.writer().write({&sent, 1}).bytes, 1U);
    ASSERT_EQ(back.reader().read({&got, 1}).bytes, 1U);
    ASSERT_EQ(got, sent);
  }
  echo.join();
}

// dotnet/runtime #75166: the writer paused at one threshold and resumed at another that the reader
// never reached. Here: a writer that waits for half a ring while a reader trickles, and then waits
// itself for more than is left.
TYPED_TEST(wake, dotnet_75166_the_resume_threshold_is_always_reached) {
  for (std::uint64_t i = 0; i < this->times(40); ++i) {
    TypeParam ring(64);
    const auto limit = ring.limit();
    const auto total = limit + 150;
    std::thread writer([&] {
      // Coalesced wakes: each of these waits for half a ring, if it may.
      ASSERT_EQ(ring.writer().write(pattern_bytes(0, total)).bytes, total);
      ring.writer().close();
    });
    std::uint64_t at = 0;
    std::vector<std::byte> got(limit);
    // Trickles, and asks for all but the few bytes that it has just freed.
    for (std::size_t trickle = 1; at + limit + 5 < total; trickle = trickle % 5 + 1) {
      ASSERT_EQ(ring.reader().read(bytes_span(got).first(trickle), trickle).bytes, trickle);
      ASSERT_TRUE(matches(bytes_view(got).first(trickle), at));
      at += trickle;
      const auto seen = ring.reader().peek(limit);
      ASSERT_FALSE(seen.error) << seen.error.message();
      ASSERT_TRUE(matches(seen.data, at));
    }
    std::vector<std::byte> rest(static_cast<std::size_t>(total - at));
    ASSERT_EQ(ring.reader().read(rest, rest.size()).bytes, rest.size());
    ASSERT_TRUE(matches(rest, at));
    writer.join();
  }
}

// The same with a reservation of half a ring, which one byte after the other makes possible.
TYPED_TEST(wake, dotnet_75166_a_trickle_wakes_a_reservation_of_half_a_ring) {
  for (std::uint64_t i = 0; i < this->times(300); ++i) {
    TypeParam ring(64);
    const auto limit = ring.limit();
    this->put(ring, limit);
    std::thread writer([&] {
      const auto space = ring.writer().reserve((limit + 1) / 2);
      ASSERT_FALSE(space.error);
      ASSERT_FALSE(ring.writer().commit(1));
    });
    // A pipe's block is given back as a whole.
    const auto freed = this->buffered ? (limit + 1) / 2 : limit;
    for (std::size_t n = 0; n < freed; ++n) {
      std::byte byte{};
      ASSERT_EQ(ring.reader().read({&byte, 1}).bytes, 1U);
      ASSERT_EQ(byte, pattern(n));
    }
    writer.join();
  }
}

}  // namespace annulus::testing
