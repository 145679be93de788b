#include <fcntl.h>

#include <algorithm>
#include <annulus/chunklog/record.hpp>
#include <atomic>
#include <cstring>

#include "suites/common/buffer.hpp"
#include "suites/common/measurement.hpp"
#include "suites/log/disk_rows.hpp"
#include "suites/log/files.hpp"

namespace annulus::suites {
namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10U;

bench::buffer touched_piece() {
  bench::buffer out(piece_bytes);
  std::fill(out.begin(), out.end(), std::byte{0x5A});
  return out;
}

// Writes `all` bytes, piece by piece; calls `after(end)` behind each.
template <class After>
void write_pieces(int fd, std::uint64_t all, After after) {
  auto source = touched_piece();
  for (std::uint64_t at = 0; at < all;) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, all - at));
    write_whole(fd, bytes_view(source).first(n), at);
    at += n;
    after(at);
  }
}

// Once the clock has stopped.
void check_pieces(int fd, std::uint64_t all) {
  auto sent = touched_piece();
  bench::buffer found(piece_bytes);
  for (std::uint64_t at = 0; at < all;) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, all - at));
    read_whole(fd, bytes_span(found).first(n), at);
    if (std::memcmp(found.data(), sent.data(), n) != 0)
      throw bench::corruption("the roof's file does not hold what was written to it");
    at += n;
  }
}

}  // namespace

std::uint64_t logged_bytes(std::size_t record_bytes, std::uint64_t records) noexcept {
  return records * (chunklog::record_layout::header_bytes + record_bytes);
}

lap bare_writes(const thread_places& where, const std::filesystem::path& file,
                std::size_t record_bytes, std::uint64_t records) {
  const auto all = logged_bytes(record_bytes, records);
  const auto fd = open_file(file, O_RDWR | O_CREAT | O_EXCL);
  auto target = touched_piece();
  std::atomic<std::uint64_t> written{0};
  const auto start = reading::now();
  auto writer = started_on(where.log, [&] {
    write_pieces(fd.get(), all, [&](std::uint64_t end) {
      // Release: pairs with the reader's load, which then finds the bytes in the file.
      written.store(end, std::memory_order_release);
      written.notify_one();
    });
  });
  auto reader = started_on(where.ends, [&] {
    for (std::uint64_t at = 0; at < all;) {
      // Acquire: pairs with the writer's store.
      const auto end = written.load(std::memory_order_acquire);
      if (end == at) {
        written.wait(end, std::memory_order_acquire);
        continue;
      }
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, end - at));
      read_whole(fd.get(), bytes_span(target).first(n), at);
      at += n;
    }
    return reading::now();
  });
  const auto end = reader.get();
  writer.get();
  sync_data(fd.get());
  lap out(records, start, end);
  out.durable_seconds = seconds_between(start.at, clock::now());
  check_pieces(fd.get(), all);
  return out;
}

}  // namespace annulus::suites
