// Every ring agrees with the reference through any sequence of calls on one thread. A plain list of
// calls rather than rc::state, whose model never learns what the ring chose where it may choose.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <ostream>

#include "reference.hpp"
#include "support/stream.hpp"
#include "support/suite.hpp"

namespace annulus::testing {

enum class kind {
  write,
  try_write,
  reserve,
  try_reserve,
  commit,
  drain,
  close_writer,
  fail_writer,
  read,
  try_read,
  peek,
  try_peek,
  consume,
  close_reader,
  fail_reader,
  reset
};
constexpr std::array names{"write",   "try_write",    "reserve",      "try_reserve",
                           "commit",  "drain",        "close_writer", "fail_writer",
                           "read",    "try_read",     "peek",         "try_peek",
                           "consume", "close_reader", "fail_reader",  "reset"};

// How the limit of a call is over, if it is given one.
enum class over { no, cancelled, timed_out };
constexpr std::array overs{"", ", cancelled", ", timed out"};

// One call. Sizes are thousandths of the ring's limit, or for commit and consume of what is open.
struct call {
  kind what;
  std::size_t size;
  std::size_t min;
  over limit;
};

void showValue(const call& made, std::ostream& out) {  // NOLINT: RapidCheck's name
  out << names.at(static_cast<std::size_t>(made.what)) << "(" << made.size << ", " << made.min
      << overs.at(static_cast<std::size_t>(made.limit)) << ")";
}

rc::Gen<call> any_call() {
  return rc::gen::build<call>(
      rc::gen::set(&call::what, rc::gen::weightedElement<kind>({{20, kind::write},
                                                                {20, kind::try_write},
                                                                {20, kind::reserve},
                                                                {10, kind::try_reserve},
                                                                {30, kind::commit},
                                                                {5, kind::drain},
                                                                {1, kind::close_writer},
                                                                {1, kind::fail_writer},
                                                                {20, kind::read},
                                                                {20, kind::try_read},
                                                                {20, kind::peek},
                                                                {10, kind::try_peek},
                                                                {30, kind::consume},
                                                                {1, kind::close_reader},
                                                                {1, kind::fail_reader},
                                                                {3, kind::reset}})),
      rc::gen::set(&call::size, rc::gen::inRange<std::size_t>(0, 1300)),
      rc::gen::set(&call::min, rc::gen::inRange<std::size_t>(0, 1300)),
      rc::gen::set(&call::limit, rc::gen::weightedElement<over>(
                                     {{6, over::no}, {1, over::cancelled}, {1, over::timed_out}})));
}

// Makes calls on a ring and holds each result, and every byte, against the reference.
template <byte_ring Ring>
class comparison {
 public:
  explicit comparison(std::size_t capacity) : ring_(capacity), model_(ring_) {
    stop_.request_stop();
  }

  void make(const call& made) {
    if (made.limit != over::no && make_over(made)) return observe();
    const auto size = scaled(made.size, ring_.limit());
    const auto min = scaled(made.min, ring_.limit());
    switch (made.what) {
      case kind::write:
        if (model_.write_waits(size)) return;
        wrote(size, {}, [&](auto from) { return ring_.writer().write(from); });
        break;
      case kind::try_write:
        wrote(size, errc::would_block, [&](auto from) { return ring_.writer().try_write(from); });
        break;
      case kind::reserve:
        if (model_.reserve_waits(min)) return;
        reserved(min, {}, ring_.writer().reserve(min));
        break;
      case kind::try_reserve:
        reserved(min, errc::would_block, ring_.writer().try_reserve(min));
        break;
      case kind::commit:
        commit(beyond(made.size, model_.reserved()));
        break;
      case kind::drain:
        if (model_.drain_waits()) return;
        RC_ASSERT(ring_.writer().drain() == model_.drain({}));
        break;
      case kind::close_writer:
        ring_.writer().close();
        model_.close_writer();
        break;
      case kind::fail_writer:
        ring_.writer().close(writers_error_);
        model_.fail_writer(writers_error_);
        break;
      case kind::read:
        if (model_.read_waits(size, min)) return;
        read(size, min, {}, [&](auto to) { return ring_.reader().read(to, min); });
        break;
      case kind::try_read:
        read(size, std::min<std::size_t>(size, 1), errc::would_block,
             [&](auto to) { return ring_.reader().try_read(to); });
        break;
      case kind::peek:
        if (model_.peek_waits(min)) return;
        shown(min, {}, ring_.reader().peek(min));
        break;
      case kind::try_peek:
        shown(min, errc::would_block, ring_.reader().try_peek(min));
        break;
      case kind::consume: {
        const auto n = beyond(made.size, model_.peeked());
        RC_ASSERT(ring_.reader().consume(n) == model_.consume(n));
        break;
      }
      case kind::close_reader:
        ring_.reader().close();
        model_.close_reader();
        break;
      case kind::fail_reader:
        ring_.reader().close(readers_error_);
        model_.fail_reader(readers_error_);
        break;
      case kind::reset:
        ring_.reset();
        model_.reset();
        break;
    }
    observe();
  }

 private:
  // With a limit that is over. False if the call takes none.
  bool make_over(const call& made) {
    const auto size = scaled(made.size, ring_.limit());
    const auto min = scaled(made.min, ring_.limit());
    const bool cancels = made.limit == over::cancelled;
    const until limit = cancels ? until(stop_.get_token()) : until(late_);
    const auto stopped = make_error_code(cancels ? errc::cancelled : errc::timed_out);
    std::vector<std::byte> bytes(size);
    if (made.what == kind::write) {
      const auto got = ring_.writer().write(bytes, limit);
      agrees(model_.write_over(stopped), got.error, got.bytes);
    } else if (made.what == kind::reserve) {
      const auto got = ring_.writer().reserve(min, limit);
      agrees(model_.reserve_over(min, stopped), got.error, got.memory.size());
    } else if (made.what == kind::drain) {
      RC_ASSERT(ring_.writer().drain(limit) == model_.drain_over(stopped));
    } else if (made.what == kind::read) {
      const auto got = ring_.reader().read(bytes, min, limit);
      agrees(model_.read_over(size, min, stopped), got.error, got.bytes);
    } else if (made.what == kind::peek) {
      const auto got = ring_.reader().peek(min, limit);
      agrees(model_.peek_over(min, stopped), got.error, got.data.size());
    } else {
      return false;
    }
    return true;
  }
  // Rounded up, so that small rings also see more than nothing.
  static std::size_t scaled(std::size_t thousandths, std::size_t limit) {
    return (thousandths * limit + 999) / 1000;
  }
  // Up to one more than is open.
  static std::size_t beyond(std::size_t size, std::size_t open) { return size % (open + 2); }

  template <class Write>
  void wrote(std::size_t size, std::error_code stopped, Write write) {
    const auto from = pattern_bytes(model_.written(), size);
    const transfer got = write(from);
    agrees(model_.write(from, stopped), got.error, got.bytes);
  }
  void reserved(std::size_t min, std::error_code stopped, const reservation& got) {
    space_ = got.memory;
    agrees(model_.reserve(min, stopped, space_.size()), got.error, space_.size());
  }
  void commit(std::size_t n) {
    const auto bytes = pattern_bytes(model_.written(), n);
    if (n <= model_.reserved()) fill(space_.prefix(n), model_.written());
    RC_ASSERT(ring_.writer().commit(n) == model_.commit(bytes));
  }
  template <class Read>
  void read(std::size_t size, std::size_t min, std::error_code stopped, Read read_into) {
    std::vector<std::byte> to(size);
    const transfer got = read_into(bytes_span(to));
    RC_ASSERT(got.bytes <= model_.size());
    const auto expected = model_.front(got.bytes);
    agrees(model_.read(size, min, stopped, got.bytes), got.error, got.bytes);
    RC_ASSERT(std::equal(expected.begin(), expected.end(), to.begin()));
  }
  void shown(std::size_t min, std::error_code stopped, const peeked& got) {
    agrees(model_.peek(min, stopped, got.data.size()), got.error, got.data.size());
    auto expected = model_.front(got.data.size());
    const auto half = expected.begin() + static_cast<std::ptrdiff_t>(got.data.first.size());
    RC_ASSERT(std::equal(expected.begin(), half, got.data.first.begin()));
    RC_ASSERT(std::equal(half, expected.end(), got.data.second.begin()));
  }
  static void agrees(const reference::prediction& expected, std::error_code error,
                     std::size_t size) {
    RC_ASSERT(error == expected.error);
    RC_ASSERT(size >= expected.least);
    RC_ASSERT(size <= expected.most);
  }
  void observe() const {
    RC_ASSERT(ring_.size() == model_.size());
    RC_ASSERT(ring_.free() == model_.free());
    RC_ASSERT(ring_.empty() == (model_.size() == 0));
    RC_ASSERT(ring_.full() == (model_.free() == 0));
    RC_ASSERT(ring_.stats().writer.bytes == model_.written());
    RC_ASSERT(ring_.stats().reader.bytes == model_.read());
  }

  Ring ring_;
  reference model_;
  span_pair<std::byte> space_;
  std::stop_source stop_;
  const until::clock::time_point late_ = until::clock::now();
  const std::error_code writers_error_ = std::make_error_code(std::errc::io_error);
  const std::error_code readers_error_ = std::make_error_code(std::errc::no_space_on_device);
};

template <class Ring>
class properties : public suite<Ring> {};
TYPED_TEST_SUITE(properties, ring_types, ring_names);

TYPED_TEST(properties, any_calls_agree_with_the_reference) {
  EXPECT_TRUE(rc::check("any calls agree with the reference", [] {
    const auto capacity =
        *rc::gen::element<std::size_t>(1, 2, 3, 7, 16, 63, 100, 1000, 5000).as("capacity");
    const auto calls =
        *rc::gen::scale(5.0, rc::gen::container<std::vector<call>>(any_call())).as("calls");
    comparison<TypeParam> compared(capacity);
    for (const auto& made : calls) compared.make(made);
  }));
}

}  // namespace annulus::testing
