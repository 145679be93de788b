// A file that appears under its name only when it is whole, where that can be.
#pragma once

#include <sys/stat.h>

#include <annulus/core/unique_fd.hpp>
#include <annulus/transfer.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "cli/output_target.hpp"
#include "cli/patient_writer.hpp"

namespace annulus::cli {

/// Follows symbolic links. A new file is written beside its name and renamed on commit. One that
/// exists is replaced that way if the new one can have its mode, owner and attributes and it has no
/// other hard link, else written in place. Descriptors ("-", /dev/stdout), devices and FIFOs are
/// written as such.
class output_file {
 public:
  /// Waits for a FIFO's reader, at most until SIGINT or SIGTERM. Throws failure.
  explicit output_file(const std::filesystem::path& target);
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;
  ~output_file();

  /// errc::cancelled if SIGINT or SIGTERM ended a wait.
  std::error_code write(bytes_view bytes);
  /// Throws failure.
  void commit();

  /// Why a file was not replaced but is written where it is; empty if that is not so.
  [[nodiscard]] const std::string& in_place() const noexcept { return in_place_; }
  /// What an error leaves of a file that is written in place: ", and …", or nothing.
  [[nodiscard]] std::string left_behind() const;
  /// Whether what is written to `descriptor` ends up in the same place.
  [[nodiscard]] bool leads_to(int descriptor) const;

 private:
  void open_existing(const struct stat& info);
  /// Nothing, or why the file there cannot be replaced by a new one that is the same but for its
  /// content. Makes the new one.
  std::string prepare_replacement(const struct stat& info);
  std::error_code make_temporary(unsigned mode);
  /// Empties a file that is written in place. Not before the first byte is there: what fails
  /// earlier leaves the file as it was.
  std::error_code begin();

  std::filesystem::path given_;
  output_target target_;
  unique_fd directory_;
  std::string temporary_;  // its name in the directory; empty if there is none
  unique_fd owned_;
  std::optional<patient_writer> writer_;
  std::string in_place_;
  bool begun_ = false;
  std::uint64_t device_ = 0, inode_ = 0;  // of what was there
  bool comparable_ = false;
};

}  // namespace annulus::cli
