// smallnest/ringbuffer #28: the ring's lock was held while its source or its sink blocked in I/O,
// and the other end could not even look.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <annulus/ring_io.hpp>
#include <thread>
#include <vector>

#include "support/stream.hpp"
#include "support/suite.hpp"

namespace annulus::testing {

template <class Ring>
class source : public suite<Ring> {};
TYPED_TEST_SUITE(source, ring_types, ring_names);

// A request goes out through one ring only after the answer to the last came in through the other,
// and the socket between them blocks both: with a lock held across either, nothing moves.
TYPED_TEST(source, smallnest_28_no_lock_is_held_across_io) {
  int ends[2]{-1, -1};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  TypeParam in(64);
  TypeParam out(64);
  constexpr std::uint64_t total = 3000;
  std::thread receiving([&] {
    EXPECT_EQ(read_from(in.writer(), ends[0]).bytes, total);
    in.writer().close();
  });
  std::thread sending([&] {
    EXPECT_EQ(write_to(out.reader(), ends[0]).bytes, total);
    ASSERT_EQ(shutdown(ends[0], SHUT_WR), 0);
  });
  std::thread echo([&] {
    std::vector<std::byte> got(100);
    for (;;) {
      const auto n = ::read(ends[1], got.data(), got.size());
      ASSERT_GE(n, 0);
      if (n == 0) break;
      for (ssize_t done = 0; done < n;) {
        const auto put = ::write(ends[1], got.data() + done, static_cast<std::size_t>(n - done));
        ASSERT_GT(put, 0);
        done += put;
      }
    }
    ASSERT_EQ(shutdown(ends[1], SHUT_WR), 0);
  });
  std::vector<std::byte> got(30);
  for (std::uint64_t at = 0; at < total; at += 30) {
    // Both threads are in their system calls, or about to be; both rings answer all the same.
    ASSERT_EQ(in.reader().try_read(got).error, errc::would_block);
    ASSERT_EQ(in.size(), 0U);
    ASSERT_FALSE(out.writer().drain());
    ASSERT_FALSE(out.writer().write(pattern_bytes(at, 30)).error);
    ASSERT_EQ(in.reader().read(got, 30).bytes, 30U);
    ASSERT_TRUE(matches(got, at));
  }
  out.writer().close();
  EXPECT_EQ(in.reader().read(got).error, errc::end_of_stream);
  receiving.join();
  sending.join();
  echo.join();
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace annulus::testing
