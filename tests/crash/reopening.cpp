#include "reopening.hpp"

#include <annulus/chunklog/view.hpp>
#include <sstream>

#include "directory.hpp"

namespace annulus::crash {
namespace {

using chunklog::chunk_log;
using chunklog::log_view;

// Enough to overwrite what a tear has left, and to begin a chunk in most workloads.
constexpr int records_of_the_second_life = 3;

class inspector {
 public:
  inspector(const log_shape& shape, recording_files& files, const std::filesystem::path& directory)
      : shape_(shape), files_(files), directory_(directory), how_(shape.how) {
    how_.files = &files_;
    // What follows is not to be refused, nor to drop what is to be counted.
    how_.max_bytes = 0;
  }

  outcome run() {
    if (open() && open_again()) walk();
    return std::move(found_);
  }

 private:
  template <class... Parts>
  bool fault(const Parts&... parts) {
    std::ostringstream words;
    (words << ... << parts);
    found_.fault = words.str();
    return false;
  }

  bool open() {
    auto opened = chunk_log::open(directory_, how_);
    if (!opened.ok()) return fault("it cannot be opened: ", opened.message);
    if (opened.found.notes.find("the slot is damaged") != std::string::npos) {
      return fault("a crash is taken for rot: ", opened.found.notes);
    }
    found_.acknowledged = opened.found.acknowledged;
    found_.next_id = opened.found.next_id;
    // Who has opened a log may act on what it finds there.
    files_.mark(event::kind::reopened, found_.next_id - 1);
    files_.mark(event::kind::acknowledged, found_.acknowledged);
    // Closing may still delete a chunk of which recovery has found that it is done with.
    opened.log.reset();
    recovered_ = contents_of(directory_);
    return true;
  }

  bool open_again() {
    const auto opened = chunk_log::open(directory_, how_);
    if (!opened.ok()) return fault("it cannot be opened again: ", opened.message);
    if (contents_of(directory_) != recovered_) return fault("a second opening changes bytes");
    const auto& second = opened.found;
    if (second.next_id != found_.next_id || second.acknowledged != found_.acknowledged ||
        !second.notes.empty() || second.torn_bytes != 0 || second.stale_chunks != 0) {
      return fault("a second opening finds something else: ", second.notes);
    }
    return read(*opened.log) && append(*opened.log);
  }

  bool read(chunk_log& log) {
    for (auto id = found_.acknowledged + 1; id < found_.next_id; ++id) {
      // It is there already: waiting for it would be for ever.
      const auto record = log.reader().try_next();
      if (!record.ok()) return fault("record ", id, " cannot be read: ", record.message);
      if (record.id != id) return fault("record ", record.id, " comes instead of ", id);
      found_.records.push_back(shape_.lives_of(id, record.payload));
      if (found_.records.back() == 0) return fault("record ", id, " has a payload of no append");
    }
    return true;
  }

  // In three writes, so that the ledger of the first life and a torn write of the second can meet;
  // and with a mark of the ledger, as the first step that tells a caller of the second life.
  bool append(chunk_log& log) {
    for (int i = 0; i < records_of_the_second_life; ++i) {
      const auto id = found_.next_id + static_cast<unsigned>(i);
      files_.mark(event::kind::appending, id);
      const auto done = log.writer().append(view_of(payload_of(id, second_life, shape_.size(id))));
      if (!done.ok()) return fault("nothing can be appended: ", done.message);
      if (done.id != id) return fault("record ", id, " is given the ID ", done.id);
      if (i == 0) {
        if (const auto flushed = log.writer().flush(); !flushed.ok()) {
          return fault("nothing can be written: ", flushed.message);
        }
      } else if (i == 1) {
        if (const auto synced = log.writer().durable(id); !synced.ok()) {
          return fault("nothing can be made durable: ", synced.message);
        }
        files_.mark(event::kind::appended, id);
      }
    }
    if (const auto closed = log.close(); !closed.ok()) {
      return fault("it cannot be closed: ", closed.message);
    }
    files_.mark(event::kind::appended, found_.next_id + records_of_the_second_life - 1);
    for (int i = 0; i < records_of_the_second_life; ++i) {
      const auto id = found_.next_id + static_cast<unsigned>(i);
      const auto record = log.reader().next();
      if (!record.ok() || record.id != id ||
          (shape_.lives_of(id, record.payload) & second_life) == 0) {
        return fault("the new record ", id, " is not read back: ", record.message);
      }
    }
    if (const auto end = log.reader().next(); end.error != chunklog::errc::end_of_stream) {
      return fault("behind the last record comes record ", end.id, ' ', end.message);
    }
    return true;
  }

  bool walk() {
    auto viewed = log_view::open(directory_);
    if (!viewed.ok()) return fault("it cannot be viewed: ", viewed.message);
    auto& view = *viewed.view;
    const auto& sums = view.summary();
    if (!view.faults().empty()) return fault("a view finds: ", view.faults().front().sentence);
    if (const auto bad = view.check(); !bad.empty()) {
      return fault("a view's check finds: ", bad.front().sentence);
    }
    const auto next_id = found_.next_id + records_of_the_second_life;
    if (sums.next_id != next_id || sums.last_acknowledged != found_.acknowledged ||
        sums.last_id != next_id - 1 || sums.first_id > found_.acknowledged + 1) {
      return fault("the ledger says next ID ", sums.next_id, " and acknowledged ",
                   sums.last_acknowledged, ", the chunks hold ", sums.first_id, " to ",
                   sums.last_id, ", it should be ", next_id, " and ", found_.acknowledged);
    }
    std::uint64_t bytes = 0;
    std::uint64_t payload_bytes = 0;
    for (const auto& [name, content] : contents_of(directory_)) {
      if (name.ends_with(".chunk")) bytes += content.size();
    }
    for (std::size_t i = 0; i < view.entries().size(); ++i) {
      const auto& entry = view.entries()[i];
      payload_bytes += entry.payload_bytes;
      if (entry.id != sums.first_id + i) return fault("a view shows no contiguous IDs");
    }
    if (bytes != sums.bytes || payload_bytes != sums.payload_bytes ||
        bytes != payload_bytes + view.size() * chunklog::record_layout::header_bytes) {
      return fault("the summary counts ", sums.bytes, " bytes and ", sums.payload_bytes,
                   " of payloads; the chunks have ", bytes, " and ", payload_bytes);
    }
    return true;
  }

  const log_shape& shape_;
  recording_files& files_;
  const std::filesystem::path& directory_;
  chunklog::options how_;
  image recovered_{};
  outcome found_{};
};

}  // namespace

reopening reopen(const disk& known, const log_shape& shape, const std::filesystem::path& directory,
                 recording_files::sites sites) {
  materialise(known.visible(), directory);
  recording_files files(sites);
  files.begin(known.names(), known.next_file());
  auto found = inspector(shape, files, directory).run();
  return {std::move(found), files.take()};
}

}  // namespace annulus::crash
