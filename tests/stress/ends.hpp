// The two threads of a stream: each makes every kind of call of its end, at random.
#pragma once

#include <poll.h>

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/ready_event.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "journal.hpp"
#include "plan.hpp"

namespace annulus::stress {

inline const std::error_code planned_error = std::make_error_code(std::errc::io_error);

/// A stop source that the other thread may fire and its owner renews.
class interruption {
 public:
  [[nodiscard]] std::stop_token token() const {
    const std::scoped_lock held(mutex_);
    return source_.get_token();
  }
  void fire() const { std::stop_source(copy()).request_stop(); }
  void renew() {
    const std::scoped_lock held(mutex_);
    source_ = {};
  }

 private:
  [[nodiscard]] std::stop_source copy() const {
    const std::scoped_lock held(mutex_);
    return source_;
  }
  mutable std::mutex mutex_;
  std::stop_source source_;
};

/// A waker to wait for on the thread that armed it.
class bell : public waker {
 public:
  bell() : waker(&ring) {}
  void wait() {
    std::unique_lock held(mutex_);
    rung_.wait(held, [this] { return was_rung_; });
  }

 private:
  static void ring(waker& self) noexcept {
    auto& bell_ = static_cast<bell&>(self);
    // Notified with the lock held: the bell is gone as soon as its owner has it.
    const std::scoped_lock held(bell_.mutex_);
    bell_.was_rung_ = true;
    bell_.rung_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable rung_;
  bool was_rung_ = false;
};

/// What an end knows when it has left.
struct outcome {
  std::uint64_t bytes = 0;
  std::error_code end{};   ///< why the ring refused to go on; clear if the end itself ended it
  std::string mismatch{};  ///< what the ring did wrong, or empty
};

/// What both ends have in common. `Derived` has a step(kind), a done() and a leave().
template <class End, class Derived>
class end_base {
 public:
  end_base(End& end, const plan& drawn, std::uint64_t salt, whereabouts& where)
      : end_(end),
        plan_(drawn),
        random_(drawn.seed ^ salt),
        payload_(drawn.seed),
        limit_(end.limit()),
        where_(where) {}

  interruption& interrupted() { return interrupted_; }

  /// Makes calls until the stream ends. `peer` is the other end.
  template <class Peer, class PeerEnd>
  outcome run(Peer& peer, PeerEnd& peer_end) {
    auto& self = static_cast<Derived&>(*this);
    for (;;) {
      if (self.done()) break;
      if (random_.one_in(40)) peer.interrupted().fire();
      if (random_.one_in(60)) peer_end.wake();
      const auto error = self.step(random_.next(0, Derived::kinds - 1));
      if (!outcome_.mismatch.empty()) {
        // Lets the other end out.
        end_.close(std::make_error_code(std::errc::protocol_error));
        return outcome_;
      }
      if (error == errc::cancelled) interrupted_.renew();
      if (passes(error)) continue;
      outcome_.end = error;
      return outcome_;
    }
    where_.enters("close", 0, outcome_.bytes);
    self.leave();
    return outcome_;
  }

 protected:
  static bool passes(std::error_code error) {
    return !error || error == errc::would_block || error == errc::timed_out ||
           error == errc::cancelled;
  }
  void wrong(std::string what) {
    outcome_.mismatch = std::move(what) + " at position " + std::to_string(outcome_.bytes);
  }
  void check(bool right, const char* what) {
    if (!right) wrong(what);
  }

  [[nodiscard]] until deadline() {
    return until::clock::now() + std::chrono::microseconds(random_.next(0, 200));
  }
  [[nodiscard]] until token() const { return interrupted_.token(); }
  /// No limit, a deadline or a token.
  [[nodiscard]] until any_limit() {
    switch (random_.next(0, 2)) {
      case 0:
        return {};
      case 1:
        return deadline();
      default:
        return token();
    }
  }

  /// Waits in poll(2) until the end can move `min` bytes.
  void wait_by_event(std::size_t min) {
    ready_event ready;
    if (!ready.arm(end_, min)) return;
    pollfd wanted{.fd = ready.fd(), .events = POLLIN, .revents = 0};
    while (::poll(&wanted, 1, -1) < 0) {
    }
    ready.disarm(end_);
  }

  /// Waits until the end can move `min` bytes, and rather more.
  void wait_by_bell(std::size_t min) {
    bell rung;
    if (end_.arm(min, rung, random_.next(min, std::max(min, limit_)))) rung.wait();
  }

  // NOLINTBEGIN(cppcoreguidelines-non-private-member-variables-in-classes)
  End& end_;
  const plan& plan_;
  dice random_;
  payload payload_;
  std::size_t limit_;
  whereabouts& where_;
  interruption interrupted_;
  outcome outcome_;
  // NOLINTEND(cppcoreguidelines-non-private-member-variables-in-classes)
};

template <class Writer>
class producer : public end_base<Writer, producer<Writer>> {
  using base = end_base<Writer, producer>;

 public:
  static constexpr std::size_t kinds = 10;

  producer(Writer& end, const plan& drawn, whereabouts& where) : base(end, drawn, 0x57, where) {}

  [[nodiscard]] bool done() const { return this->outcome_.bytes >= last(); }

  void leave() {
    if (this->plan_.how == ending::writer_fails) {
      this->end_.close(planned_error);
    } else {
      this->end_.close();
    }
  }

  std::error_code step(std::size_t kind) {
    const auto left = static_cast<std::size_t>(last() - this->outcome_.bytes);
    const auto n = std::min(left, this->random_.next(1, 3 * this->limit_));
    const auto room = std::min(left, this->random_.next(1, this->plan_.most_room(this->limit_)));
    const auto enters = [&](const char* call, std::size_t size) {
      this->where_.enters(call, size, this->outcome_.bytes);
    };
    switch (kind) {
      case 0:
      case 1:
        enters("write", n);
        return wrote(n, this->end_.write(next(n)));
      case 2:
        enters("write with a deadline", n);
        return wrote(n, this->end_.write(next(n), this->deadline()));
      case 3:
        enters("write with a token", n);
        return wrote(n, this->end_.write(next(n), this->token()));
      case 4:
        enters("try_write", n);
        return wrote(n, this->end_.try_write(next(n)));
      case 5:
        enters("reserve", room);
        return fill(room, this->end_.reserve(room, this->any_limit()));
      case 6:
        enters("try_reserve", room);
        return fill(room, this->end_.try_reserve(room));
      case 7:
        enters("drain", 0);
        return this->end_.drain(this->plan_.who == demand::writer ? this->any_limit()
                                                                  : this->deadline());
      case 8:
        enters("wait by event", room);
        this->wait_by_event(room);
        return {};
      default:
        enters("wait by bell", room);
        this->wait_by_bell(room);
        return {};
    }
  }

 private:
  [[nodiscard]] std::uint64_t last() const {
    return this->plan_.how == ending::writer_fails ? this->plan_.turn : this->plan_.total;
  }
  bytes_view next(std::size_t n) { return this->payload_.at(this->outcome_.bytes, n); }

  std::error_code wrote(std::size_t n, transfer step) {
    this->check(step.bytes <= n && (step.error || step.bytes == n), "a write counted wrongly");
    this->outcome_.bytes += step.bytes;
    return step.error;
  }

  std::error_code fill(std::size_t min, const reservation& space) {
    if (space.error) {
      this->check(space.memory.empty(), "a failed reservation gave memory");
      return space.error;
    }
    this->check(space.memory.size() >= min, "a reservation is below its minimum");
    const auto n = this->random_.next(0, min);
    const auto to = space.memory.prefix(n);
    const auto from = next(n);
    std::copy_n(from.begin(), to.first.size(), to.first.begin());
    std::copy(from.begin() + static_cast<std::ptrdiff_t>(to.first.size()), from.end(),
              to.second.begin());
    const auto error = this->end_.commit(n);
    if (!error) this->outcome_.bytes += n;
    return error;
  }
};

template <class Reader>
class consumer : public end_base<Reader, consumer<Reader>> {
  using base = end_base<Reader, consumer>;

 public:
  static constexpr std::size_t kinds = 9;

  consumer(Reader& end, const plan& drawn, whereabouts& where)
      : base(end, drawn, 0x52, where), buffer_(3 * this->limit_) {}

  [[nodiscard]] bool done() const { return leaves() && this->outcome_.bytes >= this->plan_.turn; }

  void leave() {
    if (this->plan_.how == ending::reader_fails) {
      this->end_.close(planned_error);
    } else {
      this->end_.close();
    }
  }

  std::error_code step(std::size_t kind) {
    const auto to =
        bytes_span(buffer_).first(std::min(wanted(), this->random_.next(1, buffer_.size())));
    const auto most = this->plan_.who == demand::reader
                          ? to.size()
                          : std::min(to.size(), this->plan_.most_bytes(this->limit_));
    const auto min = this->random_.next(1, most);
    const auto shown =
        std::min(wanted(), this->random_.next(1, this->plan_.most_bytes(this->limit_)));
    const auto enters = [&](const char* call, std::size_t size) {
      this->where_.enters(call, size, this->outcome_.bytes);
    };
    switch (kind) {
      case 0:
        enters("read", min);
        return got(to, min, this->end_.read(to, min));
      case 1:
        enters("read with a deadline", min);
        return got(to, min, this->end_.read(to, min, this->deadline()));
      case 2:
        enters("read with a token", min);
        return got(to, min, this->end_.read(to, min, this->token()));
      case 3:
        enters("try_read", to.size());
        return got(to, 1, this->end_.try_read(to));
      case 4:
      case 5:
        enters("peek", shown);
        return take(shown, this->end_.peek(shown, this->any_limit()));
      case 6:
        enters("try_peek", shown);
        return take(shown, this->end_.try_peek(shown));
      case 7:
        enters("wait by event", shown);
        this->wait_by_event(shown);
        return {};
      default:
        enters("wait by bell", shown);
        this->wait_by_bell(shown);
        return {};
    }
  }

 private:
  [[nodiscard]] bool leaves() const {
    return this->plan_.how == ending::reader_closes || this->plan_.how == ending::reader_fails;
  }
  // A reader that leaves must not ask for bytes that the writer may never send.
  [[nodiscard]] std::size_t wanted() const {
    if (!leaves()) return SIZE_MAX;
    return std::max<std::size_t>(1,
                                 static_cast<std::size_t>(this->plan_.turn - this->outcome_.bytes));
  }

  std::error_code got(bytes_span to, std::size_t min, transfer step) {
    this->check(step.bytes <= to.size() && (step.error || step.bytes >= min),
                "a read counted wrongly");
    received(to.first(std::min(step.bytes, to.size())));
    return step.error;
  }

  std::error_code take(std::size_t min, const peeked& seen) {
    this->check((seen.data.size() >= min) == !seen.error, "a peek showed a wrong number of bytes");
    const auto n = this->random_.next(0, seen.data.size());
    const auto piece = seen.data.prefix(n);
    const auto before = this->outcome_.bytes;
    received(piece.first);
    received(piece.second);
    const auto error = this->end_.consume(n);
    if (error) this->outcome_.bytes = before;
    // The rest is still to come.
    return seen.error == errc::end_of_stream && n < seen.data.size() ? error
           : error                                                   ? error
                                                                     : seen.error;
  }

  void received(bytes_view data) {
    this->check(this->payload_.matches(data, this->outcome_.bytes), "a byte is wrong");
    this->outcome_.bytes += data.size();
  }

  std::vector<std::byte> buffer_;
};

}  // namespace annulus::stress
