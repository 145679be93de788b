// A buffered pipe: the design document's, with what it became in System.IO.Pipelines.
#pragma once

#include <annulus/core/platform.hpp>
#include <annulus/pipelines/pipe_reader.hpp>
#include <annulus/pipelines/pipe_writer.hpp>
#include <system_error>

namespace annulus::pipelines {

/// Both ends, for one producer and one consumer, on a thread each or on the same. See
/// docs/pipelines.md for a walk through the protocol.
template <class Platform = std_platform>
class basic_pipe {
 public:
  using writer_type = basic_pipe_writer<Platform>;
  using reader_type = basic_pipe_reader<Platform>;

  /// Throws std::system_error with what options.check() says. Allocates no segment.
  explicit basic_pipe(const basic_pipe_options<Platform>& options = {})
      : core_(checked(options)),
        writer_(core_, options.writer_scheduler),
        reader_(core_, options.reader_scheduler) {}
  basic_pipe(const basic_pipe&) = delete;
  basic_pipe& operator=(const basic_pipe&) = delete;
  /// An end that is blocked gets errc::destroyed, and is let out of its call first.
  /// Preserved buffers stay good.
  ~basic_pipe() {
    core_.destroy();
    writer_.inside_.wait_until_empty();
    reader_.inside_.wait_until_empty();
  }

  [[nodiscard]] writer_type& writer() noexcept { return writer_; }
  [[nodiscard]] reader_type& reader() noexcept { return reader_; }

  /// Ends the stream from outside: both ends see the error, if it is the first, at once, also in
  /// the calls in which they wait. Any thread, at any time while the pipe lives. Buffered bytes are
  /// lost; the ends still close themselves. O(1).
  void fail(std::error_code error) {
    auto held = core_.enter();
    core_.fail(held, error);
  }
  /// Ready for another stream, with the same memory. errc::not_closed unless both ends have closed;
  /// not while either is in a call.
  std::error_code reset() {
    const auto error = core_.reset();
    if (!error) writer_.closed_ = false;
    return error;
  }
  [[nodiscard]] pipe_stats stats() const { return core_.stats(); }

 private:
  static const basic_pipe_options<Platform>& checked(const basic_pipe_options<Platform>& options) {
    if (const auto error = options.check()) throw std::system_error(error, "pipe");
    return options;
  }

  pipe_core<Platform> core_;
  // Each writes to itself in every call.
  alignas(line_bytes) writer_type writer_;
  alignas(line_bytes) reader_type reader_;
};

using pipe = basic_pipe<>;
static_assert(sizeof(pipe) == sizeof(pipe_core<std_platform>) + 2 * line_bytes,
              "each end has lines of its own, and the core begins and ends with one");
using pipe_writer = basic_pipe_writer<>;
using pipe_reader = basic_pipe_reader<>;

}  // namespace annulus::pipelines
