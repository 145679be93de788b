// The memory of the C++20 model: store histories and views.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "sc_order.hpp"
#include "view.hpp"

namespace annulus::model {

/// Every location keeps all of its stores in modification order; a load may read any that its
/// thread does not know to be overwritten. A store may go anywhere in that order behind what its
/// thread knows, not only at the end: another thread's earlier store may land later. Release
/// sequences are those of C++20: a store is continued by read-modify-writes only. Not modelled:
/// loads that read from the future (load buffering).
class memory {
 public:
  using order = std::memory_order;
  /// Where in a history an access may happen: an index into it.
  using places = std::vector<std::uint32_t>;

  void clear(std::uint32_t threads);
  std::uint32_t add_location(std::uint64_t initial);

  /// The stores that a load may read, newest first; only the newest if `fresh`.
  const places& loads(std::uint32_t thread, std::uint32_t location, order how, bool fresh);
  /// The stores that a store may be placed behind, the newest first.
  const places& stores(std::uint32_t thread, std::uint32_t location, order how, bool fresh);
  /// The stores that a read-modify-write may read and follow, the newest first.
  const places& updates(std::uint32_t thread, std::uint32_t location, order how, bool fresh);

  std::uint64_t load(std::uint32_t thread, std::uint32_t location, order how, std::uint32_t place);
  void store(std::uint32_t thread, std::uint32_t location, order how, std::uint32_t place,
             std::uint64_t value);
  /// Both at once; `value` follows the store at `place`.
  void update(std::uint32_t thread, std::uint32_t location, order how, std::uint32_t place,
              std::uint64_t value);
  void fence(std::uint32_t thread, order how);
  /// membarrier(2): a full fence in the caller, then in all others, then in the caller.
  void fence_everywhere(std::uint32_t caller, const std::vector<std::uint32_t>& others);

  [[nodiscard]] std::uint64_t value(std::uint32_t location, std::uint32_t place) const {
    return histories_[location][place].value;
  }
  [[nodiscard]] std::uint64_t newest(std::uint32_t location) const {
    return histories_[location].back().value;
  }
  [[nodiscard]] std::uint32_t newest_at(std::uint32_t location) const {
    return histories_[location].back().at;
  }
  /// What `thread` knows now. A mutex joins it with its own.
  [[nodiscard]] view& known(std::uint32_t thread) { return threads_[thread].now; }
  /// Marks a new event of `thread`, so that what it does now is told from what it did before.
  void tick(std::uint32_t thread) { ++threads_[thread].now.clock[thread]; }
  [[nodiscard]] bool full() const noexcept { return order_.full(); }

 private:
  struct message {
    std::uint32_t at;  // position in modification order
    bool updates;      // made by a read-modify-write: nothing goes between it and its predecessor
    std::uint64_t value;
    view carried;  // what an acquire load gets
  };
  struct thread_state {
    view now;
    view acquired;  // by relaxed loads, for the next acquire fence
    view released;  // at the last release fence
  };
  using history = std::vector<message>;

  static bool acquires(order how) noexcept;
  static bool releases(order how) noexcept;
  [[nodiscard]] std::uint32_t room_after(const history& stores, std::uint32_t place) const;
  std::size_t full_fence(std::uint32_t thread);
  void take(std::uint32_t thread, const message& from, order how);
  void put(std::uint32_t thread, std::uint32_t location, order how, std::uint32_t place,
           std::uint64_t value, bool updates);

  std::vector<history> histories_;  // those beyond count_ are kept for their storage
  std::uint32_t count_ = 0;
  std::vector<thread_state> threads_;
  sc_order order_;
  places found_;
};

}  // namespace annulus::model
