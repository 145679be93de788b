#include "record_scan.hpp"

#include <algorithm>
#include <annulus/bytes/byte_order.hpp>
#include <map>

#include "gap_marker.hpp"

namespace annulus::chunklog {
namespace {

constexpr std::size_t scan_buffer = std::size_t{256} << 10U;

// Fills `to`, with zeros where nothing can be read: no record begins with them.
void read_around(chunk_window& chunk, bytes_span to, std::uint64_t offset) {
  while (!to.empty()) {
    const auto got = chunk.files().read(chunk.fd(), to, offset).bytes;
    offset += got;
    to = to.subspan(got);
    const auto lost = static_cast<std::size_t>(
        std::min<std::uint64_t>(sector_bytes - offset % sector_bytes, to.size()));
    std::fill_n(to.begin(), lost, std::byte{0});
    offset += lost;
    to = to.subspan(lost);
  }
}

}  // namespace

record_scan::record_scan(chunk_window& chunk, std::uint64_t begin, std::uint64_t end,
                         std::uint64_t due, const id_limits& limits, std::size_t most_chains)
    : chunk_(chunk),
      begin_(begin),
      end_(end),
      due_(due),
      limits_(limits),
      most_chains_(most_chains),
      highest_(limits.highest),
      mark_(limits.mark) {
}

bool record_scan::run(const std::stop_token& stop) {
  constexpr auto header = record_layout::header_bytes;
  std::vector<std::byte> buffer(scan_buffer);
  stand_at(begin_, due_);
  for (auto at = begin_; at + header <= end_;) {
    if (stop.stop_requested()) return false;
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end_ - at));
    const auto part = bytes_span(buffer).first(size);
    read_around(chunk_, part, at);
    const auto places = size - header + 1;
    for (std::size_t i = 0; i < places; ++i) {
      // Places can take a microsecond each.
      if (i % 65536 == 65535 && stop.stop_requested()) return false;
      look(at + i, part.subspan(i));
    }
    at += places;
  }
  return true;
}

// A header that has the ID that is due, or in the chunk's first record one that may be, tells how
// far the record reaches.
void record_scan::stand_at(std::uint64_t at, std::uint64_t due) {
  begin_ = at;
  due_ = due;
  before_ = due != 0 ? due : limits_.follows;
  content_end_ = at;
  cut_off_ = false;
  own_.reset();
  leaps_ = begins_with_marker();
  if (end_ - at < record_layout::header_bytes) return;
  const auto there = chunk_.at(at, record_layout::header_bytes, end_);
  const auto header = there.error ? record_header{} : decode(there.bytes);
  if (due != 0 ? header.id != due : !limits_.allow_first(header.id)) return;
  const bool fits = header.plausible() && header.record_bytes() <= end_ - at;
  const bool bounded = due != 0 || limits_.highest != 0 || limits_.precedes != 0;
  if (!bounded && !fits) return;
  own_ = header;
  if (ends_at(end_)) earliest_ = end_;
  const auto end = header.plausible() ? std::min(end_, at + header.record_bytes()) : at;
  if (due == 0 && end < end_ && end > at) {
    const auto next = examine(chunk_, end, end_, 0, check::payload);
    if (is_intact(next) && next.header.id != header.id + 1) return;  // rather the ID is rotten
  }
  content_end_ = end;
  cut_off_ = header.plausible() && !fits;
  if (!bounded) return;
  before_ = header.id;
  due_ = header.id;
  if (due != 0) return;
  // The next chunk of all that there are.
  for (const auto next : limits_.successors) {
    if (next <= due_ || (highest_ != 0 && next > highest_ && mark_ >= end_)) continue;
    highest_ = next - 1;
    mark_ = end_;
  }
}

// If only the length of the record at `begin_` is rotten, its checksum tells where it ends.
bool record_scan::ends_at(std::uint64_t at) {
  const auto content = begin_ + record_layout::id;
  return at >= begin_ + record_layout::header_bytes &&
         chunk_.indexed(content, at)->of(content, at) == own_->checksum;
}

// Goes on behind the record at `begin_`, which is followed by one with this ID.
void record_scan::pass(std::uint64_t at, std::uint64_t id) {
  chains_.clear();
  expected_.clear();
  whole_end_ = at;
  const auto next = examine(chunk_, at, end_, id, check::payload);
  if (is_intact(next)) {
    due_ = own_->id;
    own_.reset();
    content_end_ = begin_;
    earliest_ = at;
  } else {
    stand_at(at, id);
  }
}

// Nearly all places end in the first lines.
void record_scan::look(std::uint64_t at, bytes_view there) {
  if (own_ && load_le<std::uint64_t>(there.data() + record_layout::id) == own_->id + 1 &&
      ends_at(at)) {
    pass(at, own_->id + 1);
  }
  const auto header = decode(there);
  const auto found = judge(header, 0, end_ - at);
  if (found != damage::none && found != damage::given_up) return;
  const auto id = header.id;
  if (!may_begin(at, id) && expected(at, id) == expected_.end()) return;
  const bool gap = found == damage::given_up;
  const auto end = at + (gap ? gap_marker::bytes : header.record_bytes());
  if (end <= whole_end_) return;
  auto next_id = id + 1;
  if (gap) {
    const auto marker = examine(chunk_, at, end_, id, check::payload);
    if (marker.found != damage::given_up) return;
    next_id = marker.next_id;
  } else {
    const auto sum = chunk_.indexed(at, end)->of(at + record_layout::id, end);
    if (sum != header.checksum) {
      const auto due = expected(at, id);
      if (due != expected_.end()) expected_.insert({end, {due->second.chain, next_id}});
      return;
    }
  }
  whole_end_ = std::max(whole_end_, end);
  take(at, end, id, next_id);
}

bool record_scan::may_begin(std::uint64_t at, std::uint64_t id) const {
  // A damaged record still takes its place: what lies behind it has a greater ID.
  if ((id <= due_ && due_ != 0) || id < limits_.lowest || at < earliest_) return false;
  // So does the one behind it, if it is not whole.
  if (due_ != 0 && at > content_end_ && content_end_ > begin_ && id == due_ + 1) return false;
  return within_limits(at, id);
}

bool record_scan::within_limits(std::uint64_t at, std::uint64_t id) const {
  if (highest_ == 0 || id <= highest_) return true;
  return at >= mark_ && id - highest_ <= (at - mark_) / record_layout::header_bytes + 1;
}

// What is lost has taken its bytes, but for a marker.
bool record_scan::within_bytes(std::uint64_t at, std::uint64_t id) const {
  return due_ == 0 || leaps_ || id - due_ <= (at - begin_) / record_layout::header_bytes;
}

// A damaged one is known by its mark or, without that, by its checksum.
bool record_scan::begins_with_marker() const {
  if (end_ - begin_ < gap_marker::bytes) return false;
  const auto there = chunk_.at(begin_, gap_marker::bytes, end_);
  if (there.error) return false;
  const auto header = decode(there.bytes);
  if (header.length == gap_marker::length) return true;
  return header.id == due_ && sum_of(there.bytes) == header.checksum;
}

// Of those that meet there, what lies in the content of another has the fewer bytes.
record_scan::expected_at::iterator record_scan::expected(std::uint64_t at, std::uint64_t id) {
  const auto [first, last] = expected_.equal_range(at);
  auto heaviest = expected_.end();
  for (auto each = first; each != last; ++each) {
    if (each->second.id != id) continue;
    const bool heavier = heaviest == expected_.end() ||
                         chains_[each->second.chain].bytes > chains_[heaviest->second.chain].bytes;
    if (heavier) heaviest = each;
  }
  return heaviest;
}

void record_scan::take(std::uint64_t at, std::uint64_t end, std::uint64_t id,
                       std::uint64_t next_id) {
  if (chains_.size() >= most_chains_) settle(at);
  const auto due = expected(at, id);
  auto which = chains_.size();
  if (due != expected_.end()) {
    const auto before = due->second.chain;
    expected_.erase(due);
    if (chains_[before].last.end == at) {
      which = before;
    } else {
      chains_[before].went_on = true;
      auto joined = chains_[before];
      joined.before = before;
      joined.went_on = false;
      joined.last = {at, at, id, id};
      chains_.push_back(joined);
    }
  } else {
    chain fresh;
    fresh.last = {at, at, id, id};
    fresh.begin = at;
    fresh.first_id = id;
    chains_.push_back(fresh);
  }
  auto& grown = chains_[which];
  grown.last.end = end;
  grown.last.next_id = next_id;
  grown.bytes += end - at;
  ++grown.records;
  if (!within_limits(at, next_id - 1)) grown.doubtful = true;
  if (at == grown.begin && !within_bytes(at, id)) grown.doubtful = true;
  if (at == grown.begin && id <= before_) grown.early = true;
  const auto due_at_mark = limits_.highest + 1;
  if ((at == limits_.mark && id == due_at_mark) ||
      (end == limits_.mark && next_id == due_at_mark)) {
    grown.marked = true;
  }
  expected_.insert({end, {which, next_id}});
}

// Keeps what would be chosen by now and what may still go on.
void record_scan::settle(std::uint64_t at) {
  std::vector<std::size_t> moved(chains_.size(), none);
  const auto keep = [&](std::size_t i) {
    for (; i != none && moved[i] == none; i = chains_[i].before) moved[i] = 0;
  };
  for (const auto i : chosen_chains()) keep(i);
  for (auto each = expected_.begin(); each != expected_.end();) {
    if (each->first < at) {
      each = expected_.erase(each);
    } else {
      keep((each++)->second.chain);
    }
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < chains_.size(); ++i) {
    if (moved[i] == none) continue;
    moved[i] = kept;
    chains_[kept] = chains_[i];
    auto& before = chains_[kept++].before;
    if (before != none) before = moved[before];
  }
  chains_.resize(kept);
  for (auto& each : expected_) each.second.chain = moved[each.second.chain];
  most_chains_ = std::max(most_chains_, 2 * kept);
}

bool record_scan::connected(const chain& one) const {
  const auto& ids = limits_.successors;
  if (one.marked) return true;
  return one.last.end == end_ && std::find(ids.begin(), ids.end(), one.last.next_id) != ids.end();
}

// Nothing that is known goes on with a later ID only.
bool record_scan::may_end_there(const chain& one) const {
  const auto& ids = limits_.successors;
  return connected(one) ||
         (one.last.end == end_ &&
          std::none_of(ids.begin(), ids.end(), [&](auto id) { return id > one.last.next_id; }));
}

// What goes on elsewhere has IDs that are too low for the chunk's place among the others.
bool record_scan::misplaced() const {
  return due_ == 0 && std::any_of(chains_.begin(), chains_.end(), [&](const chain& one) {
           return one.early && !one.went_on && connected(one);
         });
}

bool record_scan::credible(const chain& one, bool place_known) const {
  if (one.went_on) return false;
  // What goes on behind it shows that the length is rotten.
  const bool inside = one.begin < content_end_ && one.last.end <= content_end_;
  if (inside) return cut_off_ ? may_end_there(one) : connected(one);
  if (!one.doubtful && (!one.early || !place_known)) return true;
  return limits_.successors.empty() ? one.last.end == end_ : connected(one);
}

std::vector<std::size_t> record_scan::credible_chains() const {
  std::vector<std::size_t> all;
  const bool place_known = !misplaced();
  for (std::size_t i = 0; i < chains_.size(); ++i) {
    if (credible(chains_[i], place_known)) all.push_back(i);
  }
  return all;
}

// The chain that reaches the chunk's end as it should or, if none does, with any ID: what the next
// chunk began with may be lost.
std::optional<std::size_t> record_scan::anchor(const std::vector<std::size_t>& among) const {
  const auto longest = [&](const auto& reaches) {
    std::optional<std::size_t> found;
    for (const auto i : among) {
      const auto& one = chains_[i];
      if (reaches(one) && (!found || one.bytes > chains_[*found].bytes)) found = i;
    }
    return found;
  };
  const auto certain = longest([&](const chain& one) { return connected(one); });
  return certain ? certain : longest([&](const chain& one) { return one.last.end == end_; });
}

// What is lost between two has taken its bytes, or a marker's.
bool record_scan::is_before(const chain& one, const chain& next) {
  if (next.begin < one.last.end || next.first_id <= one.last.next_id) return false;
  const auto lost = next.first_id - one.last.next_id;
  const auto room = next.begin - one.last.end;
  return room >= gap_marker::bytes || room / record_layout::header_bytes >= lost;
}

// Of all sequences in which offsets and IDs rise, the heaviest.
std::vector<std::size_t> record_scan::best(std::vector<std::size_t> among, bool by_records) const {
  struct weight {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    auto operator<=>(const weight&) const = default;
  };
  struct sequence {
    weight sum{};
    std::size_t before = none;
  };
  const auto at = [&](std::size_t i) -> const chain& { return chains_[among[i]]; };
  std::sort(among.begin(), among.end(),
            [&](auto a, auto b) { return chains_[a].begin < chains_[b].begin; });
  std::vector<std::size_t> by_end(among.size());
  for (std::size_t i = 0; i < by_end.size(); ++i) by_end[i] = i;
  std::sort(by_end.begin(), by_end.end(),
            [&](auto a, auto b) { return at(a).last.end < at(b).last.end; });
  std::vector<sequence> sums(among.size());
  // By the ID that they end with; none is heavier than one behind it.
  std::map<std::uint64_t, std::size_t> heaviest;
  auto ended = by_end.begin();
  for (std::size_t i = 0; i < among.size(); ++i) {
    for (;
         ended != by_end.end() && at(*ended).last.end + record_layout::header_bytes <= at(i).begin;
         ++ended) {
      const auto id = at(*ended).last.next_id;
      auto behind = heaviest.upper_bound(id);
      if (behind != heaviest.begin() && sums[std::prev(behind)->second].sum >= sums[*ended].sum) {
        continue;
      }
      while (behind != heaviest.end() && sums[behind->second].sum <= sums[*ended].sum) {
        behind = heaviest.erase(behind);
      }
      heaviest[id] = *ended;
    }
    const auto& one = at(i);
    const auto before = heaviest.lower_bound(one.first_id);  // a record is lost between the two
    if (before != heaviest.begin()) {
      sums[i].before = std::prev(before)->second;
      sums[i].sum = sums[sums[i].before].sum;
    }
    sums[i].sum.first += by_records ? one.records : one.bytes;
    sums[i].sum.second += by_records ? one.bytes : one.records;
  }
  std::vector<std::size_t> chosen;
  const auto last = std::max_element(sums.begin(), sums.end(),
                                     [](const auto& a, const auto& b) { return a.sum < b.sum; });
  if (last == sums.end()) return chosen;
  for (auto i = static_cast<std::size_t>(last - sums.begin()); i != none; i = sums[i].before) {
    chosen.push_back(among[i]);
  }
  return chosen;
}

std::vector<std::size_t> record_scan::chosen_chains() const {
  const auto among = credible_chains();
  const auto certain = anchor(among);
  if (!certain) return best(among, limits_.highest != 0);
  const auto& one = chains_[*certain];
  std::vector<std::size_t> before;
  std::vector<std::size_t> behind;
  for (const auto i : among) {
    const auto& other = chains_[i];
    if (is_before(other, one)) before.push_back(i);
    if (is_before(one, other)) behind.push_back(i);
  }
  auto chosen = best(std::move(before), true);
  for (const auto i : best(std::move(behind), true)) chosen.push_back(i);
  chosen.push_back(*certain);
  return chosen;
}

std::vector<stretch> record_scan::choose() const {
  std::vector<stretch> stretches;
  for (auto i : chosen_chains()) {
    for (; i != none; i = chains_[i].before) stretches.push_back(chains_[i].last);
  }
  std::sort(stretches.begin(), stretches.end(),
            [](const stretch& a, const stretch& b) { return a.offset < b.offset; });
  return stretches;
}

}  // namespace annulus::chunklog
