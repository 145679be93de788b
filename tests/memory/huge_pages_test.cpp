// Huge pages never, attempted, always. The kernel's own settings say what has to come out.
#include <sys/prctl.h>

#include "fixtures.hpp"

namespace annulus::testing {
namespace {

const std::string reserved = "/sys/kernel/mm/hugepages/hugepages-2048kB/";
const std::string transparent = "/sys/kernel/mm/transparent_hugepage/";

/// Reserves `pages` more huge pages where we may: ask free_bytes() how many came.
class reserved_pages {
 public:
  explicit reserved_pages(std::size_t pages)
      : count_(reserved + "nr_hugepages", setting(reserved + "nr_hugepages"),
               std::to_string(number_in(reserved + "nr_hugepages") + pages)) {}

 private:
  changed_setting count_;
};

std::size_t free_bytes() {
  return pages::huge_bytes *
         (number_in(reserved + "free_hugepages") - number_in(reserved + "resv_hugepages"));
}
std::size_t more_than_can_be_had() {
  return free_bytes() + pages::huge_bytes * (number_in(reserved + "nr_overcommit_hugepages") + 1);
}

/// The bytes of such a storage that transparent huge pages will back, if all are there.
std::size_t transparent_bytes(std::type_identity<flat_storage>, std::size_t bytes) {
  const auto mode = chosen_in(transparent + "enabled");
  return mode == "always" || mode == "madvise" ? bytes : 0;
}
std::size_t transparent_bytes(std::type_identity<mirrored_storage>, std::size_t bytes) {
  const auto mode = chosen_in(transparent + "shmem_enabled");
  return mode == "always" || mode == "within_size" || mode == "advise" || mode == "force" ? bytes
                                                                                          : 0;
}

template <class Storage>
class huge : public ::testing::Test {
 protected:
  static constexpr auto capacity = 2 * pages::huge_bytes;
  huge_page_lock alone_;
};
using storages = ::testing::Types<flat_storage, mirrored_storage>;
struct storage_names {
  template <class Storage>
  static std::string GetName(int) {  // NOLINT(readability-identifier-naming): GoogleTest's name
    return std::is_same_v<Storage, flat_storage> ? "flat" : "mirrored";
  }
};
TYPED_TEST_SUITE(huge, storages, storage_names);

TYPED_TEST(huge, never) {
  const TypeParam storage(this->capacity, {.huge = huge_pages::never, .prefault = true});
  const auto found = storage.memory();
  EXPECT_EQ(found.huge_bytes, 0U);
  EXPECT_EQ(found.page_bytes, pages::base_bytes());
  EXPECT_EQ(found.bytes, this->capacity);
}

TYPED_TEST(huge, attempt_gets_what_the_kernel_has) {
  const auto expected = free_bytes() >= this->capacity
                            ? this->capacity
                            : transparent_bytes(std::type_identity<TypeParam>{}, this->capacity);
  const TypeParam storage(this->capacity, {.huge = huge_pages::attempt, .prefault = true});
  const auto found = storage.memory();
  EXPECT_TRUE(found.prefaulted());
  EXPECT_LE(found.huge_bytes, expected);
  EXPECT_GE(found.huge_bytes, std::min(expected, pages::huge_bytes)) << "one at least";
  EXPECT_EQ(found.page_bytes, expected > 0 ? pages::huge_bytes : pages::base_bytes());
}

TYPED_TEST(huge, attempt_where_shared_memory_may_be_transparent) {
  const auto path = transparent + "shmem_enabled";
  const changed_setting advised(path, chosen_in(path), "advise");
  const auto expected = free_bytes() >= this->capacity
                            ? this->capacity
                            : transparent_bytes(std::type_identity<TypeParam>{}, this->capacity);
  const TypeParam storage(this->capacity, {.huge = huge_pages::attempt, .prefault = true});
  EXPECT_LE(storage.memory().huge_bytes, expected);
  EXPECT_GE(storage.memory().huge_bytes, std::min(expected, pages::huge_bytes)) << "one at least";
}

TYPED_TEST(huge, attempt_falls_back_and_says_so) {
  ASSERT_EQ(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), 0);
  {
    const TypeParam storage(more_than_can_be_had(),
                            {.huge = huge_pages::attempt, .prefault = true});
    EXPECT_EQ(storage.memory().huge_bytes, 0U);
    EXPECT_EQ(storage.memory().page_bytes, pages::base_bytes());
    EXPECT_TRUE(storage.memory().prefaulted());
  }
  ASSERT_EQ(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0), 0);
}

TYPED_TEST(huge, attempt_for_less_than_a_huge_page_rounds_nothing_up) {
  const auto page = pages::base_bytes();
  const TypeParam storage(page, {.huge = huge_pages::attempt});
  EXPECT_EQ(storage.capacity(), page);
  EXPECT_EQ(storage.memory().bytes, page);
}

TYPED_TEST(huge, always_more_than_there_are) {
  const auto bytes = more_than_can_be_had();
  const auto text = refusal_of([&] { TypeParam storage(bytes, {.huge = huge_pages::always}); },
                               errc::no_huge_pages);
  EXPECT_EQ(text.find("ring memory of " + std::to_string(bytes) + " bytes needs " +
                      std::to_string(bytes / pages::huge_bytes) +
                      " free huge pages of 2097152 bytes, there are " +
                      std::to_string(number_in(reserved + "free_hugepages"))),
            0U)
      << text;
}

// Where pages may be reserved, they are had; where not, it is an error. Both are promised.
TYPED_TEST(huge, always) {
  const reserved_pages more(2);
  const memory_policy always{.huge = huge_pages::always};
  if (free_bytes() < this->capacity) {
    EXPECT_NE(refusal_of([&] { TypeParam storage(this->capacity, always); }, errc::no_huge_pages),
              "none");
    return;
  }
  const TypeParam storage(this->capacity - 1, always);
  const auto found = storage.memory();
  EXPECT_EQ(found.bytes, this->capacity) << "whole huge pages";
  EXPECT_EQ(found.huge_bytes, this->capacity);
  EXPECT_EQ(found.page_bytes, pages::huge_bytes);
  EXPECT_EQ(found.locked_bytes, this->capacity) << "reserved huge pages are never swapped";
  EXPECT_TRUE(found.prefaulted());
}

TYPED_TEST(huge, always_for_a_small_ring_that_works) {
  const reserved_pages more(1);
  const memory_policy always{.huge = huge_pages::always, .lock = true};
  const auto make = [&] { return TypeParam(5000, always); };
  if (free_bytes() < pages::huge_bytes) {
    EXPECT_NE(refusal_of(make, errc::no_huge_pages), "none");
    return;
  }
  basic_ring<TypeParam, park_waiting> ring(make());
  EXPECT_EQ(ring.capacity(), TypeParam::contiguous ? pages::huge_bytes : 5000U);
  EXPECT_EQ(ring.memory().huge_bytes, pages::huge_bytes);
  expect_stream(ring, 2 * ring.capacity() + 12345);
}

TYPED_TEST(huge, attempt_ring_works) {
  basic_ring<TypeParam, park_waiting> ring(this->capacity + 1, {.huge = huge_pages::attempt});
  EXPECT_EQ(ring.capacity(),
            this->capacity + (TypeParam::contiguous ? pages::huge_bytes : std::size_t{1}));
  expect_stream(ring, 2 * ring.capacity() + 12345);
}

// Neighbours in the address space, unless something keeps them apart.
TYPED_TEST(huge, pages_of_a_neighbour_do_not_count) {
  const memory_policy attempt{.huge = huge_pages::attempt};
  std::vector<TypeParam> touched, untouched;
  for (int i = 0; i < 4; ++i) {
    touched.emplace_back(this->capacity, memory_policy{.huge = attempt.huge, .prefault = true});
    untouched.emplace_back(this->capacity, attempt);
  }
  for (const auto& each : untouched) {
    const auto found = each.memory();
    // Reserved pages, where some are free, are there at once; transparent ones are not.
    EXPECT_EQ(found.huge_bytes, found.prefaulted() ? this->capacity : 0);
  }
}

}  // namespace
}  // namespace annulus::testing
