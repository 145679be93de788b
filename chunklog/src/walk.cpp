#include "walk.hpp"

#include <fcntl.h>

#include <algorithm>

#include "gap_marker.hpp"
#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

constexpr std::uint64_t progress_step = std::uint64_t{4} << 20U;

class walker {
 public:
  walker(const log_directory& directory, chunk_window& window, const walk_options& how,
         chunk_walk& chunk)
      : how_(how), window_(window), chunk_(chunk), name_(directory.file(chunk.file)) {}

  status run() {
    if (chunk_.bytes < chunk_.mark) {
      add(fault_kind::missing_data, chunk_.bytes, 0,
          sentence(name_, " has ", chunk_.bytes, " bytes; the ledger calls ", chunk_.mark,
                   " durable"));
    }
    std::uint64_t reported = 0;
    if (how_.stop.stop_requested()) return stopped();
    for (std::uint64_t offset = 0; offset < chunk_.bytes;) {
      if (offset - reported >= progress_step) {
        if (how_.stop.stop_requested()) return stopped();
        report(offset - reported);
        reported = offset;
      }
      if (offset == chunk_.mark) chunk_.due_at_mark = due_;
      if (const auto* const known = walked(offset)) {
        reported += known->end - offset;
        offset = take(*known);
        continue;
      }
      const auto next = step(offset);
      if (!failed_.ok()) return std::move(failed_);
      if (offset < chunk_.mark && next > chunk_.mark) chunk_.across_mark = offset;
      offset = next;
    }
    if (chunk_.bytes == chunk_.mark) chunk_.due_at_mark = due_;
    chunk_.next_due = due_;
    report(chunk_.bytes - std::min(reported, chunk_.bytes));
    return {};
  }

 private:
  [[nodiscard]] status stopped() const {
    return failure(errc::cancelled, name_, " was not read to its end");
  }

  // The part that begins there, if it is what steps from here would find.
  const chunk_slice* walked(std::uint64_t offset) {
    const auto& all = chunk_.slices;
    while (slice_ < all.size() && (!all[slice_].whole || all[slice_].start < offset)) ++slice_;
    if (slice_ == all.size()) return nullptr;
    const auto& next = all[slice_];
    const bool meets = next.start == offset && (due_ == 0 || due_ == next.first_id);
    const bool across_mark = next.start < chunk_.mark && chunk_.mark < next.end;
    return meets && !across_mark ? &next : nullptr;
  }

  std::uint64_t take(const chunk_slice& part) {
    begin(part.start, part.first_id);
    add({part.first_id, part.last_id, part.start, part.end});
    chunk_.records += part.last_id - part.first_id + 1;
    chunk_.payload_bytes += part.payload_bytes;
    chunk_.last_id = part.last_id;
    due_ = part.last_id + 1;
    return part.end;
  }

  // Takes what is at `offset` and gives the place behind it.
  std::uint64_t step(std::uint64_t offset) {
    // An ID that no record before it announces is believed only with its checksum.
    const auto depth = offset < chunk_.mark && due_ != 0 ? how_.depth : check::payload;
    const auto record = examine(window_, offset, chunk_.bytes, due_, depth);
    if (record.found == damage::none) return take(offset, record.header);
    if (record.found == damage::given_up) {
      begin(offset, record.header.id);
      chunk_.gaps.push_back({offset, record.header.id, record.next_id});
      due_ = record.next_id;
      return offset + gap_marker::bytes;
    }
    return pass(offset, record);
  }

  // Names the damage at `offset` and gives the place where the chunk is whole again.
  std::uint64_t pass(std::uint64_t offset, const examined& record) {
    auto words = describe(record, name_, offset, chunk_.bytes, due_);
    const bool above = chunk_.ledger && chunk_.last && offset >= chunk_.mark;
    auto next = chunk_.bytes;
    if (!above || how_.salvage) {
      auto found = search(offset);
      if (!found.ok()) {
        failed_ = failure(found.error, name_, ": ", found.message);
        return chunk_.bytes;
      }
      next = found.offset;
    }
    auto kind =
        record.found == damage::unreadable ? fault_kind::unreadable : fault_kind::corrupt_record;
    if (next < chunk_.bytes) {
      if (next == offset) kind = fault_kind::id_gap;
      if (above) words += "; whole records follow, which opening the log would cut off";
    } else {
      const auto rest = chunk_.bytes - offset;
      if (kind != fault_kind::unreadable && chunk_.last && offset >= chunk_.mark) {
        kind = fault_kind::torn_tail;
        chunk_.torn_bytes = rest;
      }
      words += sentence("; ", rest, " bytes to the chunk's end");
    }
    add(kind, offset, due_, std::move(words));
    damaged_ = true;
    due_ = 0;
    return next;
  }

  found_place search(std::uint64_t offset) {
    if (!search_) {
      id_limits limits;
      if (how_.limits) limits = how_.limits(chunk_, chunk_.first_due);
      search_.emplace(window_, chunk_.bytes, std::move(limits));
    }
    return search_->behind(offset, due_, how_.stop);
  }

  std::uint64_t take(std::uint64_t offset, const record_header& header) {
    begin(offset, header.id);
    const auto end = offset + header.record_bytes();
    if (how_.entries) {
      chunk_.entries.push_back({header.id, offset,
                                static_cast<std::uint32_t>(header.payload_bytes()), header.checksum,
                                chunk_.number});
    } else {
      add({header.id, header.id, offset, end});
    }
    ++chunk_.records;
    chunk_.payload_bytes += header.payload_bytes();
    chunk_.last_id = header.id;
    due_ = header.id + 1;
    return end;
  }

  void begin(std::uint64_t offset, std::uint64_t id) {
    if (chunk_.first_due != 0 || damaged_) return;
    chunk_.first_due = id;
    chunk_.first_offset = offset;
  }

  void add(const record_run& more) {
    auto& runs = chunk_.runs;
    if (!runs.empty() && runs.back().end == more.offset &&
        runs.back().last_id + 1 == more.first_id) {
      runs.back().last_id = more.last_id;
      runs.back().end = more.end;
    } else {
      runs.push_back(more);
    }
  }

  void add(fault_kind kind, std::uint64_t offset, std::uint64_t id, std::string words) {
    chunk_.faults.push_back({kind, chunk_.file, offset, id, std::move(words)});
  }

  void report(std::uint64_t bytes) const {
    if (how_.progress) how_.progress(bytes);
  }

  const walk_options& how_;
  chunk_window& window_;
  chunk_walk& chunk_;
  const std::string name_;
  std::uint64_t due_ = 0;  // 0: unknown
  bool damaged_ = false;
  std::size_t slice_ = 0;  // the next one that may be met
  std::optional<damage_search> search_{};
  status failed_{};
};

}  // namespace

namespace {

// A header is believed before its payload is checked, so a wrong length shows only in what it leads
// to, which may be content that looks like records.
bool contradicted(const chunk_walk& chunk) {
  const auto below = [&](const fault& each) {
    return each.offset < chunk.mark && each.kind != fault_kind::missing_data;
  };
  return chunk.across_mark || std::any_of(chunk.faults.begin(), chunk.faults.end(), below);
}

// What was known of the chunk before the walk.
chunk_walk unwalked(const chunk_walk& chunk) {
  chunk_walk anew;
  anew.number = chunk.number;
  anew.file = chunk.file;
  anew.bytes = chunk.bytes;
  anew.mark = chunk.mark;
  anew.last = chunk.last;
  anew.ledger = chunk.ledger;
  return anew;
}

}  // namespace

status walk(const log_directory& directory, chunk_window& window, const walk_options& how,
            chunk_walk& chunk) {
  const bool keep = static_cast<bool>(chunk.kept);
  if (!keep) {
    auto opened = open_chunk(directory, chunk.number, O_RDONLY);
    if (!opened.ok()) return opened;
    chunk.kept = std::move(opened.file);
  }
  window.attach(std::move(chunk.kept));
  auto done = walker(directory, window, how, chunk).run();
  if (done.ok() && how.depth == check::header && contradicted(chunk)) {
    auto all = how;
    all.depth = check::payload;
    chunk = unwalked(chunk);
    done = walker(directory, window, all, chunk).run();
  }
  if (keep) chunk.kept = window.detach();
  return done;
}

}  // namespace annulus::chunklog
