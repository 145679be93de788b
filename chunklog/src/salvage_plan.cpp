#include "salvage_plan.hpp"

#include <fcntl.h>

#include <algorithm>
#include <map>

namespace annulus::chunklog {
namespace {

constexpr std::size_t cut_read_ahead = std::size_t{64} << 10U;

std::uint64_t first_id(const chunk_walk& chunk) {
  const auto run = chunk.runs.empty() ? ~std::uint64_t{0} : chunk.runs.front().first_id;
  const auto gap = chunk.gaps.empty() ? ~std::uint64_t{0} : chunk.gaps.front().first_id;
  return std::min(run, gap);
}

// IDs that somebody has taken, in ranges that do not touch.
class id_set {
 public:
  struct range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  /// Takes a range and gives the parts of it that were free.
  std::vector<range> take(std::uint64_t first, std::uint64_t last) {
    std::vector<range> free;
    auto from = first;
    auto next = ranges_.upper_bound(first);
    if (next != ranges_.begin() && std::prev(next)->second >= first) --next;
    auto whole = range{first, last};
    while (next != ranges_.end() && next->first <= last) {
      if (next->first > from) free.push_back({from, next->first - 1});
      from = std::max(from, next->second + 1);
      whole = {std::min(whole.first, next->first), std::max(whole.last, next->second)};
      next = ranges_.erase(next);
    }
    if (from <= last) free.push_back({from, last});
    ranges_[whole.first] = whole.last;
    return free;
  }

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_{};  // from the first to the last
};

class chooser {
 public:
  chooser(const log_directory& directory, const std::vector<const chunk_walk*>& sources)
      : directory_(directory), sources_(sources) {}

  kept_records run() {
    out_.in_place.assign(sources_.size(), false);
    for (const auto i : in_order()) out_.in_place[i] = true;
    // What a chunk begins with is surer than what was found behind damage.
    for (const bool front : {true, false}) {
      for (const bool in_place : {true, false}) {
        for (std::size_t i = 0; i < sources_.size(); ++i) {
          if (out_.in_place[i] != in_place) continue;
          if (auto bad = take_records(i, front); !bad.ok()) {
            static_cast<status&>(out_) = std::move(bad);
            return std::move(out_);
          }
        }
      }
    }
    // A record that is there is not lost, whatever a marker says.
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      for (const auto& gap : sources_[i]->gaps) {
        for (const auto& part : taken_.take(gap.first_id, gap.next_id - 1)) {
          kept_.push_back({part.first, part.last, gap.offset, gap.offset, i, true});
        }
      }
    }
    std::sort(kept_.begin(), kept_.end(),
              [](const kept_run& a, const kept_run& b) { return a.first_id < b.first_id; });
    group();
    return std::move(out_);
  }

 private:
  // The longest rising sequence of first IDs: the chunks whose numbers tell the truth.
  [[nodiscard]] std::vector<std::size_t> in_order() const {
    std::vector<std::size_t> ends;  // [n]: the sequence of n + 1 with the lowest end
    std::vector<std::size_t> before(sources_.size(), kept_chunk::none);
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      if (sources_[i]->last_id == 0) continue;
      const auto id = first_id(*sources_[i]);
      const auto at = std::lower_bound(ends.begin(), ends.end(), id,
                                       [&](std::size_t each, std::uint64_t wanted) {
                                         return first_id(*sources_[each]) < wanted;
                                       });
      if (at != ends.begin()) before[i] = *std::prev(at);
      at == ends.end() ? ends.push_back(i) : void(*at = i);
    }
    std::vector<std::size_t> sequence;
    for (auto i = ends.empty() ? kept_chunk::none : ends.back(); i != kept_chunk::none;
         i = before[i]) {
      sequence.push_back(i);
    }
    return sequence;
  }

  status take_records(std::size_t source, bool front) {
    const auto& chunk = *sources_[source];
    chunk_window window(directory_.files, cut_read_ahead);
    for (const auto& run : chunk.runs) {
      const bool begins = chunk.first_due != 0 && &run == &chunk.runs.front();
      if (begins != front) continue;
      const auto free = taken_.take(run.first_id, run.last_id);
      auto rest = run;
      for (const auto& part : free) {
        if (auto bad = skip_to(window, chunk, rest, part.first); !bad.ok()) return bad;
        kept_run kept{part.first, part.last, rest.offset, 0, source, false};
        if (part.last == run.last_id) {
          kept.end = run.end;
        } else {
          if (auto bad = skip_to(window, chunk, rest, part.last + 1); !bad.ok()) return bad;
          kept.end = rest.offset;
        }
        kept_.push_back(kept);
      }
    }
    return {};
  }

  // Follows the headers of a run to the record with an ID.
  status skip_to(chunk_window& window, const chunk_walk& chunk, record_run& rest,
                 std::uint64_t id) const {
    if (rest.first_id < id && window.fd() < 0) {
      auto opened = open_chunk(directory_, chunk.number, O_RDONLY);
      if (!opened.ok()) return opened;
      window.attach(std::move(opened.file));
    }
    while (rest.first_id < id) {
      const auto record = examine(window, rest.offset, rest.end, rest.first_id, check::header);
      if (record.found != damage::none) {
        return {error_for(record), describe(record, directory_.file(chunk.file), rest.offset,
                                            rest.end, rest.first_id)};
      }
      rest.offset += record.header.record_bytes();
      ++rest.first_id;
    }
    return {};
  }

  // What lies within the IDs of a chunk goes to it. A chunk that grows too large is continued.
  void group() {
    std::vector<std::uint64_t> last_ids(sources_.size(), 0);
    for (const auto& run : kept_) last_ids[run.source] = run.last_id;
    std::vector<bool> begun(sources_.size(), false);
    std::uint64_t bytes = 0;
    for (const auto& run : kept_) {
      auto* const now = out_.chunks.empty() ? nullptr : &out_.chunks.back();
      const bool own = now != nullptr && now->source == run.source;
      const bool within =
          now != nullptr && now->source != kept_chunk::none && last_ids[now->source] > run.last_id;
      const auto size = run.end - run.offset;
      if ((own || within) && bytes + size <= max_chunk_bytes) {
        now->runs.push_back(run);
        bytes += size;
        continue;
      }
      const auto source = begun[run.source] ? kept_chunk::none : run.source;
      begun[run.source] = true;
      out_.chunks.push_back({source, {run}});
      bytes = size;
    }
  }

  const log_directory& directory_;
  const std::vector<const chunk_walk*>& sources_;
  kept_records out_{};
  id_set taken_{};
  std::vector<kept_run> kept_{};
};

}  // namespace

kept_records choose_records(const log_directory& directory,
                            const std::vector<const chunk_walk*>& sources) {
  return chooser(directory, sources).run();
}

}  // namespace annulus::chunklog
