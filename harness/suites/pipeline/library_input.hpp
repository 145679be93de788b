// A real input that every machine has: its own libraries.
#pragma once

#include <cstdint>
#include <filesystem>

namespace annulus::harness {

/// Joins the regular files below `folder`, in the order of their names, to one file of at most
/// `most` bytes. Files that cannot be read are passed over. Throws `error` if nothing could be
/// read, `file` cannot be written, or `stop_fd`, unless negative, became readable.
void collect_files(const std::filesystem::path& folder, std::uint64_t most,
                   const std::filesystem::path& file, int stop_fd = -1);

}  // namespace annulus::harness
