// Where the bytes of an object come from.
#pragma once

#include <sys/uio.h>

#include <annulus/transfer.hpp>
#include <annulus/unique_fd.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <system_error>

namespace annulus::pipeline {

/// A file, or a stream such as standard input. One thread at a time.
class input {
 public:
  /// Opens a regular file, or with "-" standard input. Throws error(failed) for a missing or
  /// unreadable file and for a directory.
  static input open(const std::filesystem::path& path);

  /// The size where it is known before reading: that of a regular file when it was opened.
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept { return size_; }
  /// How it is called in messages.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// Where the file is that was opened, links followed; no absolute path of a stream.
  [[nodiscard]] std::filesystem::path place() const;

  /// Reads until `to` is full or the end. A wait for a stream ends with errc::cancelled when `stop`
  /// fires.
  transfer read(bytes_span to, const std::stop_token& stop);

  /// Fills the pieces, none of them empty, which it changes; std::errc::io_error if the file has
  /// become shorter.
  std::error_code read_exactly(std::span<iovec> pieces);

 private:
  input(unique_fd owned, int fd, std::string name) noexcept
      : owned_(std::move(owned)), fd_(fd), name_(std::move(name)) {}

  unique_fd owned_;  // none for standard input
  int fd_;
  std::string name_;
  std::optional<std::uint64_t> size_;
};

}  // namespace annulus::pipeline
