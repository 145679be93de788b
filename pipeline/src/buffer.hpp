// Page-aligned memory for blocks and frames.
#pragma once

#include <annulus/memory.hpp>
#include <annulus/transfer.hpp>
#include <cstddef>

namespace annulus::pipeline {

/// Zeroed on construction; a size of 0 is allowed.
class buffer {
 public:
  explicit buffer(std::size_t size)
      : size_(size), memory_(mapping::anonymous(std::max<std::size_t>(size, 1))) {}

  [[nodiscard]] std::byte* data() const noexcept { return memory_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bytes_span first(std::size_t n) const noexcept { return {data(), n}; }

 private:
  std::size_t size_;
  mapping memory_;
};

}  // namespace annulus::pipeline
