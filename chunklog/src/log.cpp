#include <fcntl.h>

#include <annulus/chunklog/log.hpp>

#include "core.hpp"
#include "recovery.hpp"
#include "scan.hpp"
#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

constexpr std::size_t reader_read_ahead = std::size_t{256} << 10U;

}  // namespace

const std::error_category& log_category() noexcept {
  class category final : public std::error_category {
    [[nodiscard]] const char* name() const noexcept override { return "annulus.chunklog"; }
    [[nodiscard]] std::string message(int value) const override {
      switch (static_cast<errc>(value)) {
        case errc::locked:
          return "log is locked";
        case errc::not_a_log:
          return "no log in this directory";
        case errc::bad_chunk_size:
          return "chunk size is out of range";
        case errc::record_too_large:
          return "record is larger than a chunk";
        case errc::chunk_numbers_exhausted:
          return "every chunk number is in use";
        case errc::corrupt_record:
          return "record is corrupt";
        case errc::corrupt_ledger:
          return "ledger contradicts the chunks";
        case errc::missing_data:
          return "durable data is missing";
        case errc::closed:
          return "log is closed";
        case errc::end_of_stream:
          return "end of the log";
        case errc::timed_out:
          return "deadline passed";
        case errc::cancelled:
          return "operation cancelled";
        case errc::not_delivered:
          return "record has not been delivered";
        case errc::no_such_record:
          return "no such record";
        case errc::span_too_small:
          return "payload does not fit";
      }
      return "unknown chunk log error";
    }
  };
  static const category instance;
  return instance;
}

/// The reader's place in the log.
class log_cursor {
 public:
  explicit log_cursor(log_core& core)
      : core_(core),
        window_(core.directory().files, reader_read_ahead),
        chunk_(core.acknowledged().at().chunk),
        acknowledged_at_open_(core.acknowledged().at().last),
        delivered_(acknowledged_at_open_) {}

  read_record next(const until& limit) {
    for (;;) {
      if (offset_ == end_) {
        if (auto bad = advance(limit); !bad.ok()) return {std::move(bad), 0, {}};
        continue;
      }
      // What is acknowledged is passed by, its payload unread.
      const bool passed = expected_ <= acknowledged_at_open_;
      const auto record =
          examine(window_, offset_, end_, expected_, passed ? check::header : check::payload);
      if (record.found != damage::none) {
        return {{error_for(record), describe(record, file(), offset_, end_, expected_)}, 0, {}};
      }
      if (passed && record.header.id > acknowledged_at_open_) {
        // The chunk's first record, whose ID nothing has announced yet: look again, this time at
        // all of it.
        if (record.header.id != acknowledged_at_open_ + 1) return gap(record.header.id);
        expected_ = record.header.id;
        continue;
      }
      offset_ += record.header.record_bytes();
      expected_ = record.header.id + 1;
      if (passed) continue;
      delivered_ = record.header.id;
      return {{}, record.header.id, record.payload};
    }
  }

  status acknowledge(std::uint64_t id) {
    if (id == 0 || id > delivered_) {
      return failure(errc::not_delivered, "record ", id,
                     " cannot be acknowledged: the last one delivered is ", delivered_);
    }
    core_.acknowledged().add(id);
    return {};
  }

  [[nodiscard]] log_core& core() const noexcept { return core_; }

 private:
  // Waits for more in this chunk, or goes on to the next one.
  status advance(const until& limit) {
    if (window_.fd() < 0) {
      if (auto bad = enter(chunk_); !bad.ok()) return bad;
    }
    auto more = core_.wait(chunk_, offset_, limit);
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
    const auto next = successor(chunk_);
    if (auto bad = enter(next); !bad.ok()) return bad;
    core_.acknowledged().enter(next, expected_);
    return {};
  }

  status enter(chunk_number number) {
    auto opened = open_chunk(core_.directory(), number, O_RDONLY);
    if (!opened.ok()) return opened;
    window_.attach(std::move(opened.file));
    chunk_ = number;
    offset_ = 0;
    end_ = 0;
    return {};
  }

  [[nodiscard]] std::string file() const { return core_.directory().file(chunk_name(chunk_)); }

  [[nodiscard]] read_record gap(std::uint64_t found) const {
    return {failure(errc::missing_data, file(), ", offset ", offset_, ": the records after ",
                    acknowledged_at_open_, ", which is acknowledged, are missing; the next one is ",
                    found),
            0,
            {}};
  }

  log_core& core_;
  chunk_window window_;
  chunk_number chunk_;
  std::uint64_t offset_ = 0;
  std::uint64_t end_ = 0;       // of what is known to be there
  std::uint64_t expected_ = 0;  // 0: unknown
  std::uint64_t acknowledged_at_open_;
  std::uint64_t delivered_;
};

appended log_writer::append(std::span<const bytes_view> parts) {
  return core_->append(parts);
}
status log_writer::flush() {
  return core_->flush();
}
status log_writer::sync() {
  return core_->sync();
}
status log_writer::close() {
  return core_->close();
}

log_reader::log_reader(std::unique_ptr<log_cursor> cursor) : cursor_(std::move(cursor)) {
}
log_reader::~log_reader() = default;
read_record log_reader::next(const until& limit) {
  return cursor_->next(limit);
}
status log_reader::acknowledge(std::uint64_t id) {
  return cursor_->acknowledge(id);
}
std::uint64_t log_reader::acknowledged() const {
  return cursor_->core().acknowledged().at().last;
}
status log_reader::sync() {
  return cursor_->core().sync();
}

chunk_log::chunk_log(std::unique_ptr<log_core> core)
    : core_(std::move(core)), writer_(*core_), reader_(std::make_unique<log_cursor>(*core_)) {
}

chunk_log::~chunk_log() {
  core_->close();
}

status chunk_log::close() {
  return core_->close();
}

opened chunk_log::open(const std::filesystem::path& path, const options& how) {
  if (how.chunk_bytes < record_layout::header_bytes || how.chunk_bytes > max_chunk_bytes) {
    return {failure(errc::bad_chunk_size, "a chunk is from ", record_layout::header_bytes, " to ",
                    max_chunk_bytes, " bytes large, not ", how.chunk_bytes),
            {},
            {}};
  }
  auto& files = how.files != nullptr ? *how.files : system_files();
  if (const auto error = files.make_directories(path)) {
    return {failure(error, path.string(), " cannot be made"), {}, {}};
  }
  auto made = files.open_directory(path);
  if (made.error) return {failure(made.error, path.string(), " cannot be opened"), {}, {}};
  log_directory directory{files, path, std::move(made.fd), how.durable};
  auto lock = take_lock(directory, lock_mode::exclusive);
  if (!lock.ok()) return {std::move(lock), {}, {}};
  auto ready = recover(directory);
  if (!ready.ok()) return {std::move(ready), {}, {}};
  auto core = std::make_unique<log_core>(std::move(directory), std::move(lock.fd), how,
                                         std::move(*ready.book), std::move(ready.writer_chunk));
  return {{}, std::unique_ptr<chunk_log>(new chunk_log(std::move(core))), std::move(ready.report)};
}

}  // namespace annulus::chunklog
