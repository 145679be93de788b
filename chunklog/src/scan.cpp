#include "scan.hpp"

#include <fcntl.h>

#include <algorithm>
#include <annulus/bytes/byte_order.hpp>
#include <cstring>

#include "gap_marker.hpp"
#include "sentence.hpp"

namespace annulus::chunklog {
void chunk_window::attach(unique_fd file) noexcept {
  file_ = std::move(file);
  start_ = 0;
  filled_ = 0;
  trusted_ = ~std::uint64_t{0};
  index_.reset();
}

unique_fd chunk_window::detach() noexcept {
  auto file = std::move(file_);
  attach({});
  return file;
}

bool chunk_window::index(std::uint64_t begin, std::uint64_t end, const std::stop_token& stop) {
  index_ = crc_index::make(files_, file_.get(), begin, end, stop);
  return index_.has_value();
}

// Behind the first `kept` bytes of the buffer.
void chunk_window::fill(std::size_t kept, std::size_t wanted) {
  const auto rest = bytes_span(buffer_.data() + kept, wanted - kept);
  const auto offset = start_ + kept;
  error_ = {};
  if (memory_ != nullptr) {
    if (const auto copied = memory_->copy(offset, rest); copied > 0) {
      trusted_ = std::min(trusted_, offset);
      filled_ = kept + copied;
      return;
    }
  }
  trusted_ = ~std::uint64_t{0};
  const auto read = files_.read(file_.get(), rest, offset);
  file_bytes_.add(read.bytes);
  filled_ = kept + read.bytes;
  error_ = read.error;
}

chunk_window::piece chunk_window::at(std::uint64_t offset, std::size_t n, std::uint64_t end) {
  const bool starts_inside = offset >= start_ && offset <= start_ + filled_;
  if (!starts_inside || offset + n > start_ + filled_) {
    // What is already here moves to the front, so that no byte is read twice.
    const std::size_t kept =
        starts_inside ? filled_ - static_cast<std::size_t>(offset - start_) : 0;
    if (kept > 0) std::memmove(buffer_.data(), buffer_.data() + (filled_ - kept), kept);
    start_ = offset;
    filled_ = kept;
    if (n > buffer_.size()) buffer_.grow(n, kept);
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), end - offset));
    fill(kept, wanted);
    if (filled_ < n) return {{}, error_ ? error_ : make_error_code(errc::missing_data)};
  }
  return {bytes_view(buffer_.data() + (offset - start_), n), {}};
}

opened_chunk open_chunk(const log_directory& directory, chunk_number number, int flags) {
  opened_chunk chunk;
  const auto name = chunk_name(number);
  auto [file, error] = directory.open(name, flags);
  if (error == std::errc::no_such_file_or_directory) {
    static_cast<status&>(chunk) = failure(errc::missing_data, directory.file(name), " is missing");
    return chunk;
  }
  const auto size = error ? file_size{0, error} : directory.files.size(file.get());
  if (size.error) {
    static_cast<status&>(chunk) = failure(size.error, directory.file(name), " cannot be opened");
    return chunk;
  }
  chunk.file = std::move(file);
  chunk.bytes = size.bytes;
  return chunk;
}

examined examine(chunk_window& chunk, std::uint64_t offset, std::uint64_t end,
                 std::uint64_t expected, check depth) {
  examined record;
  const auto judged = [&record](damage found) {
    record.found = found;
    return record;
  };
  const auto unreadable = [&record](std::error_code error) {
    record.found = damage::unreadable;
    record.error = error;
    return record;
  };
  if (end - offset < record_layout::header_bytes) return judged(damage::cut_short);
  const auto header = chunk.at(offset, record_layout::header_bytes, end);
  if (header.error) return unreadable(header.error);
  record.header = decode(header.bytes);
  record.found = judge(record.header, expected, end - offset);
  if (!is_intact(record)) return record;
  const bool gap = record.found == damage::given_up;
  if (!gap && depth == check::header) return record;
  const auto bytes = gap ? gap_marker::bytes : record.header.record_bytes();
  if (auto* const index = gap ? nullptr : chunk.indexed(offset, offset + bytes)) {
    const auto sum = index->of(offset + record_layout::id, offset + bytes);
    record.sum = sum.value_or(0);
    if (sum && record.sum != record.header.checksum) return judged(damage::bad_checksum);
  }
  const auto whole = chunk.at(offset, static_cast<std::size_t>(bytes), end);
  if (whole.error) return unreadable(whole.error);
  record.payload = whole.bytes.subspan(record_layout::payload);
  if (!gap && chunk.trusted(offset)) return record;
  record.sum = sum_of(whole.bytes);
  if (record.sum != record.header.checksum) return judged(damage::bad_checksum);
  if (!gap) return record;
  record.next_id = load_le<std::uint64_t>(record.payload.data());
  const bool forward = record.next_id > record.header.id && possible(record.next_id);
  return forward ? record : judged(damage::bad_checksum);
}

std::uint64_t first_id_of(const log_directory& directory, chunk_number number,
                          chunk_window& window) {
  auto opened = open_chunk(directory, number, O_RDONLY);
  if (!opened.ok() || opened.bytes == 0) return 0;
  window.attach(std::move(opened.file));
  const auto first = examine(window, 0, opened.bytes, 0, check::payload);
  return is_intact(first) ? first.header.id : 0;
}

status check_stray(const log_directory& directory, chunk_number number,
                   std::uint64_t last_acknowledged) {
  auto chunk = open_chunk(directory, number, O_RDONLY);
  if (!chunk.ok()) return chunk;
  if (chunk.bytes == 0) return {};
  chunk_window window(directory.files, record_layout::header_bytes);
  window.attach(std::move(chunk.file));
  const auto first = examine(window, 0, chunk.bytes, 0, check::header);
  if (first.found == damage::none && first.header.id <= last_acknowledged) return {};
  if (first.found == damage::given_up && first.next_id - 1 <= last_acknowledged) return {};
  return failure(errc::missing_data, directory.file(chunk_name(number)),
                 " is neither acknowledged nor connected to the chunks that the ledger knows");
}

std::string describe(const examined& record, const std::string& file, std::uint64_t offset,
                     std::uint64_t end, std::uint64_t expected) {
  auto place = sentence(file, ", offset ", offset, ": ");
  switch (record.found) {
    case damage::none:
      break;
    case damage::cut_short:
      if (end - offset < record_layout::header_bytes) {
        return sentence(place, "a record's header takes ", record_layout::header_bytes,
                        " bytes and the chunk ends after ", end - offset);
      }
      return sentence(place, "record ", record.header.id, " takes ", record.header.record_bytes(),
                      " bytes and the chunk ends after ", end - offset);
    case damage::bad_length:
      return sentence(place, "a record's length field is at least ", record_layout::length_overhead,
                      " and at most ", max_chunk_bytes - record_layout::checksum, ", but is ",
                      record.header.length);
    case damage::wrong_id:
      if (!possible(record.header.id)) {
        return sentence(place, "record ID ", record.header.id, " is never given");
      }
      return sentence(place, "record ", expected, " should follow, but the ID is ",
                      record.header.id);
    case damage::bad_checksum:
      return sentence(place, "record ", record.header.id, " fails its CRC-32: the header says ",
                      std::hex, record.header.checksum, ", the payload gives ", record.sum);
    case damage::given_up:
      return sentence(place, "the records from ", record.header.id, " to ", record.next_id - 1,
                      " are lost, and a repair has said so");
    case damage::unreadable:
      return sentence(place, "cannot be read: ", record.error.message());
  }
  return place;
}

std::error_code error_for(const examined& record) {
  return record.found == damage::unreadable ? record.error : make_error_code(errc::corrupt_record);
}

}  // namespace annulus::chunklog
