// A log writer for several threads.
#pragma once

#include <annulus/chunklog/combining.hpp>
#include <annulus/chunklog/log.hpp>
#include <span>

namespace annulus::chunklog {

/// The front of one log_writer, which nobody else uses meanwhile. All calls: any thread. Records
/// get their IDs in the order in which the appends arrived; that one thread appends for all who
/// come while it is at it (combining.hpp).
class shared_writer {
 public:
  explicit shared_writer(log_writer& writer) : writer_(writer) {}

  /// As log_writer::append. An append that waits for room lets those wait that came after it, so
  /// `limit` counts from when it is its turn.
  appended append(std::span<const bytes_view> parts, const until& limit = {}) {
    job mine{parts, &limit, {}};
    stack_.run(mine, [this](job& each) { each.result = writer_.append(each.parts, *each.limit); });
    return std::move(mine.result);
  }
  appended append(bytes_view payload, const until& limit = {}) {
    return append(std::span(&payload, 1), limit);
  }

  /// As the writer's; `close` must not overlap an append.
  status flush() { return writer_.flush(); }
  status sync() { return writer_.sync(); }
  status durable(std::uint64_t id, const until& limit = {}) { return writer_.durable(id, limit); }
  [[nodiscard]] std::uint64_t durable_id() const noexcept { return writer_.durable_id(); }
  [[nodiscard]] log_writer& writer() noexcept { return writer_; }

 private:
  struct job {
    std::span<const bytes_view> parts;
    const until* limit;
    appended result{};
  };

  log_writer& writer_;
  combining_stack<std_platform, job> stack_;
};

}  // namespace annulus::chunklog
