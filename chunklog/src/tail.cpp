#include <fcntl.h>

#include <algorithm>
#include <annulus/chunklog/tail.hpp>

#include "damage_search.hpp"
#include "gap_marker.hpp"
#include "ledger.hpp"
#include "sentence.hpp"
#include "walk.hpp"

namespace annulus::chunklog {
namespace {

constexpr std::size_t tail_read_ahead = std::size_t{256} << 10U;
constexpr chunk_number half_circle = 0x8000;

}  // namespace

class log_tail::state {
 public:
  state(log_directory directory, std::stop_token stop)
      : directory_(std::move(directory)),
        stop_(std::move(stop)),
        window_(directory_.files, tail_read_ahead) {}

  status begin(const tail_options& how) {
    const auto present = list_chunks(directory_);
    if (!present.ok()) return present;
    if (present.numbers.empty()) {
      const auto book = read_ledger(directory_, O_RDONLY);
      if (!book.ok()) return book;
      if (!book.file) {
        return failure(errc::not_a_log, directory_.path.string(),
                       " holds neither a ledger nor a chunk");
      }
      from_ = how.from.value_or(0);
      return {};
    }
    return how.from ? begin_with(*how.from, present.numbers)
                    : begin_last(how.last, present.numbers);
  }

  tail_record next() {
    for (;;) {
      if (window_.fd() < 0) {
        bool entered = false;
        if (auto bad = enter_first(entered); !bad.ok()) return {std::move(bad), 0, {}};
        if (!entered) return {};
      }
      const auto size = directory_.files.size(window_.fd());
      if (size.error) return {failure(size.error, file(), " cannot be read"), 0, {}};
      if (size.bytes < offset_) return {cut_back(size.bytes), 0, {}};
      if (size.bytes == offset_) {
        if (auto bad = check_chunks_before(); !bad.ok()) return {std::move(bad), 0, {}};
        auto moved = go_on();
        if (!moved.ok()) return {std::move(moved), 0, {}};
        if (!moved.on) return {};
        continue;
      }
      const auto record = examine(window_, offset_, size.bytes, due_, check::payload);
      if (record.found == damage::none) {
        offset_ += record.header.record_bytes();
        due_ = record.header.id + 1;
        searched_ = 0;
        if (record.header.id < from_) continue;
        return {{}, record.header.id, record.payload};
      }
      if (record.found == damage::given_up) {
        offset_ += gap_marker::bytes;
        due_ = record.next_id;
        continue;
      }
      auto passed = pass(record, size.bytes);
      if (!passed.ok()) return {std::move(passed), 0, {}};
      if (!passed.on) return {};
    }
  }

 private:
  struct step : status {
    bool on = false;  ///< there is more to look at
  };

  status begin_with(std::uint64_t id, const std::vector<chunk_number>& numbers) {
    from_ = id;
    for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
      if (auto bad = enter(*number); !bad.ok()) {
        if (bad.error == errc::missing_data) continue;  // deleted meanwhile
        return bad;
      }
      const auto size = directory_.files.size(window_.fd());
      if (size.error) return failure(size.error, file(), " cannot be read");
      if (size.bytes == 0) continue;
      const auto first = examine(window_, 0, size.bytes, 0, check::payload);
      if (first.found == damage::none && first.header.id <= id) break;
    }
    return {};
  }

  // Counts backwards, a chunk at a time.
  status begin_last(std::uint64_t wanted, const std::vector<chunk_number>& numbers) {
    std::uint64_t there = 0;
    std::uint64_t last_id = 0;
    auto start = numbers.back();
    std::optional<chunk_number> behind;
    for (auto number = numbers.rbegin(); number != numbers.rend(); behind = *number++) {
      chunk_walk chunk;
      if (auto bad = measure(*number, behind, chunk); !bad.ok()) {
        if (bad.error == errc::missing_data) break;  // deleted meanwhile, and those before it
        return bad;
      }
      start = *number;
      if (last_id == 0) last_id = chunk.last_id;
      // The ID from which `wanted` records follow, if it is in this chunk.
      for (auto run = chunk.runs.rbegin(); run != chunk.runs.rend(); ++run) {
        const auto records = run->last_id - run->first_id + 1;
        if (there < wanted) from_ = run->last_id + 1 - std::min(records, wanted - there);
        there += records;
      }
      if (there >= wanted && last_id != 0) break;
    }
    if (wanted == 0) from_ = last_id + 1;
    return enter(start);
  }

  status measure(chunk_number number, const std::optional<chunk_number>& behind,
                 chunk_walk& chunk) {
    const auto opened = open_chunk(directory_, number, O_RDONLY);
    if (!opened.ok()) return opened;
    chunk.number = number;
    chunk.file = chunk_name(number);
    chunk.bytes = opened.bytes;
    chunk.last = true;
    walk_options how;
    how.salvage = true;
    how.stop = stop_;
    how.limits = [&](const chunk_walk&, std::uint64_t) { return limits(number, behind); };
    search_.reset();
    return walk(directory_, window_, how, chunk);
  }

  status enter(chunk_number number) {
    auto opened = open_chunk(directory_, number, O_RDONLY);
    if (!opened.ok()) return opened;
    search_.reset();
    window_.attach(std::move(opened.file));
    number_ = number;
    offset_ = 0;
    return {};
  }

  status enter_first(bool& entered) {
    const auto present = list_chunks(directory_);
    if (!present.ok() || present.numbers.empty()) return present;
    auto bad = enter(present.numbers.front());
    entered = bad.ok();
    return bad.error == errc::missing_data ? status{} : bad;
  }

  // The nearest chunk behind this one: a writer that has begun it has left this one.
  std::pair<status, std::optional<chunk_number>> chunk_ahead() {
    const auto present = list_chunks(directory_);
    std::optional<chunk_number> nearest;
    for (const auto number : present.numbers) {
      const auto ahead = distance(number_, number);
      if (ahead == 0 || ahead >= half_circle) continue;
      if (!nearest || ahead < distance(number_, *nearest)) nearest = number;
    }
    return {present, nearest};
  }

  // In a chunk without a record there is no ID to tell that those before it have lost some; but the
  // ledger has the one with which the chunk begins.
  status check_chunks_before() {
    if (offset_ != 0 || due_ == 0) return {};
    const auto book = read_ledger(directory_, O_RDONLY);
    if (!book.ok()) return book;
    const auto& known = book.newest.state;
    if (book.newest.sequence == 0 || known.writer_file != number_ || known.durable_bytes != 0 ||
        known.next_id <= due_) {
      return {};
    }
    const auto due = std::exchange(due_, known.next_id);
    return failure(errc::missing_data, directory_.path.string(), ": records ", due, " to ",
                   known.next_id - 1, " are missing from the chunks before ", chunk_name(number_),
                   "; the next one is ", known.next_id);
  }

  // The chunk is read to its end.
  step go_on() {
    const auto [bad_list, next] = chunk_ahead();
    if (!bad_list.ok() || !next) return {bad_list, false};
    const auto size = directory_.files.size(window_.fd());
    if (size.error) return {failure(size.error, file(), " cannot be read"), false};
    if (size.bytes != offset_) return {{}, true};
    const auto left = number_;
    if (auto bad = enter(*next); !bad.ok()) {
      if (bad.error == errc::missing_data) return {{}, true};  // deleted meanwhile
      return {std::move(bad), false};
    }
    if (*next == successor(left)) return {{}, true};
    const auto due = std::exchange(due_, 0);
    return {failure(errc::missing_data, directory_.path.string(), ": the records from ", due,
                    " on were deleted before they were read; going on with ", chunk_name(*next)),
            false};
  }

  // What is not whole is being written, unless a whole record or another chunk follows.
  step pass(const examined& record, std::uint64_t end) {
    auto why = describe(record, file(), offset_, end, due_);
    const auto error = error_for(record);
    const auto [bad_list, successor_chunk] = chunk_ahead();
    if (!bad_list.ok()) return {bad_list, false};
    // A large record grows for a while: its bytes are searched again only when they have doubled.
    const auto there = end - offset_;
    const bool search =
        record.found != damage::cut_short || searched_ == 0 || there / 2 >= searched_;
    if (search) searched_ = there;
    auto next = end;
    if (search && (successor_chunk || !grows(record))) {
      if (!search_ || search_->end() != end) {
        search_.emplace(window_, end, limits(number_, successor_chunk));
      }
      auto found = search_->behind(offset_, due_, stop_);
      if (!found.ok()) return {failure(found.error, file(), ": ", found.message), false};
      next = found.offset;
    }
    if (next < end) {
      offset_ = next;
      due_ = 0;
      searched_ = 0;
      return {{error, std::move(why)}, false};
    }
    window_.forget();
    if (!successor_chunk) return {{}, false};
    const auto size = directory_.files.size(window_.fd());
    if (size.error) return {failure(size.error, file(), " cannot be read"), false};
    if (size.bytes != end) return {{}, true};
    offset_ = end;
    due_ = 0;
    searched_ = 0;
    return {{error, std::move(why)}, false};
  }

  // Whether the record is still being written, as far as the file and the ledger tell. Its content
  // may look like records.
  bool grows(const examined& record) {
    if (record.found != damage::cut_short) return false;
    const auto book = read_ledger(directory_, O_RDONLY);
    const auto& known = book.newest.state;
    const bool durable =
        book.newest.sequence != 0 && known.writer_file == number_ && offset_ < known.durable_bytes;
    return !durable;
  }

  id_limits limits(chunk_number of, const std::optional<chunk_number>& behind) {
    id_limits limits;
    if (behind) {
      chunk_window window(directory_.files, record_layout::header_bytes);
      const auto first = first_id_of(directory_, *behind, window);
      if (first > due_) {
        limits.highest = first - 1;
        if (*behind == successor(of)) limits.successors = {first};
      }
      return limits;
    }
    const auto book = read_ledger(directory_, O_RDONLY);
    const auto& known = book.newest.state;
    limits.mark = 0;
    if (book.newest.sequence != 0 && known.writer_file == of) {
      limits.highest = known.next_id - 1;
      limits.mark = known.durable_bytes;
      limits.successors = {known.next_id};
    }
    return limits;
  }

  status cut_back(std::uint64_t bytes) {
    const auto before = offset_;
    chunk_walk chunk;
    const auto ahead = chunk_ahead();
    if (auto bad = measure(number_, ahead.second, chunk); !bad.ok()) return bad;
    offset_ = chunk.runs.empty() ? 0 : chunk.runs.back().end;
    due_ = chunk.runs.empty() ? 0 : chunk.runs.back().last_id + 1;
    from_ = std::min(from_, due_);
    return failure(errc::missing_data, file(), " was cut back from ", before, " to ", bytes,
                   " bytes: what it held behind was never durable");
  }

  [[nodiscard]] std::string file() const { return directory_.file(chunk_name(number_)); }

  log_directory directory_;
  const std::stop_token stop_;
  chunk_window window_;
  std::optional<damage_search> search_{};  // of this chunk, up to where it ended then
  chunk_number number_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t due_ = 0;       // 0: unknown
  std::uint64_t searched_ = 0;  // bytes behind `offset_`, for a whole record
  std::uint64_t from_ = 0;      // records before it are not shown
};

log_tail::log_tail(std::unique_ptr<state> begun) : state_(std::move(begun)) {
}
log_tail::~log_tail() = default;
log_tail::log_tail(log_tail&& other) noexcept = default;
log_tail& log_tail::operator=(log_tail&& other) noexcept = default;

opened_tail log_tail::open(const std::filesystem::path& path, const tail_options& how) {
  auto& files = how.files != nullptr ? *how.files : system_files();
  auto made = open_log_directory(files, path);
  if (!made.ok()) return {std::move(made), {}};
  auto begun = std::make_unique<state>(std::move(*made.directory), how.stop);
  if (auto bad = begun->begin(how); !bad.ok()) return {std::move(bad), {}};
  return {{}, log_tail(std::move(begun))};
}

tail_record log_tail::next() {
  return state_->next();
}

}  // namespace annulus::chunklog
