#include "disk_rows.hpp"

#include <fcntl.h>

#include <annulus/chunklog/log.hpp>
#include <thread>

#include "duel.hpp"
#include "files.hpp"
#include "frames.hpp"
#include "measurement.hpp"
#include "payload.hpp"

namespace annulus::log_bench {
namespace {

using bench::give_up;

void expect(const chunklog::status& done) {
  if (!done.ok()) [[unlikely]]
    give_up(done.message);
}

// Payloads are made this many bytes at a time.
constexpr std::size_t block_bytes = std::size_t{16} << 10U;

void append_all(chunklog::log_writer& to, std::size_t record_bytes, std::uint64_t records) {
  const auto most = std::max<std::size_t>(1, block_bytes / record_bytes);
  payload_source source(record_bytes, most);
  for (std::uint64_t id = 1; id <= records;) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(most, records - id + 1));
    source.make(id, n);
    for (std::size_t i = 0; i < n; ++i, ++id) expect(to.append(source.at(i)));
  }
  expect(to.flush());
}

void take_all(chunklog::log_reader& from, std::size_t record_bytes, std::uint64_t records) {
  const record_stream stream(record_bytes);
  std::uint64_t different = 0;
  for (std::uint64_t id = 1; id <= records; ++id) {
    const auto got = from.next();
    expect(got);
    different |= (got.id ^ id) | (got.payload.size() ^ record_bytes);
    different |= bench::difference(got.payload, stream.position(id));
    if (id != 1) expect(from.acknowledge(id));
  }
  if (different != 0) throw bench::corruption("the records that arrived are not those appended");
}

void sync_chunks(const std::filesystem::path& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".chunk") sync_data(open_file(entry.path(), O_RDONLY).get());
  }
}

}  // namespace

lap logged_records(const std::filesystem::path& directory, std::size_t record_bytes,
                   std::uint64_t records, syncing how) {
  auto opened = chunklog::chunk_log::open(directory, {.durable = how == syncing::log});
  expect(opened);
  const auto start = reading::now();
  std::jthread writer([&] { append_all(opened.log->writer(), record_bytes, records); });
  take_all(opened.log->reader(), record_bytes, records);
  const auto end = reading::now();
  writer.join();
  if (how == syncing::log) {
    expect(opened.log->writer().sync());
  } else {
    sync_chunks(directory);
  }
  lap out(records, start, end);
  out.durable_seconds = seconds_between(start.at, clock::now());
  return out;
}

}  // namespace annulus::log_bench
