#include "suites/log/frames.hpp"

#include <cstring>

#include "suites/common/measurement.hpp"
#include "suites/common/payload.hpp"
#include "suites/common/words.hpp"

namespace annulus::suites {
namespace {

constexpr std::size_t lanes_bytes = bench::words_block_bytes;
constexpr std::size_t lanes_words = lanes_bytes / bench::payload_word_bytes;
// Far enough for a line that lies in the other core's cache.
constexpr std::size_t prefetched_bytes = 1024;

// What was found to differ so far. Everything is inlined into one function for each instruction
// set, which the compiler then vectorises for it.
template <class Vector>
class findings {
 public:
  [[gnu::always_inline]] explicit findings(const record_stream& stream) noexcept
      : stream_(stream), wide_(stream.record_bytes() / lanes_bytes * lanes_bytes) {
    for (std::size_t i = 0; i < lanes_words; ++i)
      offsets_[i / width][i % width] = i * bench::payload_step;
  }

  [[gnu::always_inline]] void compare(std::uint64_t found, std::uint64_t due) noexcept {
    odd_ |= found ^ due;
  }

  // `at` with the payload of record `id`.
  [[gnu::always_inline]] void payload(const std::byte* at, std::uint64_t id) noexcept {
    const auto position = stream_.position(id);
    const auto first = bench::payload_word(position / bench::payload_word_bytes);
    Vector due[many];
    for (std::size_t i = 0; i < many; ++i) due[i] = offsets_[i] + first;
    for (const auto* const end = at + wide_; at != end; at += lanes_bytes) {
      __builtin_prefetch(at + prefetched_bytes);
      for (std::size_t i = 0; i < many; ++i) {
        Vector found;
        std::memcpy(&found, at + i * sizeof(Vector), sizeof(Vector));
        seen_[i] |= found ^ due[i];
        due[i] += lanes_words * bench::payload_step;
      }
    }
    const auto rest = stream_.record_bytes() - wide_;
    if (rest != 0) odd_ |= bench::difference({at, rest}, position + wide_);
  }

  [[gnu::always_inline]] [[nodiscard]] std::uint64_t all() const noexcept {
    auto out = odd_;
    for (std::size_t i = 0; i < lanes_words; ++i) out |= seen_[i / width][i % width];
    return out;
  }

 private:
  static constexpr std::size_t many = lanes_bytes / sizeof(Vector);
  static constexpr std::size_t width = lanes_words / many;

  Vector offsets_[many]{};
  Vector seen_[many]{};
  const record_stream& stream_;
  std::size_t wide_;
  std::uint64_t odd_ = 0;
};

// What is compared: frames one behind another from record `id` on.
struct frame_run {
  const std::byte* at;
  std::size_t n;
};
using log_run = std::span<const chunklog::log_record>;

template <class Vector>
[[gnu::always_inline]] inline std::uint64_t compare(const frame_run& run, std::uint64_t id,
                                                    const record_stream& stream) noexcept {
  findings<Vector> out(stream);
  const auto* at = run.at;
  for (auto left = run.n; left > 0; --left, ++id) {
    frame_header header;
    std::memcpy(&header, at, sizeof header);
    out.compare(header.payload_bytes, stream.record_bytes());
    out.compare(header.id, id);
    out.payload(at + sizeof header, id);
    at += sizeof header + stream.record_bytes();
  }
  return out.all();
}

// A payload of another size is not looked into.
template <class Vector>
[[gnu::always_inline]] inline std::uint64_t compare(const log_run& run, std::uint64_t id,
                                                    const record_stream& stream) noexcept {
  findings<Vector> out(stream);
  for (const auto& each : run) {
    out.compare(each.id, id);
    out.compare(each.payload.size(), stream.record_bytes());
    if (each.payload.size() == stream.record_bytes()) [[likely]]
      out.payload(each.payload.data(), id);
    ++id;
  }
  return out.all();
}

template <class Run>
using comparer = std::uint64_t (*)(const Run&, std::uint64_t, const record_stream&) noexcept;

template <class Run>
std::uint64_t compare_any(const Run& run, std::uint64_t id, const record_stream& stream) noexcept {
  return compare<bench::words_16>(run, id, stream);
}

#if defined(__x86_64__)
template <class Run>
[[gnu::target("avx2")]] std::uint64_t compare_avx2(const Run& run, std::uint64_t id,
                                                   const record_stream& stream) noexcept {
  return compare<bench::words_32>(run, id, stream);
}
template <class Run>
[[gnu::target("avx512f")]] std::uint64_t compare_avx512(const Run& run, std::uint64_t id,
                                                        const record_stream& stream) noexcept {
  return compare<bench::words_64>(run, id, stream);
}
template <class Run>
const comparer<Run> compare_widest = __builtin_cpu_supports("avx512f") != 0 ? compare_avx512<Run>
                                     : __builtin_cpu_supports("avx2") != 0  ? compare_avx2<Run>
                                                                            : compare_any<Run>;
#else
template <class Run>
const comparer<Run> compare_widest = compare_any<Run>;
#endif

}  // namespace

void payload_source::make(std::uint64_t first_id, std::size_t n) noexcept {
  bench::fill(bytes_span(memory_).first(n * stream_.stride()), stream_.position(first_id));
}

void frame_writer::write(bytes_span to, std::size_t n) noexcept {
  source_.make(next_id_, n);
  auto* place = to.data();
  for (std::size_t i = 0; i < n; ++i) {
    const auto payload = source_.at(i);
    const frame_header header{payload.size(), next_id_++};
    std::memcpy(place, &header, sizeof header);
    std::memcpy(place + sizeof header, payload.data(), payload.size());
    place += sizeof header + payload.size();
  }
}

void record_checker::check(bytes_view data, std::size_t n) noexcept {
  difference_ |= compare_widest<frame_run>({data.data(), n}, next_id_, stream_);
  next_id_ += n;
}

void record_checker::check(std::span<const chunklog::log_record> records) noexcept {
  difference_ |= compare_widest<log_run>(records, next_id_, stream_);
  next_id_ += records.size();
}

void record_checker::finish() const {
  if (difference_ != 0) throw bench::corruption("the records that arrived are not those sent");
}

}  // namespace annulus::suites
