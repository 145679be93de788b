// The pieces of one gathered write.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <annulus/transfer.hpp>
#include <array>
#include <cstddef>
#include <span>

namespace annulus::chunklog {

/// The pieces of one gathered write, a few at a time, so that their number needs no memory.
class gatherer {
 public:
  explicit gatherer(std::span<const bytes_view> parts) : parts_(parts) {}

  /// The next unwritten pieces; empty when all is written.
  std::span<const iovec> next() {
    while (used_ < pieces_.size() && !parts_.empty()) {
      add(parts_.front());
      parts_ = parts_.subspan(1);
    }
    return {pieces_.data(), used_};
  }

  void written(std::size_t bytes) {
    std::size_t whole = 0;
    while (whole < used_ && bytes >= pieces_[whole].iov_len) bytes -= pieces_[whole++].iov_len;
    std::move(pieces_.begin() + static_cast<std::ptrdiff_t>(whole),
              pieces_.begin() + static_cast<std::ptrdiff_t>(used_), pieces_.begin());
    used_ -= whole;
    if (bytes == 0) return;
    pieces_[0].iov_base = static_cast<std::byte*>(pieces_[0].iov_base) + bytes;
    pieces_[0].iov_len -= bytes;
  }

 private:
  void add(bytes_view piece) {
    if (piece.empty()) return;
    // iovec serves reads as well, hence its pointer to non-const; pwritev only reads from it.
    pieces_[used_++] = {const_cast<std::byte*>(piece.data()), piece.size()};
  }

  std::span<const bytes_view> parts_;
  std::array<iovec, 64> pieces_;
  std::size_t used_ = 0;
};

}  // namespace annulus::chunklog
