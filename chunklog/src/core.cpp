#include "core.hpp"

#include <fcntl.h>

#include <cstring>

#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

// Records above this share of a batch are not copied: the copy would cost more than the system call
// saves.
constexpr std::size_t batch_share = 4;

}  // namespace

log_core::log_core(log_directory directory, unique_fd lock, const options& how, ledger book,
                   unique_fd writer_chunk)
    : directory_(std::move(directory)),
      lock_(std::move(lock)),
      how_(how),
      acknowledged_({book.state().last_acknowledged, book.state().reader_file}),
      end_(book.state().durable_bytes),
      book_(std::move(book)),
      chunk_(std::move(writer_chunk)),
      number_(book_.state().writer_file),
      written_(book_.state().durable_bytes),
      // A record that is written directly has its header here, behind whatever the batch holds.
      batch_(how.batch_bytes + record_layout::header_bytes),
      next_id_(book_.state().next_id) {
}

appended log_core::append(std::span<const bytes_view> parts) {
  std::uint64_t record_bytes = record_layout::header_bytes;
  for (const auto part : parts) record_bytes += part.size();
  if (record_bytes > how_.chunk_bytes) {
    return {failure(errc::record_too_large, "a record of ", record_bytes,
                    " bytes, header included, is larger than a chunk may be, ", how_.chunk_bytes),
            0};
  }
  if (closed_) return {failure(errc::closed, directory_.path.string(), " was closed"), 0};
  if (end_ + record_bytes > how_.chunk_bytes) {
    if (auto bad = roll(); !bad.ok()) return {std::move(bad), 0};
  }
  // Only this thread changes `next_id_` and `end_`, so the checksum needs no lock.
  const auto id = next_id_;
  const auto header = encode(make_header(id, parts));
  const bool direct = record_bytes > how_.batch_bytes / batch_share;

  bool wake = false;
  {
    const std::scoped_lock hold(mutex_);
    if (!poison_.ok()) return {poison_, 0};
    if (!direct && batched_ + record_bytes > how_.batch_bytes) {
      if (auto bad = write_batch({}); !bad.ok()) return {std::move(bad), 0};
    }
    const auto put = [this](bytes_view bytes) {
      if (!bytes.empty()) std::memcpy(batch_.data() + batched_, bytes.data(), bytes.size());
      batched_ += bytes.size();
    };
    put(header);
    if (direct) {
      if (auto bad = write_batch(parts); !bad.ok()) return {std::move(bad), 0};
    } else {
      for (const auto part : parts) put(part);
    }
    ++next_id_;
    wake = std::exchange(reader_waits_, false);
  }
  end_ += record_bytes;
  if (wake) readable_.notify_one();
  return {{}, id};
}

status log_core::flush() {
  const std::scoped_lock hold(mutex_);
  return poison_.ok() ? write_batch({}) : poison_;
}

status log_core::sync() {
  const std::scoped_lock hold(checkpoint_);
  return checkpoint();
}

status log_core::close() {
  {
    const std::scoped_lock hold(mutex_);
    closed_ = true;
  }
  readable_.notify_one();
  return sync();
}

available log_core::wait(chunk_number number, std::uint64_t offset, const until& limit) {
  std::unique_lock hold(mutex_);
  const auto ready = [&] {
    const bool is =
        number_ != number || written_ > offset || batched_ > 0 || closed_ || !poison_.ok();
    reader_waits_ = !is;
    return is;
  };
  const bool woken = limit.deadline()
                         ? readable_.wait_until(hold, limit.token(), *limit.deadline(), ready)
                         : readable_.wait(hold, limit.token(), ready);
  if (!woken) {
    const auto why = limit.cancelled() ? errc::cancelled : errc::timed_out;
    return {failure(why, "no record was appended to ", directory_.path.string(), " in time"), 0,
            false};
  }
  if (number_ != number) return {{}, 0, true};
  if (written_ > offset) return {{}, written_, false};
  if (!poison_.ok()) return {poison_, 0, false};
  if (batched_ > 0) {
    // Nobody else may come to write it: the writer can stay away for ever.
    auto bad = write_batch({});
    return {std::move(bad), written_, false};
  }
  return {failure(errc::end_of_stream, directory_.path.string(), " has been read to its end"), 0,
          false};
}

// Makes what is appended and acknowledged durable. Precondition: `checkpoint_` is held.
status log_core::checkpoint() {
  // Before the end of the log is looked at, so that no record is acknowledged beyond it.
  const auto acknowledged = acknowledged_.at();
  ledger_state next;
  {
    const std::scoped_lock hold(mutex_);
    if (!poison_.ok()) return poison_;
    if (auto bad = write_batch({}); !bad.ok()) return bad;
    next = {number_, acknowledged.chunk, next_id_, acknowledged.last, written_};
  }
  const auto& last = book_.state();
  if (next == last) return {};
  if (next.durable_bytes != last.durable_bytes) {
    if (const auto error = directory_.sync_data(chunk_.get())) {
      return poison(
          failure(error, directory_.file(chunk_name(next.writer_file)), " cannot be synced"));
    }
  }
  auto oldest = last.reader_file;
  if (auto bad = write_ledger(next); !bad.ok()) return bad;
  for (; oldest != next.reader_file; oldest = successor(oldest)) {
    if (const auto error = directory_.files.remove(directory_.fd.get(), chunk_name(oldest))) {
      return poison(failure(error, directory_.file(chunk_name(oldest)), " cannot be deleted"));
    }
  }
  return {};
}

// Begins the next chunk. The old one is durable before the new one exists, so a tear is always in
// the last.
status log_core::roll() {
  const std::scoped_lock hold(checkpoint_);
  if (auto bad = checkpoint(); !bad.ok()) return bad;
  auto state = book_.state();
  state.writer_file = successor(state.writer_file);
  state.durable_bytes = 0;
  const auto name = chunk_name(state.writer_file);
  if (state.writer_file == state.reader_file) {
    return failure(errc::chunk_numbers_exhausted, directory_.path.string(),
                   " holds all 65536 chunks; ", name, " is not acknowledged");
  }
  auto made = directory_.open(name, O_RDWR | O_CREAT | O_EXCL);
  auto error = made.error;
  if (!error) error = directory_.sync();
  if (error) return poison(failure(error, directory_.file(name), " cannot be created"));
  if (auto bad = write_ledger(state); !bad.ok()) return bad;

  bool wake = false;
  {
    const std::scoped_lock hold_end(mutex_);
    chunk_ = std::move(made.fd);
    number_ = state.writer_file;
    written_ = 0;
    wake = std::exchange(reader_waits_, false);
  }
  end_ = 0;
  if (wake) readable_.notify_one();
  return {};
}

// Writes the batch, and `behind` it the payload of the record whose header it ends with.
// Precondition: `mutex_` is held, no poison.
status log_core::write_batch(std::span<const bytes_view> behind) {
  if (batched_ == 0) return {};
  const auto batch = bytes_view(batch_).first(batched_);
  auto done = directory_.files.write(chunk_.get(), {&batch, 1}, written_);
  if (!done.error && !behind.empty()) {
    const auto rest = directory_.files.write(chunk_.get(), behind, written_ + done.bytes);
    done = {done.bytes + rest.bytes, rest.error};
  }
  if (done.error) {
    auto why = failure(done.error, directory_.file(chunk_name(number_)), ", offset ", written_,
                       ": the write stopped after ", done.bytes, " bytes");
    // If this fails as well, the next open cuts the same bytes off.
    if (const auto error = directory_.files.truncate(chunk_.get(), written_)) {
      why.message += sentence("; it cannot be cut back: ", error.message());
    }
    batched_ = 0;
    poison_ = std::move(why);
    readable_.notify_one();
    return poison_;
  }
  written_ += done.bytes;
  batched_ = 0;
  return {};
}

// Precondition: `checkpoint_` is held.
status log_core::write_ledger(const ledger_state& state) {
  const auto error = book_.checkpoint(state);
  return error ? poison(failure(error, directory_.file(ledger_name), " cannot be written"))
               : status{};
}

status log_core::poison(status why) {
  status first;
  {
    const std::scoped_lock hold(mutex_);
    if (poison_.ok()) poison_ = std::move(why);
    first = poison_;
  }
  readable_.notify_one();
  return first;
}

}  // namespace annulus::chunklog
