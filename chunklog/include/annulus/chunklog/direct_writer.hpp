// A log whose caller is its I/O thread: docs/architecture.md, "Chunk log".
#pragma once

#include <annulus/chunklog/log.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

namespace annulus::chunklog {

class direct_core;
struct opened_direct;

/// The appending end of a log for a caller that has a thread for it already, such as the drain of a
/// ring: no second ring, no second thread, and no copy but the kernel's. Each append is a write,
/// gathered from the caller's own memory. What it writes is what log_writer writes.
///
/// One thread at a time, and no reader meanwhile but log_tail. Of `options`, `ring_bytes`,
/// `memory`, `write_bytes`, `linger`, `cache_bytes` and `damage` mean nothing here.
///
/// What fails at a file poisons the log, as in log_writer: that error is what this and every later
/// call returns, and nothing more is written.
class direct_writer {
 public:
  /// Opens the log in `directory`, or creates both, as chunk_log::open, with the same errors.
  static opened_direct open(const std::filesystem::path& directory, const options& how = {});
  /// The same in an open directory, which must be there. Its descriptor is not kept, and no path
  /// looked at: `path` is for sentences.
  static opened_direct open(int directory, const std::filesystem::path& path,
                            const options& how = {});

  /// Closes, dropping the error that `close` would have returned.
  ~direct_writer();
  direct_writer(direct_writer&& other) noexcept;
  direct_writer& operator=(direct_writer&& other) noexcept;

  /// Appends one record, gathered from `parts`; an empty payload is a record too. It is with the
  /// operating system on return. Waits for nothing but the file system, which a roll to the next
  /// chunk asks for two syncs. O(payload); allocates only for more parts than any append before it
  /// had.
  ///
  /// With `durability::interval`, an append that finds the interval over makes all durable; between
  /// appends nobody does.
  ///
  /// Errors: `record_too_large`, `closed`, `chunk_numbers_exhausted`; `log_full`, also under
  /// `when_full::block`, since nobody else could make room: nothing was appended. What has poisoned
  /// the log.
  appended append(std::span<const bytes_view> parts);
  appended append(bytes_view payload) { return append(std::span(&payload, 1)); }
  /// Appends a record each, in order, several with one write; at an error those before it stay. As
  /// `append`.
  appended_batch append_batch(std::span<const bytes_view> payloads);

  /// Makes every record and every acknowledgement so far durable, then deletes the chunks that are
  /// acknowledged completely. Errors: what has poisoned the log.
  status sync();
  /// As `sync`, and no record can follow. Can be called again. Errors: as `sync`.
  status close();
  /// The ID up to which records are durable by now, 0: none. O(1).
  [[nodiscard]] std::uint64_t durable_id() const noexcept;

  /// As log_reader::acknowledge, for records that reached their reader another way; at once a
  /// `sync` if that completes the oldest chunk. Errors: `not_delivered` if one was not appended;
  /// as `sync`.
  status acknowledge(std::uint64_t first, std::uint64_t last);
  status acknowledge(std::uint64_t id) { return acknowledge(id, id); }

  [[nodiscard]] log_stats stats() const;

 private:
  explicit direct_writer(std::unique_ptr<direct_core> core);
  static opened_direct start(opened_files files, const options& how);
  std::unique_ptr<direct_core> core_;
};

/// What `direct_writer::open` gives: `log` is empty exactly when `error` is set.
struct opened_direct : status {
  std::optional<direct_writer> log{};
  recovery found{};
};

}  // namespace annulus::chunklog
