// The rings under test: every registered one, and policy combinations that ship without a name.
#pragma once

#include <annulus/all.hpp>
#include <annulus/basic_ring.hpp>
#include <type_traits>

#include "support/thinned.hpp"

namespace annulus {

namespace testing {

using flat_condvar_ring = basic_ring<flat_storage, condvar_waiting>;
using flat_spin_ring = basic_ring<flat_storage, spin_waiting>;
using mirror_yield_ring = basic_ring<mirrored_storage, yield_waiting>;

template <class Storage, class Waiting>
constexpr variant_info combination(std::string_view name) {
  return {.name = name,
          .storage = Storage::name,
          .waiting = Waiting::name,
          .buffered = true,
          .contiguous = Storage::contiguous,
          .kernel_waits = Waiting::kernel_waits,
          .source = "a combination of policies, for the tests"};
}

}  // namespace testing

template <>
inline constexpr variant_info variant<testing::flat_condvar_ring> =
    testing::combination<flat_storage, condvar_waiting>("flat_condvar");
template <>
inline constexpr variant_info variant<testing::flat_spin_ring> =
    testing::combination<flat_storage, spin_waiting>("flat_spin");
template <>
inline constexpr variant_info variant<testing::mirror_yield_ring> =
    testing::combination<mirrored_storage, yield_waiting>("mirror_yield");

namespace testing {

template <class List, byte_ring... More>
struct with_more;
template <byte_ring... Rings, byte_ring... More>
struct with_more<ring_list<Rings...>, More...> {
  using type = ring_list<Rings..., More...>;
};

// The combinations touch no memory that the registered rings do not, which is what AddressSanitizer
// looks at.
using tested_rings = std::conditional_t<
    support::only_addresses, all_rings,
    with_more<all_rings, flat_condvar_ring, flat_spin_ring, mirror_yield_ring>::type>;

}  // namespace testing
}  // namespace annulus
