#include <algorithm>
#include <annulus/chunklog/view.hpp>
#include <annulus/pipeline/bitrot.hpp>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/source.hpp>
#include <optional>
#include <variant>

#include "binding.hpp"
#include "files.hpp"
#include "format.hpp"

namespace annulus::pipeline {

// Not in an unnamed namespace: shard_source::parts has one as its member.
namespace shard_streams {

class file_source {
 public:
  file_source(int directory, const object_meta& meta)
      : frame_bytes_(meta.geometry.frame_size(meta.geometry.block)),
        expected_(meta.geometry.stream_size(meta.size)) {
    auto file = open_regular(directory, shard_file);
    if (file.error) {
      const auto* const kind =
          file.error == std::errc::no_such_file_or_directory ? "missing" : "rotten";
      throw error(error_kind::failed,
                  formatted("{}: {}: {}", kind, shard_file, file.error.message()));
    }
    fd_ = std::move(file.fd);
    bytes_ = file.bytes;
  }

  // Only the last frame is shorter, so every frame starts at a multiple of the whole one.
  bool read(std::uint64_t index, bytes_span out) const {
    return read_fully(fd_.get(), index * frame_bytes_, out);
  }
  [[nodiscard]] std::uint64_t end() const { return (bytes_ + frame_bytes_ - 1) / frame_bytes_; }
  [[nodiscard]] std::string fault(std::uint64_t) const {
    if (bytes_ == expected_) return {};
    return formatted("rotten: {} has {} bytes, it should have {}", shard_file, bytes_, expected_);
  }

 private:
  unique_fd fd_;
  std::uint64_t frame_bytes_;
  std::uint64_t expected_;
  std::uint64_t bytes_ = 0;
};

// A frame a record; IDs count from 1.
class log_source {
 public:
  log_source(int directory, const std::filesystem::path& path, const std::stop_token& stop) {
    auto opened = chunklog::log_view::open(directory, path, {.stop = stop});
    if (!opened.ok()) {
      const auto* const kind = opened.error == chunklog::errc::locked ? "locked" : "rotten";
      throw error(error_kind::failed, formatted("{}: {}", kind, opened.message));
    }
    log_ = std::move(opened.view);
  }

  bool read(std::uint64_t index, bytes_span out) {
    const auto entry = log_->find(index + 1);
    if (!entry || log_->entries()[*entry].payload_bytes != out.size()) return false;
    return log_->read(*entry, out).ok();
  }
  [[nodiscard]] std::uint64_t end() const {
    return log_->size() == 0 ? 0 : log_->entries().back().id;
  }
  [[nodiscard]] std::string fault(std::uint64_t frames) const {
    if (!log_->faults().empty()) return formatted("rotten: {}", log_->faults().front().sentence);
    // That of nothing is an empty chunk, as an empty part.1 is.
    if (log_->summary().chunks.empty()) return "rotten: its log has no chunk";
    if (log_->size() == frames) return {};
    return formatted("rotten: its log has {} records, it should have {}", log_->size(), frames);
  }

 private:
  std::optional<chunklog::log_view> log_;
};

using stream_source = std::variant<file_source, log_source>;

stream_source open_stream(int directory, const std::filesystem::path& path, const object_meta& meta,
                          const std::stop_token& stop) {
  if (meta.sink == sink_kind::chunks) return log_source(directory, path, stop);
  return file_source(directory, meta);
}

}  // namespace shard_streams

struct shard_source::parts {
  shard_streams::stream_source stream;
  std::optional<binding_reader> binding{};  // of a bound shard
};

shard_source::shard_source(int directory, const std::filesystem::path& path,
                           const object_meta& meta, const std::stop_token& stop)
    : parts_(
          std::make_unique<parts>(parts{shard_streams::open_stream(directory, path, meta, stop)})) {
  if (meta.bound) parts_->binding.emplace(directory, meta);
}

shard_source::shard_source(shard_source&& other) noexcept = default;
shard_source& shard_source::operator=(shard_source&& other) noexcept = default;
shard_source::~shard_source() = default;

bool shard_source::read_frame(std::uint64_t index, bytes_span out) {
  const auto there =
      std::visit([&](auto& stream) { return stream.read(index, out); }, parts_->stream);
  if (!there || !frame_is_good(out)) return false;
  if (!parts_->binding) return true;
  digest hash;
  std::copy_n(out.begin(), hash.size(), hash.begin());
  return parts_->binding->binds(index, hash);
}

std::uint64_t shard_source::end() const {
  return std::visit([](const auto& stream) { return stream.end(); }, parts_->stream);
}

std::string shard_source::fault_beside_frames(std::uint64_t frames) const {
  auto fault = std::visit([&](const auto& stream) { return stream.fault(frames); }, parts_->stream);
  if (fault.empty() && parts_->binding) fault = parts_->binding->fault();
  return fault;
}

}  // namespace annulus::pipeline
