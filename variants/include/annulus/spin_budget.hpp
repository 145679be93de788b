// How long an end spins before it sleeps.
#pragma once

#include <algorithm>
#include <chrono>

namespace annulus {

/// Spins at most as long as sleeping would cost in CPU time, which is measured, and not at all
/// where the waits of late have been longer than that: the 2-competitive rule of Karlin, Li,
/// Manasse and Owicki (SOSP 1991), tuned by experience. Belongs to one end; O(1).
template <class Platform>
class spin_budget {
 public:
  using duration = std::chrono::nanoseconds;

  [[nodiscard]] duration get() const noexcept { return budget_; }

  /// A wait lasted `total`, and a sleep with its wake is known to cost `park`.
  void learn(duration total, duration park) noexcept {
    const auto worth = total <= park ? std::min(2 * total, park) : duration{};
    budget_ += (worth - budget_) / 4;
  }

 private:
  duration budget_ = Platform::first_budget;
};

}  // namespace annulus
