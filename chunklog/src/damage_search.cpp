#include "damage_search.hpp"

#include <algorithm>

#include "record_scan.hpp"
#include "sentence.hpp"

namespace annulus::chunklog {

damage_search::damage_search(chunk_window& chunk, std::uint64_t end, id_limits limits)
    : chunk_(chunk), end_(end), limits_(std::move(limits)) {
}

found_place damage_search::behind(std::uint64_t offset, std::uint64_t due,
                                  const std::stop_token& stop) {
  const auto reached = lead(offset, due);
  if (reached.whole) return {{}, reached.offset};
  if (!plan_) {
    const auto stopped = [&] {
      return found_place{failure(errc::cancelled, "the search for a whole record behind offset ",
                                 offset, " was ended"),
                         offset};
    };
    if (!chunk_.index(reached.offset, end_, stop)) return stopped();
    record_scan scan(chunk_, reached.offset, end_, reached.due, limits_);
    if (!scan.run(stop)) return stopped();
    plan_ = scan.choose();
  }
  const auto from = due == 0 ? offset + 1 : offset;
  const auto next = std::lower_bound(
      plan_->begin(), plan_->end(), from,
      [](const stretch& each, std::uint64_t wanted) { return each.offset < wanted; });
  const auto greater =
      std::find_if(next, plan_->end(), [&](const stretch& each) { return each.first_id > due; });
  return {{}, greater == plan_->end() ? end_ : greater->offset};
}

// Where the lengths of damaged records lead, from one header that is due to the next: to something
// whole, or to a record that says no more.
damage_search::led damage_search::lead(std::uint64_t offset, std::uint64_t due) {
  for (led now{offset, due};;) {
    if (end_ - now.offset < record_layout::header_bytes) return now;
    const auto there = chunk_.at(now.offset, record_layout::header_bytes, end_);
    if (there.error) return now;
    const auto header = decode(there.bytes);
    const auto id = now.due != 0 ? now.due : header.id;
    if (!header.plausible() || header.record_bytes() > end_ - now.offset) return now;
    if (id < limits_.lowest) return now;
    const auto next = now.offset + header.record_bytes();
    if (next == end_) return ends_with(now.due, id) ? led{end_, 0, true} : now;
    const auto found = examine(chunk_, next, end_, 0, check::payload);
    if (!goes_on(now.due, id, found)) return now;
    if (is_intact(found)) return {next, 0, true};
    now = {next, id + 1};
  }
}

// Whether the chunk may end behind the record: nothing that is known goes on with a later ID only.
bool damage_search::ends_with(std::uint64_t due, std::uint64_t id) const {
  if (due == 0 && !limits_.allow_first(id)) return true;  // its ID is rotten, too
  const auto& ids = limits_.successors;
  return continues(id + 1) ||
         std::none_of(ids.begin(), ids.end(), [&](auto next) { return next > id; });
}

// Whether what is there may follow the record, whose ID can be rotten if none was due.
bool damage_search::goes_on(std::uint64_t due, std::uint64_t id, const examined& next) const {
  if (possible(id + 1) && next.header.id == id + 1) return true;
  return due == 0 && is_intact(next) && !limits_.allow_first(id) &&
         limits_.allow_first(next.header.id);
}

bool damage_search::continues(std::uint64_t id) const {
  const auto& ids = limits_.successors;
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace annulus::chunklog
