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
  if (const auto at = by_length(offset, due)) return {{}, *at};
  if (!plan_) {
    const auto stopped = [&] {
      return found_place{failure(errc::cancelled, "the search for a whole record behind offset ",
                                 offset, " was ended"),
                         offset};
    };
    if (!chunk_.index(offset, end_, stop)) return stopped();
    record_scan scan(chunk_, offset, end_, due, limits_);
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

// Where the damaged record's own length leads, if what is there is whole and due. Others whose
// payload is rotten, but whose header is due, are passed by in the same way.
std::optional<std::uint64_t> damage_search::by_length(std::uint64_t offset, std::uint64_t due) {
  if (end_ - offset < record_layout::header_bytes) return std::nullopt;
  const auto there = chunk_.at(offset, record_layout::header_bytes, end_);
  if (there.error) return std::nullopt;
  auto header = decode(there.bytes);
  auto id = due != 0 ? due : header.id;
  if (id < limits_.lowest) return std::nullopt;
  for (auto at = offset;;) {
    if (!header.plausible() || header.record_bytes() > end_ - at) return std::nullopt;
    at += header.record_bytes();
    if (!possible(++id)) return std::nullopt;
    if (at == end_) return continues(id) ? std::optional(end_) : std::nullopt;
    const auto next = examine(chunk_, at, end_, id, check::payload);
    if (next.found == damage::none || next.found == damage::given_up) return at;
    if (next.found != damage::bad_checksum) return std::nullopt;
    header = next.header;
  }
}

bool damage_search::continues(std::uint64_t id) const {
  const auto& ids = limits_.successors;
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace annulus::chunklog
