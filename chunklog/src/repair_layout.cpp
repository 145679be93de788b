#include "repair_layout.hpp"

#include <fcntl.h>

#include <algorithm>

#include "gap_marker.hpp"
#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

constexpr std::size_t layout_read_ahead = std::size_t{64} << 10U;

class planner {
 public:
  planner(const log_directory& directory, survey&& found)
      : directory_(directory), found_(std::move(found)), known_(found_.summary.ledger_valid) {
    acknowledged_ = known_ ? found_.ledger.last_acknowledged : 0;
  }

  repair_layout run() {
    static_cast<status&>(out_) = arrange_chunks();
    if (out_.ok()) finish();
    return std::move(out_);
  }

 private:
  status arrange_chunks() {
    for (const auto* const chunk : in_order()) {
      if (auto bad = add_chunk(*chunk); !bad.ok()) return bad;
    }
    return {};
  }

  // The chunks that are kept. Others hold nothing that is whole and not acknowledged.
  std::vector<const chunk_walk*> in_order() {
    std::vector<const chunk_walk*> all;
    for (const auto& chunk : found_.chunks) all.push_back(&chunk);
    for (const auto& stray : found_.strays) {
      if (stray.last_id > acknowledged_) {
        all.push_back(&stray);
        continue;
      }
      out_.plan.removed.push_back(stray.file);
      // One that begins with an acknowledged record awaits its deletion anyway.
      if (stray.bytes > 0 && stray.last_id == 0) {
        out_.plan.lost.push_back({0, 0, {{stray.file, 0, stray.bytes}}, false});
      }
    }
    std::vector<chunk_number> numbers;
    for (const auto* const chunk : all) numbers.push_back(chunk->number);
    numbers = in_written_order(std::move(numbers));
    std::vector<const chunk_walk*> order;
    for (const auto number : numbers) {
      order.push_back(*std::find_if(all.begin(), all.end(),
                                    [&](const auto* chunk) { return chunk->number == number; }));
    }
    return order;
  }

  status add_chunk(const chunk_walk& chunk) {
    if (!out_.chunks.empty()) {
      for (auto number = successor(out_.chunks.back().number); number != chunk.number;
           number = successor(number)) {
        pending_.places.push_back({chunk_name(number), 0, 0});
        out_.chunks.push_back({number, false, true, 0, {}});
      }
    }
    out_.chunks.push_back({chunk.number, true, false, 0, {}});
    reached_ = 0;
    dropped_ = false;
    std::size_t marker = 0;
    const auto markers_before = [&](std::uint64_t offset) {
      for (; marker < chunk.gaps.size() && chunk.gaps[marker].offset < offset; ++marker) {
        drop(chunk, chunk.gaps[marker].offset);
        reached_ += gap_marker::bytes;
        keep(chunk.gaps[marker]);
      }
    };
    for (auto run : chunk.runs) {
      markers_before(run.offset);
      if (due_ != 0 && run.first_id < due_) {
        if (auto bad = begin_at_due(chunk, run); !bad.ok()) return bad;
        if (run.offset == run.end) continue;
      }
      drop(chunk, run.offset);
      keep(run);
    }
    markers_before(chunk.bytes);
    torn_ = chunk.torn_bytes > 0;
    drop(chunk, chunk.bytes);
    auto& made = out_.chunks.back();
    const bool same_markers =
        std::equal(chunk.gaps.begin(), chunk.gaps.end(), markers_.begin(), markers_.end(),
                   [](const declared_gap& was, const declared_gap& is) {
                     return was.offset == is.offset && was.first_id == is.first_id &&
                            was.next_id == is.next_id;
                   });
    made.changes = dropped_ || !same_markers || made.bytes != chunk.bytes;
    markers_.clear();
    return {};
  }

  // The records that come again are left out: the first of two is kept.
  status begin_at_due(const chunk_walk& chunk, record_run& run) {
    if (run.last_id < due_) {
      drop(chunk, run.end);
      run.offset = run.end;
      return {};
    }
    auto opened = open_chunk(directory_, chunk.number, O_RDONLY);
    if (!opened.ok()) return opened;
    chunk_window window(directory_.files, layout_read_ahead);
    window.attach(std::move(opened.file));
    while (run.first_id < due_) {
      const auto record = examine(window, run.offset, run.end, run.first_id, check::header);
      if (record.found != damage::none) {
        return failure(error_for(record), describe(record, directory_.file(chunk.file), run.offset,
                                                   run.end, run.first_id));
      }
      run.offset += record.header.record_bytes();
      ++run.first_id;
    }
    return {};
  }

  // Gives up what lies between the last thing taken and `offset`.
  void drop(const chunk_walk& chunk, std::uint64_t offset) {
    if (offset <= reached_) return;
    pending_.places.push_back({chunk.file, reached_, offset - reached_});
    reached_ = offset;
    dropped_ = true;
  }

  void keep(const record_run& run) {
    reach(run.first_id);
    if (due_ != 0 && run.first_id > due_) mark(due_, run.first_id);
    auto& chunk = out_.chunks.back();
    auto& pieces = chunk.pieces;
    if (!pieces.empty() && pieces.back().next_id == 0 &&
        pieces.back().offset + pieces.back().bytes == run.offset) {
      pieces.back().bytes += run.end - run.offset;
    } else {
      pieces.push_back({run.offset, run.end - run.offset, 0, 0});
    }
    chunk.bytes += run.end - run.offset;
    out_.plan.records += run.last_id - run.first_id + 1;
    reached_ = run.end;
    due_ = run.last_id + 1;
  }

  void keep(const declared_gap& gap) {
    if (due_ != 0 && gap.next_id <= due_) return;
    reach(gap.first_id);
    acknowledge_lost(gap.first_id, gap.next_id);
    mark(due_ != 0 ? due_ : gap.first_id, gap.next_id);
    due_ = gap.next_id;
  }

  // The next thing that is whole has this ID.
  void reach(std::uint64_t id) {
    if (due_ == 0 && !known_) acknowledged_ = id - 1;
    lose_until(due_ != 0 ? due_ : acknowledged_ + 1, id);
  }

  void lose_until(std::uint64_t due, std::uint64_t next) {
    if (next > due) {
      acknowledge_lost(due, next);
      pending_.first_id = due;
      pending_.last_id = next - 1;
    }
    if (next > due || !pending_.places.empty()) out_.plan.lost.push_back(std::move(pending_));
    pending_ = {};
  }

  // What is lost needs no acknowledgement.
  void acknowledge_lost(std::uint64_t first, std::uint64_t next) {
    if (acknowledged_ + 1 >= first && acknowledged_ < next) acknowledged_ = next - 1;
  }

  void mark(std::uint64_t first, std::uint64_t next) {
    auto& chunk = out_.chunks.back();
    markers_.push_back({chunk.bytes, first, next});
    chunk.pieces.push_back({0, gap_marker::bytes, first, next});
    chunk.bytes += gap_marker::bytes;
  }

  void finish() {
    auto& plan = out_.plan;
    auto& chunks = out_.chunks;
    const auto next = std::max(due_, known_ ? found_.ledger.next_id : 1);
    const auto due = due_ != 0 ? due_ : acknowledged_ + 1;
    pending_.torn_tail = torn_ && next <= due;
    lose_until(due, next);
    if (due_ == 0) {
      begin_anew();
    } else if (next > due_) {
      mark(due_, next);
      chunks.back().changes = true;
    }
    // A ledger's mark cannot lie further back.
    if (chunks.back().bytes > max_chunk_bytes) {
      chunks.push_back({successor(chunks.back().number), false, true, 0, {}});
    }
    for (const auto& chunk : chunks) {
      auto& list = chunk.exists ? plan.rewritten : plan.created;
      if (chunk.changes) list.push_back(chunk_name(chunk.number));
      plan.bytes += chunk.bytes;
    }
    out_.ledger = {chunks.back().number, chunks.front().number, next,
                   due_ == 0 ? next - 1 : acknowledged_, chunks.back().bytes};
    plan.next_id = next;
    plan.last_acknowledged = out_.ledger.last_acknowledged;
    plan.before = std::move(found_.summary);
    plan.faults = std::move(found_.faults);
  }

  // Not a record is left: an empty chunk, whose ledger gives the next ID.
  void begin_anew() {
    auto& chunks = out_.chunks;
    repaired_chunk only{found_.ledger.writer_file, false, true, 0, {}};
    for (const auto& chunk : chunks) {
      if (!chunk.exists) continue;
      if (&chunk == &chunks.back()) {
        only = chunk;
      } else {
        out_.plan.removed.push_back(chunk_name(chunk.number));
      }
    }
    chunks.assign(1, only);
  }

  const log_directory& directory_;
  survey found_;
  const bool known_;
  std::uint64_t acknowledged_ = 0;
  repair_layout out_{};
  std::uint64_t due_ = 0;   // behind the last record kept; 0: none is
  lost_records pending_{};  // since then
  bool torn_ = false;
  // Of the chunk that is being added:
  std::uint64_t reached_ = 0;
  bool dropped_ = false;
  std::vector<declared_gap> markers_{};
};

}  // namespace

repair_layout lay_out(const log_directory& directory, survey&& found) {
  return planner(directory, std::move(found)).run();
}

}  // namespace annulus::chunklog
