// Where an end makes or checks its messages.
#pragma once

#include <annulus/transfer.hpp>
#include <vector>

namespace annulus::bench {

/// Zeroed bytes that begin on a cache line, so that no run differs from another by where malloc put
/// them.
class buffer {
 public:
  explicit buffer(std::size_t bytes)
      : lines_((bytes + sizeof(line) - 1) / sizeof(line)), bytes_(bytes) {}

  [[nodiscard]] std::byte* data() noexcept {
    return std::as_writable_bytes(std::span(lines_)).data();
  }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_; }
  [[nodiscard]] std::byte* begin() noexcept { return data(); }
  [[nodiscard]] std::byte* end() noexcept { return data() + size(); }

 private:
  struct alignas(64) line {
    std::byte bytes[64];
  };
  std::vector<line> lines_;
  std::size_t bytes_;
};

}  // namespace annulus::bench
