#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <annulus/pipeline/bitrot.hpp>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/source.hpp>
#include <cerrno>

#include "format.hpp"
#include "system_error.hpp"

namespace annulus::pipeline {
namespace {

unique_fd open_shard(int directory, const object_meta& meta) {
  unique_fd fd(::openat(directory, shard_file, O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!fd || fstat(fd.get(), &info) != 0) {
    const auto* const kind = errno == ENOENT ? "missing" : "rotten";
    throw error(error_kind::failed,
                formatted("{}: {}: {}", kind, shard_file, last_error().message()));
  }
  const auto expected = meta.geometry.stream_size(meta.size);
  // A shorter one may still serve: each frame is read and checked by itself.
  if (static_cast<std::uint64_t>(info.st_size) > expected) {
    throw error(error_kind::failed, formatted("rotten: {} has {} bytes, it should have {}",
                                              shard_file, info.st_size, expected));
  }
  return fd;
}

// Whether `path` still is the open directory, and not one that a put has exchanged it with.
bool still_there(const std::filesystem::path& path, int directory) {
  struct stat by_path {};
  struct stat by_descriptor {};
  return stat(path.c_str(), &by_path) == 0 && fstat(directory, &by_descriptor) == 0 &&
         by_path.st_ino == by_descriptor.st_ino && by_path.st_dev == by_descriptor.st_dev;
}

chunklog::log_view open_log(const std::filesystem::path& path, int directory) {
  auto opened = chunklog::log_view::open(path);
  if (!still_there(path, directory))
    throw error(error_kind::failed, "missing: it was replaced meanwhile");
  if (opened.ok()) return std::move(*opened.view);
  const auto* const kind = opened.error == chunklog::errc::locked ? "locked" : "rotten";
  throw error(error_kind::failed, formatted("{}: {}", kind, opened.message));
}

bool read_fully(int fd, std::uint64_t offset, bytes_span out) {
  for (std::size_t done = 0; done < out.size();) {
    const auto n =
        ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n == 0 || (n < 0 && errno != EINTR)) return false;
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

shard_source::shard_source(const std::filesystem::path& object, int directory,
                           const object_meta& meta)
    : from_(
          meta.sink == sink_kind::chunks
              ? decltype(from_)(std::in_place_type<chunklog::log_view>, open_log(object, directory))
              : decltype(from_)(file_source{open_shard(directory, meta),
                                            meta.geometry.frame_size(meta.geometry.block)})) {
}

bool shard_source::read_frame(std::uint64_t index, bytes_span out) {
  if (auto* const file = std::get_if<file_source>(&from_)) {
    // Only the last frame is shorter, so every frame starts at a multiple of the whole one.
    if (!read_fully(file->fd.get(), index * file->frame_bytes, out)) return false;
  } else {
    auto& log = std::get<chunklog::log_view>(from_);
    const auto entry = log.find(index + 1);  // IDs count from 1, a frame a record
    if (!entry || log.entries()[*entry].payload_bytes != out.size()) return false;
    if (!log.read(*entry, out).ok()) return false;
  }
  return frame_is_good(out);
}

std::string shard_source::fault_beside_frames(std::uint64_t frames) const {
  // A file that is longer than its frames is refused when it is opened.
  const auto* const log = std::get_if<chunklog::log_view>(&from_);
  if (log == nullptr) return {};
  if (!log->faults().empty()) return formatted("rotten: {}", log->faults().front().sentence);
  if (log->size() == frames) return {};
  return formatted("rotten: its log has {} records, it should have {}", log->size(), frames);
}

}  // namespace annulus::pipeline
