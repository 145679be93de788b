#include "suites/log/disk_rows.hpp"

#include <fcntl.h>

#include <algorithm>
#include <annulus/chunklog/log.hpp>

#include "suites/common/duel.hpp"
#include "suites/log/files.hpp"
#include "suites/log/frames.hpp"

namespace annulus::suites {
namespace {

using bench::give_up;

void expect(const chunklog::status& done) {
  if (!done.ok()) [[unlikely]]
    give_up(done.message);
}

// Payloads are made this many bytes at a time.
constexpr std::size_t block_bytes = std::size_t{16} << 10U;

void append_all(chunklog::log_writer& to, appending how, std::size_t record_bytes,
                std::uint64_t records) {
  const auto most = std::max<std::size_t>(1, block_bytes / record_bytes);
  payload_source source(record_bytes, most);
  std::vector<bytes_view> payloads(most);
  for (std::size_t i = 0; i < most; ++i) payloads[i] = source.at(i);
  for (std::uint64_t id = 1; id <= records;) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(most, records - id + 1));
    source.make(id, n);
    const auto batch = std::span(payloads).first(n);
    if (how == appending::batches) {
      expect(to.append_batch(batch));
    } else {
      for (const auto payload : batch) expect(to.append(payload));
    }
    id += n;
  }
  expect(to.flush());
}

void take_all(chunklog::log_reader& from, std::size_t record_bytes, std::uint64_t records) {
  record_checker checker(record_bytes);
  for (std::uint64_t taken = 0; taken < records;) {
    const auto got = from.next_batch();
    expect(got);
    checker.check(got.records);
    taken += got.records.size();
    const auto first = std::max<std::uint64_t>(got.records.front().id, 2);
    if (first <= got.records.back().id) expect(from.acknowledge(first, got.records.back().id));
  }
  checker.finish();
}

chunklog::options options_for(syncing how) {
  using mode = chunklog::durability::mode;
  chunklog::options out;
  out.durability.when = how == syncing::log ? mode::group : mode::none;
  out.memory.prefault = true;  // a log in its long run is measured, not the first lap of its ring
  return out;
}

void sync_chunks(const std::filesystem::path& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".chunk") sync_data(open_file(entry.path(), O_RDONLY).get());
  }
}

}  // namespace

lap logged_records(const thread_places& where, const std::filesystem::path& directory,
                   std::size_t record_bytes, std::uint64_t records, syncing how, appending by) {
  // The log's own thread inherits where it may run.
  const auto opened = started_on(where.log, [&] {
                        return chunklog::chunk_log::open(directory, options_for(how));
                      }).get();
  expect(opened);
  const auto start = reading::now();
  auto appender =
      started_on(where.ends, [&] { append_all(opened.log->writer(), by, record_bytes, records); });
  auto reader = started_on(where.ends, [&] {
    take_all(opened.log->reader(), record_bytes, records);
    return reading::now();
  });
  const auto end = reader.get();
  appender.get();
  if (how == syncing::log) {
    expect(opened.log->writer().sync());
  } else {
    sync_chunks(directory);
  }
  lap out(records, start, end);
  const auto counted = opened.log->stats();
  out.writes = counted.writes;
  out.from_memory = counted.cache_bytes;
  out.durable_seconds = seconds_between(start.at, clock::now());
  return out;
}

}  // namespace annulus::suites
