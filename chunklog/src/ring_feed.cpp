#include "ring_feed.hpp"

#include <algorithm>
#include <annulus/chunklog/record.hpp>

namespace annulus::chunklog {
namespace {

// How long a writer may pause between two records and still be taken for busy with more: a
// microsecond or two.
constexpr int glance = 32;

}  // namespace

void ring_feed::look() {
  // A peek looks at the writer's index only if it wants more than is known of, and arm() may have
  // learnt of more than was seen here: so this asks for one byte more than is known.
  auto& ring = ring_.reader();
  const auto known = ring.try_peek(0).data.size();
  const auto got = ring.try_peek(std::min(known + 1, ring.capacity()));
  memory_ = got.data.first.data();
  seen_ = got.data.size();
}

bool ring_feed::settled() {
  const auto before = seen_;
  for (int i = 0; i < glance; ++i) std_platform::relax();
  look();
  return seen_ == before;
}

extent ring_feed::measure(std::size_t bytes, std::uint64_t next_id) {
  if (record_rest_ > bytes) return {0, 0, record_rest_ - bytes};
  extent out{static_cast<std::size_t>(record_rest_), record_rest_ > 0 ? 1U : 0U, 0};
  const auto mark = marks_.last_up_to(position_ + bytes);
  if (mark && mark->position > position_ + out.whole) {
    out.whole = static_cast<std::size_t>(mark->position - position_);
    out.records = mark->next_id - next_id;
  }
  while (out.whole < bytes) {
    // A record's header comes into the ring in one piece.
    const auto size =
        decode({memory_ + kept_ + out.whole, record_layout::header_bytes}).record_bytes();
    if (size > bytes - out.whole) {
      out.rest = size - (bytes - out.whole);
      break;
    }
    out.whole += static_cast<std::size_t>(size);
    ++out.records;
  }
  return out;
}

void ring_feed::pass(std::size_t bytes, const extent& of) {
  record_rest_ = of.rest;
  position_ += bytes;
  kept_ += bytes;
  in_chunk_ += bytes;
}

void ring_feed::release(std::size_t left) {
  const auto done = kept_ - left;
  if (done == 0) return;
  auto& ring = ring_.reader();
  static_cast<void>(ring.try_peek(kept_));
  ring.consume(done);
  memory_ += done;
  seen_ -= done;
  kept_ = left;
  in_chunk_ = std::min(in_chunk_, kept_);
}

bool ring_feed::arm(waker& who) {
  // A thread that sleeps and wakes all the time spends its time on that.
  auto& ring = ring_.reader();
  const auto more = pending() == 0 ? 1 : std::max(ring.capacity() / 4, pending() + 1);
  return ring.arm(std::min(kept_ + more, ring.capacity()), who);
}

}  // namespace annulus::chunklog
