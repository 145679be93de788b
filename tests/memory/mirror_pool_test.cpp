// Mirrored memory that is used again.
#include <optional>

#include "fixtures.hpp"

namespace annulus::testing {
namespace {

constexpr std::size_t size = std::size_t{64} << 10;

const std::byte* memory_of(const mirrored_storage& storage) {
  return storage.at(0, 1).first.data();
}

TEST(mirror_pool, a_second_ring_gets_the_memory_of_the_first) {
  mirror_pool pool(size);
  const std::byte* first = nullptr;
  {
    mirror_ring ring(mirrored_storage(pool, size));
    first = ring.writer().reserve(1).memory.first.data();
    expect_stream(ring, 3 * size);
    EXPECT_EQ(pool.stats().idle_bytes, 0U);
  }
  EXPECT_EQ(pool.stats().idle_bytes, size);
  mirror_ring ring(mirrored_storage(pool, size));
  EXPECT_EQ(ring.writer().reserve(1).memory.first.data(), first);
  EXPECT_TRUE(ring.empty());
  expect_stream(ring, 3 * size);
  EXPECT_EQ(pool.stats().misses, 1U);
  EXPECT_EQ(pool.stats().hits, 1U);
  EXPECT_EQ(pool.stats().idle_bytes, 0U);
}

TEST(mirror_pool, capacities_of_the_same_pages_share) {
  mirror_pool pool(size);
  { const mirrored_storage storage(pool, size - 1); }
  const mirrored_storage storage(pool, size);
  EXPECT_EQ(storage.capacity(), size);
  EXPECT_EQ(pool.stats().hits, 1U);
}

TEST(mirror_pool, another_size_or_policy_does_not) {
  mirror_pool pool(4 * size);
  { const mirrored_storage storage(pool, size); }
  { const mirrored_storage storage(pool, 2 * size); }
  { const mirrored_storage storage(pool, size, {.prefault = true}); }
  EXPECT_EQ(pool.stats().hits, 0U);
  EXPECT_EQ(pool.stats().misses, 3U);
  EXPECT_EQ(pool.stats().idle_bytes, 4 * size);
  const mirrored_storage storage(pool, size, {.prefault = true});
  EXPECT_EQ(pool.stats().hits, 1U);
  EXPECT_TRUE(storage.memory().prefaulted());
}

TEST(mirror_pool, a_policy_still_holds_when_memory_is_used_again) {
  mirror_pool pool(size);
  const memory_policy locked{.lock = true};
  { const mirrored_storage storage(pool, 16384, locked); }
  const mirrored_storage storage(pool, 16384, locked);
  EXPECT_EQ(pool.stats().hits, 1U);
  EXPECT_EQ(storage.memory().locked_bytes, 16384U);
}

TEST(mirror_pool, keeps_within_its_limit_and_drops_the_longest_idle) {
  mirror_pool pool(2 * size);
  std::optional<mirrored_storage> one(std::in_place, pool, size), two(std::in_place, pool, size),
      three(std::in_place, pool, size);
  const auto* const second = memory_of(*two);
  const auto* const third = memory_of(*three);
  one.reset();
  two.reset();
  EXPECT_EQ(pool.stats().evicted, 0U);
  three.reset();
  EXPECT_EQ(pool.stats().evicted, 1U);
  EXPECT_EQ(pool.stats().idle_bytes, 2 * size);
  const mirrored_storage again(pool, size), once_more(pool, size);
  EXPECT_EQ(memory_of(again), third) << "the last one given back";
  EXPECT_EQ(memory_of(once_more), second);
}

TEST(mirror_pool, a_mapping_larger_than_the_limit_is_not_kept) {
  mirror_pool pool(size);
  { const mirrored_storage small(pool, size); }
  { const mirrored_storage large(pool, 2 * size); }
  EXPECT_EQ(pool.stats().idle_bytes, 0U) << "the small one was idle for longer";
  mirror_pool none(0);
  { const mirrored_storage storage(none, size); }
  { const mirrored_storage storage(none, size); }
  EXPECT_EQ(none.stats().hits, 0U);
  EXPECT_EQ(none.stats().evicted, 2U);
}

TEST(mirror_pool, memory_is_not_zeroed_but_no_ring_reads_it) {
  mirror_pool pool(size);
  {
    const mirrored_storage storage(pool, size);
    storage.at(0, 1).first[0] = std::byte{42};
  }
  mirror_ring ring(mirrored_storage(pool, size));
  EXPECT_EQ(ring.writer().reserve(1).memory.first[0], std::byte{42});
  std::byte byte{};
  EXPECT_EQ(ring.reader().try_read({&byte, 1}).error, errc::would_block);
}

TEST(mirror_pool, may_die_before_its_rings) {
  std::optional<mirror_pool> pool(std::in_place, size);
  mirror_ring ring(mirrored_storage(*pool, size));
  pool.reset();
  expect_stream(ring, 3 * size);
}

TEST(mirror_pool, a_moved_storage_goes_back_once) {
  mirror_pool pool(4 * size);
  {
    mirrored_storage one(pool, size);
    mirrored_storage two(std::move(one));
    mirrored_storage three(pool, 2 * size);
    three = std::move(two);
    EXPECT_EQ(pool.stats().idle_bytes, 2 * size) << "what was assigned over";
    EXPECT_EQ(three.capacity(), size);
  }
  EXPECT_EQ(pool.stats().idle_bytes, 3 * size);
}

TEST(mirror_pool, bad_requests_are_refused_and_leave_it_alone) {
  mirror_pool pool(size);
  EXPECT_NE(refusal_of([&] { mirrored_storage storage(pool, 0); }, errc::bad_capacity), "none");
  EXPECT_NE(refusal_of([&] { mirrored_storage storage(pool, size, {.nodes = {999}}); },
                       errc::no_such_node),
            "none");
  EXPECT_EQ(pool.stats().idle_bytes, 0U);
}

// Each fills what it has with its own bytes: memory that two hold at once would show both.
TEST(mirror_pool, two_threads_lease_at_once) {
  constexpr int rounds = 200;
  mirror_pool pool(3 * size);
  const auto use = [&](std::byte own) {
    for (int i = 0; i < rounds; ++i) {
      const mirrored_storage one(pool, size), two(pool, i % 2 == 0 ? size : 2 * size);
      for (const auto* each : {&one, &two}) {
        const auto all = each->at(0, each->capacity()).first;
        std::fill(all.begin(), all.end(), own);
      }
      for (const auto* each : {&one, &two}) {
        const auto all = each->at(0, each->capacity()).first;
        EXPECT_TRUE(std::all_of(all.begin(), all.end(), [own](auto byte) { return byte == own; }));
      }
    }
  };
  std::thread other(use, std::byte{1});
  use(std::byte{2});
  other.join();
  const auto stats = pool.stats();
  EXPECT_EQ(stats.hits + stats.misses, 4U * rounds);
  EXPECT_GT(stats.hits, 0U);
  EXPECT_LE(stats.idle_bytes, 3 * size);
}

}  // namespace
}  // namespace annulus::testing
