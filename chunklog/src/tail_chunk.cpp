#include "tail_chunk.hpp"

#include "sentence.hpp"

namespace annulus::chunklog {

tail_chunk::tail_chunk(const log_directory& directory, const options& how, file_counts& counts,
                       unique_fd file, chunk_number number, const log_end& end)
    : directory_(directory),
      how_(how),
      counts_(counts),
      file_(std::move(file)),
      number_(number),
      end_(end),
      file_end_(end.offset),
      synced_(end.offset),
      synced_next_id_(end.next_id),
      allocates_(how.preallocate) {
}

tail_chunk::written tail_chunk::write(std::span<const bytes_view> parts) {
  const auto done = directory_.files.write(file_.get(), parts, file_end_);
  counts_.writes.add();
  counts_.written_bytes.add(done.bytes);
  if (!done.error) return {{}, done.bytes};
  return {failure(done.error, file(), ", offset ", file_end_, ": the write stopped after ",
                  done.bytes, " bytes"),
          done.bytes};
}

void tail_chunk::advance(std::size_t bytes, const extent& of) {
  if (of.records > 0) end_.offset = file_end_ + of.whole;
  end_.next_id += of.records;
  file_end_ += bytes;
}

status tail_chunk::cut_back(status why) {
  // If this fails as well, the next open cuts the same bytes off.
  if (const auto error = directory_.files.truncate(file_.get(), end_.offset)) {
    why.message += sentence("; it cannot be cut back: ", error.message());
  }
  return why;
}

status tail_chunk::sync() {
  if (const auto error = directory_.sync_data(file_.get())) {
    return failure(error, file(), " cannot be synced");
  }
  if (directory_.durable) counts_.syncs.add();
  synced_ = end_.offset;
  synced_next_id_ = end_.next_id;
  return {};
}

void tail_chunk::allocate() {
  if (allocates_ && directory_.files.allocate(file_.get(), how_.chunk_bytes)) allocates_ = false;
}

status tail_chunk::give_back_space() {
  if (!allocates_) return {};
  const auto error = directory_.files.truncate(file_.get(), file_end_);
  return error ? failure(error, file(), " cannot be cut to its end, ", file_end_) : status{};
}

void tail_chunk::leave_for(unique_fd file) {
  file_ = std::move(file);
  number_ = successor(number_);
  end_ = {end_.chunk + 1, 0, end_.next_id};
  file_end_ = 0;
  synced_ = 0;
}

}  // namespace annulus::chunklog
