// Where nobody counts the threads that want a core: a checker's run must not depend on it.
#pragma once

#include <cstdint>

namespace annulus::model {

struct no_demand {
  static void enlist() noexcept {}
  static void sleeps() noexcept {}
  static void wakes() noexcept {}
  static constexpr std::uint32_t self() noexcept { return 0; }
  static void rouses(std::uint32_t) noexcept {}
  static constexpr bool is_asleep(std::uint32_t) noexcept { return false; }
  static constexpr bool has_cores() noexcept { return true; }
};

}  // namespace annulus::model
