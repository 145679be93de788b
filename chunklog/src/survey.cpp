#include "survey.hpp"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

// Headers are far apart, so little is read with each.
constexpr std::uint64_t walk_header_ahead = std::uint64_t{4} << 10U;
constexpr std::size_t first_record_ahead = std::size_t{4} << 10U;
constexpr std::uint64_t walk_payload_ahead = std::uint64_t{1} << 20U;

// What many threads have walked.
class walked_bytes {
 public:
  walked_bytes(const survey_options& how, const std::vector<chunk_walk*>& chunks)
      : progress_(how.walk.progress) {
    for (const auto* const chunk : chunks) all_ += chunk->bytes;
  }
  // What has been walked apart may have to be walked again.
  void add(std::uint64_t bytes) {
    if (!progress_) return;
    const std::scoped_lock hold(reporting_);
    walked_ = std::min(walked_ + bytes, all_);
    progress_(walked_);
  }

 private:
  const std::function<void(std::uint64_t)>& progress_;
  std::mutex reporting_;
  std::uint64_t all_ = 0;
  std::uint64_t walked_ = 0;
};

// Calls work(index, window) for each index below `count`, by the next thread that is free.
template <class Work>
void share_out(const log_directory& directory, const survey_options& how, std::size_t count,
               Work work) {
  std::atomic<std::size_t> next{0};
  const auto take = [&] {
    chunk_window window(directory.files,
                        how.walk.depth == check::header ? walk_header_ahead : walk_payload_ahead);
    for (;;) {
      // Only counts: the results are published by the joins.
      const auto index = next.fetch_add(1, std::memory_order_relaxed);
      if (index >= count) return;
      work(index, window);
    }
  };
  std::vector<std::jthread> others;
  const auto most = std::min<std::size_t>(how.threads, count);
  for (std::size_t i = 1; i < most; ++i) others.emplace_back(take);
  take();
}

// Walks large chunks in parts, so that the threads have the same to do however few chunks there
// are. Where a part is not as a walk in order finds it, that one walks it again.
void walk_slices(const log_directory& directory, const survey_options& how,
                 const std::vector<chunk_walk*>& chunks, walked_bytes& walked) {
  std::vector<std::pair<const chunk_walk*, chunk_slice*>> all;
  for (auto* const chunk : chunks) {
    chunk->slices = slices_of(chunk->bytes);
    for (auto& slice : chunk->slices) all.emplace_back(chunk, &slice);
  }
  share_out(directory, how, all.size(), [&](std::size_t index, chunk_window& window) {
    const auto [chunk, slice] = all[index];
    auto opened = open_chunk(directory, chunk->number, O_RDONLY);
    if (!opened.ok()) return;
    window.attach(std::move(opened.file));
    walk_slice(window, chunk->bytes, how.walk.stop, *slice);
    if (slice->whole) walked.add(slice->end - slice->start);
  });
}

// Walks `chunks`. The first error in their order.
status walk_all(const log_directory& directory, const survey_options& how,
                const std::vector<chunk_walk*>& chunks) {
  walked_bytes walked(how, chunks);
  const bool all_of_it = how.walk.depth == check::payload && !how.walk.entries;
  if (how.threads > 1 && all_of_it) walk_slices(directory, how, chunks, walked);
  std::vector<status> results(chunks.size());
  auto each = how.walk;
  each.progress = [&](std::uint64_t bytes) { walked.add(bytes); };
  share_out(directory, how, chunks.size(), [&](std::size_t index, chunk_window& window) {
    results[index] = walk(directory, window, each, *chunks[index]);
    chunks[index]->slices = {};
  });
  for (auto& result : results) {
    if (!result.ok()) return std::move(result);
  }
  return {};
}

// What the ledger and the other chunks say of a chunk's IDs.
class neighbours {
 public:
  neighbours(const log_directory& directory, const survey& found,
             const std::vector<chunk_number>& present)
      : directory_(directory), found_(found), present_(present) {}

  id_limits of(const chunk_walk& chunk, std::uint64_t first_id) {
    std::call_once(looked_, [this] { look(); });
    id_limits limits;
    if (found_.summary.ledger_valid) bound_by_ledger(chunk, limits);
    if (first_id > limits.highest && first_id != 0) limits = {};  // the ledger is older than that
    if (first_id == 0) {
      limits.successors.insert(limits.successors.end(), first_ids_.begin(), first_ids_.end());
      if (in_the_log(chunk.number)) place(chunk.number, limits);
      return limits;
    }
    const auto next = std::upper_bound(first_ids_.begin(), first_ids_.end(), first_id);
    if (next == first_ids_.end()) return limits;
    limits.successors.insert(limits.successors.end(), next, first_ids_.end());
    if (limits.highest == 0 || *next - 1 <= limits.highest) {
      limits.highest = *next - 1;
      limits.mark = id_limits().mark;
    }
    return limits;
  }

 private:
  // Below the mark, nothing has an ID that the ledger does not know.
  void bound_by_ledger(const chunk_walk& chunk, id_limits& limits) const {
    const auto& state = found_.ledger;
    const auto to_writer = distance(state.reader_file, state.writer_file);
    const auto to_chunk = distance(state.reader_file, chunk.number);
    limits.successors.push_back(state.next_id);
    limits.highest = state.next_id - 1;
    if (to_chunk == to_writer) limits.mark = state.durable_bytes;
    // No record goes to a chunk that the newest slot does not know; but that may be the damaged
    // one. And this may be the writer's chunk under another name, with what was written above the
    // mark.
    if (to_chunk > to_writer || found_.ledger_damaged) {
      const auto unseen = found_.ledger_damaged ? bytes_ : chunk.bytes;
      limits.highest += unseen / record_layout::header_bytes;
    }
  }

  // A stray has any number.
  [[nodiscard]] bool in_the_log(chunk_number number) const {
    const auto& all = found_.chunks;
    return std::any_of(all.begin(), all.end(),
                       [&](const chunk_walk& each) { return each.number == number; });
  }

  // Where the numbers are in the order of the IDs.
  void place(chunk_number number, id_limits& limits) const {
    const auto at = std::find(present_.begin(), present_.end(), number) - present_.begin();
    for (auto i = at; i-- > 0 && limits.follows == 0;) limits.follows = by_place_[index(i)];
    for (auto i = at + 1; index(i) < by_place_.size() && limits.precedes == 0; ++i) {
      limits.precedes = by_place_[index(i)];
    }
    // One of them is not in its place.
    if (limits.precedes != 0 && limits.precedes <= limits.follows) {
      limits.precedes = 0;
      limits.follows = 0;
    }
  }
  static std::size_t index(std::ptrdiff_t i) { return static_cast<std::size_t>(i); }

  void look() {
    chunk_window window(directory_.files, first_record_ahead);
    for (const auto number : present_) {
      const auto id = first_id_of(directory_, number, window);
      by_place_.push_back(id);
      if (id != 0) first_ids_.push_back(id);
      if (window.fd() < 0) continue;
      const auto size = directory_.files.size(window.fd());
      bytes_ += size.bytes;
      window.attach({});
    }
    std::sort(first_ids_.begin(), first_ids_.end());
  }

  const log_directory& directory_;
  const survey& found_;
  const std::vector<chunk_number>& present_;
  std::once_flag looked_;
  std::vector<std::uint64_t> by_place_{};   // 0: unknown
  std::vector<std::uint64_t> first_ids_{};  // those that are known, rising
  std::uint64_t bytes_ = 0;
};

class surveyor {
 public:
  surveyor(const log_directory& directory, const survey_options& how)
      : directory_(directory), how_(how) {}

  survey run() {
    static_cast<status&>(found_) = look();
    return std::move(found_);
  }

 private:
  status look() {
    const auto book = read_ledger(directory_, O_RDONLY);
    // What has the ledger's name and is none tells nothing; the records are there nevertheless.
    if (!book.ok() && book.error != errc::not_a_file) return book;
    const auto present = list_chunks(directory_);
    if (!present.ok()) return present;
    if (!book.file && present.numbers.empty()) {
      return failure(errc::not_a_log, directory_.path.string(),
                     " holds neither a ledger nor a chunk");
    }
    take_ledger(book);
    if (auto bad = list(present); !bad.ok()) return bad;
    std::vector<chunk_walk*> all;
    for (auto& chunk : found_.chunks) all.push_back(&chunk);
    for (auto& chunk : found_.strays) all.push_back(&chunk);
    neighbours beside(directory_, found_, present.numbers);
    auto how = how_;
    how.walk.limits = [&](const chunk_walk& chunk, std::uint64_t first_id) {
      return beside.of(chunk, first_id);
    };
    if (auto bad = walk_all(directory_, how, all); !bad.ok()) return bad;
    for (auto& chunk : found_.chunks) join(chunk);
    finish();
    return {};
  }

  void take_ledger(const ledger_read& book) {
    auto& sum = found_.summary;
    found_.ledger = book.newest.state;
    sum.ledger_valid = book.newest.sequence != 0;
    if (!sum.ledger_valid) {
      add(fault_kind::bad_ledger, ledger_name, 0, 0,
          !book.ok() ? book.message
                     : sentence(directory_.file(ledger_name),
                                book.file ? " has no valid slot" : " is missing"));
      return;
    }
    found_.ledger_damaged = book.damaged_slot.has_value();
    if (book.damaged_slot) {
      add(fault_kind::bad_ledger, ledger_name, *book.damaged_slot, 0,
          sentence(directory_.file(ledger_name), ", offset ", *book.damaged_slot,
                   ": the slot is damaged; the other one, checkpoint ", book.newest.sequence,
                   ", is used"));
    }
    const auto& state = found_.ledger;
    sum.ledger_sequence = book.newest.sequence;
    sum.writer_chunk = state.writer_file;
    sum.reader_chunk = state.reader_file;
    sum.next_id = state.next_id;
    sum.last_acknowledged = state.last_acknowledged;
    sum.durable_bytes = state.durable_bytes;
  }

  // The chunks in the order of their records, with their sizes.
  status list(const chunk_list& present) {
    auto& sum = found_.summary;
    auto order = sum.ledger_valid ? arrange(present.numbers, found_.ledger)
                                  : chunk_order{present.numbers, {}, {}};
    add_missing(order.missing, present);
    // Nothing was written to it yet, so that it may be missing; but not be anything else.
    const auto is_writers = [&](chunk_number each) { return each == found_.ledger.writer_file; };
    if (sum.ledger_valid && std::ranges::any_of(present.others, is_writers) &&
        std::ranges::none_of(order.missing, is_writers)) {
      add_missing({found_.ledger.writer_file}, present);
    }
    found_.others = present.others;
    for (const auto number : order.strays) {
      auto left = check_stray(directory_, number, found_.ledger.last_acknowledged);
      if (left.error == errc::missing_data) {
        add(fault_kind::missing_data, chunk_name(number), 0, 0, left.message);
      } else if (!left.ok()) {
        return left;
      }
      if (!how_.walk.salvage) continue;
      if (auto bad = enlist(number, found_.strays); !bad.ok()) return bad;
    }
    for (const auto number : order.run) {
      if (auto bad = enlist(number, found_.chunks); !bad.ok()) return bad;
      sum.bytes += found_.chunks.back().bytes;
    }
    mark_durable();
    return {};
  }

  // A fault for each run of numbers: they can be tens of thousands.
  void add_missing(const std::vector<chunk_number>& missing, const chunk_list& present) {
    for (auto first = missing.begin(); first != missing.end();) {
      auto last = first;
      while (last + 1 != missing.end() && *(last + 1) == successor(*last)) ++last;
      const auto name = directory_.file(chunk_name(*first));
      add(fault_kind::missing_data, chunk_name(*first), 0, 0,
          first == last ? sentence(name, present.absence(*first))
                        : sentence(name, " and the chunks behind it up to ", chunk_name(*last),
                                   " are missing"));
      first = last + 1;
    }
  }

  status enlist(chunk_number number, std::vector<chunk_walk>& to) {
    auto opened = open_chunk(directory_, number, O_RDONLY);
    if (!opened.ok()) return opened;
    chunk_walk chunk;
    chunk.number = number;
    chunk.file = chunk_name(number);
    chunk.bytes = opened.bytes;
    if (to.size() < how_.kept_files) chunk.kept = std::move(opened.file);
    to.push_back(std::move(chunk));
    return {};
  }

  // How much of each chunk was synced, by the ledger's word. A chunk with a successor was, before
  // that began.
  void mark_durable() {
    const bool known = found_.summary.ledger_valid;
    const auto& state = found_.ledger;
    const auto last = std::find_if(found_.chunks.rbegin(), found_.chunks.rend(),
                                   [](const chunk_walk& chunk) { return chunk.bytes > 0; });
    if (last != found_.chunks.rend()) last->last = true;
    const auto after_checkpoint = [&](chunk_number number) {
      return !known ||
             distance(state.reader_file, number) > distance(state.reader_file, state.writer_file);
    };
    for (auto& chunk : found_.chunks) {
      chunk.ledger = known;
      if (known && chunk.number == state.writer_file) {
        chunk.mark = state.durable_bytes;
      } else {
        chunk.mark = chunk.last && after_checkpoint(chunk.number) ? 0 : chunk.bytes;
      }
    }
  }

  // Puts one chunk's result behind those before it.
  void join(chunk_walk& chunk) {
    auto& sum = found_.summary;
    sum.chunks.push_back({chunk.number, chunk.file, chunk.bytes, chunk.records});
    if (chunk.first_due != 0) meet(chunk);
    for (auto& one : chunk.faults) {
      if (one.id == 0 && &one == &chunk.faults.front()) one.id = due_;
      found_.faults.push_back(one);
    }
    if (chunk.number == found_.ledger.writer_file && sum.ledger_valid) check_mark(chunk);
    if (chunk.last_id != 0) {
      if (sum.first_id == 0) sum.first_id = first_record(chunk);
      sum.last_id = chunk.last_id;
    }
    for (const auto& gap : chunk.gaps) sum.lost_records += gap.next_id - gap.first_id;
    sum.records += chunk.records;
    sum.payload_bytes += chunk.payload_bytes;
    sum.torn_bytes += chunk.torn_bytes;
    if (chunk.bytes > 0 || !chunk.faults.empty()) due_ = chunk.next_due;
    if (chunk.next_due != 0) end_ = chunk.next_due;
    began_ = began_ || chunk.bytes > 0;
  }

  static std::uint64_t first_record(const chunk_walk& chunk) {
    return chunk.runs.empty() ? chunk.entries.front().id : chunk.runs.front().first_id;
  }

  // The first ID of a chunk meets what the chunks before it, or the ledger, announce.
  void meet(chunk_walk& chunk) {
    const auto place =
        sentence(directory_.file(chunk.file), ", offset ", chunk.first_offset, ": record ");
    const auto first_unacknowledged = found_.ledger.last_acknowledged + 1;
    if (!began_ && found_.summary.ledger_valid && chunk.first_due > first_unacknowledged) {
      add(fault_kind::id_gap, chunk.file, chunk.first_offset, first_unacknowledged,
          sentence(place, first_unacknowledged, " should be the first, but the ID is ",
                   chunk.first_due));
    }
    if (due_ != 0 && chunk.first_due != due_) {
      add(fault_kind::id_gap, chunk.file, chunk.first_offset, due_,
          sentence(place, due_, " should follow, but the ID is ", chunk.first_due));
    }
  }

  // What opening the log would refuse as corrupt_ledger, or cut off.
  void check_mark(const chunk_walk& chunk) {
    const auto& state = found_.ledger;
    const auto name = [&] { return directory_.file(ledger_name); };
    if (chunk.across_mark && chunk.faults.empty()) {
      add(fault_kind::bad_ledger, ledger_name, 0, 0,
          sentence(name(), " has its durable mark at ", chunk.mark,
                   ", within the record at offset ", *chunk.across_mark, " of ", chunk.file));
    }
    const auto due = chunk.mark > 0 ? chunk.due_at_mark : chunk.first_due;
    if (due != 0 && due != state.next_id) {
      add(fault_kind::bad_ledger, ledger_name, 0, due,
          sentence(name(), " says that record ", state.next_id,
                   " follows at the durable mark, offset ", chunk.mark, " of ", chunk.file,
                   "; the chunk says ", due));
    }
  }

  void finish() {
    const auto& state = found_.ledger;
    const bool has_unacknowledged = state.last_acknowledged + 1 < state.next_id;
    if (found_.summary.ledger_valid && found_.faults.empty() && has_unacknowledged &&
        end_ < state.next_id) {
      add(fault_kind::missing_data, ledger_name, 0, end_,
          sentence(directory_.file(ledger_name), " says that the next record is ", state.next_id,
                   "; the last one in the chunks is ", found_.summary.last_id));
    }
  }

  void add(fault_kind kind, std::string file, std::uint64_t offset, std::uint64_t id,
           std::string words) {
    found_.faults.push_back({kind, std::move(file), offset, id, std::move(words)});
  }

  const log_directory& directory_;
  const survey_options& how_;
  survey found_{};
  std::uint64_t due_ = 0;  // behind the chunks joined so far; 0: unknown
  std::uint64_t end_ = 0;  // the last one that was known
  bool began_ = false;
};

}  // namespace

survey survey_log(const log_directory& directory, const survey_options& how) {
  return surveyor(directory, how).run();
}

}  // namespace annulus::chunklog
