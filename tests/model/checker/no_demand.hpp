// Where nobody counts the threads that want a core: a checker's run must not depend on it.
#pragma once

namespace annulus::model {

struct no_demand {
  static void enlist() noexcept {}
  static void sleeps() noexcept {}
  static void wakes() noexcept {}
  static constexpr bool has_cores() noexcept { return true; }
};

}  // namespace annulus::model
