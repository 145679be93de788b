// The shipped rings over the checker's platforms, and what the scenarios say about them.
#pragma once

#include <annulus/all.hpp>
#include <annulus/basic_ring.hpp>
#include <annulus/core/waiting.hpp>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include "checker/checked.hpp"
#include "checker/platform.hpp"
#include "checker/scenario.hpp"

namespace annulus::model {

/// A flat storage over memory of its own, without the kernel: a ring is made millions of times.
class small_storage : public flat_storage {
 public:
  explicit small_storage(std::size_t capacity, const memory_policy& = {})
      : flat_storage(bytes_span(memory_).first(capacity)) {}
  small_storage(const small_storage&) = delete;
  small_storage& operator=(const small_storage&) = delete;

 private:
  std::array<std::byte, 16> memory_{};
};

using park_asymmetric = basic_ring<small_storage, park_waiting, asymmetric_platform>;
using park_symmetric = basic_ring<small_storage, park_waiting, symmetric_platform>;
using park_fenced = basic_ring<small_storage, park_waiting, fenced_platform>;
using condvar_asymmetric = basic_ring<small_storage, condvar_waiting, asymmetric_platform>;
using yield_ring = basic_ring<small_storage, yield_waiting, asymmetric_platform>;
using spin_ring = basic_ring<small_storage, spin_waiting, asymmetric_platform>;
using locked_flat = locked_ring<flat_store, symmetric_platform>;
using locked_segments = basic_segment_ring<symmetric_platform>;
using pipe = basic_pipe_ring<symmetric_platform>;

/// A registered ring as the checker runs it.
template <class Ring>
struct over_checker;
template <class Storage, class Waiting, class Platform>
struct over_checker<basic_ring<Storage, Waiting, Platform>> {
  using type = basic_ring<small_storage, Waiting, asymmetric_platform>;
};
template <class Store, class Platform>
struct over_checker<locked_ring<Store, Platform>> {
  using type = locked_ring<Store, symmetric_platform>;
};
template <template <class> class Ring>
struct over_checker<Ring<std_platform>> {
  using type = Ring<symmetric_platform>;
};

/// What the registry says of the ring that the checker runs as `Checked`; the first, if that are
/// several.
template <class Checked, class... Rings>
constexpr variant_info registered_as(ring_list<Rings...>) {
  variant_info found{};
  const auto look = [&]<class Ring>(std::type_identity<Ring>) {
    if (std::is_same_v<typename over_checker<Ring>::type, Checked> && found.name.empty())
      found = variant<Ring>;
  };
  (look(std::type_identity<Rings>{}), ...);
  return found;
}

template <class Ring>
inline constexpr std::string_view ring_name = registered_as<Ring>(all_rings{}).name;
template <>
inline constexpr std::string_view ring_name<park_asymmetric> = "park_asymmetric";
template <>
inline constexpr std::string_view ring_name<park_symmetric> = "park_symmetric";
template <>
inline constexpr std::string_view ring_name<park_fenced> = "park_fenced";
template <>
inline constexpr std::string_view ring_name<condvar_asymmetric> = "condvar_asymmetric";
template <>
inline constexpr std::string_view ring_name<yield_ring> = "yield";
template <>
inline constexpr std::string_view ring_name<spin_ring> = "spin";
template <>
inline constexpr std::string_view ring_name<locked_flat> = "locked_flat";
template <>
inline constexpr std::string_view ring_name<locked_segments> = "locked_segments";
template <>
inline constexpr std::string_view ring_name<pipe> = "pipe";

/// Whether a write may complete before it is read.
template <class Ring>
inline constexpr bool buffers =
    registered_as<Ring>(all_rings{}).name.empty() || registered_as<Ring>(all_rings{}).buffered;

// A bit for each ring, so that a mutant need not be compiled with all of them; the last is for all
// that are registered and have none.
#ifndef ANNULUS_MODEL_RINGS
#define ANNULUS_MODEL_RINGS 0x3ff
#endif

/// Calls `f.template operator()<Ring>()`, unless the ring of that bit is left out.
template <class Ring, unsigned bit, class F>
void for_ring(F f) {
  if constexpr ((ANNULUS_MODEL_RINGS >> bit & 1U) != 0) f.template operator()<Ring>();
}
template <class F>
void for_lock_free_rings(F f) {
  for_ring<park_asymmetric, 0>(f);
  for_ring<park_symmetric, 1>(f);
  for_ring<condvar_asymmetric, 2>(f);
  for_ring<yield_ring, 3>(f);
  for_ring<park_fenced, 4>(f);
  for_ring<spin_ring, 5>(f);
}
template <class... Listed>
struct ring_types {
  template <class Ring>
  static constexpr bool have = (std::is_same_v<Ring, Listed> || ...);
};
using listed = ring_types<park_asymmetric, park_symmetric, condvar_asymmetric, yield_ring,
                          park_fenced, spin_ring, locked_flat, locked_segments, pipe>;
template <bool buffering, class F, class... Rings>
void for_other_rings(F f, ring_list<Rings...>) {
  const auto call = [&]<class Ring>(std::type_identity<Ring>) {
    if constexpr (!listed::have<Ring> && buffers<Ring> == buffering) for_ring<Ring, 9>(f);
  };
  (call(std::type_identity<typename over_checker<Rings>::type>{}), ...);
}
template <class F>
void for_buffering_rings(F f) {
  for_lock_free_rings(f);
  for_ring<locked_flat, 6>(f);
  for_ring<locked_segments, 7>(f);
  for_other_rings<true>(f, all_rings{});
}
template <class F>
void for_all_rings(F f) {
  for_buffering_rings(f);
  for_ring<pipe, 8>(f);
  for_other_rings<false>(f, all_rings{});
}

/// Some bytes on the stack of their thread: memory from the heap may have been another thread's,
/// and the checker does not see what orders that.
class byte_list {
 public:
  explicit byte_list(std::size_t n) : size_(n) { require(n <= bytes_.size(), "few bytes"); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  std::byte* begin() noexcept { return bytes_.data(); }
  std::byte* end() noexcept { return bytes_.data() + size_; }
  [[nodiscard]] const std::byte* begin() const noexcept { return bytes_.data(); }
  [[nodiscard]] const std::byte* end() const noexcept { return bytes_.data() + size_; }

 private:
  std::array<std::byte, 16> bytes_{};
  std::size_t size_;
};

/// The bytes first, first + 1, …: each position of a stream has a value of its own.
inline byte_list numbered(std::size_t first, std::size_t n) {
  byte_list bytes(n);
  for (auto& each : bytes) each = static_cast<std::byte>(first++);
  return bytes;
}

/// What a reader got, in order. Every byte must be the next of the stream 1, 2, 3, …
class received {
 public:
  void take(bytes_view bytes) {
    for (const auto byte : bytes) {
      ++count_;
      require(byte == static_cast<std::byte>(count_),
              "the next byte of the stream, once, in order");
    }
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  std::size_t count_ = 0;
};

/// Reads once, into `into`.
template <class Ring>
transfer read_some(Ring& ring, received& into, std::size_t most, std::size_t min = 1,
                   const until& limit = {}) {
  byte_list bytes(most);
  const auto got = ring.reader().read(bytes, min, limit);
  into.take(bytes_view(bytes).first(got.bytes));
  return got;
}

/// Everything that is there now.
template <class Ring>
void drain(Ring& ring, received& into) {
  byte_list bytes(16);
  for (;;) {
    const auto got = ring.reader().try_read(bytes);
    if (got.bytes == 0) return;
    into.take(bytes_view(bytes).first(got.bytes));
  }
}

template <class Ring>
std::string named(const std::string& what, std::size_t capacity) {
  return std::string(ring_name<Ring>) + "_capacity_" + std::to_string(capacity) + "_" + what;
}

}  // namespace annulus::model
