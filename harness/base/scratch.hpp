// Directories that exist for a while, and the input that is made when none is given.
#pragma once

#include <cstdint>
#include <filesystem>

namespace annulus::harness {

/// A directory that is empty at first and removed with all that is in it.
class scratch_directory {
 public:
  /// Creates `path`, which must not exist; its parents may. Throws `error`.
  explicit scratch_directory(std::filesystem::path path);
  ~scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// Writes `bytes` pseudo-random bytes to a new `file`: the same for the same seed. Throws `error`,
/// also when `stop_fd`, unless negative, becomes readable.
void generate_input(const std::filesystem::path& file, std::uint64_t bytes, std::uint64_t seed,
                    int stop_fd = -1);

}  // namespace annulus::harness
