#include <unistd.h>

#include <algorithm>
#include <annulus/core/restarted.hpp>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/sink.hpp>
#include <array>

#include "binding.hpp"
#include "files.hpp"
#include "format.hpp"
#include "system_error.hpp"
#include "vectored_io.hpp"

namespace annulus::pipeline {

dir_sink::dir_sink(int directory) {
  auto file = create_file(directory, shard_file);
  if (file.error) {
    throw error(error_kind::failed,
                formatted("{} cannot be created: {}", shard_file, file.error.message()));
  }
  fd_ = std::move(file.fd);
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
  if (durable && detail::restarted([&] { return fdatasync(fd_.get()); }) != 0) return last_error();
  return {};
}

chunk_sink::chunk_sink(int directory, const std::filesystem::path& path, bool durable) {
  using mode = chunklog::durability::mode;
  auto opened = chunklog::direct_writer::open(
      directory, path, {.durability = {.when = durable ? mode::group : mode::none}});
  if (!opened.ok()) throw error(error_kind::failed, opened.message);
  log_ = std::move(opened.log);
}

std::error_code chunk_sink::write(std::span<const bytes_view> frame) {
  return log_->append(frame).error;
}

std::error_code chunk_sink::finish(bool) {
  const auto result = log_->close().error;
  log_.reset();
  return result;
}

template <class Sink>
bound_sink<Sink>::bound_sink(Sink sink, std::unique_ptr<binding_writer> binding)
    : sink_(std::move(sink)), binding_(std::move(binding)) {
}
template <class Sink>
bound_sink<Sink>::bound_sink(bound_sink&& other) noexcept = default;
template <class Sink>
bound_sink<Sink>& bound_sink<Sink>::operator=(bound_sink&& other) noexcept = default;
template <class Sink>
bound_sink<Sink>::~bound_sink() = default;

template <class Sink>
std::error_code bound_sink<Sink>::write(std::span<const bytes_view> pieces) {
  if (const auto error = binding_->add(pieces)) return error;
  return sink_.write(pieces);
}

template <class Sink>
std::error_code bound_sink<Sink>::finish(bool durable) {
  if (const auto error = sink_.finish(durable)) return error;
  return binding_->finish(durable);
}

template class bound_sink<dir_sink>;
template class bound_sink<chunk_sink>;

shard_sink make_sink(const object_meta& meta, int directory, const std::filesystem::path& path,
                     bool durable) {
  // First, since it proves whose the directory is.
  auto binding =
      std::make_unique<binding_writer>(directory, shard_identity{meta.id, meta.shard}, meta.name,
                                       meta.geometry.frame_size(meta.geometry.block));
  if (meta.sink == sink_kind::chunks)
    return bound_sink(chunk_sink(directory, path, durable), std::move(binding));
  return bound_sink(dir_sink(directory), std::move(binding));
}

}  // namespace annulus::pipeline
