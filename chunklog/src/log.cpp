#include <annulus/chunklog/log.hpp>

#include "core.hpp"
#include "cursor.hpp"
#include "opening.hpp"
#include "sentence.hpp"

namespace annulus::chunklog {
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
        case errc::bad_size_cap:
          return "size cap is too small";
        case errc::record_too_large:
          return "record is too large";
        case errc::chunk_numbers_exhausted:
          return "every chunk number is in use";
        case errc::corrupt_record:
          return "record is corrupt";
        case errc::corrupt_ledger:
          return "ledger contradicts the chunks";
        case errc::missing_data:
          return "durable data is missing";
        case errc::log_full:
          return "log is full";
        case errc::dropped_records:
          return "records were dropped unread";
        case errc::closed:
          return "log is closed";
        case errc::not_delivered:
          return "record has not been delivered";
        case errc::no_such_record:
          return "no such record";
        case errc::span_too_small:
          return "payload does not fit";
        case errc::not_a_file:
          return "it is no regular file";
        default:
          break;
      }
      return "unknown chunk log error";
    }
  };
  static const category instance;
  return instance;
}

appended log_writer::append(std::span<const bytes_view> parts, const until& limit) {
  return core_->append(parts, limit);
}
appended_batch log_writer::append_batch(std::span<const bytes_view> payloads, const until& limit) {
  return core_->append_batch(payloads, limit);
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
status log_writer::durable(std::uint64_t id, const until& limit) {
  return core_->durable(id, limit);
}
status log_writer::try_durable(std::uint64_t id) {
  return core_->try_durable(id);
}
bool log_writer::arm_durable(std::uint64_t id, waker& who) {
  return core_->arm_durable(id, who);
}
void log_writer::wake() {
  core_->state().goals.wake();
}
std::uint64_t log_writer::durable_id() const noexcept {
  return core_->state().goals.durable_next_id() - 1;
}

log_reader::log_reader(std::unique_ptr<log_cursor> cursor) : cursor_(std::move(cursor)) {
}
log_reader::~log_reader() = default;
read_record log_reader::next(const until& limit) {
  return cursor_->next(&limit);
}
read_record log_reader::try_next() {
  return cursor_->next(nullptr);
}
read_batch log_reader::next_batch(const until& limit) {
  return cursor_->next_batch(&limit);
}
read_batch log_reader::try_next_batch() {
  return cursor_->next_batch(nullptr);
}
bool log_reader::arm(std::size_t, waker& who) {
  return cursor_->arm(who);
}
bool log_reader::disarm(waker& who) {
  return cursor_->core().state().front.disarm(who);
}
void log_reader::wake() {
  cursor_->core().state().front.wake();
}
status log_reader::acknowledge(std::uint64_t first, std::uint64_t last) {
  return cursor_->acknowledge(first, last);
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

log_stats chunk_log::stats() const {
  log_stats now;
  core_->count(now);
  reader_.cursor_->count(now);
  return now;
}

std::string chunk_log::describe() const {
  return core_->describe() + reader_.cursor_->describe();
}

opened chunk_log::open(const std::filesystem::path& path, const options& how) {
  return start(open_files(path, how), how);
}

opened chunk_log::open(int directory, const std::filesystem::path& path, const options& how) {
  return start(open_files(directory, path, how), how);
}

opened chunk_log::start(opened_files files, const options& how) {
  if (!files.ok()) return {std::move(files), {}, {}};
  auto found = files.ready.report;
  const auto path = files.directory->path.string();
  try {
    auto core = std::make_unique<log_core>(std::move(files), how);
    return {{}, std::unique_ptr<chunk_log>(new chunk_log(std::move(core))), std::move(found)};
  } catch (const std::system_error& refused) {
    return {failure(refused.code(), path, " cannot have its ring or its thread"), {}, {}};
  }
}

}  // namespace annulus::chunklog
