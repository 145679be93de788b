#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/sink.hpp>
#include <array>

#include "format.hpp"
#include "system_error.hpp"
#include "vectored_io.hpp"

namespace annulus::pipeline {

dir_sink::dir_sink(const std::filesystem::path& directory)
    : fd_(::open((directory / shard_file).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) {
  if (fd_) return;
  throw error(error_kind::failed,
              formatted("{} cannot be created: {}", (directory / shard_file).string(),
                        last_error().message()));
}

std::error_code dir_sink::write(std::span<const bytes_view> pieces) noexcept {
  std::array<iovec, 64> batch{};
  while (!pieces.empty()) {
    const auto some = pieces.first(std::min(pieces.size(), batch.size()));
    std::size_t count = 0;
    for (const auto piece : some) {
      if (!piece.empty()) batch[count++] = {const_cast<std::byte*>(piece.data()), piece.size()};
    }
    const auto error = through_all(std::span(batch).first(count), [this](const iovec* from, int n) {
      return ::writev(fd_.get(), from, n);
    });
    if (error) return error;
    pieces = pieces.subspan(some.size());
  }
  return {};
}

std::error_code dir_sink::finish(bool durable) noexcept {
  if (durable && fdatasync(fd_.get()) != 0) return last_error();
  return {};
}

chunk_sink::chunk_sink(const std::filesystem::path& directory, bool durable) {
  using mode = chunklog::durability::mode;
  // One of a dozen that are opened for each object, and nobody reads it meanwhile: of its ring,
  // only what is used need be there.
  auto opened = chunklog::chunk_log::open(
      directory,
      {.durability = {.when = durable ? mode::group : mode::none}, .memory = {}, .cache_bytes = 0});
  if (!opened.ok()) throw error(error_kind::failed, opened.message);
  log_ = std::move(opened.log);
}

std::error_code chunk_sink::write(std::span<const bytes_view> frame) {
  return log_->writer().append(frame).error;
}

std::error_code chunk_sink::finish(bool) {
  const auto result = log_->close().error;
  log_.reset();
  return result;
}

shard_sink make_sink(sink_kind kind, const std::filesystem::path& directory, bool durable) {
  switch (kind) {
    case sink_kind::null:
      break;
    case sink_kind::dir:
      return dir_sink(directory);
    case sink_kind::chunks:
      return chunk_sink(directory, durable);
  }
  return null_sink();
}

}  // namespace annulus::pipeline
