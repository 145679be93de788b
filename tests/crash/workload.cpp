#include "workload.hpp"

#include <algorithm>
#include <annulus/chunklog/record.hpp>
#include <annulus/chunklog/shared_writer.hpp>
#include <annulus/chunklog/uring_files.hpp>
#include <exception>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace annulus::crash {
namespace {

void must(const chunklog::status& done) {
  if (!done.ok()) throw std::runtime_error(done.message);
}

sizes always(std::size_t bytes) {
  return [bytes](std::uint64_t) { return bytes; };
}

sizes in_turn(std::vector<std::size_t> bytes) {
  return [bytes = std::move(bytes)](std::uint64_t id) { return bytes[id % bytes.size()]; };
}

chunklog::options chunks_of(std::uint64_t bytes) {
  chunklog::options how;
  how.chunk_bytes = bytes;
  how.ring_bytes = std::size_t{64} << 10U;
  how.linger = {};
  return how;
}

}  // namespace

player::player(const log_shape& shape, recording_files& files,
               const std::filesystem::path& directory)
    : shape_(shape), files_(files), directory_(directory) {
  open();
}

void player::open() {
  auto how = shape_.how;
  how.files = &files_;
  if (shape_.direct) {
    auto direct = chunklog::direct_writer::open(directory_, how);
    must(direct);
    direct_ = std::move(direct.log);
    return;
  }
  auto opened = chunklog::chunk_log::open(directory_, how);
  must(opened);
  log_ = std::move(opened.log);
  delivered_ = opened.found.acknowledged;
}

void player::append(int records) {
  for (; records > 0; --records) {
    const auto id = ++last_;
    files_.mark(event::kind::appending, id);
    const auto text = payload_of(id, first_life, shape_.size(id));
    const auto done =
        direct_ ? direct_->append(view_of(text)) : log_->writer().append(view_of(text));
    must(done);
    if (direct_) files_.mark(event::kind::written, id);
    if (done.id != id) throw std::runtime_error("an append has a wrong ID");
  }
}

void player::flush() {
  must(log_->writer().flush());
  files_.mark(event::kind::written, last_);
}

void player::sync() {
  must(direct_ ? direct_->sync() : log_->writer().sync());
  files_.mark(event::kind::appended, last_);
  files_.mark(event::kind::acknowledged, acknowledged_);
}

void player::durable(std::uint64_t id) {
  must(log_->writer().durable(id));
  files_.mark(event::kind::appended, id);
}

void player::append_batch(int records) {
  std::vector<std::string> texts;
  for (int i = 0; i < records; ++i) {
    const auto id = ++last_;
    texts.push_back(payload_of(id, first_life, shape_.size(id)));
  }
  const std::vector<bytes_view> payloads = [&] {
    std::vector<bytes_view> all;
    for (const auto& text : texts) all.push_back(view_of(text));
    return all;
  }();
  files_.mark(event::kind::appending, last_);
  const auto done =
      direct_ ? direct_->append_batch(payloads) : log_->writer().append_batch(payloads);
  must(done);
  if (done.records != payloads.size()) throw std::runtime_error("a batch is not whole");
}

void player::append_until_full() {
  constexpr int most = 1000;
  for (int i = 0; i < most; ++i) {
    const auto id = last_ + 1;
    files_.mark(event::kind::appending, id);
    const auto done = log_->writer().append(view_of(payload_of(id, first_life, shape_.size(id))));
    if (done.error == chunklog::errc::log_full) return;
    must(done);
    last_ = id;
  }
  throw std::runtime_error("a log with a size cap is never full");
}

void player::append_shared(int threads, int records_each) {
  chunklog::shared_writer writer(log_->writer());
  std::mutex guarded;
  auto started = last_;
  std::exception_ptr failed;
  const auto produce = [&](int thread) {
    for (int i = 0; i < records_each; ++i) {
      const auto key = static_cast<std::uint64_t>(1000 * (thread + 1) + i);
      {
        const std::scoped_lock hold(guarded);
        files_.mark(event::kind::appending, ++started);
      }
      const auto text = payload_of(key, first_life, shape_.size(key));
      const auto done = writer.append(view_of(text));
      must(done);
      {
        const std::scoped_lock hold(guarded);
        if (!shape_.payloads->emplace(done.id, key).second) {
          throw std::runtime_error("two records have one ID");
        }
      }
      must(writer.durable(done.id));
      files_.mark(event::kind::appended, done.id);
    }
  };
  {
    std::vector<std::jthread> all;
    for (int thread = 0; thread < threads; ++thread) {
      all.emplace_back([&, thread] {
        try {
          produce(thread);
        } catch (...) {
          const std::scoped_lock hold(guarded);
          failed = std::current_exception();
        }
      });
    }
  }
  if (failed) std::rethrow_exception(failed);
  last_ = started;
}

void player::read(int records) {
  for (; records > 0; --records) {
    const auto record = log_->reader().next();
    if (record.error == chunklog::errc::dropped_records) {
      // What the next one says.
      read();
      continue;
    }
    must(record);
    if (record.id <= delivered_) throw std::runtime_error("a record comes twice");
    delivered_ = record.id;
    files_.mark(event::kind::written, record.id);
    if (shape_.lives_of(record.id, record.payload) == 0) {
      throw std::runtime_error("a record comes with a wrong payload");
    }
  }
}

void player::acknowledge(std::uint64_t id) {
  if (id > acknowledged_) beyond_.insert(id);
  while (beyond_.erase(acknowledged_ + 1) > 0) ++acknowledged_;
  files_.mark(event::kind::acknowledging, acknowledged_);
  must(log_->reader().acknowledge(id));
}

void player::acknowledge_up_to(std::uint64_t id) {
  const auto first = std::exchange(acknowledged_, id) + 1;
  files_.mark(event::kind::acknowledging, id);
  must(direct_->acknowledge(first, id));
}

void player::consume(int records) {
  for (; records > 0; --records) {
    read();
    acknowledge(delivered_);
  }
}

void player::close() {
  must(direct_ ? direct_->close() : log_->close());
  files_.mark(event::kind::appended, last_);
  files_.mark(event::kind::acknowledged, acknowledged_);
}

void player::reopen() {
  close();
  log_.reset();
  direct_.reset();
  beyond_.clear();
  open();
  files_.mark(event::kind::appended, last_);
}

chunklog::options capped(std::uint64_t bytes, std::uint64_t chunks, chunklog::when_full full) {
  auto how = chunks_of(bytes);
  how.max_bytes = chunks * bytes;
  how.full = full;
  return how;
}

chunklog::options never_synced(std::uint64_t bytes) {
  auto how = chunks_of(bytes);
  how.durability.when = chunklog::durability::mode::none;
  return how;
}

chunklog::options reserving(std::uint64_t bytes) {
  auto how = chunks_of(bytes);
  how.preallocate = true;
  return how;
}

chunklog::options at_intervals_of(std::uint64_t bytes) {
  auto how = chunks_of(1 << 16);
  how.durability.when = chunklog::durability::mode::interval;
  how.durability.bytes = bytes;
  how.durability.time = std::chrono::hours(1);
  return how;
}

log_shape of_several_producers() {
  return {chunks_of(300), always(60), false,
          std::make_shared<std::map<std::uint64_t, std::uint64_t>>()};
}

// The same, or what it is instead, by its name.
workload by_io_uring(workload what) {
  auto made = chunklog::make_uring_files();
  what.name += made.error ? " without io_uring, which is refused" : " by io_uring";
  what.files = std::move(made.files);
  return what;
}

std::vector<workload> short_workloads() {
  std::vector<workload> all{
      {"appends and syncs",
       {chunks_of(1 << 16), in_turn({40, 0, 100, 7})},
       [](player& log) {
         log.append();
         log.sync();
         log.append(3);
         log.flush();
         log.append(2);
         log.sync();
         log.append(2);
         log.flush();
         log.append();
         log.close();
       }},
      {"rolls",
       {chunks_of(200), in_turn({60, 100, 20, 184})},
       [](player& log) {
         log.append(3);
         log.flush();
         log.append(4);
         log.sync();
         log.append(3);
         log.close();
       }},
      {"acknowledged chunks",
       {chunks_of(200), always(70)},
       [](player& log) {
         log.append(5);
         log.sync();
         log.consume(3);
         log.sync();
         log.append(2);
         log.consume(3);
         log.append();
         log.sync();
         log.consume(2);
         log.close();
       }},
      {"acknowledgements out of order",
       {chunks_of(300), always(50)},
       [](player& log) {
         log.append(8);
         log.flush();
         log.read(8);
         log.acknowledge(2);
         log.acknowledge(3);
         log.sync();
         log.acknowledge(1);
         log.acknowledge(7);
         log.sync();
         log.acknowledge(5);
         log.acknowledge(4);
         log.acknowledge(6);
         log.reopen();
         log.append();
         log.close();
       }},
      {"torn tails",
       {chunks_of(1 << 16), in_turn({1500, 700, 2000})},
       [](player& log) {
         log.append();
         log.sync();
         log.append(2);
         log.flush();
         log.append();
         log.flush();
         log.close();
       }},
      {"large records that roll",
       {chunks_of(3000), in_turn({1400, 900, 2500})},
       [](player& log) {
         log.append(2);
         log.flush();
         log.append(2);
         log.sync();
         log.consume(3);
         log.append();
         log.close();
       }},
      {"everything acknowledged",
       {chunks_of(150), always(40)},
       [](player& log) {
         for (int i = 0; i < 4; ++i) {
           log.append(2);
           log.consume(2);
           log.sync();
         }
         log.reopen();
         log.append();
         log.consume();
         log.close();
       }},
      {"group commits",
       {chunks_of(500), in_turn({80, 30, 120})},
       [](player& log) {
         log.append();
         log.durable();
         log.append(2);
         log.durable();
         log.consume();
         log.append();
         log.durable();
         log.append();
         log.flush();
         log.consume(2);
         log.durable();
         log.sync();
         log.append();
         log.durable();
         log.append(2);
         log.flush();
         log.close();
       }},
      {"group commits over rolls and deletions",
       {chunks_of(200), always(70)},
       [](player& log) {
         log.append(2);
         log.durable();
         log.consume(2);
         log.append();
         log.durable();
         log.consume();
         log.append(2);
         log.durable(log.last() - 1);
         log.consume(2);
         log.append();
         log.durable();
         log.close();
       }},
      {"batches",
       {chunks_of(400), in_turn({100, 10, 0, 60})},
       [](player& log) {
         log.append_batch(4);
         log.durable();
         log.append_batch(5);
         log.sync();
         log.consume(6);
         log.append_batch(2);
         log.close();
       }},
      {"drop oldest",
       {capped(200, 2, chunklog::when_full::drop_oldest), always(70)},
       [](player& log) {
         log.append(4);
         log.sync();
         log.append(2);
         log.read();
         log.append(3);
         log.durable();
         log.read();
         log.append();
         log.close();
       }},
      {"a full log that waits",
       {capped(200, 3, chunklog::when_full::block), always(70)},
       [](player& log) {
         log.append(5);
         log.consume(3);
         log.append(2);
         log.durable();
         log.consume(3);
         log.append(2);
         log.close();
       }},
      {"intervals",
       {at_intervals_of(300), always(90)},
       [](player& log) {
         log.append(3);
         log.flush();
         log.append();
         log.flush();
         log.consume(2);
         log.append(4);
         log.flush();
         log.close();
       }},
      {"never synced",
       {never_synced(200), in_turn({60, 100, 20})},
       [](player& log) {
         log.append(3);
         log.flush();
         log.append(2);
         log.durable();
         log.consume(3);
         log.append(2);
         log.sync();
         log.read();
         log.append();
         log.reopen();
         log.append();
         log.close();
       }},
      {"reserved space",
       {reserving(200), always(70)},
       [](player& log) {
         log.append(3);
         log.sync();
         log.append();
         log.durable();
         log.consume(4);
         log.append(2);
         log.consume(2);
         log.append();
         log.reopen();
         log.append();
         log.close();
       }},
      {"a full log that refuses",
       {capped(200, 2, chunklog::when_full::reject), always(70)},
       [](player& log) {
         log.append_until_full();
         log.durable();
         log.append_until_full();
         log.consume(3);
         log.sync();
         log.append_until_full();
         log.flush();
         log.consume();
         log.close();
       }},
      {"written by its caller",
       {chunks_of(300), in_turn({80, 30, 120, 0}), true},
       [](player& log) {
         log.append();
         log.sync();
         log.append(4);
         log.append_batch(5);
         log.sync();
         log.acknowledge_up_to(7);
         log.append_batch(3);
         log.reopen();
         log.append(2);
         log.acknowledge_up_to(13);
         log.append(2);
         log.close();
       }},
      {"written by its caller, dropping the oldest",
       {capped(200, 2, chunklog::when_full::drop_oldest), always(70), true},
       [](player& log) {
         log.append(4);
         log.sync();
         log.append(3);
         log.append_batch(2);
         log.sync();
         log.append();
         log.close();
       }},
  };
  all.push_back({"several producers",
                 of_several_producers(),
                 [](player& log) {
                   log.append_shared(3, 2);
                   log.consume(3);
                   log.append_shared(3, 1);
                   log.close();
                 },
                 {},
                 false});
  auto real = by_io_uring(*std::find_if(
      all.begin(), all.end(), [](const workload& one) { return one.name == "group commits"; }));
  all.push_back(std::move(real));
  return all;
}

workload random_workload(std::uint64_t seed, int calls) {
  std::mt19937_64 random(seed);
  const auto below = [&random](std::uint64_t n) { return random() % n; };
  std::vector<std::size_t> bytes;
  for (int i = 0; i < 7; ++i) bytes.push_back(below(3) == 0 ? below(1800) : below(120));
  const auto chunk = 2000 + below(6000);
  return {"seed " + std::to_string(seed),
          {chunks_of(chunk), in_turn(bytes)},
          [seed, calls](player& log) {
            std::mt19937_64 choose(seed + 1);
            std::vector<std::uint64_t> held;
            for (int i = 0; i < calls; ++i) {
              const auto waiting = log.last() - log.delivered();
              switch (choose() % 14) {
                case 12:
                  log.durable();
                  break;
                case 13:
                  log.append_batch(3);
                  break;
                case 0:
                  log.sync();
                  break;
                case 1:
                  log.flush();
                  break;
                case 2:
                case 3:
                case 4:
                  if (waiting > 0) {
                    log.read();
                    held.push_back(log.delivered());
                  }
                  break;
                case 5:
                case 6:
                  if (!held.empty()) {
                    const auto one =
                        held.begin() + static_cast<std::ptrdiff_t>(
                                           choose() % std::min<std::size_t>(held.size(), 3));
                    log.acknowledge(*one);
                    held.erase(one);
                  }
                  break;
                case 7:
                  if (choose() % 8 == 0) {
                    log.reopen();
                    held.clear();
                  }
                  break;
                default:
                  log.append(1 + static_cast<int>(choose() % 3));
              }
            }
            log.close();
          }};
}

namespace {

// The ID of the last of the whole records that a write holds.
std::uint64_t last_record(const std::string& data) {
  std::uint64_t id = 0;
  auto rest = view_of(data);
  while (rest.size() >= chunklog::record_layout::header_bytes) {
    const auto header = chunklog::decode(rest);
    id = header.id;
    rest = rest.subspan(std::min<std::size_t>(rest.size(), header.record_bytes()));
  }
  return id;
}

// Which records a log drops, and when, is its own decision: from the ledger's word on it, just
// before the chunk is removed, they may be gone.
void announce_drops(trace& steps) {
  std::map<std::string, std::uint64_t> last_of;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto& step = steps[i];
    if (step.what == event::kind::write) last_of[step.name] = last_record(step.data);
    if (step.what != event::kind::remove) continue;
    auto decided = i;
    while (decided > 0) {
      const auto& before = steps[decided - 1];
      const bool part =
          before.mark() || before.what == event::kind::remove || before.name == "ledger.state";
      if (!part) break;
      --decided;
    }
    steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(decided),
                 {event::kind::dropping, -1, last_of[step.name], {}, {}, {}, 0});
    ++i;
  }
}

}  // namespace

trace record(const workload& what, recording_files::sites sites) {
  const scratch directory;
  recording_files files(sites, what.files ? *what.files : chunklog::system_files());
  files.begin({}, 0);
  {
    player log(what.shape, files, directory.path());
    what.play(log);
  }
  auto steps = files.take();
  if (what.shape.how.full == chunklog::when_full::drop_oldest) announce_drops(steps);
  return steps;
}

}  // namespace annulus::crash
