// How the lock-free rings copy large pieces: every strategy moves the same bytes, whatever the
// alignment, and the choice can be seen and fixed.
#include "suite.hpp"

namespace annulus::testing {

inline constexpr std::array strategies{copy_strategy::memcpy, copy_strategy::loop,
                                       copy_strategy::rep, copy_strategy::nontemporal};

TEST(copies, every_strategy_copies_all_and_nothing_else) {
  constexpr std::byte guard{0xa5};
  for (const auto how : strategies) {
    for (const std::size_t n : {1024U, 1025U, 1087U, 4096U, 16384U, 16447U}) {
      for (const std::size_t from_off : {0U, 1U, 15U, 63U}) {
        for (const std::size_t to_off : {0U, 1U, 15U, 32U, 63U}) {
          const auto from = pattern_bytes(7, n + from_off);
          std::vector<std::byte> to(n + to_off + 64, guard);
          copy_as(how, to.data() + to_off, from.data() + from_off, n);
          const bool is_copied =
              std::equal(from.begin() + static_cast<std::ptrdiff_t>(from_off), from.end(),
                         to.begin() + static_cast<std::ptrdiff_t>(to_off));
          const auto is_guard = [](std::byte each) { return each == guard; };
          const bool is_kept =
              std::all_of(to.begin(), to.begin() + static_cast<std::ptrdiff_t>(to_off), is_guard) &&
              std::all_of(to.end() - 64, to.end(), is_guard);
          EXPECT_TRUE(is_copied && is_kept)
              << copy_strategy_names[static_cast<std::size_t>(how)] << ", " << n
              << " bytes, off by " << from_off << " and " << to_off;
        }
      }
    }
  }
}

TEST(copies, words_name_them) {
  EXPECT_EQ(parse_copy_pair("loop"), (copy_pair{copy_strategy::loop, copy_strategy::loop}));
  EXPECT_EQ(parse_copy_pair("nontemporal:memcpy"),
            (copy_pair{copy_strategy::nontemporal, copy_strategy::memcpy}));
  for (const auto* const none : {"", "fast", "loop:", ":loop", "loop:loop:loop", "Loop"})
    EXPECT_FALSE(parse_copy_pair(none)) << none;
}

template <class Ring>
class copying : public suite<Ring> {
 protected:
  // Streams `total` bytes in pieces of odd sizes and compares them.
  static void stream(Ring& ring, std::size_t total) {
    const auto all = pattern_bytes(0, total);
    std::thread writer([&] {
      std::size_t step = 1;
      for (std::size_t at = 0; at < total; step = step * 5 % 40961) {
        const auto n = std::min(step, total - at);
        ASSERT_FALSE(ring.writer().write(bytes_view(all).subspan(at, n)).error);
        at += n;
      }
      ring.writer().close();
    });
    std::vector<std::byte> got(total);
    std::size_t done = 0;
    std::size_t step = 3;
    for (std::error_code error; !error; step = step * 7 % 30011) {
      const auto room = bytes_span(got).subspan(done, std::min(step, total - done));
      const auto one = ring.reader().read(room);
      done += one.bytes;
      error = one.error;
      if (done == total) break;
    }
    writer.join();
    EXPECT_EQ(done, total);
    EXPECT_TRUE(got == all);
  }
};

TYPED_TEST_SUITE(copying, ring_types, ring_names);

TYPED_TEST(copying, a_fixed_pair_stays_and_moves_the_same_bytes) {
  if constexpr (requires(TypeParam & ring) { ring.fix_copies({}); }) {
    for (const auto in : strategies) {
      for (const auto out : strategies) {
        TypeParam ring(std::size_t{64} << 10);
        ring.fix_copies({in, out});
        this->stream(ring, std::size_t{128} << 10);
        EXPECT_EQ(ring.stats().copies, (copy_pair{in, out}));
      }
    }
  }
}

TYPED_TEST(copying, a_trial_of_all_pairs_moves_the_same_bytes) {
  TypeParam ring(std::size_t{64} << 10);
  this->stream(ring, std::size_t{5} << 20);  // more than a trial takes
  const auto chosen = ring.stats().copies;
  EXPECT_NE(std::find(detail::tried_pairs.begin(), detail::tried_pairs.end(), chosen),
            detail::tried_pairs.end());
}

}  // namespace annulus::testing
