// The single total order S of sequentially consistent operations, as C++20 [atomics.order] has it.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <vector>

#include "view.hpp"

namespace annulus::model {

/// Keeps the constraints on S as a graph and admits an access only if the graph stays acyclic, so
/// that S need not be the order of execution: a seq_cst load may read a stale value whenever the
/// standard lets it. Fences count as 31.4 p4 says. Happens-before stands for the standard's
/// strongly-happens-before, which is weaker only where acquire/release and seq_cst mix on Power.
class sc_order {
 public:
  /// An access that wants a place. `key` orders it among the accesses of its location: twice the
  /// position of the store that it makes, or that of the store it reads plus one half.
  struct access {
    std::uint32_t thread;
    const view& known;  // what happens before it, itself included
    std::uint32_t location;
    std::uint64_t key;
    bool sequential;
  };

  void clear() noexcept;

  /// Whether `what` contradicts nothing.
  [[nodiscard]] bool admits(const access& what) const;
  /// Precondition: admits(what).
  void add(const access& what);
  /// A seq_cst fence. Returns its number.
  std::size_t fence(std::uint32_t thread, const view& known);
  /// Two fences whose order is known: those of one membarrier.
  void precedes(std::size_t first, std::size_t second) { edge(first, second); }

  [[nodiscard]] bool full() const noexcept { return nodes_.size() >= max_nodes; }

  static std::uint64_t store_key(std::uint32_t at) noexcept { return 2 * std::uint64_t{at}; }
  static std::uint64_t load_key(std::uint32_t at) noexcept { return 2 * std::uint64_t{at} + 1; }

 private:
  static constexpr std::size_t max_nodes = 768;
  using set = std::bitset<max_nodes>;
  using index = std::uint16_t;

  struct node {
    std::uint32_t thread;
    std::uint32_t clock;
    std::uint64_t key;  // of an access
    set before;
  };
  struct barrier {
    index where;
    view known;
    // For each location, the least key of an access that happens after the fence.
    std::array<std::uint64_t, max_locations> after;
  };

  bool insert(const access& what);
  [[nodiscard]] bool contradictable(const access& what) const;
  [[nodiscard]] set known_before(const view& known) const;
  std::size_t append(std::uint32_t thread, const view& known, std::uint64_t key, set before);
  // False if that closes a cycle.
  bool edge(std::size_t from, std::size_t to);
  [[nodiscard]] bool happened(const node& which, const view& known) const noexcept {
    return which.clock <= known.clock[which.thread];
  }

  std::vector<node> nodes_;
  std::vector<barrier> fences_;
  std::array<std::vector<index>, max_threads> by_thread_;
  std::array<std::vector<index>, max_locations> by_location_;
};

}  // namespace annulus::model
