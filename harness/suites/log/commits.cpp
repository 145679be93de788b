#include "suites/log/commits.hpp"

#include <fcntl.h>

#include <algorithm>
#include <annulus/chunklog/log.hpp>
#include <annulus/chunklog/record.hpp>
#include <annulus/chunklog/shared_writer.hpp>
#include <annulus/chunklog/view.hpp>
#include <annulus/core/detached_task.hpp>
#include <latch>
#include <thread>
#include <vector>

#include "measure/statistics.hpp"
#include "suites/common/duel.hpp"
#include "suites/common/measurement.hpp"
#include "suites/log/files.hpp"
#include "suites/log/frames.hpp"

namespace annulus::suites {
namespace {

using bench::clock;
using bench::seconds_between;

// Until the time is up, but once at least, however slow that is: `commit(n)` makes the n-th record
// of this producer durable.
template <class Commit>
std::vector<double> latencies_of(clock::time_point end, Commit commit) {
  std::vector<double> out;
  auto before = clock::now();
  do {
    commit(out.size());
    const auto after = clock::now();
    out.push_back(seconds_between(before, after));
    before = after;
  } while (before < end);
  return out;
}

clock::time_point after(clock::time_point start, double seconds) {
  return start +
         std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
}

commit_lap summed(clock::time_point start, const std::vector<double>& latencies) {
  return {latencies.size(), latencies.size(), seconds_between(start, clock::now()),
          harness::quantile(latencies, 0.5), harness::quantile(latencies, 0.99)};
}

detached_task await_commits(chunklog::shared_writer& front, bytes_view payload,
                            clock::time_point end, std::vector<double>& latencies,
                            std::latch& over) {
  auto before = clock::now();
  do {
    // The thread that would make room is the one that this runs on: it must not wait for it.
    const auto done = front.append(payload, before);
    if (!done.ok()) bench::give_up(done.message);
    const auto on_disk = co_await chunklog::async_durable(front.writer(), done.id);
    if (!on_disk.ok()) bench::give_up(on_disk.message);
    const auto after = clock::now();
    latencies.push_back(seconds_between(before, after));
    before = after;
  } while (before < end);
  over.count_down();
}

void expect_all(bool right) {
  if (!right) throw bench::corruption("the records on disk are not those that were confirmed");
}

// One log with a front, whose producers `load(front, payload, end, latencies)` keeps busy.
template <class Load>
commit_lap front_commits(const std::filesystem::path& directory, std::size_t record_bytes,
                         unsigned producers, double seconds, Load load) {
  payload_source source(record_bytes, 1);
  source.make(1, 1);
  std::vector<std::vector<double>> of_each(producers);
  commit_lap out;
  {
    auto opened = chunklog::chunk_log::open(directory);
    if (!opened.ok()) bench::give_up(opened.message);
    chunklog::shared_writer front(opened.log->writer());
    const auto start = clock::now();
    load(front, source.at(0), after(start, seconds), of_each);
    std::vector<double> all;
    for (const auto& mine : of_each) all.insert(all.end(), mine.begin(), mine.end());
    out = summed(start, all);
    out.syncs = opened.log->stats().syncs;
  }
  expect_all(holds(directory, source.at(0), out.confirmed));
  return out;
}

}  // namespace

bool holds(const std::filesystem::path& directory, bytes_view payload, std::uint64_t records) {
  auto opened = chunklog::log_view::open(directory);
  if (!opened.ok()) bench::give_up(opened.message);
  if (opened.view->size() != records) return false;
  std::vector<std::byte> found(payload.size());
  for (std::size_t i = 0; i < records; ++i) {
    const auto got = opened.view->read(i, found);
    if (!got.ok() || got.bytes != payload.size() ||
        !std::equal(found.begin(), found.end(), payload.begin()))
      return false;
  }
  return true;
}

commit_lap group_commits(const std::filesystem::path& directory, std::size_t record_bytes,
                         unsigned producers, double seconds) {
  const auto load = [](auto& front, auto payload, auto end, auto& of_each) {
    std::vector<std::jthread> threads;
    threads.reserve(of_each.size());
    for (auto& mine : of_each) {
      threads.emplace_back([&] {
        mine = latencies_of(end, [&](std::size_t) {
          const auto done = front.append(payload);
          if (!done.ok()) bench::give_up(done.message);
          if (const auto on_disk = front.durable(done.id); !on_disk.ok())
            bench::give_up(on_disk.message);
        });
      });
    }
  };
  return front_commits(directory, record_bytes, producers, seconds, load);
}

commit_lap awaited_commits(const std::filesystem::path& directory, std::size_t record_bytes,
                           unsigned producers, double seconds) {
  const auto load = [](auto& front, auto payload, auto end, auto& of_each) {
    std::latch over(static_cast<std::ptrdiff_t>(of_each.size()));
    for (auto& mine : of_each) await_commits(front, payload, end, mine, over);
    over.wait();
  };
  return front_commits(directory, record_bytes, producers, seconds, load);
}

commit_lap single_commits(const std::filesystem::path& file, std::size_t record_bytes,
                          double seconds) {
  using chunklog::record_layout;
  const auto fd = open_file(file, O_RDWR | O_CREAT | O_EXCL);
  payload_source source(record_bytes, 1);
  source.make(1, 1);
  const auto payload = source.at(0);
  std::vector<std::byte> record(record_layout::header_bytes + record_bytes);
  const auto make = [&](std::size_t n) {
    const auto header = chunklog::encode(chunklog::make_header(n + 1, {&payload, 1}));
    std::copy(header.begin(), header.end(), record.begin());
    std::copy(payload.begin(), payload.end(), record.begin() + record_layout::header_bytes);
  };
  const auto start = clock::now();
  const auto out = summed(start, latencies_of(after(start, seconds), [&](std::size_t n) {
                            make(n);
                            write_whole(fd.get(), record, n * record.size());
                            sync_data(fd.get());
                          }));
  std::vector<std::byte> found(record.size());
  for (std::size_t n = 0; n < out.confirmed; ++n) {
    make(n);
    read_whole(fd.get(), found, n * record.size());
    expect_all(found == record);
  }
  return out;
}

}  // namespace annulus::suites
