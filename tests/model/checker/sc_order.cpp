#include "sc_order.hpp"

#include <limits>

namespace annulus::model {

void sc_order::clear() noexcept {
  nodes_.clear();
  fences_.clear();
  for (auto& each : by_thread_) each.clear();
  for (auto& each : by_location_) each.clear();
}

bool sc_order::contradictable(const access& what) const {
  // Only an edge out of the access, or one behind it, can close a cycle.
  for (const auto other : by_location_[what.location]) {
    if (nodes_[other].key > what.key) return true;
  }
  for (const auto& fence : fences_) {
    if (what.key <= store_key(fence.known.seen[what.location])) return true;
  }
  return false;
}

bool sc_order::admits(const access& what) const {
  if (!contradictable(what)) return true;
  auto trial = *this;
  return trial.insert(what);
}

void sc_order::add(const access& what) {
  insert(what);
}

bool sc_order::insert(const access& what) {
  // A fence that happens before the access precedes every seq_cst access that is coherence-ordered
  // after it, and every fence that such an access happens before.
  for (auto& fence : fences_) {
    if (!happened(nodes_[fence.where], what.known)) continue;
    auto& after = fence.after[what.location];
    after = std::min(after, what.key);
    for (const auto other : by_location_[what.location]) {
      if (nodes_[other].key > what.key && !edge(fence.where, other)) return false;
    }
    for (const auto& later : fences_) {
      if (what.key <= store_key(later.known.seen[what.location]) &&
          !edge(fence.where, later.where)) {
        return false;
      }
    }
  }
  if (!what.sequential) return true;

  auto before = known_before(what.known);
  for (const auto other : by_location_[what.location]) {
    if (nodes_[other].key < what.key) before |= nodes_[other].before, before.set(other);
  }
  for (const auto& fence : fences_) {
    if (fence.after[what.location] < what.key) {
      before |= nodes_[fence.where].before, before.set(fence.where);
    }
  }
  const auto self = append(what.thread, what.known, what.key, before);
  auto& peers = by_location_[what.location];
  for (const auto other : peers) {
    if (nodes_[other].key > what.key && !edge(self, other)) return false;
  }
  for (const auto& fence : fences_) {
    if (what.key <= store_key(fence.known.seen[what.location]) && !edge(self, fence.where)) {
      return false;
    }
  }
  peers.push_back(static_cast<index>(self));
  return true;
}

std::size_t sc_order::fence(std::uint32_t thread, const view& known) {
  auto before = known_before(known);
  for (std::size_t location = 0; location < max_locations; ++location) {
    const auto reach = store_key(known.seen[location]);
    for (const auto other : by_location_[location]) {
      if (nodes_[other].key <= reach) before |= nodes_[other].before, before.set(other);
    }
    for (const auto& earlier : fences_) {
      if (earlier.after[location] <= reach) {
        before |= nodes_[earlier.where].before, before.set(earlier.where);
      }
    }
  }
  const auto self = append(thread, known, 0, before);
  fences_.push_back({static_cast<index>(self), known, {}});
  fences_.back().after.fill(std::numeric_limits<std::uint64_t>::max());
  return self;
}

sc_order::set sc_order::known_before(const view& known) const {
  set before;
  for (const auto& of_thread : by_thread_) {
    for (auto each = of_thread.rbegin(); each != of_thread.rend(); ++each) {
      if (!happened(nodes_[*each], known)) continue;
      before |= nodes_[*each].before, before.set(*each);
      break;  // it has those before it in its thread among its own
    }
  }
  return before;
}

std::size_t sc_order::append(std::uint32_t thread, const view& known, std::uint64_t key,
                             set before) {
  const auto self = nodes_.size();
  nodes_.push_back({thread, known.clock[thread], key, before});
  by_thread_[thread].push_back(static_cast<index>(self));
  return self;
}

bool sc_order::edge(std::size_t from, std::size_t to) {
  if (from == to || nodes_[from].before[to]) return false;
  if (nodes_[to].before[from]) return true;
  auto gained = nodes_[from].before;
  gained.set(from);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (i == to || nodes_[i].before[to]) nodes_[i].before |= gained;
  }
  return true;
}

}  // namespace annulus::model
