// Where the bytes of an object come from.
#pragma once

#include <sys/uio.h>

#include <annulus/core/unique_fd.hpp>
#include <annulus/transfer.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <system_error>

namespace annulus::pipeline {

/// A file, a device, or a stream such as a FIFO or standard input. One thread at a time.
class input {
 public:
  /// Opens what `path` leads to, or with "-" standard input; waits for nothing, also not for the
  /// writer of a FIFO. Throws error(failed) for what is missing, unreadable or a directory.
  static input open(const std::filesystem::path& path);

  /// What a regular file or a block device said of its size when it was opened. A hint: files grow
  /// and shrink while they are read, and those of /proc say 0.
  [[nodiscard]] std::optional<std::uint64_t> size_hint() const noexcept { return size_hint_; }
  /// How it is called in messages.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// Where the file is that was opened, links followed; no absolute path of a stream.
  [[nodiscard]] std::filesystem::path place() const;
  /// Whether a read has met the end. There it stays, also if the file grows behind it: a block that
  /// the end has cut short is the last.
  [[nodiscard]] bool ended() const noexcept { return ended_; }

  /// Reads until `to` is full or the end. A wait ends with errc::cancelled when `stop` fires.
  transfer read(bytes_span to, const std::stop_token& stop);
  /// The same into the pieces, one after the other, which it changes.
  transfer read(std::span<iovec> to, const std::stop_token& stop);

 private:
  input(unique_fd owned, int fd, std::string name) noexcept
      : owned_(std::move(owned)), fd_(fd), name_(std::move(name)) {}

  unique_fd owned_;  // none for standard input
  int fd_;
  std::string name_;
  std::optional<std::uint64_t> size_hint_;
  bool ended_ = false;
};

}  // namespace annulus::pipeline
