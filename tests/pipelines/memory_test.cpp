// Where segments come from and go back to.
#include <array>

#include "support.hpp"

namespace annulus::pipelines::testing {

class memory : public ::testing::Test {
 protected:
  static pipe_options with(const std::shared_ptr<memory_pool>& pool) {
    auto options = small_options();
    options.pool = pool;
    return options;
  }
  std::shared_ptr<memory_pool> pool = std::make_shared<memory_pool>();
};

TEST_F(memory, of_an_allocation_is_never_empty) {
  pipe p(small_options());
  EXPECT_GE(p.writer().alloc(0).memory.size(), 1U);
  put(p.writer(), 16);
  EXPECT_GE(p.writer().alloc(0).memory.size(), 1U);
}
TEST_F(memory, is_a_minimum_segment_or_what_was_asked_for) {
  pipe p(small_options());
  EXPECT_EQ(p.writer().alloc(5).memory.size(), 16U);
  EXPECT_EQ(p.writer().alloc(500).memory.size(), 500U);
}
TEST_F(memory, repeated_allocations_take_no_lock_and_no_segment) {
  pipe p(small_options());
  (void)p.writer().alloc(10);
  const auto before = p.stats();
  const auto first = p.writer().alloc(10).memory;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(p.writer().alloc(10).memory.data(), first.data());
  EXPECT_FALSE(p.writer().advance(3));
  EXPECT_EQ(p.writer().alloc(10).memory.data(), first.data() + 3);
  EXPECT_EQ(p.stats().lock_acquisitions, before.lock_acquisitions);
  EXPECT_EQ(p.stats().leases, before.leases);
}
TEST_F(memory, each_call_takes_the_lock_once) {
  pipe p(small_options());
  put(p.writer(), 5);
  EXPECT_EQ(p.stats().lock_acquisitions, 0U);
  EXPECT_FALSE(p.writer().flush());
  EXPECT_EQ(p.stats().lock_acquisitions, 1U);
  const auto got = p.reader().read();
  EXPECT_EQ(p.stats().lock_acquisitions, 2U);
  EXPECT_FALSE(p.reader().advance(got.buffer.finish()));
  EXPECT_EQ(p.stats().lock_acquisitions, 3U);
}
TEST_F(memory, a_larger_request_returns_both_blocks) {
  {
    pipe p(with(pool));
    EXPECT_EQ(p.writer().alloc(5).memory.size(), 16U);
    EXPECT_EQ(p.writer().alloc(500).memory.size(), 500U);
    EXPECT_FALSE(p.writer().advance(1));
    EXPECT_FALSE(p.writer().flush());
    EXPECT_EQ(pool->stats().leased, 2U);
    EXPECT_EQ(p.reader().read().buffer.size(), 1U) << "no link for the block that was not used";
    EXPECT_FALSE(p.writer().close());
    EXPECT_FALSE(p.reader().close());
    EXPECT_EQ(pool->stats().leased, 0U);
  }
  EXPECT_EQ(pool->stats().pooled, 2U);
  EXPECT_EQ(pool->stats().pooled_bytes, 516U);
}
TEST_F(memory, pools_256_segment_headers_and_discards_the_next) {
  auto options = with(pool);
  options.pause_threshold = 0;
  pipe p(options);
  put(p.writer(), std::size_t{257} * 16);
  EXPECT_EQ(pool->stats().leased, 257U);
  EXPECT_FALSE(p.writer().close());
  EXPECT_FALSE(p.reader().close());
  EXPECT_EQ(pool->stats().pooled, 256U);
  EXPECT_EQ(pool->stats().discarded, 1U);
}
TEST_F(memory, of_a_pool_is_bounded_in_bytes) {
  pool = std::make_shared<memory_pool>(pool_limits{.segments = 256, .bytes = 40});
  {
    pipe p(with(pool));
    put(p.writer(), 60);
  }
  EXPECT_EQ(pool->stats().pooled, 2U);
  EXPECT_EQ(pool->stats().discarded, 2U);
  EXPECT_EQ(pool->stats().leased, 0U);
}
TEST_F(memory, in_the_steady_state_is_neither_allocated_nor_leased) {
  pipe p(with(pool));
  const auto round = [&](std::uint64_t from) {
    put(p.writer(), 40, from);
    ASSERT_FALSE(p.writer().flush());
    const auto got = p.reader().read();
    ASSERT_TRUE(holds(got.buffer, from));
    ASSERT_FALSE(p.reader().advance(got.buffer.finish()));
  };
  for (std::uint64_t i = 0; i < 10; ++i) round(40 * i);
  const auto before = p.stats();
  for (std::uint64_t i = 10; i < 10'000; ++i) round(40 * i);
  EXPECT_EQ(p.stats().leases, before.leases);
  EXPECT_EQ(p.stats().allocations, before.allocations);
}
TEST_F(memory, of_the_caller_is_written_to) {
  std::array<std::byte, 64> block{};
  pool->lend(block);
  {
    pipe p(with(pool));
    const auto got = p.writer().alloc();
    EXPECT_EQ(got.memory.data(), block.data());
    EXPECT_EQ(got.memory.size(), block.size());
    put(p.writer(), 100);
    EXPECT_FALSE(p.writer().commit());
    EXPECT_TRUE(holds(p.reader().read().buffer));
  }
  EXPECT_EQ(pool->stats().leased, 0U);
  EXPECT_EQ(pool->stats().allocations, 3U);
}
TEST_F(memory, beyond_what_a_pipe_keeps_goes_to_the_pool) {
  auto options = with(pool);
  options.pause_threshold = 0;
  pipe p(options);
  const std::size_t much = 200 << 10;
  put(p.writer(), much);
  EXPECT_FALSE(p.writer().flush());
  const auto got = p.reader().read();
  EXPECT_FALSE(p.reader().advance(got.buffer.finish()));
  EXPECT_LE(p.stats().segments * 16, (64U << 10) + 3 * 16U);
  EXPECT_EQ(pool->stats().leased, p.stats().segments);
}

TEST_F(memory, of_others_is_read_in_place_and_released_once) {
  const auto bytes = pattern_bytes(10, 1000);
  release_count released;
  {
    auto options = with(pool);
    options.pause_threshold = 0;
    pipe p(options);
    put(p.writer(), 10);
    EXPECT_FALSE(p.writer().append(released.of(bytes)));
    put(p.writer(), 10, 1010);
    EXPECT_FALSE(p.writer().flush());
    auto got = p.reader().read();
    EXPECT_EQ(got.buffer.size(), 1020U);
    EXPECT_TRUE(holds(got.buffer));
    EXPECT_EQ((*got.buffer.slice(10).begin()).data(), bytes.data());
    advance(p.reader(), got.buffer, 1009, 1009);
    EXPECT_EQ(released.calls, 0);
    got = p.reader().read();
    advance(p.reader(), got.buffer, 1, 1);
    EXPECT_EQ(released.calls, 1);
  }
  EXPECT_EQ(released.calls, 1);
  EXPECT_EQ(pool->stats().leased, 0U);
  EXPECT_EQ(pool->stats().headers, 1U);
}
TEST_F(memory, of_others_is_never_written_to) {
  const auto bytes = pattern_bytes(0, 32);
  pipe p(small_options());
  EXPECT_FALSE(p.writer().append({.bytes = bytes}));
  const auto got = p.writer().alloc();
  EXPECT_TRUE(got.memory.data() + got.memory.size() <= bytes.data() ||
              got.memory.data() >= bytes.data() + bytes.size());
}
TEST_F(memory, of_others_is_released_though_never_read) {
  const auto bytes = pattern_bytes(0, 32);
  release_count committed, uncommitted, refused, empty;
  {
    pipe p(small_options());
    EXPECT_FALSE(p.writer().append(committed.of(bytes)));
    EXPECT_FALSE(p.writer().commit());
    EXPECT_FALSE(p.writer().append(uncommitted.of(bytes)));
    EXPECT_FALSE(p.writer().append(empty.of({})));
    EXPECT_EQ(empty.calls, 1);
    EXPECT_FALSE(p.reader().close());
    EXPECT_EQ(p.writer().commit(), errc::closed);
    EXPECT_EQ(uncommitted.calls, 1);
    EXPECT_EQ(committed.calls, 0);
    EXPECT_FALSE(p.writer().close());
    EXPECT_EQ(committed.calls, 1);
    EXPECT_EQ(p.writer().append(refused.of(bytes)), errc::closed);
  }
  EXPECT_EQ(committed.calls, 1);
  EXPECT_EQ(uncommitted.calls, 1);
  EXPECT_EQ(refused.calls, 0);
}

}  // namespace annulus::pipelines::testing
