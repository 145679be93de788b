// A pipe agrees with the reference through any sequence of calls on one thread, and no segment is
// lost or released twice. A plain list of calls, as for the rings.
#include <rapidcheck.h>

#include <array>
#include <deque>
#include <ostream>
#include <stdexcept>

#include "reference.hpp"
#include "support.hpp"

namespace annulus::pipelines::testing {

const auto third_error = std::make_error_code(std::errc::broken_pipe);

enum class kind {
  alloc,
  advance,
  append,
  commit,
  flush,
  write,
  cancel_flush,
  close_writer,
  fail_writer,
  try_read,
  read_at_least,
  advance_reader,
  advance_stale,
  preserve,
  release,
  cancel_read,
  close_reader,
  fail_reader,
  fail_pipe,
  reset
};
constexpr std::array names{"alloc",         "advance",     "append",        "commit",
                           "flush",         "write",       "cancel_flush",  "close_writer",
                           "fail_writer",   "try_read",    "read_at_least", "advance_reader",
                           "advance_stale", "preserve",    "release",       "cancel_read",
                           "close_reader",  "fail_reader", "fail_pipe",     "reset"};

// Whoever waits for a deadline reaches it at once, and no time passes otherwise.
struct hurried_platform : std_platform {
  static constexpr std::chrono::nanoseconds first_budget{0};
  static inline clock::time_point time{std::chrono::hours(1)};
  static clock::time_point now() noexcept { return time; }
  struct condition_variable {
    void notify_one() noexcept {}
    template <class Lock>
    void wait_until(Lock&, clock::time_point deadline) {
      time = deadline;
    }
    template <class Lock>
    void wait(Lock&) {
      throw std::logic_error("it would wait for ever");
    }
  };
};

// One call. What a and b stand for, the call says; in thousandths where that is of what there is.
struct call {
  kind what;
  std::size_t a;
  std::size_t b;
};

void showValue(const call& made, std::ostream& out) {  // NOLINT: RapidCheck's name
  out << names.at(static_cast<std::size_t>(made.what)) << "(" << made.a << ", " << made.b << ")";
}

rc::Gen<call> any_call() {
  return rc::gen::build<call>(
      rc::gen::set(
          &call::what,
          rc::gen::weightedElement<kind>(
              {{30, kind::alloc},        {40, kind::advance},       {10, kind::append},
               {15, kind::commit},       {30, kind::flush},         {10, kind::write},
               {3, kind::cancel_flush},  {2, kind::close_writer},   {1, kind::fail_writer},
               {30, kind::try_read},     {15, kind::read_at_least}, {50, kind::advance_reader},
               {3, kind::advance_stale}, {8, kind::preserve},       {8, kind::release},
               {3, kind::cancel_read},   {2, kind::close_reader},   {1, kind::fail_reader},
               {1, kind::fail_pipe},     {8, kind::reset}})),
      rc::gen::set(&call::a, rc::gen::inRange<std::size_t>(0, 1001)),
      rc::gen::set(&call::b, rc::gen::inRange<std::size_t>(0, 1001)));
}

// Makes calls on a pipe and holds each result, and every byte, against the reference.
class comparison {
  using pipe = basic_pipe<hurried_platform>;
  using pool = basic_memory_pool<hurried_platform>;
  using options_type = basic_pipe_options<hurried_platform>;
  using buffer = basic_readable_buffer<hurried_platform>;

 public:
  explicit comparison(options_type options)
      : max_(options.max_size),
        model_(options),
        pool_(std::make_shared<pool>()),
        pipe_(std::make_unique<pipe>(with(options, pool_))) {}

  void make(const call& made) {
    switch (made.what) {
      case kind::alloc: {
        const auto min = made.a / 10;
        const auto got = pipe_->writer().alloc(min);
        const auto most = model_.allowance();
        RC_ASSERT(got.error == model_.alloc(min, got.memory.size()));
        if (got.error) break;
        RC_ASSERT(got.memory.size() >= std::max<std::size_t>(min, 1) && got.memory.size() <= most);
        open_ = got.memory;
        break;
      }
      case kind::advance: {
        // Up to one more than there is.
        const auto n = made.a % (model_.granted() + 2);
        if (n <= model_.granted()) fill(open_.first(n));
        const auto error = pipe_->writer().advance(n);
        RC_ASSERT(error == model_.advance(n));
        if (!error) open_ = open_.subspan(n);
        break;
      }
      case kind::append:
        append(made.a / 10);
        break;
      case kind::commit:
        RC_ASSERT(pipe_->writer().commit() == model_.commit());
        break;
      case kind::flush:
        RC_ASSERT(pipe_->writer().try_flush() == model_.flush(errc::would_block));
        break;
      case kind::write: {
        const auto bytes = pattern_bytes(model_.written(), made.a / 5);
        const auto got = pipe_->writer().write(bytes, soon());
        const auto expected = model_.write(bytes.size());
        RC_ASSERT(got.error == expected.error);
        RC_ASSERT(got.bytes == expected.bytes);
        break;
      }
      case kind::cancel_flush:
        pipe_->writer().cancel_pending_flush();
        model_.cancel_flush();
        break;
      case kind::close_writer:
        RC_ASSERT(pipe_->writer().close() == model_.close_writer({}));
        break;
      case kind::fail_writer:
        RC_ASSERT(pipe_->writer().close(some_error) == model_.close_writer(some_error));
        break;
      case kind::try_read:
        shown(pipe_->reader().try_read(), model_.read(1, false));
        break;
      case kind::read_at_least:
        shown(pipe_->reader().read_at_least(made.a / 5, soon()), model_.read(made.a / 5, true));
        break;
      case kind::advance_reader: {
        const auto consumed = scaled(made.a), examined = scaled(made.b);
        const auto error = pipe_->reader().advance(shown_.at(consumed), shown_.at(examined));
        RC_ASSERT(error == model_.advance(consumed, examined, false));
        if (!error) close_read();
        break;
      }
      case kind::advance_stale: {
        const bool stale = before_ < shown_.start();
        if (!stale) break;
        RC_ASSERT(pipe_->reader().advance(before_, shown_.finish()) == model_.advance(0, 0, true));
        break;
      }
      case kind::preserve: {
        const auto from = scaled(made.a), n = scaled(made.b);
        const auto part = shown_.slice(from, n);
        kept_.push_back({part.preserve(), part.start().position()});
        RC_ASSERT(kept_.back().bytes.size() == part.size());
        break;
      }
      case kind::release:
        if (kept_.empty()) break;
        release(made.a % kept_.size());
        break;
      case kind::cancel_read:
        pipe_->reader().cancel_pending_read();
        model_.cancel_read();
        break;
      case kind::close_reader:
        close_reader({});
        break;
      case kind::fail_reader:
        close_reader(other_error);
        break;
      case kind::fail_pipe:
        pipe_->fail(third_error);
        model_.fail(third_error);
        break;
      case kind::reset:
        RC_ASSERT(pipe_->reset() == model_.reset());
        break;
    }
    observe();
  }

  /// Ends the pipe, first or last.
  void end(bool pipe_first) {
    if (pipe_first) pipe_.reset();
    while (!kept_.empty()) release(0);
    pipe_.reset();
    RC_ASSERT(pool_->stats().leased == 0U);
    for (const auto& each : foreign_) RC_ASSERT(each.released.calls == 1);
  }

 private:
  struct kept {
    basic_preserved_buffer<hurried_platform> bytes;
    std::uint64_t from;
  };
  struct appended {
    std::vector<std::byte> bytes;
    release_count released{};
  };

  static options_type with(options_type options, const std::shared_ptr<pool>& from) {
    options.pool = from;
    return options;
  }
  // Not over yet, and when the call waits.
  static until soon() { return hurried_platform::now() + std::chrono::nanoseconds(1); }
  void fill(bytes_span memory) const {
    auto position = model_.written();
    for (auto& each : memory) each = pattern(position++);
  }
  // Of the bytes that are shown.
  [[nodiscard]] std::size_t scaled(std::size_t thousandths) const {
    return thousandths * shown_.size() / 1000;
  }
  void append(std::size_t n) {
    auto& mine = foreign_.emplace_back(appended{pattern_bytes(model_.written(), n)});
    const auto error = pipe_->writer().append(mine.released.of(mine.bytes));
    RC_ASSERT(error == model_.append(n));
    if (!error) return;
    RC_ASSERT(mine.released.calls == 0);
    foreign_.pop_back();
  }
  void shown(const pipe::reader_type::read_result& got, const reference::reading_result& expected) {
    RC_ASSERT(got.error == expected.error);
    RC_ASSERT(got.closed == expected.closed);
    if (got.error) {
      RC_ASSERT(got.buffer.empty());
      return;
    }
    shown_ = got.buffer;
    RC_ASSERT(shown_.size() == model_.buffered());
    RC_ASSERT(holds(shown_, model_.consumed()));
  }
  void close_read() {
    before_ = shown_.start();
    shown_ = {};
  }
  void close_reader(std::error_code error) {
    const auto refused = pipe_->reader().close(error);
    RC_ASSERT(refused == model_.close_reader(error));
    if (!refused) close_read();
  }
  void release(std::size_t which) {
    auto& each = kept_.at(which);
    RC_ASSERT(holds(each.bytes, each.from));
    kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  void observe() const {
    const auto seen = pipe_->stats();
    RC_ASSERT(seen.buffered == model_.buffered());
    RC_ASSERT(seen.unexamined == model_.unexamined());
    RC_ASSERT(pipe_->writer().unflushed_bytes() == model_.uncommitted());
    RC_ASSERT(max_ == 0 || seen.buffered <= max_);
    RC_ASSERT(seen.segments == pool_->stats().leased);
    std::size_t most = 0;
    for (const auto& each : kept_) most += each.bytes.pinned_bytes();
    RC_ASSERT(seen.pinned_bytes <= most);
    RC_ASSERT((seen.pinned_bytes == 0) == (most == 0));
    for (const auto& each : foreign_) RC_ASSERT(each.released.calls <= 1);
  }

  const std::size_t max_;
  reference model_;
  std::deque<appended> foreign_;  // outlives the pipe
  std::shared_ptr<pool> pool_;
  std::unique_ptr<pipe> pipe_;
  bytes_span open_{};
  buffer shown_{};           // of the open read
  buffer::cursor before_{};  // of an earlier one
  std::vector<kept> kept_;
};

// 1000 lists of 1000 calls each, on average.
TEST(properties, any_calls_agree_with_the_reference_and_leak_no_segment) {
  std::uint64_t calls_made = 0;
  EXPECT_TRUE(rc::check("any calls agree with the reference", [&] {
    const basic_pipe_options<hurried_platform> options{
        .minimum_segment = *rc::gen::element<std::size_t>(1, 7, 16, 64).as("segment"),
        .pause_threshold = *rc::gen::element<std::size_t>(0, 64, 200).as("pause"),
        .resume_threshold = *rc::gen::element<std::size_t>(0, 1, 32, 64).as("resume"),
        .max_size = *rc::gen::element<std::size_t>(0, 50, 100, 300).as("max")};
    const auto calls =
        *rc::gen::scale(42.0, rc::gen::container<std::vector<call>>(any_call())).as("calls");
    const auto pipe_first = *rc::gen::arbitrary<bool>().as("the pipe goes first");
    comparison compared(options);
    for (const auto& made : calls) compared.make(made);
    compared.end(pipe_first);
    calls_made += calls.size();
  }));
  RecordProperty("calls", std::to_string(calls_made));
  std::cout << calls_made << " calls\n";
}

}  // namespace annulus::pipelines::testing
