// The list of rings, and the way from a name to a type.
#pragma once

#include <annulus/contract.hpp>
#include <array>
#include <string_view>
#include <type_traits>

namespace annulus {

/// A list of ring types.
template <byte_ring... Rings>
struct ring_list {
  /// What each is, in order.
  static constexpr std::array<variant_info, sizeof...(Rings)> infos{variant<Rings>...};

  /// Calls `f(std::type_identity<Ring>{})` for the ring of that name. False, and no call, if there
  /// is none.
  template <class F>
  static bool with(std::string_view name, F&& f) {
    return ((variant<Rings>.name == name && (f(std::type_identity<Rings>{}), true)) || ...);
  }
};

}  // namespace annulus
