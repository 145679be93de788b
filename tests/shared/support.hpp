// What the tests of shared rings and the process at the other end have in common.
#pragma once

#include <annulus/contract.hpp>
#include <annulus/shared_ring.hpp>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace annulus::shared_tests {

/// The descriptors that a peer is started with.
inline constexpr int ring_descriptor = 3;
inline constexpr int ledger_descriptor = 4;

using flat_park = basic_shared_ring<shared_flat, park_waiting>;
using flat_yield = basic_shared_ring<shared_flat, yield_waiting>;
using mirror_park = basic_shared_ring<shared_mirror, park_waiting>;
using mirror_yield = basic_shared_ring<shared_mirror, yield_waiting>;

/// Calls `f(std::type_identity<Ring>{})` for the ring of that name.
template <class F>
void with_ring(std::string_view name, F f) {
  if (name == "flat_park") f(std::type_identity<flat_park>{});
  if (name == "flat_yield") f(std::type_identity<flat_yield>{});
  if (name == "mirror_park") f(std::type_identity<mirror_park>{});
  if (name == "mirror_yield") f(std::type_identity<mirror_yield>{});
}
inline constexpr std::string_view ring_names[] = {"flat_park", "flat_yield", "mirror_park",
                                                  "mirror_yield"};

/// The byte at a position of the one stream that all tests send, so that any shift or tear shows.
inline std::byte pattern(std::uint64_t position) {
  return static_cast<std::byte>(((position + 1) * 0x9E3779B97F4A7C15ULL) >> 56);
}
inline void fill(bytes_span memory, std::uint64_t from) {
  for (auto& byte : memory) byte = pattern(from++);
}
inline bool matches(bytes_view bytes, std::uint64_t from) {
  for (const auto byte : bytes) {
    if (byte != pattern(from++)) return false;
  }
  return true;
}

/// A number that outlives the process which wrote it.
class ledger {
 public:
  ledger() : ledger(owned(memfd_create("ledger", MFD_CLOEXEC), "memfd_create")) {
    if (ftruncate(fd(), sizeof(number)) != 0)
      throw std::system_error(errno, std::generic_category(), "ftruncate");
  }
  explicit ledger(unique_fd file) : file_(std::move(file)) {
    void* const address =
        mmap(nullptr, sizeof(number), PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
    if (address == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    number_ = static_cast<number*>(address);
  }
  ledger(const ledger&) = delete;
  ledger& operator=(const ledger&) = delete;
  ~ledger() { munmap(number_, sizeof(number)); }

  [[nodiscard]] int fd() const { return file_.get(); }
  // Release and acquire: what is counted was done before.
  void record(std::uint64_t value) { number_->store(value, std::memory_order_release); }
  [[nodiscard]] std::uint64_t value() const { return number_->load(std::memory_order_acquire); }

 private:
  using number = std::atomic<std::uint64_t>;
  unique_fd file_;
  number* number_ = nullptr;
};

}  // namespace annulus::shared_tests
