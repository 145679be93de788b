// Which mutant runs: every mutated header contains all of its mutants, of which one at most is on
// (mutant schemata: Untch, Offutt and Harrold, 1993). One compilation so serves hundreds of
// mutants.
#pragma once

#include <type_traits>

namespace annulus {

inline int active_mutant = 0;

constexpr bool mutated(int number) noexcept {
  return std::is_constant_evaluated() ? false : active_mutant == number;
}

}  // namespace annulus
