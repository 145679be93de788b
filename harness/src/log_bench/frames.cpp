#include "frames.hpp"

#include <cstring>

#include "measurement.hpp"
#include "payload.hpp"

namespace annulus::log_bench {
namespace {

constexpr std::size_t lane_bytes = 64;
constexpr std::size_t lanes = lane_bytes / bench::payload_word_bytes;
// Far enough for a line that lies in the other core's cache.
constexpr std::size_t prefetched_bytes = 1024;

using lane = std::uint64_t __attribute__((vector_size(lane_bytes)));

// 0 if `at` holds `n` records from `id` on. Inlined into one function for each instruction set,
// which the compiler then vectorises for it.
[[gnu::always_inline]] inline std::uint64_t compare(const std::byte* at, std::size_t n,
                                                    std::uint64_t id,
                                                    const record_stream& stream) noexcept {
  lane offsets{};
  for (std::size_t i = 0; i < lanes; ++i) offsets[i] = i * bench::payload_step;
  const auto wide = stream.record_bytes() / lane_bytes * lane_bytes;
  const auto rest = stream.record_bytes() - wide;
  lane seen{};
  std::uint64_t odd = 0;
  for (; n > 0; --n, ++id) {
    frame_header header;
    std::memcpy(&header, at, sizeof header);
    odd |= (header.payload_bytes ^ stream.record_bytes()) | (header.id ^ id);
    at += sizeof header;
    lane due = offsets + bench::payload_word(stream.position(id) / bench::payload_word_bytes);
    for (const auto* const end = at + wide; at != end; at += lane_bytes) {
      __builtin_prefetch(at + prefetched_bytes);
      lane found;
      std::memcpy(&found, at, lane_bytes);
      seen |= found ^ due;
      due += lanes * bench::payload_step;
    }
    if (rest != 0) odd |= bench::difference({at, rest}, stream.position(id) + wide);
    at += rest;
  }
  for (std::size_t i = 0; i < lanes; ++i) odd |= seen[i];
  return odd;
}

using comparer = std::uint64_t (*)(const std::byte*, std::size_t, std::uint64_t,
                                   const record_stream&) noexcept;

std::uint64_t compare_any(const std::byte* at, std::size_t n, std::uint64_t id,
                          const record_stream& stream) noexcept {
  return compare(at, n, id, stream);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] std::uint64_t compare_avx2(const std::byte* at, std::size_t n,
                                                   std::uint64_t id,
                                                   const record_stream& stream) noexcept {
  return compare(at, n, id, stream);
}
[[gnu::target("avx512f")]] std::uint64_t compare_avx512(const std::byte* at, std::size_t n,
                                                        std::uint64_t id,
                                                        const record_stream& stream) noexcept {
  return compare(at, n, id, stream);
}
const comparer compare_widest = __builtin_cpu_supports("avx512f") != 0 ? compare_avx512
                                : __builtin_cpu_supports("avx2") != 0  ? compare_avx2
                                                                       : compare_any;
#else
const comparer compare_widest = compare_any;
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

void frame_checker::check(bytes_view data, std::size_t n) noexcept {
  difference_ |= compare_widest(data.data(), n, next_id_, stream_);
  next_id_ += n;
}

void frame_checker::finish() const {
  if (difference_ != 0) throw bench::corruption("the records that arrived are not those sent");
}

}  // namespace annulus::log_bench
