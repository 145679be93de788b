#include "repair_layout.hpp"

#include <algorithm>

#include "gap_marker.hpp"
#include "numbering.hpp"
#include "salvage_plan.hpp"
#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

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
  struct whole_part {
    std::uint64_t offset = 0;
    std::uint64_t end = 0;
  };
  struct passed_part {
    std::uint64_t bytes = 0;
    std::size_t part = 0;
    std::vector<whole_part> whole{};
  };

  status arrange_chunks() {
    collect();
    auto kept = choose_records(directory_, sources_);
    if (!kept.ok()) return kept;
    left_.assign(sources_.size(), 0);
    for (const auto& chunk : kept.chunks) {
      for (const auto& run : chunk.runs) ++left_[run.source];
    }
    auto assigned = number(kept);
    if (!assigned) {
      return failure(errc::chunk_numbers_exhausted, directory_.path.string(), " has no ",
                     kept.chunks.size(), " chunk numbers left to put its ",
                     "chunks in the order of their IDs");
    }
    if (assigned->empty()) return {};
    give_up_before(assigned->front());
    for (std::size_t i = 0; i < assigned->size(); ++i) {
      if (i > 0) bridge((*assigned)[i - 1], (*assigned)[i]);
      add_chunk((*assigned)[i], kept.chunks[i]);
    }
    bridge_behind();
    return {};
  }

  // The chunks whose records matter, in the order of their numbers.
  void collect() {
    std::vector<const chunk_walk*> by_number(most_chunks, nullptr);
    std::vector<chunk_number> present;
    const auto add = [&](const chunk_walk& chunk) {
      by_number[chunk.number] = &chunk;
      present.push_back(chunk.number);
    };
    for (const auto& chunk : found_.chunks) add(chunk);
    for (const auto& stray : found_.strays) {
      // One that is acknowledged awaits its deletion anyway.
      if (stray.last_id > acknowledged_ || (stray.last_id == 0 && stray.bytes > 0)) add(stray);
    }
    for (const auto number : in_written_order(std::move(present))) {
      index_[number] = sources_.size();
      sources_.push_back(by_number[number]);
      passed_.push_back({0, 0, whole_parts(*sources_.back())});
    }
  }

  std::optional<std::vector<chunk_number>> number(const kept_records& kept) {
    std::vector<numbered_chunk> chunks;
    for (const auto& chunk : kept.chunks) {
      numbered_chunk one;
      if (chunk.source != kept_chunk::none && kept.in_place[chunk.source]) {
        one.keeps = sources_[chunk.source]->number;
      }
      chunks.push_back(one);
    }
    std::vector<chunk_number> present = found_.others;
    std::vector<chunk_number> needed;
    for (const auto& chunk : found_.chunks) present.push_back(chunk.number);
    for (const auto& stray : found_.strays) present.push_back(stray.number);
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      if (left_[i] > 0) needed.push_back(sources_[i]->number);
    }
    needed.insert(needed.end(), found_.others.begin(), found_.others.end());
    return assign_numbers(std::move(chunks), present, needed);
  }

  // sources_.size(): none has this number.
  [[nodiscard]] std::size_t source_of(chunk_number number) const {
    return std::min(index_[number], sources_.size());
  }

  // Of the log's chunks before the first one that is kept, nothing is left.
  void give_up_before(chunk_number first) {
    for (const auto& chunk : found_.chunks) {
      if (chunk.number == first) return;
      const auto i = source_of(chunk.number);
      if (left_[i] == 0) give_up(i);
    }
  }

  void bridge(chunk_number from, chunk_number to) {
    for (auto number = successor(from); number != to; number = successor(number)) {
      add_empty(number);
    }
  }

  // Empty ones, or ones of which nothing is left, that follow the last.
  void bridge_behind() {
    for (auto number = successor(out_.chunks.back().number);; number = successor(number)) {
      const auto i = source_of(number);
      if (i == sources_.size() || passed_[i].bytes > 0 || number == out_.chunks.front().number)
        return;
      add_empty(number);
    }
  }

  void add_empty(chunk_number number) {
    const auto i = source_of(number);
    if (i == sources_.size()) {
      pending_.places.push_back({chunk_name(number), 0, 0});
      out_.chunks.push_back({number, false, true, 0, {}});
      return;
    }
    torn_ = sources_[i]->torn_bytes > 0;
    out_.chunks.push_back({number, true, sources_[i]->bytes > 0, 0, {}});
    give_up(i);
  }

  void add_chunk(chunk_number number, const kept_chunk& chunk) {
    const auto same = source_of(number);
    const bool exists = same != sources_.size();
    out_.chunks.push_back({number, exists, false, 0, {}});
    for (const auto& run : chunk.runs) {
      give_up_until(run.source, run.offset);
      run.gap ? keep_gap(run) : keep(run);
      if (--left_[run.source] == 0) {
        torn_ = sources_[run.source]->torn_bytes > 0;
        give_up(run.source);
      }
    }
    auto& made = out_.chunks.back();
    made.changes = !exists || !is_unchanged(made, *sources_[same]);
  }

  // Whether it is what it was, byte for byte.
  [[nodiscard]] static bool is_unchanged(const repaired_chunk& made, const chunk_walk& was) {
    std::uint64_t at = 0;
    auto gap = was.gaps.begin();
    for (const auto& piece : made.pieces) {
      while (gap != was.gaps.end() && gap->offset < at) ++gap;
      const bool same_gap = gap != was.gaps.end() && gap->offset == at &&
                            gap->first_id == piece.first_id && gap->next_id == piece.next_id;
      const bool same_bytes =
          piece.next_id == 0 && piece.source == was.number && piece.offset == at;
      if (!same_gap && !same_bytes) return false;
      at += piece.bytes;
    }
    return at == was.bytes;
  }

  void give_up(std::size_t source) { give_up_until(source, sources_[source]->bytes); }

  // What lies between the last thing taken of a chunk and `offset` is neither a record that is kept
  // nor a marker: told of, unless it is there once more.
  void give_up_until(std::size_t source, std::uint64_t offset) {
    const auto& chunk = *sources_[source];
    auto& passed = passed_[source];
    const auto lose = [&](std::uint64_t until) {
      if (until <= passed.bytes) return;
      pending_.places.push_back({chunk.file, passed.bytes, until - passed.bytes});
    };
    while (passed.part < passed.whole.size() && passed.whole[passed.part].offset < offset) {
      const auto& part = passed.whole[passed.part];
      lose(part.offset);
      passed.bytes = std::max(passed.bytes, std::min(part.end, offset));
      if (part.end > offset) return;
      ++passed.part;
    }
    lose(offset);
    passed.bytes = std::max(passed.bytes, offset);
  }

  // Its records and markers.
  static std::vector<whole_part> whole_parts(const chunk_walk& chunk) {
    std::vector<whole_part> parts;
    for (const auto& run : chunk.runs) parts.push_back({run.offset, run.end});
    for (const auto& gap : chunk.gaps) {
      parts.push_back({gap.offset, gap.offset + gap_marker::bytes});
    }
    std::sort(parts.begin(), parts.end(),
              [](const whole_part& a, const whole_part& b) { return a.offset < b.offset; });
    return parts;
  }

  void keep(const kept_run& run) {
    reach(run.first_id);
    if (due_ != 0 && run.first_id > due_) mark(due_, run.first_id);
    auto& chunk = out_.chunks.back();
    auto& pieces = chunk.pieces;
    const auto source = sources_[run.source]->number;
    if (!pieces.empty() && pieces.back().next_id == 0 && pieces.back().source == source &&
        pieces.back().offset + pieces.back().bytes == run.offset) {
      pieces.back().bytes += run.end - run.offset;
    } else {
      pieces.push_back({source, run.offset, run.end - run.offset, 0, 0});
    }
    chunk.bytes += run.end - run.offset;
    out_.plan.records += run.last_id - run.first_id + 1;
    give_up_until(run.source, run.end);
    due_ = run.last_id + 1;
  }

  void keep_gap(const kept_run& gap) {
    reach(gap.first_id);
    acknowledge_lost(gap.first_id, gap.last_id + 1);
    mark(due_ != 0 ? due_ : gap.first_id, gap.last_id + 1);
    due_ = gap.last_id + 1;
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
    chunk.pieces.push_back({0, 0, gap_marker::bytes, first, next});
    chunk.bytes += gap_marker::bytes;
  }

  void finish() {
    auto& plan = out_.plan;
    auto& chunks = out_.chunks;
    for (std::size_t i = 0; i < sources_.size(); ++i) give_up(i);
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
    std::vector<bool> kept(most_chunks, false);
    for (const auto& chunk : chunks) {
      kept[chunk.number] = true;
      auto& list = chunk.exists ? plan.rewritten : plan.created;
      if (chunk.changes) list.push_back(chunk_name(chunk.number));
      plan.bytes += chunk.bytes;
    }
    for (const auto* const walked : {&found_.chunks, &found_.strays}) {
      for (const auto& chunk : *walked) {
        if (!kept[chunk.number]) plan.removed.push_back(chunk.file);
      }
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
    repaired_chunk only{found_.ledger.writer_file, false, true, 0, {}};
    if (!found_.chunks.empty()) {
      const auto& last = found_.chunks.back();
      only = {last.number, true, last.bytes > 0, 0, {}};
    }
    out_.chunks.assign(1, only);
  }

  const log_directory& directory_;
  survey found_;
  const bool known_;
  std::uint64_t acknowledged_ = 0;
  std::vector<const chunk_walk*> sources_{};
  std::vector<std::size_t> left_{};    // by source: runs that are still to be kept
  std::vector<passed_part> passed_{};  // by source: what is kept or told of
  std::vector<std::size_t> index_ =
      std::vector<std::size_t>(most_chunks, ~std::size_t{0});  // of sources
  repair_layout out_{};
  std::uint64_t due_ = 0;   // behind the last record kept; 0: none is
  lost_records pending_{};  // since then
  bool torn_ = false;       // what was given up last was a torn tail
};

}  // namespace

repair_layout lay_out(const log_directory& directory, survey&& found) {
  return planner(directory, std::move(found)).run();
}

}  // namespace annulus::chunklog
