#include <annulus/ring.hpp>
#include <set>

#include "suite.hpp"

namespace annulus::testing {

TEST(registry, holds_the_rings_of_the_design) {
  std::set<std::string_view> names;
  for (const auto& info : all_rings::infos) names.insert(info.name);
  for (const auto* const name : {"pipe", "mutex", "futex", "spsc", "mirror", "segment"})
    EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_EQ(names.size(), all_rings::infos.size()) << "every name is one ring's";
}

TEST(registry, describes_each_ring) {
  for (const auto& info : all_rings::infos) {
    EXPECT_FALSE(info.storage.empty()) << info.name;
    EXPECT_FALSE(info.waiting.empty()) << info.name;
    EXPECT_FALSE(info.source.empty()) << info.name;
  }
}

TEST(registry, finds_a_ring_by_name) {
  std::size_t capacity = 0;
  EXPECT_TRUE(all_rings::with("spsc", [&](auto type) {
    typename decltype(type)::type found(100);
    capacity = found.capacity();
  }));
  EXPECT_EQ(capacity, 100U);
}

TEST(registry, says_that_a_name_is_unknown) {
  EXPECT_FALSE(all_rings::with("sprocket", [](auto) { FAIL(); }));
}

TEST(registry, selected_ring_is_one_of_them) {
  EXPECT_TRUE(all_rings::with(variant<ring>.name, [](auto type) {
    EXPECT_TRUE((std::is_same_v<typename decltype(type)::type, ring>));
  }));
}

}  // namespace annulus::testing
