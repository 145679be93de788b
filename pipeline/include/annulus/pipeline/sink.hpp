// Where the bytes of one shard's ring go.
#pragma once

#include <annulus/chunklog/log.hpp>
#include <annulus/pipeline/object.hpp>
#include <annulus/transfer.hpp>
#include <annulus/unique_fd.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <system_error>
#include <variant>

namespace annulus::pipeline {

/// A running digest of one byte in every 64 of a stream, in order: cheap enough to touch every
/// cache line that goes through a ring, strong enough to show a lost, repeated or displaced piece.
class stream_fold {
 public:
  void add(bytes_view bytes) noexcept {
    auto at = next_;
    for (; at < bytes.size(); at += stride) {
      value_ = (value_ ^ std::to_integer<std::uint64_t>(bytes[at])) * 0x9E3779B97F4A7C15ULL;
    }
    next_ = at - bytes.size();
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  static constexpr std::size_t stride = 64;
  std::uint64_t value_ = 0;
  std::size_t next_ = 0;  // offset of the next folded byte in the next piece
};

/// Stores nothing, but folds every line, so that what is measured was moved and can be checked.
class null_sink {
 public:
  static constexpr bool takes_frames = false;
  std::error_code write(std::span<const bytes_view> pieces) noexcept {
    for (const auto piece : pieces) fold_.add(piece);
    return {};
  }
  std::error_code finish(bool) noexcept { return {}; }
  [[nodiscard]] std::uint64_t fold() const noexcept { return fold_.value(); }

 private:
  stream_fold fold_;
};

/// A file that holds the shard stream.
class dir_sink {
 public:
  static constexpr bool takes_frames = false;
  /// Creates DIRECTORY/part.1. Throws error(failed).
  explicit dir_sink(const std::filesystem::path& directory);
  std::error_code write(std::span<const bytes_view> pieces) noexcept;
  /// Ends the stream; with `durable`, syncs it.
  std::error_code finish(bool durable) noexcept;

 private:
  unique_fd fd_;
};

/// A chunk log, one frame a record.
class chunk_sink {
 public:
  static constexpr bool takes_frames = true;
  /// Creates a log in DIRECTORY. Throws error(failed).
  chunk_sink(const std::filesystem::path& directory, bool durable);
  /// Appends one whole frame.
  std::error_code write(std::span<const bytes_view> frame);
  std::error_code finish(bool durable);

 private:
  std::unique_ptr<chunklog::chunk_log> log_;
};

using shard_sink = std::variant<null_sink, dir_sink, chunk_sink>;

/// The sink of that kind, in DIRECTORY unless it stores nothing. Throws error(failed).
shard_sink make_sink(sink_kind kind, const std::filesystem::path& directory, bool durable);

}  // namespace annulus::pipeline
