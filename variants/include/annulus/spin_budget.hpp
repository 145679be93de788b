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
  using time_point = typename Platform::clock::time_point;

  [[nodiscard]] bool is_spent() const noexcept { return budget_ <= duration{}; }

  /// Looks until `ready()`, as long as it pays from `start` on. True if it was.
  template <class Ready>
  bool spin(time_point start, Ready ready) const {
    while (Platform::now() - start < budget_) {
      for (int i = 0; i < looks_per_clock; ++i) {
        if (ready()) return true;
        Platform::doze();
      }
    }
    return false;
  }

  /// A wait that began at `start` is over. `last` knows what a sleep with its wake costs, and when
  /// the last one was woken: what a sleep takes to end is not part of the wait.
  template <class Wake>
  void learn(time_point start, const Wake& last) noexcept {
    const auto woken = last.at();
    const duration total = (woken > start ? woken : Platform::now()) - start;
    const duration park = last.cost();
    const auto worth = total <= park ? std::min(2 * total, park) : duration{};
    budget_ = (3 * budget_ + worth) / 4;
  }

 private:
  static constexpr int looks_per_clock = 8;

  duration budget_ = Platform::first_budget;
};

}  // namespace annulus
