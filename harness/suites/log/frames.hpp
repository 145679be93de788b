// Records in a ring: how they lie there, and how they are made and checked.
#pragma once

#include <annulus/chunklog/log.hpp>
#include <annulus/transfer.hpp>
#include <cstdint>
#include <span>

#include "suites/common/buffer.hpp"

namespace annulus::suites {

/// Stands before each payload.
struct frame_header {
  std::uint64_t payload_bytes = 0;
  std::uint64_t id = 0;  ///< 1, 2, 3, …
};

/// What the payloads are: parts of one long stream (see payload.hpp), each from a whole word on, so
/// that no two words of different records are alike.
class record_stream {
 public:
  explicit constexpr record_stream(std::size_t record_bytes) noexcept
      : record_bytes_(record_bytes),
        stride_((record_bytes + word_bytes - 1) / word_bytes * word_bytes) {}

  [[nodiscard]] constexpr std::size_t record_bytes() const noexcept { return record_bytes_; }
  /// From the beginning of a payload to that of the next.
  [[nodiscard]] constexpr std::size_t stride() const noexcept { return stride_; }
  /// Where the payload of record `id` begins.
  [[nodiscard]] constexpr std::uint64_t position(std::uint64_t id) const noexcept {
    return (id - 1) * stride_;
  }

 private:
  static constexpr std::size_t word_bytes = sizeof(std::uint64_t);
  std::size_t record_bytes_;
  std::size_t stride_;
};

/// Makes payloads in memory of its own, many at a time: a core that loads whole what it has just
/// stored in parts stalls.
class payload_source {
 public:
  /// `most`: records at a time.
  payload_source(std::size_t record_bytes, std::size_t most)
      : stream_(record_bytes), memory_(stream_.stride() * most) {}

  /// Makes those of `n` records from `first_id` on; at(0) is the first of them.
  void make(std::uint64_t first_id, std::size_t n) noexcept;
  [[nodiscard]] bytes_view at(std::size_t index) noexcept {
    return {memory_.data() + index * stream_.stride(), stream_.record_bytes()};
  }

 private:
  record_stream stream_;
  bench::buffer memory_;
};

/// Makes records and copies them out.
class frame_writer {
 public:
  /// At most `most` records at a time.
  frame_writer(std::size_t record_bytes, std::size_t most) : source_(record_bytes, most) {}

  /// The next `n` records, a header before each. Precondition: they fit.
  void write(bytes_span to, std::size_t n) noexcept;

 private:
  payload_source source_;
  std::uint64_t next_id_ = 1;
};

/// Compares records, every byte of them, where they lie.
class record_checker {
 public:
  explicit record_checker(std::size_t record_bytes) noexcept : stream_(record_bytes) {}

  /// Checks the next `n` records. Costs the same whatever it finds. Precondition: `data` is as
  /// large as they are.
  void check(bytes_view data, std::size_t n) noexcept;
  /// The same of the next records of a log.
  void check(std::span<const chunklog::log_record> records) noexcept;

  /// Throws bench::corruption if anything so far was not what was sent.
  void finish() const;

 private:
  record_stream stream_;
  std::uint64_t next_id_ = 1;
  std::uint64_t difference_ = 0;
};

}  // namespace annulus::suites
