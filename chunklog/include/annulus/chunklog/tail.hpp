// Reading a log while somebody else writes it.
#pragma once

#include <annulus/chunklog/error.hpp>
#include <annulus/core/unique_fd.hpp>
#include <annulus/transfer.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>

namespace annulus::chunklog {

class file_system;

/// Where a tail begins.
struct tail_options {
  /// With this record or, if the log no longer has it, the next one that there is.
  std::optional<std::uint64_t> from{};
  /// Without `from`: with the last records that there are, this many; 0: with what comes.
  std::uint64_t last = 10;
  /// Where the files are; null: the operating system's. Must outlive the tail.
  file_system* files = nullptr;
  /// Ends an opening, or a call of `next`, that has to search what is damaged.
  std::stop_token stop{};
};

/// What `log_tail::next` found: a record, or nothing (`id` is 0).
struct tail_record : status {
  std::uint64_t id = 0;
  bytes_view payload{};  ///< valid until the next call

  [[nodiscard]] bool found() const noexcept { return ok() && id != 0; }
};

struct opened_tail;

/// The records of a log in ID order, without a lock: the log may be open for writing, and a writer
/// never waits for a tail. One thread at a time.
///
/// A record is shown only once it is whole: its ID due, its CRC-32 right. It is shown when it has
/// reached its file, which may be before it is durable: after a crash, or a failed write, the log
/// can cut it off and give its ID again. Acknowledged chunks can be deleted in front of a tail that
/// is slow. Nothing is acknowledged and nothing changed.
class log_tail {
 public:
  /// Reads the last chunks, or the first header of each. Can throw std::bad_alloc.
  ///
  /// Errors: `not_a_log`; `cancelled`; the operating system's.
  static opened_tail open(const std::filesystem::path& directory, const tail_options& how = {});
  ~log_tail();
  log_tail(log_tail&& other) noexcept;
  log_tail& operator=(log_tail&& other) noexcept;

  /// The next record, or nothing if there is none yet: a record that is being written counts as
  /// nothing, as does a torn tail. Never waits. O(payload).
  ///
  /// Errors: `corrupt_record`, for damage with whole records behind it; `missing_data`, when chunks
  /// were deleted unread or the log was cut back. Each is returned once; the next call goes on at
  /// the next whole record. `cancelled` and the operating system's: the position stays.
  tail_record next();

 private:
  class state;
  explicit log_tail(std::unique_ptr<state> begun);
  std::unique_ptr<state> state_;
};

/// What `log_tail::open` gives: `tail` is empty exactly when `error` is set.
struct opened_tail : status {
  std::optional<log_tail> tail{};
};

struct opened_watch;

/// Tells that a log's files may have changed, by inotify: no polling. Made *before* the files are
/// looked at, it misses no change. Not thread-safe.
class change_watch {
 public:
  /// Errors: the operating system's, such as a limit on watches.
  static opened_watch open(const std::filesystem::path& directory);

  /// Readable when something has changed since `reset`; for poll(2) and its kin.
  [[nodiscard]] int fd() const noexcept { return events_.get(); }
  /// Forgets the changes so far: look at the files afterwards.
  void reset() noexcept;

 private:
  explicit change_watch(unique_fd events) noexcept : events_(std::move(events)) {}
  unique_fd events_;
};

/// What `change_watch::open` gives: `watch` is empty exactly when `error` is set.
struct opened_watch : status {
  std::optional<change_watch> watch{};
};

}  // namespace annulus::chunklog
