// Where the bytes of one shard's ring go.
#pragma once

#include <annulus/chunklog/direct_writer.hpp>
#include <annulus/core/unique_fd.hpp>
#include <annulus/pipeline/object.hpp>
#include <annulus/transfer.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <variant>

namespace annulus::pipeline {

class binding_writer;

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
  /// Creates part.1 in an open directory. Throws error(failed).
  explicit dir_sink(int directory);
  std::error_code write(std::span<const bytes_view> pieces) noexcept;
  /// Ends the stream; with `durable`, syncs it.
  std::error_code finish(bool durable) noexcept;

 private:
  unique_fd fd_;
};

/// A chunk log, one frame a record, written by the thread that drains the ring.
class chunk_sink {
 public:
  static constexpr bool takes_frames = true;
  /// Creates a log in an open directory; `path` is for messages. Throws error(failed).
  chunk_sink(int directory, const std::filesystem::path& path, bool durable);
  /// Appends one whole frame.
  std::error_code write(std::span<const bytes_view> frame);
  std::error_code finish(bool durable);

 private:
  std::optional<chunklog::direct_writer> log_;
};

/// One of these, and beside it what binds the frames to their place.
template <class Sink>
class bound_sink {
 public:
  static constexpr bool takes_frames = Sink::takes_frames;
  bound_sink(Sink sink, std::unique_ptr<binding_writer> binding);
  bound_sink(bound_sink&& other) noexcept;
  bound_sink& operator=(bound_sink&& other) noexcept;
  ~bound_sink();
  std::error_code write(std::span<const bytes_view> pieces);
  std::error_code finish(bool durable);

 private:
  Sink sink_;
  std::unique_ptr<binding_writer> binding_;
};
extern template class bound_sink<dir_sink>;
extern template class bound_sink<chunk_sink>;

using shard_sink = std::variant<null_sink, bound_sink<dir_sink>, bound_sink<chunk_sink>>;

/// The sink of a shard that stores it, in an open directory; `path` is for messages. `meta` has the
/// object's name, id, geometry and sink, and which shard it is. Throws error(failed).
shard_sink make_sink(const object_meta& meta, int directory, const std::filesystem::path& path,
                     bool durable);

}  // namespace annulus::pipeline
