// Where the frames of one shard are read from.
#pragma once

#include <annulus/pipeline/object.hpp>
#include <annulus/transfer.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

namespace annulus::pipeline {

/// Reads the frames of a stored shard in any order. One thread at a time.
class shard_source {
 public:
  /// Opens the shard in `directory`, which stays what is read whatever becomes of its name; `path`
  /// is for messages. `stop` ends a search for records in a damaged log. Throws error(failed) whose
  /// sentence part says what is wrong ("missing: part.1: …").
  shard_source(int directory, const std::filesystem::path& path, const object_meta& meta,
               const std::stop_token& stop);
  shard_source(shard_source&& other) noexcept;
  shard_source& operator=(shard_source&& other) noexcept;
  ~shard_source();

  /// Reads frame `index`, exactly out.size() bytes, and checks its hash and, of a bound shard, that
  /// it belongs there. True if it is good.
  bool read_frame(std::uint64_t index, bytes_span out);

  /// No frame from this one on can be good: what is stored ends before it.
  [[nodiscard]] std::uint64_t end() const;

  /// What is wrong with the stored shard beside its frames, of which it should have `frames`. Empty
  /// if nothing is.
  [[nodiscard]] std::string fault_beside_frames(std::uint64_t frames) const;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace annulus::pipeline
