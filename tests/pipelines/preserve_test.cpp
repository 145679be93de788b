// Bytes that outlive their read.
#include <thread>

#include "support.hpp"

namespace annulus::pipelines::testing {

class preserve : public ::testing::Test {
 protected:
  readable_buffer read(std::size_t n, std::uint64_t from = 0) {
    put(p->writer(), n, from);
    EXPECT_FALSE(p->writer().commit());
    return p->reader().read().buffer;
  }
  void consume(const readable_buffer& buffer) {
    EXPECT_FALSE(p->reader().advance(buffer.finish()));
  }
  static pipe_options options(const std::shared_ptr<memory_pool>& pool) {
    auto made = small_options();
    made.pool = pool;
    return made;
  }

  std::shared_ptr<memory_pool> pool = std::make_shared<memory_pool>();
  std::unique_ptr<pipe> p = std::make_unique<pipe>(options(pool));
};

TEST_F(preserve, keeps_the_bytes_without_a_copy) {
  const auto buffer = read(40);
  const auto* const where = (*buffer.begin()).data();
  const auto kept = buffer.preserve();
  consume(buffer);
  for (std::uint64_t i = 1; i < 20; ++i) consume(read(40, 40 * i));
  EXPECT_EQ((*kept.begin()).data(), where);
  EXPECT_EQ(kept.size(), 40U);
  EXPECT_TRUE(holds(kept));
}
TEST_F(preserve, counts_the_bytes_that_it_pins) {
  const auto buffer = read(40);
  {
    const auto kept =
        buffer.slice(15, 2).preserve();  // the last byte of one and the first of another
    EXPECT_EQ(kept.pinned_bytes(), 32U);
    EXPECT_EQ(p->stats().pinned_bytes, 32U);
    const auto more = buffer.slice(0, 1).preserve();
    EXPECT_EQ(more.pinned_bytes(), 16U);
    EXPECT_EQ(p->stats().pinned_bytes, 32U) << "each segment once";
  }
  EXPECT_EQ(p->stats().pinned_bytes, 0U);
}
TEST_F(preserve, of_nothing_pins_nothing) {
  const auto buffer = read(40);
  EXPECT_TRUE(buffer.slice(0, 0).preserve().empty());
  EXPECT_TRUE(readable_buffer{}.preserve().empty());
  EXPECT_EQ(p->stats().pinned_bytes, 0U);
}
TEST_F(preserve, moves_and_is_empty_after_a_move_or_a_release) {
  static_assert(!std::is_copy_constructible_v<preserved_buffer>);
  static_assert(!std::is_copy_assignable_v<preserved_buffer>);
  const auto buffer = read(40);
  auto kept = buffer.preserve();
  auto taken = std::move(kept);
  EXPECT_TRUE(kept.empty());  // NOLINT(bugprone-use-after-move): what it is about
  EXPECT_TRUE(holds(taken));
  kept = buffer.slice(0, 3).preserve();
  taken = std::move(kept);
  EXPECT_EQ(taken.size(), 3U);
  EXPECT_EQ(p->stats().pinned_bytes, 16U);
  taken.release();
  taken.release();
  EXPECT_TRUE(taken.empty());
  EXPECT_EQ(taken.begin(), taken.end());
  EXPECT_EQ(p->stats().pinned_bytes, 0U);
}
TEST_F(preserve, shares_segments_with_the_pipe) {
  const auto buffer = read(40);
  auto kept = buffer.preserve();
  kept.release();
  EXPECT_TRUE(holds(buffer)) << "still the pipe's";
  consume(buffer);
}
TEST_F(preserve, outlives_the_pipe) {
  auto kept = read(40).preserve();
  p.reset();
  EXPECT_TRUE(holds(kept));
  EXPECT_EQ(pool->stats().leased, 3U);
  kept.release();
  EXPECT_EQ(pool->stats().leased, 0U);
}
TEST_F(preserve, gives_back_to_a_pipe_that_goes_on) {
  const auto buffer = read(40);
  auto kept = buffer.preserve();
  consume(buffer);
  const auto before = p->stats().leases;
  kept.release();
  consume(read(32, 40));
  EXPECT_EQ(p->stats().leases, before) << "what was kept is used again";
}
TEST_F(preserve, lasts_over_close_and_reset) {
  auto kept = read(40).preserve();
  EXPECT_FALSE(p->writer().close());
  EXPECT_FALSE(p->reader().close());
  EXPECT_EQ(pool->stats().leased, 3U);
  EXPECT_FALSE(p->reset());
  consume(read(40));
  EXPECT_TRUE(holds(kept));
}
TEST_F(preserve, of_a_foreign_segment_keeps_it_from_being_released) {
  const auto bytes = pattern_bytes(0, 40);
  release_count released;
  EXPECT_FALSE(p->writer().append(released.of(bytes)));
  EXPECT_FALSE(p->writer().commit());
  const auto buffer = p->reader().read().buffer;
  auto first = buffer.slice(0, 10).preserve();
  auto second = buffer.slice(5).preserve();
  consume(buffer);
  put(p->writer(), 1);
  EXPECT_FALSE(p->writer().commit());
  consume(p->reader().read().buffer);
  p.reset();
  EXPECT_EQ(released.calls, 0);
  second.release();
  EXPECT_EQ(released.calls, 0);
  EXPECT_TRUE(holds(first));
  first.release();
  EXPECT_EQ(released.calls, 1);
}
TEST_F(preserve, is_released_on_another_thread) {
  std::vector<preserved_buffer> handed;
  constexpr std::uint64_t rounds = 2000;
  for (std::uint64_t i = 0; i < rounds; i += 20) {
    for (std::uint64_t j = i; j < i + 20; ++j) {
      const auto buffer = read(40, 40 * j);
      handed.push_back(buffer.preserve());
      consume(buffer);
    }
    std::thread other([mine = std::move(handed), i]() mutable {
      for (std::size_t j = 0; j < mine.size(); ++j) {
        EXPECT_TRUE(holds(mine[j], 40 * (i + j)));
        mine[j].release();
      }
    });
    handed.clear();
    consume(read(40, 0));
    other.join();
  }
  EXPECT_EQ(p->stats().pinned_bytes, 0U);
}

}  // namespace annulus::pipelines::testing
