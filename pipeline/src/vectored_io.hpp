// readv(2) and writev(2) until all is done.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <span>
#include <system_error>

#include "system_error.hpp"

namespace annulus::pipeline {

/// What is left of the pieces, none of which is empty, behind their first `bytes`. Changes them.
inline std::span<iovec> behind(std::span<iovec> pieces, std::size_t bytes) noexcept {
  while (bytes > 0) {
    auto& piece = pieces.front();
    const auto step = std::min(bytes, piece.iov_len);
    piece.iov_base = static_cast<std::byte*>(piece.iov_base) + step;
    piece.iov_len -= step;
    bytes -= step;
    if (piece.iov_len == 0) pieces = pieces.subspan(1);
  }
  return pieces;
}

/// Repeats `call(pieces, count)` until it has gone through all pieces, none of which may be empty,
/// and changes them meanwhile. std::errc::io_error if it makes no progress.
template <class Call>
std::error_code through_all(std::span<iovec> pieces, Call call) {
  while (!pieces.empty()) {
    const auto n =
        call(pieces.data(), static_cast<int>(std::min<std::size_t>(pieces.size(), IOV_MAX)));
    if (n == 0) return std::make_error_code(std::errc::io_error);
    if (n < 0 && errno != EINTR) return last_error();
    pieces = behind(pieces, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  }
  return {};
}

}  // namespace annulus::pipeline
