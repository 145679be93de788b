// Files as the benchmarks without a log use them. Whatever fails ends the program: see give_up.
#pragma once

#include <annulus/core/unique_fd.hpp>
#include <annulus/transfer.hpp>
#include <cstdint>
#include <filesystem>

namespace annulus::suites {

unique_fd open_file(const std::filesystem::path& file, int flags);
void write_whole(int fd, bytes_view bytes, std::uint64_t offset);
/// Fills `to`, from bytes that are there.
void read_whole(int fd, bytes_span to, std::uint64_t offset);
void sync_data(int fd);
/// syncfs(2): nothing of what was written or deleted before is left to be done.
void settle(const std::filesystem::path& directory);

}  // namespace annulus::suites
