// Who is connected, and for how long each has been silent.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <list>

#include "connection.hpp"
#include "poller.hpp"

namespace resp_server {

/// The longest silent one first. Every call is O(1) unless said otherwise.
class guests {
 public:
  using clock = std::chrono::steady_clock;

  struct guest {
    poller::watched* socket;
    connection* served;  // none once it is only waited for until it has gone
    clock::time_point heard;
  };
  using place = std::list<guest>::iterator;

  /// `idle`: how long one may be silent; 0: for ever.
  explicit guests(std::chrono::seconds idle) noexcept : idle_(idle) {}

  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  [[nodiscard]] auto begin() noexcept { return all_.begin(); }
  [[nodiscard]] auto end() noexcept { return all_.end(); }

  place add(poller::watched& socket, connection& served) {
    return all_.insert(all_.end(), {&socket, &served, clock::now()});
  }
  void remove(place gone) noexcept { all_.erase(gone); }
  void hear(place from) noexcept {
    from->heard = clock::now();
    all_.splice(all_.end(), all_, from);
  }

  /// Until the next has been silent for too long; negative: nobody ever will.
  [[nodiscard]] std::chrono::milliseconds patience() const noexcept {
    constexpr std::chrono::milliseconds endless{-1};
    if (idle_ == idle_.zero() || all_.empty()) return endless;
    const auto silent = clock::now() - all_.front().heard;
    return silent >= idle_ ? std::chrono::milliseconds{0}
                           : std::chrono::ceil<std::chrono::milliseconds>(idle_ - silent);
  }
  /// Calls `visit` with each that has been silent for too long, and takes it as heard. O(those).
  template <class Visit>
  void each_silent(Visit visit) {
    if (idle_ == idle_.zero()) return;
    const auto now = clock::now();
    while (!all_.empty() && now - all_.front().heard >= idle_) {
      visit(all_.front());
      hear(all_.begin());
    }
  }

  /// Whose connection holds most, if any holds something that counts. O(guests).
  [[nodiscard]] guest* largest() noexcept {
    const auto counted = [](const guest& each) {
      return each.served == nullptr ? 0 : each.served->counted();
    };
    const auto found =
        std::max_element(all_.begin(), all_.end(),
                         [&](const guest& a, const guest& b) { return counted(a) < counted(b); });
    return found == all_.end() || counted(*found) == 0 ? nullptr : &*found;
  }

 private:
  const std::chrono::seconds idle_;
  std::list<guest> all_;
};

}  // namespace resp_server
