#include "cursor.hpp"

#include <fcntl.h>

#include <algorithm>

#include "gap_marker.hpp"
#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

constexpr std::size_t cursor_read_ahead = std::size_t{256} << 10U;

}  // namespace

log_cursor::log_cursor(log_core& core)
    : core_(core),
      window_(core.directory().files, cursor_read_ahead, this),
      acknowledged_at_open_(core.acknowledged().at().last) {
  delivered_.set(acknowledged_at_open_);
}

read_record log_cursor::next(const until* limit) {
  log_record record;
  if (!take_buffered(record)) {
    if (auto bad = take(record, limit); !bad.ok()) return {std::move(bad), 0, {}};
  }
  return {{}, record.id, record.payload};
}

read_batch log_cursor::next_batch(const until* limit) {
  log_record record;
  if (auto bad = take(record, limit); !bad.ok()) return {std::move(bad), {}};
  if (batch_.empty()) batch_.resize(most_in_batch);  // not before somebody asks for one
  batch_.front() = record;
  std::size_t n = 1;
  // The rest must not move the buffer that the first one lies in.
  const auto there = takable();
  std::size_t bytes = 0;
  while (n < batch_.size() && is_whole(there, bytes, record)) {
    batch_[n++] = record;
    bytes += record_layout::header_bytes + record.payload.size();
  }
  if (bytes > 0) deliver(n - 1, bytes);
  return {{}, std::span(batch_).first(n)};
}

// What is in the buffer, if there is nothing to say about what comes next.
bytes_view log_cursor::takable() const {
  if (expected_ <= acknowledged_at_open_ || lost_from_ != 0) return {};
  return window_.buffered(offset_, end_);
}

// Whether the next record, or that many bytes behind it, is there and as it should be.
bool log_cursor::is_whole(bytes_view there, std::size_t at, log_record& record) const {
  const auto rest = there.subspan(at);
  if (rest.size() < record_layout::header_bytes) return false;
  const auto header = decode(rest);
  if (judge(header, at == 0 ? expected_ : record.id + 1, rest.size()) != damage::none) return false;
  const auto whole = rest.first(static_cast<std::size_t>(header.record_bytes()));
  record = {header.id, whole.subspan(record_layout::payload)};
  return window_.trusted(offset_ + at) || sum_of(whole) == header.checksum;
}

// The fast path: a whole record of the buffer.
bool log_cursor::take_buffered(log_record& record) {
  if (!is_whole(takable(), 0, record)) return false;
  deliver(1, record_layout::header_bytes + record.payload.size());
  return true;
}

status log_cursor::take(log_record& record, const until* limit) {
  for (;;) {
    if (take_buffered(record)) return {};
    if (offset_ == end_) {
      if (auto bad = advance(limit); !bad.ok()) return bad;
      continue;
    }
    if (lost_from_ != 0) {
      const auto stop = limit != nullptr ? limit->token() : std::stop_token();
      if (auto bad = resume(stop); !bad.ok()) return bad;
      continue;
    }
    // What is acknowledged is passed by, its payload unread.
    const bool passed = expected_ <= acknowledged_at_open_;
    const auto found =
        examine(window_, offset_, end_, expected_, passed ? check::header : check::payload);
    if (found.found == damage::given_up &&
        (expected_ != 0 || found.header.id <= acknowledged_at_open_ + 1)) {
      pass_gap(found);
      continue;
    }
    if (found.found != damage::none) {
      return damaged(
          {error_for(found), chunklog::describe(found, file(), offset_, end_, expected_)});
    }
    if (passed && found.header.id > acknowledged_at_open_) {
      // The chunk's first record, whose ID nothing has announced yet: look again, this time at
      // all of it.
      if (found.header.id != acknowledged_at_open_ + 1) {
        const auto whole = examine(window_, offset_, end_, 0, check::payload);
        if (whole.found != damage::none) {
          return damaged(
              {error_for(whole), chunklog::describe(whole, file(), offset_, end_, expected_)});
        }
        auto gap =
            failure(errc::missing_data, file(), ", offset ", offset_, ": the records after ",
                    acknowledged_at_open_, ", which is acknowledged, are missing; the next one is ",
                    found.header.id);
        return damaged(std::move(gap));
      }
      expected_ = found.header.id;
      continue;
    }
    if (passed) {
      offset_ += found.header.record_bytes();
      expected_ = found.header.id + 1;
      continue;
    }
    record = {found.header.id, found.payload};
    expected_ = record.id;
    deliver(1, found.header.record_bytes());
    return {};
  }
}

// A repair has told of what is lost here; nobody will ever acknowledge it.
void log_cursor::pass_gap(const examined& gap) {
  const auto first = std::max(gap.header.id, acknowledged_at_open_ + 1);
  offset_ += gap_marker::bytes;
  expected_ = gap.next_id;
  if (gap.next_id <= first) return;
  skipped_.add(gap.next_id - first);
  if (core_.acknowledged().add(first, gap.next_id - 1)) core_.state().orders.release();
}

// Passes by the next records, which have so many bytes together.
void log_cursor::deliver(std::uint64_t records, std::uint64_t bytes) {
  offset_ += bytes;
  expected_ += records;
  delivered_.set(expected_ - 1);
  records_.add(records);
  bytes_.add(bytes);
}

// Waits for more in this chunk, or goes on to the next one.
status log_cursor::advance(const until* limit) {
  if (window_.fd() < 0) {
    if (auto bad = go_to(chunk_); !bad.ok()) return bad;
  }
  if (offset_ == 0 && lost_from_ == 0) {
    if (auto bad = check_chunks_before(); !bad.ok()) return bad;
  }
  auto more = limit != nullptr ? core_.state().front.wait(chunk_, offset_, *limit)
                               : core_.state().front.look(chunk_, offset_);
  if (!more.ok()) return more;
  if (!more.final) {
    end_ = more.end;
    return {};
  }
  const auto size = core_.directory().files.size(window_.fd());
  if (size.error) return failure(size.error, file(), " cannot be read");
  if (size.bytes > offset_) {
    end_ = size.bytes;
    return {};
  }
  if (chunk_ + 1 < more.first) return skip_dropped(more);
  if (auto bad = go_to(chunk_ + 1); !bad.ok()) return bad;
  if (lost_from_ == 0 && core_.acknowledged().begins(chunk_, due())) core_.state().orders.release();
  return {};
}

// In a chunk without a record there is no ID to tell that those before it have lost some.
status log_cursor::check_chunks_before() {
  const auto now = core_.state().front.look(chunk_, offset_);
  if (now.ok() || due() >= now.next_id) return {};
  return damaged(failure(errc::missing_data, core_.directory().path.string(), ": records ", due(),
                         " to ", now.next_id - 1, " are missing from the chunks before ",
                         chunk_name(core_.number(chunk_)), "; the next one is ", now.next_id));
}

status log_cursor::go_to(std::uint64_t chunk) {
  auto opened = open_chunk(core_.directory(), core_.number(chunk), O_RDONLY);
  if (!opened.ok()) {
    // It may just have been dropped.
    const auto kept = core_.state().front.first_kept();
    if (chunk < kept.first) return skip_dropped(kept);
    // Or it was acknowledged completely before this log was opened, and deleted at a roll since.
    const auto oldest = core_.acknowledged().at().chunk;
    return chunk < oldest ? go_to(oldest) : opened;
  }
  search_.reset();
  window_.attach(std::move(opened.file));
  chunk_ = chunk;
  offset_ = 0;
  end_ = 0;
  return {};
}

// Goes on at the oldest chunk that is left, and says what that costs.
status log_cursor::skip_dropped(const available& kept) {
  const auto lost_first = lost_from_ != 0 ? lost_from_ : due();
  if (auto bad = go_to(kept.first); !bad.ok()) return bad;
  lost_from_ = 0;
  if (chunk_ != kept.first) return {};  // it was dropped meanwhile, too, and has been told of
  expected_ = std::max(lost_first, kept.first_id);
  if (lost_first >= kept.first_id) return {};
  return failure(errc::dropped_records, core_.directory().path.string(), ": records ", lost_first,
                 " to ", kept.first_id - 1,
                 " were deleted unread, to keep the log under its size cap of ",
                 core_.how().max_bytes);
}

// By policy, the next call begins to look for a whole record behind it.
status log_cursor::damaged(status why) {
  if (core_.how().damage == on_damage::skip) {
    lost_from_ = due();
    lost_in_ = chunk_;
    damages_.add();
  }
  return why;
}

// What is known of the IDs in this chunk: where the next one begins, or what was written last.
id_limits log_cursor::limits() {
  const auto now = core_.state().front.look(chunk_, end_);
  id_limits limits;
  auto next_id = now.next_id;
  if (now.final) {
    chunk_window window(core_.directory().files, record_layout::header_bytes);
    const auto first = first_id_of(core_.directory(), core_.number(chunk_ + 1), window);
    if (first > lost_from_ && first < next_id) next_id = first;
  }
  if (chunk_ != lost_in_) limits.lowest = expected_;
  limits.highest = next_id - 1;
  limits.successors = {next_id};
  return limits;
}

// Looks for the next whole record of this chunk that has not been delivered. What lies between
// counts as done with: nobody will ever acknowledge it.
status log_cursor::resume(const std::stop_token& stop) {
  auto at = offset_;
  // In a chunk behind that of the damage, the first record is none that damage was found at.
  const bool elsewhere = chunk_ != lost_in_ && offset_ == 0;
  auto here = examine(window_, at, end_, 0, elsewhere ? check::payload : check::header);
  if (!elsewhere || !is_intact(here) || here.header.id < expected_) {
    // More may have been written since the last search; what it has seen stays true.
    if (!search_ || offset_ >= search_->end()) search_.emplace(window_, end_, limits());
    auto found = search_->behind(offset_, chunk_ == lost_in_ ? expected_ : 0, stop);
    if (!found.ok()) return failure(found.error, file(), ": ", found.message);
    at = found.offset;
    if (at == search_->end()) {
      offset_ = at;
      return {};
    }
    here = examine(window_, at, end_, 0, check::header);
  }
  const auto id = here.header.id;
  offset_ = at;
  expected_ = id;
  auto& acknowledged = core_.acknowledged();
  bool completes = false;
  if (id > lost_from_) {
    skipped_.add(id - lost_from_);
    completes = acknowledged.add(lost_from_, id - 1);
  }
  // Of a chunk whose first record is lost, this is the first that matters.
  if (chunk_ != lost_in_ && acknowledged.begins(chunk_, id)) completes = true;
  if (completes) core_.state().orders.release();
  lost_from_ = 0;
  return {};
}

bool log_cursor::arm(waker& who) {
  if (offset_ != end_ || window_.fd() < 0) return false;
  return core_.state().front.arm(chunk_, offset_, who);
}

std::size_t log_cursor::copy(std::uint64_t offset, bytes_span to) {
  const auto n = core_.state().cache.copy(chunk_, offset, to);
  cache_bytes_.add(n);
  return n;
}

status log_cursor::acknowledge(std::uint64_t first, std::uint64_t last) {
  const auto delivered = delivered_.get();
  if (first == 0 || first > last || last > delivered) {
    return failure(errc::not_delivered, "records ", first, " to ", last,
                   " cannot be acknowledged: the last one delivered is ", delivered);
  }
  return core_.acknowledge(first, last);
}

void log_cursor::count(log_stats& into) const {
  into.delivered_records = records_.get();
  into.delivered_bytes = bytes_.get();
  into.cache_bytes = cache_bytes_.get();
  into.file_bytes = window_.file_bytes();
  into.damages = damages_.get();
  into.skipped_records = skipped_.get();
}

std::string log_cursor::describe() const {
  return sentence("delivered up to ID ", delivered_.get(), "\n");
}

}  // namespace annulus::chunklog
