#include <fcntl.h>

#include <algorithm>
#include <annulus/chunklog/view.hpp>

#include "directory.hpp"
#include "ledger.hpp"
#include "scan.hpp"
#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

// Headers are far apart, so little is read with each.
constexpr std::size_t header_read_ahead = std::size_t{4} << 10U;

}  // namespace

/// Walks a log and fills in a view of it.
class view_builder {
 public:
  explicit view_builder(log_directory directory) : directory_(std::move(directory)) {}

  viewed run() {
    auto lock = take_lock(directory_, lock_mode::shared);
    if (!lock.ok()) return {std::move(lock), {}};
    view_.lock_ = std::move(lock.fd);
    auto book = read_ledger(directory_, O_RDONLY);
    if (!book.ok()) return {std::move(book), {}};
    auto present = list_chunks(directory_);
    if (!present.ok()) return {std::move(present), {}};
    if (!book.file && present.numbers.empty()) {
      return {
          failure(errc::not_a_log, directory_.path.string(), " holds neither a ledger nor a chunk"),
          {}};
    }
    take_ledger(book);
    if (auto bad = list(present.numbers); !bad.ok()) return {std::move(bad), {}};
    for (auto& chunk : summary_.chunks) {
      if (auto bad = walk(chunk); !bad.ok()) return {std::move(bad), {}};
    }
    finish();
    return {{}, std::move(view_)};
  }

 private:
  void take_ledger(const ledger_read& book) {
    ledger_ = book.newest.state;
    summary_.ledger_valid = book.newest.sequence != 0;
    if (!summary_.ledger_valid) {
      add(fault_kind::bad_ledger, ledger_name, 0, 0,
          sentence(directory_.file(ledger_name), book.file ? " has no valid slot" : " is missing"));
      return;
    }
    if (book.other_damaged) {
      add(fault_kind::bad_ledger, ledger_name, 0, 0,
          sentence(directory_.file(ledger_name), " has one damaged slot"));
    }
    summary_.ledger_sequence = book.newest.sequence;
    summary_.writer_chunk = ledger_.writer_file;
    summary_.reader_chunk = ledger_.reader_file;
    summary_.next_id = ledger_.next_id;
    summary_.last_acknowledged = ledger_.last_acknowledged;
    summary_.durable_bytes = ledger_.durable_bytes;
  }

  // The chunks in the order of their records, with their sizes.
  status list(const std::vector<chunk_number>& present) {
    auto order = summary_.ledger_valid ? arrange(present, ledger_) : chunk_order{present, {}, {}};
    for (const auto number : order.missing) {
      add(fault_kind::missing_data, chunk_name(number), 0, 0,
          sentence(directory_.file(chunk_name(number)), " is missing"));
    }
    for (const auto number : order.strays) {
      auto left = check_stray(directory_, number, ledger_.last_acknowledged);
      if (left.error == errc::missing_data) {
        add(fault_kind::missing_data, chunk_name(number), 0, 0, left.message);
      } else if (!left.ok()) {
        return left;
      }
    }
    for (const auto number : order.run) {
      auto chunk = open_chunk(directory_, number, O_RDONLY);
      if (!chunk.ok()) return chunk;
      summary_.chunks.push_back({number, chunk_name(number), chunk.bytes, 0});
      summary_.bytes += chunk.bytes;
      if (chunk.bytes > 0) tail_ = number;
    }
    return {};
  }

  // How much of the chunk was synced, by the ledger's word. A chunk with a successor was, before
  // that began.
  [[nodiscard]] std::uint64_t durable_mark(const chunk_summary& chunk) const {
    if (summary_.ledger_valid && chunk.number == ledger_.writer_file) return ledger_.durable_bytes;
    return chunk.number == tail_ && after_checkpoint(chunk.number) ? 0 : chunk.bytes;
  }
  [[nodiscard]] bool after_checkpoint(chunk_number number) const {
    return !summary_.ledger_valid || distance(ledger_.reader_file, number) >
                                         distance(ledger_.reader_file, ledger_.writer_file);
  }

  status walk(chunk_summary& chunk) {
    auto opened = open_chunk(directory_, chunk.number, O_RDONLY);
    if (!opened.ok()) return opened;
    window_.attach(std::move(opened.file));
    const auto name = directory_.file(chunk.file);
    const auto mark = durable_mark(chunk);
    if (chunk.bytes < mark) {
      add(fault_kind::missing_data, chunk.file, chunk.bytes, 0,
          sentence(name, " has ", chunk.bytes, " bytes; the ledger calls ", mark, " durable"));
    }
    for (std::uint64_t offset = 0; offset < chunk.bytes;) {
      // An ID that no record before it announces is believed only with its checksum.
      const auto depth = offset < mark && expected_ != 0 ? check::header : check::payload;
      auto record = examine(window_, offset, chunk.bytes, expected_, depth);
      if (record.found == damage::none) {
        offset += take(chunk, offset, record.header);
        continue;
      }
      if (const auto before = take_back(chunk)) {
        offset = *before;
        record = examine(window_, offset, chunk.bytes, expected_, check::payload);
      }
      if (record.found == damage::unreadable && record.error != errc::missing_data) {
        return {record.error, describe(record, name, offset, chunk.bytes, expected_)};
      }
      auto words = describe(record, name, offset, chunk.bytes, expected_);
      const auto next = next_record(chunk, offset, mark);
      if (next) {
        add(*next == offset ? fault_kind::id_gap : fault_kind::corrupt_record, chunk.file, offset,
            expected_, std::move(words));
      } else {
        const bool torn = offset >= mark && chunk.number == tail_;
        if (torn) summary_.torn_bytes = chunk.bytes - offset;
        add(torn ? fault_kind::torn_tail : fault_kind::corrupt_record, chunk.file, offset,
            expected_, sentence(words, "; ", chunk.bytes - offset, " bytes to the chunk's end"));
      }
      offset = next.value_or(chunk.bytes);
      expected_ = 0;
    }
    return {};
  }

  // Where the walk can go on behind damage. Above the durable mark it cannot: there, opening the
  // log cuts off.
  std::optional<std::uint64_t> next_record(const chunk_summary& chunk, std::uint64_t offset,
                                           std::uint64_t mark) {
    const bool above = summary_.ledger_valid && chunk.number == tail_ && offset >= mark;
    if (above) return std::nullopt;
    return find_record(window_, offset, chunk.bytes, expected_);
  }

  std::uint64_t take(chunk_summary& chunk, std::uint64_t offset, const record_header& header) {
    const auto first_unacknowledged = ledger_.last_acknowledged + 1;
    if (view_.entries_.empty() && summary_.ledger_valid && header.id > first_unacknowledged) {
      add(fault_kind::id_gap, chunk.file, offset, first_unacknowledged,
          sentence(directory_.file(chunk.file), ", offset ", offset, ": record ",
                   first_unacknowledged, " should be the first, but the ID is ", header.id));
    }
    view_.entries_.push_back({header.id, offset, static_cast<std::uint32_t>(header.payload_bytes()),
                              header.checksum, chunk.number});
    ++chunk.records;
    summary_.payload_bytes += header.payload_bytes();
    expected_ = header.id + 1;
    return header.record_bytes();
  }

  // A header is believed before its payload is checked, so a wrong length shows only in what it
  // leads to. If the record taken last in this chunk is rotten, forgets it and gives its offset.
  std::optional<std::uint64_t> take_back(chunk_summary& chunk) {
    if (chunk.records == 0) return std::nullopt;
    const auto last = view_.entries_.back();
    const auto again = examine(window_, last.offset, chunk.bytes, last.id, check::payload);
    if (again.found == damage::none) return std::nullopt;
    view_.entries_.pop_back();
    --chunk.records;
    summary_.payload_bytes -= last.payload_bytes;
    expected_ = last.id;
    return last.offset;
  }

  void finish() {
    const auto& entries = view_.entries_;
    summary_.records = entries.size();
    if (!entries.empty()) {
      summary_.first_id = entries.front().id;
      summary_.last_id = entries.back().id;
    }
    const bool has_unacknowledged = ledger_.last_acknowledged + 1 < ledger_.next_id;
    if (summary_.ledger_valid && view_.faults_.empty() && has_unacknowledged &&
        summary_.last_id + 1 < ledger_.next_id) {
      add(fault_kind::missing_data, ledger_name, 0, summary_.last_id + 1,
          sentence(directory_.file(ledger_name), " says that the next record is ", ledger_.next_id,
                   "; the last one in the chunks is ", summary_.last_id));
    }
    view_.directory_ = directory_.path;
    view_.directory_fd_ = std::move(directory_.fd);
  }

  void add(fault_kind kind, std::string file, std::uint64_t offset, std::uint64_t id,
           std::string words) {
    view_.faults_.push_back({kind, std::move(file), offset, id, std::move(words)});
  }

  log_directory directory_;
  log_view view_{};
  log_summary& summary_ = view_.summary_;
  ledger_state ledger_{};
  chunk_window window_{directory_.files, header_read_ahead};
  std::uint64_t expected_ = 0;  // 0: unknown
  chunk_number tail_ = 0;       // the last chunk that is not empty
};

viewed log_view::open(const std::filesystem::path& directory) {
  auto made = system_files().open_directory(directory);
  if (made.error) return {failure(made.error, directory.string(), " cannot be opened"), {}};
  return view_builder({system_files(), directory, std::move(made.fd)}).run();
}

std::optional<std::size_t> log_view::find(std::uint64_t id) const noexcept {
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), id,
      [](const record_entry& entry, std::uint64_t wanted) { return entry.id < wanted; });
  if (at == entries_.end() || at->id != id) return std::nullopt;
  return static_cast<std::size_t>(at - entries_.begin());
}

record_read log_view::read(std::size_t index, bytes_span out) {
  const auto result = [](status why, std::size_t bytes = 0) {
    return record_read{std::move(why), bytes};
  };
  if (index >= entries_.size()) {
    return result(failure(errc::no_such_record, "record index ", index, " of ", entries_.size()));
  }
  const auto& entry = entries_[index];
  const auto name = [&] { return (directory_ / chunk_name(entry.chunk)).string(); };
  if (out.size() < entry.payload_bytes) {
    return result(failure(errc::span_too_small, name(), ", offset ", entry.offset, ": record ",
                          entry.id, " holds ", entry.payload_bytes, " bytes, the span ",
                          out.size()));
  }
  if (!chunk_ || chunk_number_ != entry.chunk) {
    auto opened = system_files().open(directory_fd_.get(), chunk_name(entry.chunk), O_RDONLY);
    if (opened.error) return result(failure(opened.error, name(), " cannot be opened"));
    chunk_ = std::move(opened.fd);
    chunk_number_ = entry.chunk;
  }
  const auto payload = out.first(entry.payload_bytes);
  const auto done =
      system_files().read(chunk_.get(), payload, entry.offset + record_layout::payload);
  if (done.error) {
    return result(failure(done.error, name(), ", offset ", entry.offset, " cannot be read"));
  }
  if (done.bytes < payload.size()) {
    return result(failure(errc::missing_data, name(), ", offset ", entry.offset, ": record ",
                          entry.id, " holds ", payload.size(), " bytes, the chunk only ",
                          done.bytes, " of them"));
  }
  const bytes_view part = payload;
  const auto sum = checksum_of(entry.id, {&part, 1});
  if (sum != entry.checksum) {
    return result(failure(errc::corrupt_record, name(), ", offset ", entry.offset, ": record ",
                          entry.id, " fails its CRC-32: the header says ", std::hex, entry.checksum,
                          ", the payload gives ", sum),
                  payload.size());
  }
  return result({}, payload.size());
}

std::vector<fault> log_view::check() {
  std::vector<fault> found;
  std::uint32_t largest = 0;
  for (const auto& entry : entries_) largest = std::max(largest, entry.payload_bytes);
  std::vector<std::byte> buffer(largest);
  for (std::size_t index = 0; index < entries_.size(); ++index) {
    auto read_one = read(index, buffer);
    if (read_one.ok()) continue;
    const auto& entry = entries_[index];
    const auto kind = read_one.error == errc::missing_data ? fault_kind::missing_data
                                                           : fault_kind::corrupt_record;
    found.push_back(
        {kind, chunk_name(entry.chunk), entry.offset, entry.id, std::move(read_one.message)});
  }
  return found;
}

}  // namespace annulus::chunklog
