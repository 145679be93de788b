#include "memory.hpp"

#include <stdexcept>

namespace annulus::model {
namespace {
constexpr std::uint32_t spacing = 1 << 12;  // room for stores that are placed between two
}

void memory::clear(std::uint32_t threads) {
  count_ = 0;
  threads_.assign(threads, {});
  order_.clear();
}

std::uint32_t memory::add_location(std::uint64_t initial) {
  if (count_ == max_locations) throw std::length_error("the scenario has too many atomics");
  if (count_ == histories_.size()) histories_.emplace_back();
  auto& stores = histories_[count_];
  stores.clear();
  stores.push_back({0, false, initial, {}});
  return count_++;
}

bool memory::acquires(order how) noexcept {
  return how == order::acquire || how == order::acq_rel || how == order::seq_cst ||
         how == order::consume;
}
bool memory::releases(order how) noexcept {
  return how == order::release || how == order::acq_rel || how == order::seq_cst;
}

std::uint32_t memory::room_after(const history& stores, std::uint32_t place) const {
  const auto from = stores[place].at;
  if (place + 1 == stores.size()) return from + spacing;
  return from + (stores[place + 1].at - from) / 2;
}

const memory::places& memory::loads(std::uint32_t thread, std::uint32_t location, order how,
                                    bool fresh) {
  const auto& stores = histories_[location];
  const auto& known = threads_[thread].now;
  found_.clear();
  for (auto place = static_cast<std::uint32_t>(stores.size()); place-- > 0;) {
    const auto at = stores[place].at;
    if (at < known.seen[location]) break;
    const sc_order::access what{thread, known, location, sc_order::load_key(at),
                                how == order::seq_cst};
    if (order_.admits(what)) found_.push_back(place);
    if (fresh) break;
  }
  return found_;
}

const memory::places& memory::stores(std::uint32_t thread, std::uint32_t location, order how,
                                     bool fresh) {
  const auto& stores = histories_[location];
  const auto& known = threads_[thread].now;
  found_.clear();
  for (auto place = static_cast<std::uint32_t>(stores.size()); place-- > 0;) {
    if (stores[place].at < known.seen[location]) break;
    const auto last = place + 1 == stores.size();
    if (!last && stores[place + 1].updates) continue;
    const auto at = room_after(stores, place);
    if (at == stores[place].at) continue;
    const sc_order::access what{thread, known, location, sc_order::store_key(at),
                                how == order::seq_cst};
    if (order_.admits(what)) found_.push_back(place);
    if (fresh) break;
  }
  return found_;
}

const memory::places& memory::updates(std::uint32_t thread, std::uint32_t location, order how,
                                      bool fresh) {
  // The same places: the store that it makes goes directly behind the one that it reads.
  return stores(thread, location, how, fresh);
}

void memory::take(std::uint32_t thread, const message& from, order how) {
  auto& me = threads_[thread];
  me.acquired.join(from.carried);
  if (acquires(how)) me.now.join(from.carried);
}

void memory::put(std::uint32_t thread, std::uint32_t location, order how, std::uint32_t place,
                 std::uint64_t value, bool updates) {
  auto& stores = histories_[location];
  auto& me = threads_[thread];
  const auto at = room_after(stores, place);
  order_.add({thread, me.now, location, sc_order::store_key(at), how == order::seq_cst});
  if (updates) take(thread, stores[place], how);
  me.now.seen[location] = at;
  message made{at, updates, value, releases(how) ? me.now : me.released};
  if (updates) made.carried.join(stores[place].carried);  // the release sequence goes on
  made.carried.seen[location] = std::max(made.carried.seen[location], at);
  stores.insert(stores.begin() + place + 1, made);
}

std::uint64_t memory::load(std::uint32_t thread, std::uint32_t location, order how,
                           std::uint32_t place) {
  const auto& from = histories_[location][place];
  auto& me = threads_[thread];
  order_.add({thread, me.now, location, sc_order::load_key(from.at), how == order::seq_cst});
  me.now.seen[location] = from.at;
  take(thread, from, how);
  return from.value;
}

void memory::store(std::uint32_t thread, std::uint32_t location, order how, std::uint32_t place,
                   std::uint64_t value) {
  put(thread, location, how, place, value, false);
}

void memory::update(std::uint32_t thread, std::uint32_t location, order how, std::uint32_t place,
                    std::uint64_t value) {
  put(thread, location, how, place, value, true);
}

std::size_t memory::full_fence(std::uint32_t thread) {
  auto& me = threads_[thread];
  tick(thread);
  me.now.join(me.acquired);
  me.released = me.now;
  return order_.fence(thread, me.now);
}

void memory::fence(std::uint32_t thread, order how) {
  if (how == order::seq_cst) {
    full_fence(thread);
    return;
  }
  auto& me = threads_[thread];
  if (acquires(how)) me.now.join(me.acquired);
  if (releases(how)) me.released = me.now;
}

void memory::fence_everywhere(std::uint32_t caller, const std::vector<std::uint32_t>& others) {
  const auto first = full_fence(caller);
  std::vector<std::size_t> middle;
  for (const auto thread : others) middle.push_back(full_fence(thread));
  const auto last = full_fence(caller);
  for (const auto each : middle) {
    order_.precedes(first, each);
    order_.precedes(each, last);
  }
}

}  // namespace annulus::model
