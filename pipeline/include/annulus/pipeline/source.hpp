// Where the frames of one shard are read from.
#pragma once

#include <annulus/chunklog/view.hpp>
#include <annulus/pipeline/object.hpp>
#include <annulus/transfer.hpp>
#include <annulus/unique_fd.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>

namespace annulus::pipeline {

/// Reads the frames of a stored shard in any order. One thread at a time.
class shard_source {
 public:
  /// Opens the shard in `object`, which `directory` is an open descriptor of. Throws error(failed)
  /// whose sentence part says what is wrong ("part.1 is missing").
  shard_source(const std::filesystem::path& object, int directory, const object_meta& meta);

  /// Reads frame `index`, exactly out.size() bytes, and checks its hash. True if it is good.
  bool read_frame(std::uint64_t index, bytes_span out);

  /// What is wrong with the stored shard beside its frames, of which it should have `frames`: with
  /// its chunk log. Empty if nothing is.
  [[nodiscard]] std::string fault_beside_frames(std::uint64_t frames) const;

 private:
  struct file_source {
    unique_fd fd;
    std::uint64_t frame_bytes;
  };
  std::variant<file_source, chunklog::log_view> from_;
};

}  // namespace annulus::pipeline
