#include <sys/resource.h>

#include <annulus/all.hpp>
#include <annulus/chunklog/record.hpp>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/erasure.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/put.hpp>
#include <memory>

#include "ask.hpp"
#include "block_encoder.hpp"
#include "candidates.hpp"
#include "format.hpp"
#include "recovery.hpp"
#include "staging.hpp"
#include "team.hpp"

namespace annulus::pipeline {
namespace {

namespace fs = std::filesystem;

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
  // `dead`: the shards that go nowhere, if any.
  transmission(input& from, const put_options& how, std::vector<shard_sink>& sinks,
               const std::vector<bool>& dead, put_report& report)
      : from_(from), how_(how), report_(report) {
    for (std::size_t i = 0; i < sinks.size(); ++i)
      lanes_.emplace_back(how, sinks[i], i < dead.size() && dead[i]);
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
    drain_plan plan{how_.hand, how_.read_size, how_.geometry.frame_size(how_.geometry.block),
                    how_.sync};
    for (std::size_t shard = 0; auto& lane : lanes_) {
      if (how_.before_sink) {
        plan.before_sink = [this, shard](std::size_t bytes) { how_.before_sink(shard, bytes); };
      }
      ++shard;
      lane.stalls().reserve(expected_blocks());
      lane.start(plan, how_.on_consumer);
    }
    const auto before = usage::now();
    const auto start = clock::now();
    auto error = feed(encoder);
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
    if (how_.ask_memory) report_.memory = memory();
    return result;
  }

  [[nodiscard]] std::optional<memory_report> memory() const {
    try {
      memory_report sum;
      for (const auto& lane : lanes_) sum += lane.memory();
      return sum;
    } catch (const std::system_error&) {
      return std::nullopt;
    }
  }

  input& from_;
  const put_options& how_;
  put_report& report_;
  std::deque<lane<Ring>> lanes_;
};

// Moves all bytes from the input to the sinks.
outcome transmit(input& from, const put_options& how, std::vector<shard_sink>& sinks,
                 const std::vector<bool>& dead, put_report& report) {
  outcome result;
  try {
    all_rings::with(how.ring, [&](auto type) {
      result = transmission<typename decltype(type)::type>(from, how, sinks, dead, report).run();
    });
  } catch (const std::system_error& problem) {
    throw error(error_kind::failed,
                formatted("{} rings '{}' of {} bytes cannot be made: {}", sinks.size(), how.ring,
                          how.ring_size, problem.what()));
  }
  return result;
}

// A disk that takes a shard, and why it has failed, if so.
struct target {
  std::shared_ptr<const disk> where{};
  std::unique_ptr<staged_object> staged{};
  shard_sink sink{};
  std::string failure{};
};

using targets = std::vector<target>;

[[noreturn]] void fail_put(const std::string& sentence) {
  throw error(error_kind::failed, sentence);
}

// Fills the report's failures. Throws if the shards that are left are fewer than the write quorum.
void require_quorum(const put_options& how, const targets& disks, put_report& report) {
  report.failures.clear();
  std::string reasons;
  for (const auto& one : disks) {
    if (one.failure.empty()) continue;
    report.failures.push_back({one.where->path, one.failure});
    reasons +=
        formatted("{}{} ({})", reasons.empty() ? "" : ", ", escaped(one.where->path), one.failure);
  }
  const auto good = disks.size() - report.failures.size();
  if (good >= how.geometry.write_quorum()) return;
  fail_put(
      formatted("object '{}' was not stored: {} of {} disks took their shard, {} are needed; "
                "failed: {}",
                escaped(how.name), good, disks.size(), how.geometry.write_quorum(), reasons));
}

std::string in_words(const std::error_code& error) {
  return error ? error.message() : std::string();
}

std::string no_answer() {
  return formatted("it does not answer within {} s", patience.count());
}

// Disks that cannot be used have failed already. Throws if on one of them something has the name
// that is not ours.
targets open_targets(const put_options& how) {
  struct opened {
    std::shared_ptr<const disk> where;
    made_by named = made_by::nobody;
    std::string why{};
  };
  auto answers = ask_each(how.disks, [name = how.name, sync = how.sync](const fs::path& path) {
    opened result{std::make_shared<const disk>(make_disk(path, sync))};
    if (!result.where->fd) return result;
    auto there = look_at(result.where->fd.get(), name, name);
    result.named = there.maker;
    result.why = std::move(there.why);
    return result;
  });
  targets disks(answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    auto& one = disks[i];
    if (!answers[i]) {
      one.where = std::make_shared<const disk>(disk{.path = how.disks[i]});
      one.failure = no_answer();
      continue;
    }
    if (answers[i]->named == made_by::unknown) {
      fail_put(formatted("object '{}' cannot be stored: {} is not replaced: {}", escaped(how.name),
                         escaped(how.disks[i] / how.name), answers[i]->why));
    }
    one.where = std::move(answers[i]->where);
    one.failure = one.where->fault;
  }
  return disks;
}

// Makes what is filled and then given the name, on each disk that answers.
void stage(targets& disks, const object_meta& meta, bool sync) {
  struct question {
    std::size_t target;
    std::shared_ptr<const disk> where;
    object_meta meta;
  };
  struct staged {
    std::unique_ptr<staged_object> object{};
    shard_sink sink{};
    std::string failure{};
  };
  std::vector<question> questions;
  for (std::size_t i = 0; i < disks.size(); ++i) {
    if (!disks[i].failure.empty()) continue;
    questions.push_back({i, disks[i].where, meta});
    questions.back().meta.shard = static_cast<unsigned>(i);
  }
  auto answers = ask_each(questions, [sync](const question& asked) {
    staged made;
    try {
      made.object = std::make_unique<staged_object>(asked.where, asked.meta.id, sync);
      made.sink = make_sink(asked.meta, made.object->directory(), made.object->path(), sync);
    } catch (const error& problem) {
      made.failure = problem.what();
    }
    return made;
  });
  for (std::size_t i = 0; i < answers.size(); ++i) {
    auto& one = disks[questions[i].target];
    one.failure = answers[i] ? answers[i]->failure : no_answer();
    if (!one.failure.empty()) continue;
    one.staged = std::move(answers[i]->object);
    one.sink = std::move(answers[i]->sink);
  }
}

std::vector<const disk*> good_disks(const targets& disks) {
  std::vector<const disk*> good;
  for (const auto& one : disks) {
    if (one.failure.empty()) good.push_back(one.where.get());
  }
  return good;
}

// What the disks that were dropped have of a name, as far as they still answer: an object there may
// be newer than all on the others.
std::vector<disk_candidates> on_dropped_disks(const targets& disks, const std::string& name) {
  std::vector<std::shared_ptr<const disk>> dropped;
  for (const auto& one : disks) {
    if (!one.failure.empty() && one.where->fd) dropped.push_back(one.where);
  }
  auto answers =
      ask_each(dropped, [name](const auto& where) { return candidates_on(*where, name); });
  std::vector<disk_candidates> found;
  for (auto& answer : answers) {
    if (answer) found.push_back(*std::move(answer));
  }
  return found;
}

// Gives the good shards their meta.json and their name, on a quorum of disks or on none.
void publish(const put_options& how, targets& disks, object_meta meta, put_report& report) {
  const auto on_good = [&](auto step) {
    for (std::size_t i = 0; i < disks.size(); ++i) {
      if (!disks[i].failure.empty()) continue;
      meta.shard = static_cast<unsigned>(i);
      disks[i].failure = step(disks[i]);
    }
    require_quorum(how, disks, report);
  };
  const auto good = good_disks(disks);
  const publication_lock lock(good, how.stop);
  auto seen = on_dropped_disks(disks, how.name);
  for (const auto* const where : good) seen.push_back(candidates_on(*where, how.name));
  meta.generation = last_generation(seen, how.name) + 1;
  meta.stored = static_cast<unsigned>(good.size());
  try {
    on_good([&](target& one) { return in_words(one.staged->write_meta(meta, how.sync)); });
    on_good([&](target& one) { return one.staged->publish(how.name, how.sync); });
  } catch (const error&) {
    for (auto& one : disks) {
      if (one.staged) one.staged->withdraw();
    }
    throw;
  }
}

[[noreturn]] void interrupted(const put_options& how, std::uint64_t bytes) {
  throw error(error_kind::cancelled,
              formatted("put of '{}' was interrupted after {} bytes; nothing was stored",
                        escaped(how.name), bytes));
}

// Why nothing of the input was, or will be, stored.
void throw_for(const std::error_code& problem, const input& from, const put_options& how,
               std::uint64_t bytes) {
  if (!problem) return;
  if (problem == errc::cancelled) interrupted(how, bytes);
  fail_put(formatted("input {} cannot be read further than {} bytes: {}", from.name(), bytes,
                     problem.message()));
}

put_report put_nowhere(input& from, const put_options& how) {
  put_report report{.id = random_id()};
  std::vector<shard_sink> sinks(how.geometry.shards());
  const auto result = transmit(from, how, sinks, {}, report);
  throw_for(result.error, from, how, report.bytes);
  for (const auto& sink : sinks) report.folds.push_back(std::get<null_sink>(sink).fold());
  return report;
}

put_report put_on_disks(input& from, const put_options& how) {
  if (lies_on(how.disks, how.name, from.place())) {
    throw error(error_kind::bad_argument, formatted("input {} lies where object '{}' is stored",
                                                    from.name(), escaped(how.name)));
  }
  put_report report{.id = random_id()};
  auto disks = open_targets(how);
  require_quorum(how, disks, report);
  recover(good_disks(disks), how.stop);
  object_meta meta{.name = how.name, .id = report.id, .geometry = how.geometry, .sink = how.sink};
  stage(disks, meta, how.sync);
  require_quorum(how, disks, report);
  std::vector<shard_sink> sinks;
  std::vector<bool> dead;
  for (auto& one : disks) {
    sinks.push_back(std::move(one.sink));
    dead.push_back(!one.failure.empty());
  }
  const auto result = transmit(from, how, sinks, dead, report);
  throw_for(result.error, from, how, report.bytes);
  for (std::size_t i = 0; i < disks.size(); ++i) {
    if (disks[i].failure.empty()) disks[i].failure = in_words(result.shards[i]);
  }
  require_quorum(how, disks, report);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  meta.created = static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
  meta.size = report.bytes;
  try {
    publish(how, disks, meta, report);
  } catch (const error& problem) {
    if (problem.kind() == error_kind::cancelled) interrupted(how, report.bytes);
    throw;
  }
  return report;
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
  return how.sink == sink_kind::null ? put_nowhere(from, how) : put_on_disks(from, how);
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
