// A file that appears under its name only when it is whole.
#pragma once

#include <annulus/transfer.hpp>
#include <annulus/unique_fd.hpp>
#include <filesystem>
#include <string>
#include <system_error>

namespace annulus::cli {

/// Written beside its name and renamed on commit. Standard output ("-"), a device or a pipe is
/// written directly.
class output_file {
 public:
  /// Throws failure.
  explicit output_file(const std::filesystem::path& target);
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;
  ~output_file();

  std::error_code write(bytes_view bytes);
  /// Throws failure.
  void commit();

 private:
  std::filesystem::path target_;
  std::string temporary_;  // empty when written directly
  unique_fd owned_;
  int fd_ = -1;
};

}  // namespace annulus::cli
