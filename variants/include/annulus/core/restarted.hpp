// System calls that a signal interrupts.
#pragma once

#include <cerrno>

namespace annulus::detail {

/// Repeats a system call for as long as a signal interrupts it. Negative means errno.
template <class Call>
auto restarted(Call call) noexcept {
  for (;;) {
    const auto n = call();
    if (n >= 0 || errno != EINTR) return n;
  }
}

}  // namespace annulus::detail
