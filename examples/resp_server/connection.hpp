// One client: a pipe for what it sends, a pipe for what it is sent, and a coroutine between them.
#pragma once

#include <algorithm>
#include <annulus/parsers/resp_command.hpp>
#include <annulus/pipelines/pipe.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "budget.hpp"
#include "commands.hpp"
#include "poller.hpp"
#include "reply.hpp"
#include "store.hpp"

namespace resp_server {

/// Everything is bounded: what is received by the parser's limits, what is to be sent by the
/// output's threshold, behind which no further command is run. What it holds beyond `free_bytes`
/// counts.
class connection {
 public:
  connection(poller::watched& socket, store& values, budget& memory,
             const annulus::resp_limits& limits,
             const std::shared_ptr<annulus::pipelines::memory_pool>& pool)
      : socket_(socket),
        values_(values),
        held_(memory),
        parser_(limits),
        input_({.pool = pool, .minimum_segment = segment}),
        output_({.pool = pool, .minimum_segment = segment}) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() { let_go(); }

  /// What counts of it.
  [[nodiscard]] std::size_t counted() const noexcept { return held_.bytes(); }
  /// Gives up all that it holds, now; receive() says that it is over. True if the client can be
  /// told: no answer is half sent.
  bool give_up() {
    let_go();
    return std::exchange(unsent_, 0) == 0;
  }

  /// Runs commands, then sends the answers to all of them at once. True if it has to wait for
  /// wanted() and be called again, false at the end of the connection.
  bool step() {
    if (!answer() || !send()) return false;
    count();
    return unsent_ > 0 || !last_;
  }
  [[nodiscard]] std::uint32_t wanted() {
    const bool receives = !last_ && !ended_ && !is_paused(input_.writer());
    return (receives ? EPOLLIN : 0U) | (unsent_ > 0 || more_ ? EPOLLOUT : 0U);
  }
  /// Takes what has arrived, if that is wanted. False at an error of the socket, or if it has given
  /// up.
  bool receive() {
    if (gone_) return false;
    if ((wanted() & EPOLLIN) == 0) return true;
    const auto got = try_read_some_from(input_.writer(), socket_.fd());
    received_ += got.bytes;
    ended_ = !got.error && got.bytes == 0;
    return !got.error || got.error == annulus::errc::would_block || is_again(got.error);
  }

 private:
  static constexpr std::size_t segment = std::size_t{16} << 10;
  static constexpr std::size_t free_bytes = std::size_t{64} << 10;

  static bool is_again(std::error_code error) {
    return error == std::errc::resource_unavailable_try_again;
  }
  // Whether its reader has to catch up.
  static bool is_paused(annulus::pipelines::pipe_writer& end) {
    return end.try_flush() == annulus::errc::would_block;
  }

  // The memory goes back to the pool that others share.
  void let_go() noexcept {
    gone_ = true;
    static_cast<void>(input_.writer().close());
    static_cast<void>(input_.reader().close());
    static_cast<void>(output_.writer().close());
    static_cast<void>(output_.reader().close());
    held_.set(0);
  }
  // Values that are sent without a copy count as such.
  void count() noexcept {
    const auto bytes = received_ + std::min(copied_, unsent_);
    held_.set(bytes - std::min(bytes, free_bytes));
  }

  // Runs whole commands until there are no more, or the client has enough to read. False if there
  // is no memory for the answers.
  bool answer() {
    more_ = false;
    if (last_) return true;
    auto seen = input_.reader().try_read();
    if (seen.error == annulus::errc::would_block) {
      last_ = ended_;
      return true;
    }
    if (seen.error) return false;
    auto rest = seen.buffer;
    auto examined = rest.finish();
    reply answers(output_.writer());
    std::size_t flushed = 0;
    for (;;) {
      if (answers.bytes() - flushed >= segment) {
        flushed = answers.bytes();
        answers.flush();
        if ((more_ = is_paused(output_.writer()))) {
          examined = rest.start();
          break;
        }
      }
      // Most of what arrives lies in one piece, which is quicker to go over.
      const auto first = rest.first_piece();
      const auto result = first.size() == rest.size() ? run(first, answers) : run(rest, answers);
      if (result.status == annulus::parse_status::error) {
        answers.error("ERR Protocol error: " + result.error.message());
        last_ = true;
      }
      rest = rest.slice(result.consumed);
      if (result.status != annulus::parse_status::message || last_) break;
    }
    last_ = last_ || (ended_ && !more_);
    answers.flush();
    unsent_ += answers.bytes();
    copied_ += answers.copied();
    received_ = rest.size();
    if (input_.reader().advance(rest.start(), examined) || answers.error()) return false;
    const auto published = output_.writer().try_flush();
    return !published || published == annulus::errc::would_block;
  }
  template <annulus::byte_sequence S>
  annulus::parse_result run(const S& bytes, reply& answers) {
    const auto result = parser_.parse(bytes);
    if (result.status == annulus::parse_status::message)
      last_ = !command(parser_, bytes, values_, answers).run();
    return result;
  }

  // As much as the socket takes. False if it takes no more at all.
  bool send() {
    if (unsent_ == 0) return true;
    const auto sent = output_.reader().write_to(socket_.fd(), unsent_);
    unsent_ -= sent.bytes;
    if (unsent_ == 0) copied_ = 0;
    return !sent.error || is_again(sent.error);
  }

  poller::watched& socket_;
  store& values_;
  charge held_;
  annulus::resp_command_parser parser_;
  annulus::pipelines::pipe input_, output_;
  std::size_t received_ = 0;  // bytes of commands that are not run
  std::size_t unsent_ = 0;    // bytes of answers
  std::size_t copied_ = 0;    // those of them that are copies, at most
  bool more_ = false;         // commands are left to run
  bool ended_ = false;        // the client sends no more
  bool last_ = false;         // what is unsent is all
  bool gone_ = false;         // it has given up
};

}  // namespace resp_server
