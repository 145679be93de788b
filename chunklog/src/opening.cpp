#include "opening.hpp"

#include <algorithm>

#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

constexpr std::size_t smallest_ring = std::size_t{64} << 10U;

status check_limits(const options& how) {
  if (how.chunk_bytes < record_layout::header_bytes || how.chunk_bytes > max_chunk_bytes) {
    return failure(errc::bad_chunk_size, "a chunk is from ", record_layout::header_bytes, " to ",
                   max_chunk_bytes, " bytes large, not ", how.chunk_bytes);
  }
  if (how.max_bytes != 0 && how.max_bytes < 2 * how.chunk_bytes) {
    return failure(errc::bad_size_cap, "a size cap is at least two chunks, here ",
                   2 * how.chunk_bytes, " bytes, not ", how.max_bytes);
  }
  return {};
}

file_system& files_of(const options& how) {
  return how.files != nullptr ? *how.files : system_files();
}

opened_files lock_and_recover(opened_directory made, const options& how) {
  if (!made.ok()) return {std::move(made), {}, {}, {}};
  auto& directory = *made.directory;
  directory.durable = how.durability.when != durability::mode::none;
  auto lock = take_lock(directory, lock_mode::exclusive);
  if (!lock.ok()) return {std::move(lock), {}, {}, {}};
  auto ready = recover(directory, how.stop);
  if (!ready.ok()) return {std::move(ready), {}, {}, {}};
  return {{}, std::move(made.directory), std::move(lock.fd), std::move(ready)};
}

}  // namespace

opened_files open_files(const std::filesystem::path& path, const options& how) {
  if (auto bad = check_limits(how); !bad.ok()) return {std::move(bad), {}, {}, {}};
  auto& files = files_of(how);
  if (const auto error = files.make_directories(path)) {
    return {failure(error, path.string(), " cannot be made"), {}, {}, {}};
  }
  return lock_and_recover(open_log_directory(files, path), how);
}

opened_files open_files(int directory, const std::filesystem::path& path, const options& how) {
  if (auto bad = check_limits(how); !bad.ok()) return {std::move(bad), {}, {}, {}};
  return lock_and_recover(open_log_directory(files_of(how), directory, path), how);
}

options bounded(options how) {
  how.ring_bytes = std::max(how.ring_bytes, smallest_ring);
  how.write_bytes = std::clamp<std::size_t>(how.write_bytes, 1, how.ring_bytes / 4);
  how.cache_bytes = std::min(how.cache_bytes, how.ring_bytes / 2);
  if (how.record_bytes == 0) how.record_bytes = how.chunk_bytes;
  how.record_bytes = std::min(how.record_bytes, how.chunk_bytes);
  return how;
}

}  // namespace annulus::chunklog
