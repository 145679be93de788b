#include "direct_core.hpp"

#include <algorithm>
#include <numeric>

#include "sentence.hpp"

namespace annulus::chunklog {

direct_core::direct_core(opened_files files, const options& how)
    : directory_(std::move(*files.directory)),
      lock_(std::move(files.lock)),
      how_(bounded(how)),
      acknowledged_(files.ready.book->state().last_acknowledged),
      store_(directory_, how_, acknowledged_, *this, files.ready),
      at_open_(std::accumulate(files.ready.chunk_bytes.begin(), files.ready.chunk_bytes.end(),
                               std::uint64_t{0})) {
  pieces_.reserve(2 * most_in_write);
  store_.tail().allocate();
}

void direct_core::durable(std::uint64_t, std::chrono::nanoseconds) {
  last_commit_ = clock::now();
}

status direct_core::failed(status why) {
  if (poison_.ok()) poison_ = std::move(why);
  return poison_;
}

// Why a record of so many bytes cannot be appended, whatever there is room for.
status direct_core::refusal(std::uint64_t bytes) const {
  if (!poison_.ok()) return poison_;
  if (closed_) return failure(errc::closed, directory_.path.string(), " was closed");
  if (bytes <= how_.record_bytes) return {};
  return failure(errc::record_too_large, "a record of ", bytes,
                 " bytes, header included, is larger than one may be, ", how_.record_bytes);
}

status direct_core::make_room(std::uint64_t bytes) {
  const auto fits = [&] { return used_bytes() + bytes <= how_.max_bytes; };
  while (how_.max_bytes != 0 && !fits()) {
    const auto before = store_.deleted_bytes();
    if (how_.full == when_full::drop_oldest) {
      if (auto bad = store_.drop_oldest(); !bad.ok()) return failed(std::move(bad));
    }
    if (store_.deleted_bytes() != before) continue;
    rejected_.add();
    return failure(errc::log_full, directory_.path.string(), " holds ", used_bytes(),
                   " bytes; a record of ", bytes, " more would exceed its size cap of ",
                   how_.max_bytes);
  }
  return {};
}

status direct_core::begin_chunk() {
  if (store_.chunks() >= most_chunks && how_.full == when_full::drop_oldest) {
    if (auto bad = store_.drop_oldest(); !bad.ok()) return failed(std::move(bad));
  }
  if (store_.chunks() >= most_chunks) {
    return failure(errc::chunk_numbers_exhausted, directory_.path.string(),
                   " holds all 65536 chunks, and the oldest is not acknowledged");
  }
  auto bad = store_.roll();
  return bad.ok() ? bad : failed(std::move(bad));
}

appended direct_core::append(std::span<const bytes_view> parts) {
  const auto bytes = record_bytes_of(parts);
  if (auto bad = refusal(bytes); !bad.ok()) return {std::move(bad), 0};
  if (auto bad = make_room(bytes); !bad.ok()) return {std::move(bad), 0};
  if (bytes > store_.tail().room()) {
    if (auto bad = begin_chunk(); !bad.ok()) return {std::move(bad), 0};
  }
  const auto id = next_id();
  gather(parts, bytes);
  auto bad = write_gathered();
  if (bad.ok()) bad = commit_if_due();
  if (!bad.ok()) return {std::move(bad), 0};
  return {{}, id};
}

appended_batch direct_core::append_batch(std::span<const bytes_view> payloads) {
  appended_batch done;
  while (done.ok() && done.records < payloads.size()) {
    const auto rest = payloads.subspan(done.records);
    const auto id = next_id();
    if (done.records == 0) done.first = id;
    // As many as are nothing to decide for; append() takes any other.
    auto room = refusal(0).ok() ? store_.tail().room() : 0;
    if (how_.max_bytes != 0) {
      room = std::min(room, how_.max_bytes - std::min(used_bytes(), how_.max_bytes));
    }
    for (const auto& payload : rest.first(std::min(rest.size(), most_in_write))) {
      const auto bytes = record_layout::header_bytes + payload.size();
      if (bytes > room - gathered_bytes_ || bytes > how_.record_bytes) break;
      gather({&payload, 1}, bytes);
    }
    auto bad = gathered_ == 0 ? append(rest.first(1)) : write_gathered();
    if (bad.ok()) bad = commit_if_due();
    done.records += static_cast<std::size_t>(next_id() - id);
    static_cast<status&>(done) = std::move(bad);
  }
  if (done.records == 0) done.first = 0;
  return done;
}

void direct_core::gather(std::span<const bytes_view> parts, std::uint64_t bytes) {
  auto& header = headers_[gathered_];
  header = encoder_.header(parts, bytes, next_id() + gathered_);
  sizes_[gathered_] = bytes;
  ++gathered_;
  gathered_bytes_ += bytes;
  pieces_.emplace_back(header);
  pieces_.insert(pieces_.end(), parts.begin(), parts.end());
}

// Of a write that has failed, the whole records stay.
status direct_core::write_gathered() {
  auto& tail = store_.tail();
  auto done = tail.write(pieces_);
  extent whole;
  while (whole.records < gathered_ && whole.whole + sizes_[whole.records] <= done.bytes) {
    whole.whole += static_cast<std::size_t>(sizes_[whole.records++]);
  }
  tail.advance(whole.whole, whole);
  records_.add(whole.records);
  bytes_.add(whole.whole);
  gathered_ = 0;
  gathered_bytes_ = 0;
  pieces_.clear();
  return done.ok() ? status{} : failed(tail.cut_back(std::move(done)));
}

status direct_core::commit_if_due() {
  if (how_.durability.when != durability::mode::interval) return {};
  const auto unsynced = store_.tail().end().offset - store_.tail().synced();
  if (unsynced < how_.durability.bytes && clock::now() < last_commit_ + how_.durability.time) {
    return {};
  }
  return sync();
}

status direct_core::sync() {
  if (!poison_.ok()) return poison_;
  auto bad = store_.checkpoint();
  return bad.ok() ? bad : failed(std::move(bad));
}

status direct_core::close() {
  if (!closed_ && poison_.ok()) {
    if (auto bad = store_.tail().give_back_space(); !bad.ok()) return failed(std::move(bad));
  }
  closed_ = true;
  return sync();
}

status direct_core::acknowledge(std::uint64_t first, std::uint64_t last) {
  if (first == 0 || first > last || last >= next_id()) {
    return failure(errc::not_delivered, "records ", first, " to ", last,
                   " cannot be acknowledged: the last one appended is ", next_id() - 1);
  }
  return acknowledged_.add(first, last) ? sync() : status{};
}

void direct_core::count(log_stats& into) const {
  into.appended_records = records_.get();
  into.appended_bytes = bytes_.get();
  into.rejected = rejected_.get();
  into.used_bytes = used_bytes();
  store_.counted().add_to(into);
}

}  // namespace annulus::chunklog
