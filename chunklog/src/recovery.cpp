#include "recovery.hpp"

#include <fcntl.h>

#include <algorithm>

#include "damage_search.hpp"
#include "gap_marker.hpp"
#include "scan.hpp"
#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

constexpr std::size_t scan_read_ahead = std::size_t{1} << 20U;

// Where a chunk stops being whole.
struct tear {
  chunk_number chunk = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::string sentence{};
};

class recoverer {
 public:
  recoverer(const log_directory& directory, std::stop_token stop)
      : directory_(directory), stop_(std::move(stop)) {}

  recovered run() {
    auto result = find_end();
    if (result.ok()) result = repair();
    if (result.ok()) result = measure();
    if (!result.ok()) return {std::move(result), {}, {}, {}, {}};
    return {{}, std::move(book_), std::move(writer_chunk_), std::move(bytes_), std::move(report_)};
  }

 private:
  // Reading only: fills in everything that `repair` will do.
  status find_end() {
    read_ = read_ledger(directory_, O_RDWR);
    if (!read_.ok()) return read_;
    auto present = list_chunks(directory_);
    if (!present.ok()) return present;

    known_ = read_.newest.sequence != 0;
    state_ = read_.newest.state;
    if (!known_ && present.numbers.empty()) {
      report_.created = true;
      return {};
    }
    if (known_ && read_.damaged_slot) {
      note(directory_.file(ledger_name), ", offset ", *read_.damaged_slot,
           ": the slot is damaged: what was acknowledged since ", state_.last_acknowledged,
           " may come again");
    }
    std::vector<chunk_number> strays;
    if (known_) {
      auto order = arrange(present.numbers, state_);
      if (!order.missing.empty()) {
        const auto number = order.missing.front();
        return failure(errc::missing_data, directory_.file(chunk_name(number)),
                       present.absence(number), "; the ledger's chunks run from ",
                       chunk_name(state_.reader_file), " to ", chunk_name(state_.writer_file));
      }
      scanned_.assign(std::find(order.run.begin(), order.run.end(), state_.writer_file),
                      order.run.end());
      strays = std::move(order.strays);
    } else {
      report_.ledger_rebuilt = true;
      scanned_ = std::move(present.numbers);
      state_.reader_file = scanned_.front();
    }
    if (auto bad = scan(); !bad.ok()) return bad;
    if (!known_) {
      note(directory_.file(ledger_name), " has no valid slot: rebuilt from ", scanned_.size(),
           " chunks; no record counts as acknowledged");
    }
    for (const auto number : strays) {
      if (auto bad = check_stray(directory_, number, state_.last_acknowledged); !bad.ok())
        return bad;
    }
    stale_ = std::move(strays);
    return {};
  }

  status scan() {
    chunk_window window(directory_.files, scan_read_ahead);
    const auto mark = state_.durable_bytes;
    const auto durable_next_id = state_.next_id;
    std::uint64_t expected = known_ && mark == 0 ? durable_next_id : 0;
    bool first = known_;  // the only chunk with a durable mark
    for (const auto number : scanned_) {
      auto chunk = open_chunk(directory_, number, O_RDONLY);
      if (!chunk.ok()) return chunk;
      const auto name = directory_.file(chunk_name(number));
      window.attach(std::move(chunk.file));
      if (tear_ && chunk.bytes > 0) {
        return failure(errc::corrupt_record, tear_->sentence, "; yet ", chunk_name(number),
                       " follows with ", chunk.bytes, " bytes, so this is no torn tail");
      }
      if (first && chunk.bytes < mark) {
        return failure(errc::missing_data, name, " has ", chunk.bytes, " bytes; the ledger calls ",
                       mark, " durable");
      }
      std::uint64_t offset = 0;
      while (offset < chunk.bytes) {
        if (stop_.stop_requested()) {
          return failure(errc::cancelled, name, " was not read to its end");
        }
        const bool durable = first && offset < mark;
        const auto record = examine(window, offset, chunk.bytes, expected, check::payload);
        if (record.found == damage::unreadable) {
          return {record.error, describe(record, name, offset, chunk.bytes, expected)};
        }
        const bool gap = record.found == damage::given_up;
        if (record.found != damage::none && !gap) {
          auto words = describe(record, name, offset, chunk.bytes, expected);
          if (durable) {
            return failure(errc::corrupt_record, words, "; the durable mark is ", mark);
          }
          // Without a ledger there is no durable mark to tell rot from a torn tail; a whole record
          // behind the damage tells.
          if (!known_) {
            auto found = damage_search(window, chunk.bytes, {}).behind(offset, expected, stop_);
            if (!found.ok()) return failure(found.error, name, ": ", found.message);
            if (found.offset < chunk.bytes) {
              return failure(errc::corrupt_record, words,
                             "; whole records follow, so this is no torn tail");
            }
          }
          tear_ = tear{number, offset, chunk.bytes - offset, std::move(words)};
          break;
        }
        const auto next = offset + (gap ? gap_marker::bytes : record.header.record_bytes());
        if (durable && next > mark) {
          return failure(errc::corrupt_ledger, directory_.file(ledger_name),
                         " has its durable mark at ", mark, ", within record ", record.header.id,
                         " of ", name, ", offset ", offset);
        }
        const auto following = gap ? record.next_id : record.header.id + 1;
        if (!known_ && expected == 0) {
          state_.last_acknowledged = (gap ? following : record.header.id) - 1;
        }
        expected = following;
        offset = next;
        if (durable && offset == mark && expected != durable_next_id) {
          return failure(errc::corrupt_ledger, directory_.file(ledger_name), " says that record ",
                         durable_next_id, " follows at the durable mark, offset ", mark, " of ",
                         name, "; the chunk says ", expected);
        }
      }
      first = false;
      state_.writer_file = number;
      state_.durable_bytes = offset;
    }
    state_.next_id = expected != 0 ? expected : durable_next_id;
    return {};
  }

  // Every change to the disk, in the order that a crash in between asks for: data, directory,
  // ledger, and only then what the ledger has made superfluous.
  status repair() {
    const auto ledger_failed = [&](std::error_code error) {
      return failure(error, directory_.file(ledger_name), " cannot be written");
    };
    if (!read_.file) {
      auto made = directory_.open(ledger_name, O_RDWR | O_CREAT);
      if (made.error) return ledger_failed(made.error);
      read_.file = std::move(made.fd);
    }
    const bool damaged = read_.damaged_slot.has_value();
    book_.emplace(directory_.files, std::move(read_.file), read_.newest, directory_.durable);
    if (report_.created) {
      // The ledger precedes the chunk, so that a lone chunk always means a lost ledger.
      if (const auto error = book_->checkpoint(state_)) return ledger_failed(error);
    }
    if (tear_) {
      if (auto bad = cut_tear(); !bad.ok()) return bad;
    }
    const bool changed = report_.ledger_rebuilt || damaged || state_ != book_->state();
    if (changed) {
      for (const auto number : scanned_) {
        if (auto bad = sync_chunk(number); !bad.ok()) return bad;
      }
      // The newest slot may be a mark of a dead process, and it is the other one that is
      // overwritten next.
      if (const auto error = book_->sync()) return ledger_failed(error);
    }
    auto [chunk, error] = directory_.open(chunk_name(state_.writer_file), O_RDWR | O_CREAT);
    if (error) {
      return failure(error, directory_.file(chunk_name(state_.writer_file)), " cannot be opened");
    }
    writer_chunk_ = std::move(chunk);
    if (const auto failed = directory_.sync()) {
      return failure(failed, directory_.path.string(), " cannot be synced");
    }
    if (const auto failed = changed ? book_->checkpoint(state_) : book_->sync()) {
      return ledger_failed(failed);
    }
    // Neither slot was valid: the first checkpoint has left the other one as it was.
    if (report_.ledger_rebuilt && damaged) {
      if (const auto failed = book_->checkpoint(state_)) return ledger_failed(failed);
    }
    for (const auto number : stale_) {
      if (const auto failed = directory_.files.remove(directory_.fd.get(), chunk_name(number))) {
        return failure(failed, directory_.file(chunk_name(number)), " cannot be deleted");
      }
      note(directory_.file(chunk_name(number)), " was acknowledged completely: deleted");
    }
    report_.stale_chunks = stale_.size();
    report_.next_id = state_.next_id;
    report_.acknowledged = state_.last_acknowledged;
    return {};
  }

  // The sizes of all chunks, for the log's size cap.
  status measure() {
    for (auto number = state_.reader_file; number != state_.writer_file;
         number = successor(number)) {
      auto chunk = open_chunk(directory_, number, O_RDONLY);
      if (!chunk.ok()) return chunk;
      bytes_.push_back(chunk.bytes);
    }
    bytes_.push_back(state_.durable_bytes);
    return {};
  }

  status cut_tear() {
    auto chunk = open_chunk(directory_, tear_->chunk, O_RDWR);
    if (!chunk.ok()) return chunk;
    auto error = directory_.files.truncate(chunk.file.get(), tear_->offset);
    if (!error) error = directory_.sync_data(chunk.file.get());
    if (error) {
      return failure(error, directory_.file(chunk_name(tear_->chunk)),
                     " cannot be cut off at offset ", tear_->offset);
    }
    report_.torn_bytes = tear_->bytes;
    note(tear_->sentence, "; cut off ", tear_->bytes, " bytes");
    return {};
  }

  status sync_chunk(chunk_number number) {
    auto chunk = open_chunk(directory_, number, O_RDWR);
    if (!chunk.ok()) return chunk;
    const auto error = directory_.sync_data(chunk.file.get());
    return error ? failure(error, directory_.file(chunk_name(number)), " cannot be synced")
                 : status{};
  }

  template <class... Parts>
  void note(const Parts&... parts) {
    report_.notes += sentence(parts..., "\n");
  }

  const log_directory& directory_;
  const std::stop_token stop_;
  ledger_read read_{};
  std::vector<chunk_number> scanned_{};
  std::vector<chunk_number> stale_{};
  std::optional<tear> tear_{};
  bool known_ = false;
  ledger_state state_{};
  recovery report_{};
  std::optional<ledger> book_{};
  unique_fd writer_chunk_{};
  std::vector<std::uint64_t> bytes_{};
};

}  // namespace

recovered recover(const log_directory& directory, std::stop_token stop) {
  return recoverer(directory, std::move(stop)).run();
}

}  // namespace annulus::chunklog
