#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/sink.hpp>
#include <array>
#include <cerrno>

#include "system_error.hpp"

namespace annulus::pipeline {

dir_sink::dir_sink(const std::filesystem::path& directory)
    : fd_(::open((directory / shard_file).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) {
  if (fd_) return;
  throw error(error_kind::failed,
              fmt::format("{} cannot be created: {}", (directory / shard_file).string(),
                          last_error().message()));
}

std::error_code dir_sink::write(span_pair<const std::byte> data) noexcept {
  while (!data.empty()) {
    std::array<iovec, 2> pieces{};
    int count = 0;
    for (const auto piece : {data.first, data.second}) {
      if (piece.empty()) continue;
      pieces[static_cast<std::size_t>(count++)] = {const_cast<std::byte*>(piece.data()),
                                                   piece.size()};
    }
    const auto n = ::writev(fd_.get(), pieces.data(), count);
    if (n < 0 && errno != EINTR) return last_error();
    if (n > 0) data = data.suffix(static_cast<std::size_t>(n));
  }
  return {};
}

std::error_code dir_sink::finish(bool durable) noexcept {
  if (durable && fdatasync(fd_.get()) != 0) return last_error();
  return {};
}

chunk_sink::chunk_sink(const std::filesystem::path& directory, bool durable) {
  using mode = chunklog::durability::mode;
  auto opened = chunklog::chunk_log::open(
      directory, {.durability = {.when = durable ? mode::group : mode::none}});
  if (!opened.ok()) throw error(error_kind::failed, opened.message);
  log_ = std::move(opened.log);
}

std::error_code chunk_sink::write(span_pair<const std::byte> frame) {
  const std::array<bytes_view, 2> parts{frame.first, frame.second};
  return log_->writer().append(std::span(parts).first(frame.contiguous() ? 1 : 2)).error;
}

std::error_code chunk_sink::finish(bool) {
  const auto result = log_->close().error;
  log_.reset();
  return result;
}

}  // namespace annulus::pipeline
