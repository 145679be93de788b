// What a memory policy asks for is what memory() reports, for every ring.
#include <numa.h>

#include "fixtures.hpp"

namespace annulus::testing {

template <class Ring>
class policy : public suite<Ring> {
 protected:
  static constexpr bool takes_policy = !std::is_same_v<Ring, segment_ring>;
  static constexpr std::size_t capacity = std::size_t{256} << 10;

  // For a segment, asserts that it refuses.
  static void with(const memory_policy& asked, auto check) {
    if constexpr (takes_policy) {
      Ring ring(capacity, asked);
      check(ring.memory());
    } else {
      EXPECT_EQ(refusal_of([&] { Ring ring(capacity, asked); }, errc::no_memory_policy),
                "segment of 262144 bytes: ring takes no memory policy");
    }
  }
};
TYPED_TEST_SUITE(policy, ring_types, ring_names);

int first_node() {
  const pages::node_mask allowed(numa_get_mems_allowed(), &numa_bitmask_free);
  int node = 0;
  while (numa_bitmask_isbitset(allowed.get(), static_cast<unsigned>(node)) == 0) ++node;
  return node;
}

TYPED_TEST(policy, by_itself_all_pages_are_there) {
  TypeParam ring(this->capacity);
  const auto found = ring.memory();
  EXPECT_EQ(found.huge_bytes, 0U) << "it is smaller than one";
  EXPECT_EQ(found.locked_bytes, 0U);
  if (this->takes_policy) {
    EXPECT_GE(found.bytes, this->capacity);
    EXPECT_EQ(found.page_bytes, pages::base_bytes());
    EXPECT_EQ(pages_there(found), found.bytes / pages::base_bytes());
    EXPECT_TRUE(found.prefaulted());
  } else {
    EXPECT_EQ(found.bytes, 0U) << "no segment yet";
  }
}

TYPED_TEST(policy, an_empty_one_is_untouched_base_pages) {
  if (!this->takes_policy) return;  // where it asks for nothing
  this->with({}, [&](const memory_report& found) {
    EXPECT_EQ(pages_there(found), 0U);
    EXPECT_EQ(found.page_bytes, pages::base_bytes());
    EXPECT_EQ(found.untouched_pages, found.bytes / pages::base_bytes());
    EXPECT_FALSE(found.prefaulted());
  });
}

TYPED_TEST(policy, touched_pages_are_counted) {
  TypeParam ring(this->capacity, memory_policy{});
  const auto touched = std::min<std::size_t>(10 * pages::base_bytes(), this->capacity / 2);
  fill(ring.writer().reserve(touched).memory.prefix(touched), 0);
  const auto found = ring.memory();
  EXPECT_GE(pages_there(found), touched / pages::base_bytes());
  // The heap may have been used before.
  if (this->takes_policy) {
    EXPECT_FALSE(found.prefaulted());
  }
}

TYPED_TEST(policy, prefault) {
  this->with({.prefault = true}, [&](const memory_report& found) {
    EXPECT_TRUE(found.prefaulted());
    EXPECT_GE(found.bytes, this->capacity);
    EXPECT_EQ(pages_there(found), found.bytes / pages::base_bytes());
    EXPECT_EQ(found.locked_bytes, 0U);
    EXPECT_EQ(found.huge_bytes, 0U) << "none were asked for";
  });
}

// Where the kernel would take it from everybody, and then kill somebody.
TYPED_TEST(policy, more_pages_than_the_machine_has_are_refused) {
  if (!this->takes_policy) return;  // its pages come one by one
  const auto all = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * pages::base_bytes();
  const auto none = std::make_error_code(std::errc::not_enough_memory);
  const auto bytes = "ring memory of " + std::to_string(2 * all) + " bytes cannot be ";
  for (const auto& text :
       {refusal_of([&] { TypeParam ring(2 * all); }, none),
        refusal_of([&] { TypeParam ring(2 * all, {.prefault = true}); }, none)}) {
    EXPECT_NE(text.find(bytes), std::string::npos) << text;
  }
}

TYPED_TEST(policy, one_node) {
  this->with({.nodes = {first_node()}, .prefault = true}, [&](const memory_report& found) {
    EXPECT_EQ(found.pages_on_node,
              (std::map<int, std::size_t>{{first_node(), found.bytes / pages::base_bytes()}}));
  });
}

TYPED_TEST(policy, a_bound_page_that_is_touched_later) {
  if constexpr (policy<TypeParam>::takes_policy && policy<TypeParam>::buffered) {
    TypeParam ring(this->capacity, {.nodes = {first_node()}});
    EXPECT_EQ(pages_there(ring.memory()), 0U);
    ASSERT_FALSE(ring.writer().write(pattern_bytes(0, this->capacity)).error);
    const auto found = ring.memory();
    EXPECT_EQ(found.pages_on_node.size(), 1U);
    EXPECT_EQ(found.pages_on_node.at(first_node()), found.bytes / pages::base_bytes());
  } else {
    this->with({.nodes = {first_node()}},
               [](const memory_report& found) { EXPECT_EQ(pages_there(found), 0U); });
  }
}

TYPED_TEST(policy, a_node_that_does_not_exist) {
  if (!this->takes_policy) return this->with({.nodes = {999}}, [](const auto&) { FAIL(); });
  for (const auto& nodes : {std::vector<int>{999}, {first_node(), 999}, {-1}}) {
    const auto text =
        refusal_of([&] { TypeParam ring(this->capacity, {.nodes = nodes}); }, errc::no_such_node);
    const auto wrong = "ring memory cannot be bound to NUMA node " + std::to_string(nodes.back()) +
                       ", only to " + std::to_string(first_node());
    EXPECT_EQ(text.find(wrong), 0U) << text;
  }
}

TYPED_TEST(policy, lock) {
  // Within any RLIMIT_MEMLOCK of our days.
  if (!this->takes_policy) return this->with({.lock = true}, [](const auto&) { FAIL(); });
  if constexpr (policy<TypeParam>::takes_policy) {
    TypeParam ring(4096, {.lock = true});
    const auto found = ring.memory();
    EXPECT_GE(found.bytes, 4096U);
    EXPECT_EQ(found.locked_bytes, found.bytes);
    EXPECT_TRUE(found.prefaulted());
  }
}

TYPED_TEST(policy, a_ring_under_a_policy_keeps_its_bytes) {
  if constexpr (policy<TypeParam>::takes_policy && policy<TypeParam>::buffered) {
    TypeParam ring(5000, {.nodes = {first_node()}, .prefault = true});
    expect_stream(ring, 100000);
  } else {
    this->with({.prefault = true},
               [](const memory_report& found) { EXPECT_TRUE(found.prefaulted()); });
  }
}

TYPED_TEST(policy, memory_may_be_asked_for_while_both_ends_run) {
  TypeParam ring(8192);
  constexpr std::size_t total = 1 << 20;
  std::thread producer([&] {
    EXPECT_FALSE(ring.writer().write(pattern_bytes(0, total)).error);
    ring.writer().close();
  });
  std::thread consumer([&] {
    std::vector<std::byte> to(total);
    const auto got = ring.reader().read(to, total);
    EXPECT_EQ(got.bytes, total);
    EXPECT_TRUE(matches(to, 0));
  });
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ring.memory().locked_bytes, 0U);
  producer.join();
  consumer.join();
}

TEST(mirrored_memory, a_page_touched_through_the_second_half_is_there) {
  const auto page = pages::base_bytes();
  const mirrored_storage storage(4 * page, memory_policy{});
  storage.at(4 * page - 1, 2).first[1] = std::byte{1};  // the first byte, through the second half
  EXPECT_EQ(pages_there(storage.memory()), 1U);
  EXPECT_EQ(storage.memory().untouched_pages, 3U);
  EXPECT_EQ(storage.at(0, 1).first[0], std::byte{1});
}

}  // namespace annulus::testing
