// Memory that is made present a little at a time, by a thread that has nothing else to do.
#pragma once

#include <algorithm>
#include <annulus/core/pages.hpp>
#include <annulus/transfer.hpp>

namespace annulus::chunklog {

/// On some machines the first touch of a page takes as long as a wake: nobody should wait for a
/// whole ring of them, and an append best for none.
class page_toucher {
 public:
  /// Memory that ordinary pages back. Precondition: begins at a page.
  explicit page_toucher(bytes_span rest = {}) : rest_(rest) {}

  /// The next few pages, in less than a millisecond. False if none is left, or no more can be had:
  /// then they are there when they are touched, as without this.
  bool step() noexcept {
    const auto some = rest_.first(std::min(rest_.size(), step_bytes));
    rest_ = some.empty() || pages::populate(some) ? bytes_span{} : rest_.subspan(some.size());
    return !rest_.empty();
  }

 private:
  static constexpr std::size_t step_bytes = std::size_t{64} << 10U;
  bytes_span rest_;
};

}  // namespace annulus::chunklog
