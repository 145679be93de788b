#include "frontier.hpp"

namespace annulus::chunklog {

available frontier::behind(std::uint64_t chunk, std::uint64_t offset) const {
  available now;
  now.first = first_kept_;
  now.first_id = first_kept_id_;
  now.next_id = end_.next_id;
  if (chunk < end_.chunk) {
    now.final = true;
  } else if (end_.offset > offset) {
    now.end = end_.offset;
  } else if (!shared_.poison.ok()) {
    static_cast<status&>(now) = shared_.poison;
  } else if (ended_) {
    static_cast<status&>(now) = failure(errc::end_of_stream, "the log has been read to its end");
  } else {
    now.error = make_error_code(errc::would_block);
  }
  return now;
}

available frontier::wait(std::uint64_t chunk, std::uint64_t offset, const until& limit) {
  auto held = shared_.enter();
  auto now = behind(chunk, offset);
  if (now.error != errc::would_block) return now;
  const auto ready = [&] {
    now = behind(chunk, offset);
    const bool waits = now.error == errc::would_block;
    orders_.reader_waits(held, waits);
    return !waits;
  };
  const auto why = shared_.room.wait(held, reader_seat_, ready, limit, reader_counters_);
  orders_.reader_waits(held, false);
  if (why && now.error == errc::would_block) {
    static_cast<status&>(now) = stopped(why, "a record was appended");
  }
  return now;
}

available frontier::look(std::uint64_t chunk, std::uint64_t offset) {
  const auto held = shared_.enter();
  auto now = behind(chunk, offset);
  if (now.error == errc::would_block) now.message = "no record has been appended yet";
  return now;
}

bool frontier::arm(std::uint64_t chunk, std::uint64_t offset, waker& who) {
  auto held = shared_.enter();
  if (behind(chunk, offset).error != errc::would_block) return false;
  reader_seat_.arm(who);
  orders_.reader_waits(held, true);
  return true;
}

bool frontier::disarm(waker& who) {
  auto held = shared_.enter();
  if (!reader_seat_.disarm(who)) return false;
  orders_.reader_waits(held, false);
  return true;
}

void frontier::wake() {
  auto held = shared_.enter();
  reader_seat_.notify(held);
}

available frontier::first_kept() const {
  const auto held = shared_.enter();
  available now;
  now.first = first_kept_;
  now.first_id = first_kept_id_;
  return now;
}

void frontier::publish(const log_end& end, std::uint64_t bytes, bytes_view cached,
                       std::uint64_t file_end) {
  auto held = shared_.enter();
  end_ = end;
  cache_.publish(end.chunk, bytes, cached, file_end);
  untold_ += bytes;
  if (untold_ >= worth_waking) tell(held);
}

void frontier::tell_reader() {
  auto held = shared_.enter();
  if (untold_ > 0) tell(held);
  untold_ = 0;
}

void frontier::tell(lock& held) {
  if (!orders_.take_reader()) return;
  untold_ = 0;
  reader_seat_.notify(held);
}

void frontier::publish_first_kept(std::uint64_t chunk, std::uint64_t id) {
  const auto held = shared_.enter();
  first_kept_ = chunk;
  first_kept_id_ = id;
}

void frontier::ended() {
  auto held = shared_.enter();
  ended_ = true;
  failed(held);
}

void frontier::failed(lock& held) {
  orders_.take_reader();
  reader_seat_.notify(held);
}

std::string frontier::describe() const {
  return sentence("written up to chunk ", end_.chunk, ", offset ", end_.offset, ", next ID ",
                  end_.next_id, ", ended ", ended_, "\n");
}

}  // namespace annulus::chunklog
