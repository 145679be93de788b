// Where an end makes or checks its messages.
#pragma once

#include <annulus/transfer.hpp>
#include <vector>

namespace annulus::bench {

/// Zeroed bytes on pages of their own: no run differs from another by where malloc put them, and no
/// prefetcher, which stops at the end of a page, pulls the lines of one end's buffer into the core
/// of the other's. Side by side on one page, two buffers cost every channel a quarter of its rate.
class buffer {
 public:
  explicit buffer(std::size_t bytes)
      : pages_((bytes + sizeof(page) - 1) / sizeof(page)), bytes_(bytes) {}

  [[nodiscard]] std::byte* data() noexcept {
    return std::as_writable_bytes(std::span(pages_)).data();
  }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_; }
  [[nodiscard]] std::byte* begin() noexcept { return data(); }
  [[nodiscard]] std::byte* end() noexcept { return data() + size(); }

 private:
  struct alignas(4096) page {
    std::byte bytes[4096];
  };
  std::vector<page> pages_;
  std::size_t bytes_;
};

}  // namespace annulus::bench
