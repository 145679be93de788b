#include <sys/resource.h>

#include <annulus/all.hpp>
#include <annulus/chunklog/record.hpp>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/erasure.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/put.hpp>
#include <annulus/pipeline/shards.hpp>

#include "block_encoder.hpp"
#include "format.hpp"
#include "team.hpp"

namespace annulus::pipeline {
namespace {

using clock = std::chrono::steady_clock;

struct usage {
  std::chrono::nanoseconds cpu{};
  std::uint64_t voluntary = 0, involuntary = 0;

  static usage now() {
    rusage self{};
    getrusage(RUSAGE_SELF, &self);
    const auto time = [](const timeval& t) {
      return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
    };
    return {time(self.ru_utime) + time(self.ru_stime), static_cast<std::uint64_t>(self.ru_nvcsw),
            static_cast<std::uint64_t>(self.ru_nivcsw)};
  }
};

// What a run of the rings came to, beside the counts: why each shard is not whole, if so.
struct outcome {
  std::vector<std::error_code> shards;
  std::error_code error;  // of the input, or a cancel
};

template <byte_ring Ring>
class transmission {
 public:
  transmission(input& from, const put_options& how, std::vector<shard_sink>& sinks,
               put_report& report)
      : from_(from), how_(how), report_(report) {
    for (auto& sink : sinks) lanes_.emplace_back(how.ring_size, sink);
  }
  transmission(const transmission&) = delete;
  transmission& operator=(const transmission&) = delete;
  ~transmission() { stop_lanes(errc::cancelled); }

  outcome run() {
    if (how_.on_producer) how_.on_producer();
    return how_.mode == put_mode::serial ? with_team<serial_team>() : with_team<parallel_team>();
  }

 private:
  template <class Team>
  outcome with_team() {
    Team team(lanes_.size(), how_.on_producer);
    return how_.hand == hand_over::in_place ? with_encoder<in_place_encoder<Ring, Team>>(team)
                                            : with_encoder<copying_encoder<Ring, Team>>(team);
  }

  template <class Encoder, class Team>
  outcome with_encoder(Team& team) {
    Encoder encoder(how_.geometry, lanes_, team);
    const drain_plan plan{how_.hand, how_.read_size, how_.geometry.frame_size(how_.geometry.block),
                          how_.sync};
    for (auto& lane : lanes_) {
      lane.stalls().reserve(expected_blocks());
      lane.start(plan, how_.on_consumer);
    }
    const auto before = usage::now();
    const auto start = clock::now();
    auto error = feed(encoder);
    if (!error && how_.on_ring_memory) show_memory();
    if (error) {
      stop_lanes(error);
    } else {
      for (auto& lane : lanes_) lane.writer().close();
      for (auto& lane : lanes_) lane.join();
    }
    report_.elapsed = clock::now() - start;
    const auto after = usage::now();
    report_.cpu = after.cpu - before.cpu;
    report_.voluntary_switches = after.voluntary - before.voluntary;
    report_.involuntary_switches = after.involuntary - before.involuntary;
    return collect(error);
  }

  // By what the input says of its size, which need not be true.
  [[nodiscard]] std::size_t expected_blocks() const {
    constexpr std::uint64_t most = 1U << 16U;
    return std::min(most, how_.geometry.blocks(from_.size_hint().value_or(0)));
  }

  // Blocks until the input ends, a stop, or too many lanes have failed, which collect() will find.
  template <class Encoder>
  std::error_code feed(Encoder& encoder) {
    for (;;) {
      if (how_.stop.stop_requested()) return errc::cancelled;
      const auto block = encoder.next(from_, how_.stop);
      if (block.error || block.length == 0) return block.error;
      report_.bytes += block.length;
      if (how_.progress) how_.progress(report_.bytes);
      const auto alive = std::count_if(lanes_.begin(), lanes_.end(),
                                       [](const auto& lane) { return lane.alive(); });
      if (alive < static_cast<std::ptrdiff_t>(how_.geometry.write_quorum())) return {};
    }
  }

  void show_memory() {
    for (auto& lane : lanes_) {
      lane.prepare_frame([&](auto& writer) -> std::error_code {
        if (const auto error = writer.flush()) return error;
        const auto space = writer.reserve(writer.limit() / 2);
        how_.on_ring_memory(space.memory.first);
        return writer.commit(0);
      });
    }
  }

  void stop_lanes(std::error_code error) {
    for (auto& lane : lanes_) lane.writer().close(error);
    for (auto& lane : lanes_) lane.join();
  }

  outcome collect(std::error_code error) {
    outcome result{{}, error};
    for (auto& lane : lanes_) {
      result.shards.push_back(lane.failure());
      const auto stats = lane.stats();
      report_.rings.writer += stats.writer;
      report_.rings.reader += stats.reader;
      report_.frames += lane.stalls().size();
      report_.stalls.insert(report_.stalls.end(), lane.stalls().begin(), lane.stalls().end());
    }
    report_.stored_bytes = report_.rings.reader.bytes;
    return result;
  }

  input& from_;
  const put_options& how_;
  put_report& report_;
  std::deque<lane<Ring>> lanes_;
};

// Moves all bytes from the input to the sinks.
outcome transmit(input& from, const put_options& how, std::vector<shard_sink>& sinks,
                 put_report& report) {
  outcome result;
  try {
    all_rings::with(how.ring, [&](auto type) {
      result = transmission<typename decltype(type)::type>(from, how, sinks, report).run();
    });
  } catch (const std::system_error& problem) {
    throw error(error_kind::failed,
                formatted("{} rings '{}' of {} bytes cannot be made: {}", sinks.size(), how.ring,
                          how.ring_size, problem.what()));
  }
  return result;
}

std::vector<shard_sink> make_sinks(const put_options& how,
                                   const std::vector<staged_object>& staged) {
  std::vector<shard_sink> sinks;
  for (unsigned i = 0; i < how.geometry.shards(); ++i) {
    sinks.push_back(
        make_sink(how.sink, staged.empty() ? std::filesystem::path() : staged[i].path(), how.sync));
  }
  return sinks;
}

// Moves failed shards into the report. Throws if those left are fewer than the write quorum.
void drop_failed(const put_options& how, const std::vector<std::error_code>& shards,
                 put_report& report) {
  std::string reasons;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    if (!shards[i]) continue;
    const auto disk = how.disks.empty() ? std::filesystem::path("null") : how.disks[i];
    report.failures.push_back({disk, shards[i].message()});
    reasons +=
        formatted("{}{} ({})", reasons.empty() ? "" : ", ", disk.string(), shards[i].message());
  }
  const auto good = shards.size() - report.failures.size();
  if (good < how.geometry.write_quorum()) {
    throw error(error_kind::failed,
                formatted("object '{}' was not stored: {} of {} disks took their shard, {} are "
                          "needed; failed: {}",
                          how.name, good, shards.size(), how.geometry.write_quorum(), reasons));
  }
}

// Gives the good shards their meta.json and their name, on a quorum of disks or on none.
void publish(const put_options& how, std::vector<staged_object>& staged,
             std::vector<std::error_code> shards, object_meta meta, put_report& report) {
  const auto on_good = [&](auto step) {
    for (std::size_t i = 0; i < staged.size(); ++i) {
      if (!shards[i]) shards[i] = step(i);
    }
    report.failures.clear();
    drop_failed(how, shards, report);
  };
  meta.stored = static_cast<unsigned>(std::count(shards.begin(), shards.end(), std::error_code()));
  try {
    on_good([&](std::size_t i) {
      meta.shard = static_cast<unsigned>(i);
      return staged[i].write_meta(meta, how.sync);
    });
    on_good([&](std::size_t i) { return staged[i].publish(how.name, how.sync); });
  } catch (const error&) {
    for (auto& object : staged) object.withdraw();
    throw;
  }
}

}  // namespace

void check(const put_options& how) {
  const auto refuse = [](const std::string& sentence) {
    throw error(error_kind::bad_argument, sentence);
  };
  how.geometry.validate();
  const auto shards = how.geometry.shards();
  const auto frame = how.geometry.frame_size(how.geometry.block);
  if (!all_rings::with(how.ring, [](auto) {})) {
    std::string known;
    for (const auto& info : all_rings::infos)
      known += formatted("{}{}", known.empty() ? "" : ", ", info.name);
    refuse(formatted("there is no ring '{}'; the rings are {}", how.ring, known));
  }
  if (how.ring_size == 0 || how.ring_size > max_capacity) {
    refuse(formatted("the ring size must be 1 to {} bytes, not {}", max_capacity, how.ring_size));
  }
  if (how.read_size == 0) refuse("the read size must be at least 1 byte, not 0");
  if (how.hand != hand_over::copy && how.ring_size < frame) {
    refuse(
        formatted("in place, a ring must hold a frame: the ring size is {} bytes, a frame of {} "
                  "shards of {} bytes "
                  "has {}",
                  how.ring_size, shards, how.geometry.shard_size(how.geometry.block), frame));
  }
  const auto largest = chunklog::default_chunk_bytes - chunklog::record_layout::header_bytes;
  if (how.sink == sink_kind::chunks && frame > largest) {
    refuse(formatted("a frame must fit a chunk of the log, {} bytes; it has {}", largest, frame));
  }
  if (how.sink == sink_kind::null) return;
  check_object_name(how.name);
  check_disk_list(how.disks);
  if (how.disks.size() != shards) {
    refuse(formatted("{} data and {} parity shards need {} disks, but {} are named",
                     how.geometry.data, how.geometry.parity, shards, how.disks.size()));
  }
}

put_report put(input& from, const put_options& how) {
  check(how);
  const auto stored = how.sink != sink_kind::null;
  put_report report{.id = random_id()};
  std::vector<staged_object> staged;
  if (stored) {
    for (const auto& disk : how.disks) prepare_disk(disk);
    recover(how.disks);
    for (const auto& disk : how.disks) staged.emplace_back(disk, report.id);
  }
  auto sinks = make_sinks(how, staged);
  auto result = transmit(from, how, sinks, report);
  if (result.error == errc::cancelled) {
    throw error(error_kind::cancelled,
                formatted("put of '{}' was interrupted after {} bytes; nothing was stored",
                          how.name, report.bytes));
  }
  if (result.error) {
    throw error(error_kind::failed, formatted("input {} cannot be read further than {} bytes: {}",
                                              from.name(), report.bytes, result.error.message()));
  }
  drop_failed(how, result.shards, report);
  for (const auto& sink : sinks) {
    if (const auto* const null = std::get_if<null_sink>(&sink))
      report.folds.push_back(null->fold());
  }
  if (stored) {
    const auto created = std::chrono::system_clock::now().time_since_epoch();
    publish(how, staged, std::move(result.shards),
            {.name = how.name,
             .id = report.id,
             .created = static_cast<std::uint64_t>(std::chrono::nanoseconds(created).count()),
             .size = report.bytes,
             .geometry = how.geometry,
             .sink = how.sink},
            report);
  }
  return report;
}

std::vector<std::uint64_t> reference_folds(input& from, const geometry& shape) {
  shape.validate();
  const erasure_code code(shape.data, shape.parity);
  const auto whole = shape.shard_size(shape.block);
  const buffer block(whole * shape.data);
  const buffer parity(whole * shape.parity);
  std::vector<stream_fold> folds(shape.shards());
  for (;;) {
    const auto got = from.read(block.first(shape.block), {});
    if (got.error) {
      throw error(error_kind::failed,
                  formatted("input {} cannot be read: {}", from.name(), got.error.message()));
    }
    if (got.bytes == 0) break;
    const auto size = shape.shard_size(got.bytes);
    std::memset(block.data() + got.bytes, 0, size * shape.data - got.bytes);
    std::vector<std::byte*> shards;
    for (unsigned i = 0; i < shape.data; ++i) shards.push_back(block.data() + i * size);
    for (unsigned i = 0; i < shape.parity; ++i) shards.push_back(parity.data() + i * size);
    code.encode({shards.data(), shape.data},
                std::span<std::byte* const>(shards).subspan(shape.data), size);
    for (std::size_t i = 0; i < shards.size(); ++i) {
      folds[i].add(bitrot_hash({shards[i], size}));
      folds[i].add({shards[i], size});
    }
  }
  std::vector<std::uint64_t> values;
  values.reserve(folds.size());
  for (const auto& fold : folds) values.push_back(fold.value());
  return values;
}

}  // namespace annulus::pipeline
