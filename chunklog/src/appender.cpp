#include "appender.hpp"

#include <algorithm>
#include <annulus/core/copy.hpp>
#include <numeric>

#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

// Of a batch, so much is published at a time, so that the other threads soon have something to do.
constexpr std::size_t run_bytes = std::size_t{16} << 10U;

}  // namespace

appender::appender(const log_directory& directory, const options& how, mirror_ring& ring,
                   milestones& marks, log_state& state, const log_drain& drain,
                   const recovered& found)
    : directory_(directory),
      how_(how),
      ring_(ring),
      marks_(marks),
      state_(state),
      drain_(drain),
      at_open_(
          std::accumulate(found.chunk_bytes.begin(), found.chunk_bytes.end(), std::uint64_t{0})),
      piece_bytes_(ring.writer().capacity() / 4),
      end_(found.chunk_bytes.back()),
      chunks_(found.chunk_bytes.size()),
      next_id_(found.report.next_id) {
}

// A short record takes as long as its instructions do, so everything is inlined but the sentences
// on what fails.
[[gnu::flatten]] appended appender::append(std::span<const bytes_view> parts, const until& limit) {
  const auto bytes = record_bytes_of(parts);
  if (bytes > how_.record_bytes || closed_) [[unlikely]] {
    return {unfit(bytes), 0};
  }
  const bool rolls = end_ + bytes > how_.chunk_bytes;
  if (rolls) [[unlikely]] {
    if (auto bad = begin_chunk(limit); !bad.ok()) return {std::move(bad), 0};
  }
  if (how_.max_bytes != 0 && used_bytes() + bytes > how_.max_bytes) [[unlikely]] {
    if (auto bad = make_room(bytes, limit); !bad.ok()) return {std::move(bad), 0};
  }
  // Relaxed: this thread's own.
  const auto id = next_id_.load(std::memory_order_relaxed);
  const auto error = bytes <= piece_bytes_ ? put(parts, static_cast<std::size_t>(bytes), id, limit)
                                           : put_in_pieces(parts, bytes, id, limit);
  if (error) [[unlikely]] {
    return {refused(error), 0};
  }
  if (rolls) ++chunks_;
  end_ = rolls ? bytes : end_ + bytes;
  count(1, bytes, id + 1);
  return {{}, id};
}

void appender::count(std::uint64_t records, std::uint64_t bytes, std::uint64_t next_id) {
  counts_.records.add(records);
  counts_.bytes.add(bytes);
  marks_.set({counts_.bytes.get(), next_id});
  // Release: pairs with next_id().
  next_id_.store(next_id, std::memory_order_release);
}

appended_batch appender::append_batch(std::span<const bytes_view> payloads, const until& limit) {
  appended_batch done;
  while (!payloads.empty()) {
    // Relaxed: this thread's own.
    const auto id = next_id_.load(std::memory_order_relaxed);
    auto n = put_run(payloads);
    if (n == 0) {
      auto one = append(payloads.first(1), limit);
      if (!one.ok()) {
        static_cast<status&>(done) = std::move(one);
        return done;
      }
      n = 1;
    }
    if (done.records == 0) done.first = id;
    done.records += n;
    payloads = payloads.subspan(n);
  }
  return done;
}

// As many of the first ones as are nothing to wait or to decide for, published at once. Returns
// their number; if it is 0, append() knows why.
[[gnu::flatten]] std::size_t appender::put_run(std::span<const bytes_view> payloads) {
  if (closed_) return 0;
  auto& ring = ring_.writer();
  const auto got = ring.try_reserve(record_layout::header_bytes);
  if (got.error) return 0;
  auto room = std::min<std::uint64_t>(
      {got.memory.first.size(), run_bytes, how_.chunk_bytes - std::min(end_, how_.chunk_bytes)});
  if (how_.max_bytes != 0) {
    room = std::min(room, how_.max_bytes - std::min(used_bytes(), how_.max_bytes));
  }
  // Relaxed: this thread's own.
  auto id = next_id_.load(std::memory_order_relaxed);
  std::uint64_t total = 0;
  std::size_t n = 0;
  for (; n < payloads.size(); ++n, ++id) {
    const auto bytes = record_layout::header_bytes + payloads[n].size();
    if (bytes > room - total || bytes > how_.record_bytes) break;
    encoder_.copy(got.memory.first.data() + total, payloads.subspan(n, 1), bytes, id);
    total += bytes;
  }
  if (n == 0 || ring.commit(static_cast<std::size_t>(total))) return 0;
  end_ += total;
  count(n, total, id);
  return n;
}

status appender::unfit(std::uint64_t bytes) const {
  if (bytes > how_.record_bytes) {
    return failure(errc::record_too_large, "a record of ", bytes,
                   " bytes, header included, is larger than one may be, ", how_.record_bytes);
  }
  return failure(errc::closed, directory_.path.string(), " was closed");
}

// The record will begin a chunk: there must be a number for it.
status appender::begin_chunk(const until& limit) {
  const auto none_left = [this] {
    return chunks_ - drain_.store().counted().deleted_chunks.get() >= most_chunks;
  };
  if (!none_left()) return {};
  if (how_.full == when_full::drop_oldest) {
    const auto why = state_.space.wait(
        true, [&] { return !none_left(); }, limit);
    if (why) return refused(why);
  }
  if (!none_left()) return {};
  return failure(errc::chunk_numbers_exhausted, directory_.path.string(),
                 " holds all 65536 chunks, and the oldest is not acknowledged");
}

status appender::make_room(std::uint64_t bytes, const until& limit) {
  if (how_.full == when_full::reject) {
    counts_.rejected.add();
    return failure(errc::log_full, directory_.path.string(), " holds ", used_bytes(),
                   " bytes; a record of ", bytes, " more would exceed its size cap of ",
                   how_.max_bytes);
  }
  const auto fits = [&] { return used_bytes() + bytes <= how_.max_bytes; };
  const auto why = state_.space.wait(how_.full == when_full::drop_oldest, fits, limit);
  if (fits()) return {};
  return why ? refused(why) : state_.poison();
}

std::error_code appender::put(std::span<const bytes_view> parts, std::size_t bytes,
                              std::uint64_t id, const until& limit) {
  auto& ring = ring_.writer();
  auto got = ring.try_reserve(bytes);
  if (got.error) [[unlikely]] {
    got = wait_for(bytes, limit);
    if (got.error) return got.error;
  }
  encoder_.copy(got.memory.first.data(), parts, bytes, id);
  return ring.commit(bytes);
}

// Waits for room for a quarter of the ring rather than for one record: who sleeps and wakes for
// every few spends more on that than on them.
reservation appender::wait_for(std::size_t bytes, const until& limit) {
  auto& ring = ring_.writer();
  const auto stopped = ring.reserve(std::max(bytes, piece_bytes_), limit).error;
  auto got = ring.try_reserve(bytes);
  if (got.error && stopped) got.error = stopped;
  return got;
}

// From the first piece on there is no way back: half a record cannot be taken out again.
std::error_code appender::put_in_pieces(std::span<const bytes_view> parts, std::uint64_t bytes,
                                        std::uint64_t id, const until& limit) {
  const auto header = encoder_.header(parts, bytes, id);
  auto& ring = ring_.writer();
  std::size_t done = 0;
  bytes_view part = header;
  for (std::uint64_t rest = bytes; rest > 0; rest -= done) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(rest, piece_bytes_));
    const auto got = ring.reserve(wanted, rest == bytes ? limit : until());
    if (got.error) return got.error;
    for (done = 0; done < wanted;) {
      while (part.empty()) {
        part = parts.front();
        parts = parts.subspan(1);
      }
      const auto n = std::min(part.size(), wanted - done);
      copy_between_cores(got.memory.first.data() + done, part.data(), n);
      part = part.subspan(n);
      done += n;
    }
    if (const auto error = ring.commit(wanted)) return error;
  }
  return {};
}

// Why the record did not go in.
status appender::refused(std::error_code error) const {
  if (auto poison = state_.poison(); !poison.ok()) return poison;
  if (error == errc::cancelled) {
    return failure(errc::cancelled, "the wait for room in ", directory_.path.string(),
                   " was cancelled");
  }
  if (error == errc::timed_out) {
    return failure(errc::timed_out, "the deadline passed before there was room in ",
                   directory_.path.string());
  }
  return failure(error, directory_.path.string(), " takes no record");
}

}  // namespace annulus::chunklog
