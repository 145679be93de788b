// Chooses, while a ring runs, how its two ends copy large pieces.
#pragma once

#include <algorithm>
#include <annulus/core/copy.hpp>
#include <annulus/core/platform.hpp>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>

namespace annulus {

namespace detail {

// Those that are tried. Stores past the caches are none to copy out with: whoever has asked for the
// bytes is about to look at them. They come last: they leave room in the caches, and the one tried
// next would have the benefit.
inline constexpr std::array<copy_pair, 6> tried_pairs{{
    {copy_strategy::memcpy, copy_strategy::memcpy},
    {copy_strategy::loop, copy_strategy::loop},
    {copy_strategy::memcpy, copy_strategy::loop},
    {copy_strategy::rep, copy_strategy::rep},
    {copy_strategy::nontemporal, copy_strategy::loop},
    {copy_strategy::nontemporal, copy_strategy::memcpy},
}};

/// What ANNULUS_COPY says, as parse_copy_pair(); read once a process.
inline const std::optional<copy_pair>& copies_of_environment() noexcept {
  static const std::optional<copy_pair> fixed = [] {
    const char* const text = std::getenv("ANNULUS_COPY");
    return text == nullptr ? std::nullopt : parse_copy_pair(text);
  }();
  return fixed;
}

/// A pair in one byte.
[[nodiscard]] constexpr std::uint8_t packed(copy_pair pair) noexcept {
  return static_cast<std::uint8_t>(static_cast<unsigned>(pair.in) | static_cast<unsigned>(pair.out)
                                                                        << 4);
}
[[nodiscard]] constexpr copy_pair unpacked(std::uint8_t byte) noexcept {
  return {static_cast<copy_strategy>(byte & 3), static_cast<copy_strategy>(byte >> 4 & 3)};
}

/// With which pair a ring of this process was last found to be fastest: where the next one begins.
inline constinit std::atomic<std::uint8_t> last_choice{packed({})};

inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  std::uint64_t now = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(now));
  return now;
#else
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

/// What copying has cost one end.
class copy_cost {
 public:
  // A piece in which the thread lost its core says nothing of copying: it takes longer by far than
  // the slowest way of copying does.
  void add(std::uint64_t spent, std::size_t bytes) noexcept {
    const auto each = (spent << 10) / bytes;
    if (least_ != 0 && each > 16 * least_) return;
    if (16 * each < least_) *this = {};  // it was the first that said nothing
    least_ = least_ == 0 ? std::max<std::uint64_t>(each, 1) : std::min(least_, each + 1);
    ticks_ += spent;
    bytes_ += bytes;
  }
  /// Ticks a mebibyte, at least 1; 0 if nothing was measured.
  [[nodiscard]] std::uint32_t per_mebibyte() const noexcept {
    if (bytes_ == 0) return 0;
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>((ticks_ << 20) / bytes_, 1, most));
  }

 private:
  std::uint64_t ticks_ = 0, bytes_ = 0, least_ = 0;
};

/// The bytes of a trial: each pair has two laps of the ring, one for the lines to become what it
/// leaves them as, and one that is measured. Of a large ring no cache holds a lap, so it need not
/// be a whole one.
class copy_trial {
 public:
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  explicit copy_trial(std::size_t capacity) noexcept
      : lap_(std::clamp<std::uint64_t>(capacity, std::uint64_t{256} << 10,
                                       std::uint64_t{4} << 20)) {}
  [[nodiscard]] std::uint64_t bytes() const noexcept { return 2 * lap_ * tried_pairs.size(); }
  /// Of the byte that lies so far behind the first one. Precondition: into < bytes().
  [[nodiscard]] std::size_t pair_at(std::uint64_t into) const noexcept {
    return static_cast<std::size_t>(into / (2 * lap_));
  }
  [[nodiscard]] bool is_measured(std::uint64_t into) const noexcept { return into / lap_ % 2 == 1; }

 private:
  std::uint64_t lap_;
};

}  // namespace detail

/// What the two ends of a ring know of each other's copies. The producer leads: now and then it has
/// all pairs tried on successive pieces of the stream, from a byte that it names. Each end measures
/// what its own copies cost; taken is the pair with which the slower of the two costs least, since
/// that one limits the ring. Where nothing was measured it is memcpy, or what the process found
/// last.
///
/// Nothing here publishes a byte, so all of it is relaxed: an end that sees it late copies
/// otherwise for a while, and what it then measures wrongly the next trial puts right.
struct copy_agreement {
  std::atomic<std::uint64_t> trial_from{detail::copy_trial::never};
  /// The pair outside of a trial, packed.
  std::atomic<std::uint8_t> chosen{detail::last_choice.load(std::memory_order_relaxed)};
  /// What a mebibyte costs the consumer, in ticks, by pair; 0: not measured.
  std::array<std::atomic<std::uint32_t>, detail::tried_pairs.size()> costs_out{};

  [[nodiscard]] copy_pair pair() const noexcept {
    return detail::unpacked(chosen.load(std::memory_order_relaxed));
  }
};

/// A platform that can copy as it is told, and whose two ends see each other's memory.
template <class Platform>
concept chooses_copies = !crosses_processes<Platform> &&
                         requires(copy_strategy how, std::byte* to, const std::byte* from) {
  Platform::copy(how, to, from, std::size_t{});
};

/// The producer's part.
template <class Platform>
class copy_leader {
 public:
  /// Copies the bytes of the stream from `index` on, and sees to it that trials are held. As
  /// copy_as.
  void copy(copy_agreement& by, std::uint64_t index, std::size_t capacity, std::byte* to,
            const std::byte* from, std::size_t n) noexcept {
    if (index < next_) [[likely]]
      return Platform::copy(pair_.in, to, from, n);
    copy_in_trial(by, index, detail::copy_trial(capacity), capacity, to, from, n);
  }

  /// From now on by this pair, and no trials. Precondition: no bytes have been moved since the ring
  /// was made or reset.
  void fix(copy_agreement& by, copy_pair pair) noexcept {
    pair_ = pair;
    by.chosen.store(detail::packed(pair), std::memory_order_relaxed);
    next_ = detail::copy_trial::never;
    is_fixed_ = true;
  }

  /// The stream begins anew.
  void reset(copy_agreement& by) noexcept {
    by.trial_from.store(detail::copy_trial::never, std::memory_order_relaxed);
    from_ = detail::copy_trial::never;
    if (!is_fixed_) next_ = 0;
  }

 private:
  static constexpr std::uint64_t first_pause = 32, longest_pause = 1024;  // in trials

  [[gnu::noinline]] void copy_in_trial(copy_agreement& by, std::uint64_t index,
                                       const detail::copy_trial& trial, std::size_t capacity,
                                       std::byte* to, const std::byte* from,
                                       std::size_t n) noexcept {
    if (next_ == 0) {
      if (const auto& fixed = detail::copies_of_environment()) {
        fix(by, *fixed);
        return Platform::copy(pair_.in, to, from, n);
      }
      // Who moves a few laps only is not bothered.
      pair_ = by.pair();
      next_ = index + trial.bytes() / 2;
      return Platform::copy(pair_.in, to, from, n);
    }
    if (from_ == detail::copy_trial::never) begin(by, index);
    const auto into = index - from_;
    if (into < trial.bytes()) {
      const auto at = trial.pair_at(into);
      const auto how = detail::tried_pairs[at].in;
      if (!trial.is_measured(into)) return Platform::copy(how, to, from, n);
      const auto start = detail::ticks();
      Platform::copy(how, to, from, n);
      return costs_[at].add(detail::ticks() - start, n);
    }
    // The consumer is at most a ring behind.
    if (into >= trial.bytes() + capacity) conclude(by, index, trial);
    Platform::copy(pair_.in, to, from, n);
  }

  void begin(copy_agreement& by, std::uint64_t index) noexcept {
    from_ = index;
    costs_ = {};
    for (auto& each : by.costs_out) each.store(0, std::memory_order_relaxed);
    by.trial_from.store(index, std::memory_order_relaxed);
  }

  void conclude(copy_agreement& by, std::uint64_t index, const detail::copy_trial& trial) noexcept {
    std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
    for (std::size_t at = 0; at < costs_.size(); ++at) {
      const auto in = costs_[at].per_mebibyte();
      const auto out = by.costs_out[at].load(std::memory_order_relaxed);
      if (in == 0 || out == 0 || std::max(in, out) >= least) continue;
      least = std::max(in, out);
      pair_ = detail::tried_pairs[at];
    }
    by.chosen.store(detail::packed(pair_), std::memory_order_relaxed);
    by.trial_from.store(detail::copy_trial::never, std::memory_order_relaxed);
    detail::last_choice.store(detail::packed(pair_), std::memory_order_relaxed);
    from_ = detail::copy_trial::never;
    next_ = index + pause_ * trial.bytes();
    pause_ = std::min(2 * pause_, longest_pause);
  }

  std::uint64_t next_ = 0;  // the byte from which on there is something to do but copy
  copy_pair pair_;
  bool is_fixed_ = false;
  std::uint64_t from_ = detail::copy_trial::never;  // the first byte of the trial that is held
  std::uint64_t pause_ = first_pause;
  std::array<detail::copy_cost, detail::tried_pairs.size()> costs_;
};

/// The consumer's part.
template <class Platform>
class copy_follower {
 public:
  /// As copy_leader::copy.
  void copy(copy_agreement& by, std::uint64_t index, std::size_t capacity, std::byte* to,
            const std::byte* from, std::size_t n) noexcept {
    const auto first = by.trial_from.load(std::memory_order_relaxed);
    if (index < first && at_ == none) [[likely]]
      return Platform::copy(by.pair().out, to, from, n);
    const detail::copy_trial trial(capacity);
    copy_in_trial(by, index < first ? trial.bytes() : index - first, trial, to, from, n);
  }

  /// The stream begins anew.
  void reset() noexcept { at_ = none; }

 private:
  static constexpr std::size_t none = detail::tried_pairs.size();

  [[gnu::noinline]] void copy_in_trial(copy_agreement& by, std::uint64_t into,
                                       const detail::copy_trial& trial, std::byte* to,
                                       const std::byte* from, std::size_t n) noexcept {
    const bool is_within = into < trial.bytes();
    const auto at = is_within && trial.is_measured(into) ? trial.pair_at(into) : none;
    if (at != at_) tell(by, at);
    if (!is_within) return Platform::copy(by.pair().out, to, from, n);
    const auto how = detail::tried_pairs[trial.pair_at(into)].out;
    if (at == none) return Platform::copy(how, to, from, n);
    const auto start = detail::ticks();
    Platform::copy(how, to, from, n);
    cost_.add(detail::ticks() - start, n);
  }

  void tell(copy_agreement& by, std::size_t now) noexcept {
    if (at_ != none) by.costs_out[at_].store(cost_.per_mebibyte(), std::memory_order_relaxed);
    cost_ = {};
    at_ = now;
  }

  std::size_t at_ = none;  // the pair that is being measured
  detail::copy_cost cost_;
};

namespace detail {
struct no_choice {};
}  // namespace detail

/// A part of the choice, where there is one.
template <class Platform, class Part>
using part_of_choice = std::conditional_t<chooses_copies<Platform>, Part, detail::no_choice>;

}  // namespace annulus
