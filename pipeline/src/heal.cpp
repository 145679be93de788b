
#include <algorithm>
#include <annulus/pipeline/bitrot.hpp>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/heal.hpp>
#include <annulus/pipeline/shards.hpp>
#include <annulus/pipeline/sink.hpp>
#include <deque>
#include <optional>

#include "block_decoder.hpp"
#include "format.hpp"
#include "scan.hpp"

namespace annulus::pipeline {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot_heal(const std::string& name, const std::string& why) {
  throw error(error_kind::failed, formatted("object '{}' cannot be healed: {}", name, why));
}

// Whether a directory holds a shard of a newer put of the object than `meta` is of.
bool holds_newer(const fs::path& directory, const object_meta& meta) {
  const auto there = meta_in(directory);
  return there && there->name == meta.name && there->id != meta.id && there->created > meta.created;
}

bool is_there(const fs::path& path) {
  std::error_code unknown;
  return fs::exists(path, unknown);
}

// Makes the directory of a disk, but not the one that it should be in, or be mounted in.
void restore_disk(const fs::path& disk) {
  const auto parent = (fs::absolute(disk) / "").lexically_normal().parent_path().parent_path();
  if (!is_there(parent)) {
    throw error(error_kind::failed, formatted("disk {} is missing, and so is {} above it",
                                              disk.string(), parent.string()));
  }
  prepare_disk(disk);
}

// Which lost shard goes to which disk at fault, in shard order.
std::vector<healed_shard> shards_to_rebuild(const found_object& object) {
  const auto& disks = object.disks;
  std::vector<bool> lost(object.meta.geometry.shards(), true);
  std::vector<bool> at_fault(disks.size());
  for (std::size_t d = 0; d < disks.size(); ++d) {
    at_fault[d] = !disks[d].fault.empty();
    if (!at_fault[d]) lost[disks[d].meta->shard] = false;
  }
  std::vector<healed_shard> shards;
  const auto give = [&](auto fits) {
    for (std::size_t d = 0; d < disks.size(); ++d) {
      for (unsigned s = 0; s < lost.size() && at_fault[d]; ++s) {
        if (!lost[s] || !fits(d, s)) continue;
        shards.push_back({disks[d].disk, s, disks[d].fault, !is_there(disks[d].disk)});
        lost[s] = at_fault[d] = false;
      }
    }
  };
  const auto in_place = [](std::size_t d, unsigned s) { return d == s; };
  const auto occupied = [&](std::size_t d) { return is_there(disks[d].disk / object.meta.name); };
  // What a disk says itself, then the place that put would have given it; disks that have something
  // under the name before those that may never have had it.
  give([&](std::size_t d, unsigned s) { return disks[d].meta && disks[d].meta->shard == s; });
  give([&](std::size_t d, unsigned s) { return in_place(d, s) && occupied(d); });
  give([&](std::size_t d, unsigned) { return occupied(d); });
  give(in_place);
  give([](std::size_t, unsigned) { return true; });
  std::sort(shards.begin(), shards.end(),
            [](const auto& left, const auto& right) { return left.shard < right.shard; });
  return shards;
}

// An older object that is complete is what get gives. But a newer one, of which too few shards are
// here, may have more of them elsewhere.
void spare_newer(const object_meta& meta, const std::vector<healed_shard>& shards) {
  for (const auto& shard : shards) {
    const auto target = shard.disk / meta.name;
    if (!holds_newer(target, meta)) continue;
    cannot_heal(meta.name, formatted("{} is a shard of a newer put, of which too few are left; "
                                     "move it away to keep the older object",
                                     target.string()));
  }
}

// One shard on its way to its disk. The first failure is the shard's, and ends it.
class repair {
 public:
  repair(healed_shard& target, sink_kind kind, bool durable) : target_(target), durable_(durable) {
    try {
      restore_disk(target.disk);
      staged_.emplace(target.disk, random_id());
      sink_.emplace(make_sink(kind, staged_->path(), durable));
    } catch (const error& problem) {
      give_up(problem.what());
    }
  }

  void write(bytes_view shard) {
    step([&] {
      const auto hash = bitrot_hash(shard);
      const bytes_view frame[] = {hash, shard};
      return std::visit([&](auto& sink) { return sink.write(frame); }, *sink_);
    });
  }

  // The object's put has its name already, so each shard counts by itself.
  void publish(object_meta meta) {
    meta.shard = target_.shard;
    step([&] { return std::visit([&](auto& sink) { return sink.finish(durable_); }, *sink_); });
    step([&] { return staged_->write_meta(meta, durable_); });
    step([&] { return staged_->publish(meta.name, durable_); });
    if (staged_ && holds_newer(staged_->path(), meta)) {
      staged_->withdraw();
      give_up("a newer put has replaced the object meanwhile");
    }
  }

 private:
  template <class Call>
  void step(Call call) {
    if (!staged_) return;
    if (const std::error_code problem = call()) give_up(problem.message());
  }
  void give_up(std::string why) {
    target_.failure = std::move(why);
    sink_.reset();
    staged_.reset();
  }

  healed_shard& target_;
  bool durable_;
  std::optional<staged_object> staged_;
  std::optional<shard_sink> sink_;
};

void rebuild(found_object& object, const heal_options& how, std::vector<healed_shard>& shards) {
  const auto& meta = object.meta;
  std::deque<repair> repairs;
  std::vector<unsigned> wanted;
  for (auto& shard : shards) {
    repairs.emplace_back(shard, meta.sink, how.sync);
    wanted.push_back(shard.shard);
  }
  block_decoder decoder(object, std::move(wanted));
  const auto blocks = meta.geometry.blocks(meta.size);
  for (std::uint64_t block = 0; block < blocks; ++block) {
    if (how.stop.stop_requested()) {
      throw error(error_kind::cancelled,
                  formatted("heal of '{}' was interrupted; no shard of it was changed", meta.name));
    }
    const auto rebuilt = decoder.read(block);
    for (std::size_t i = 0; i < repairs.size(); ++i) repairs[i].write(rebuilt[i]);
    if (how.rebuilding)
      how.rebuilding(std::min((block + 1) * meta.geometry.block, meta.size), meta.size);
  }
  // An open chunk log keeps its directory from being replaced.
  for (auto& shard : object.disks) shard.source.reset();
  for (auto& shard : repairs) shard.publish(meta);
}

}  // namespace

heal_report heal(const heal_options& how) {
  check_object_name(how.name);
  check_disk_list(how.disks);
  if (!how.dry_run) recover(how.disks);
  auto object = find_shards(how.name, how.disks);
  const auto& shape = object.meta.geometry;
  if (how.disks.size() < shape.shards()) {
    throw error(error_kind::bad_argument,
                formatted("object '{}' has {} shards, but {} disks are named: heal needs all of "
                          "its disks, also those that are gone",
                          how.name, shape.shards(), how.disks.size()));
  }
  const auto state = scan(object, [&](std::uint64_t done, std::uint64_t total) {
    if (how.stop.stop_requested()) {
      throw error(error_kind::cancelled,
                  formatted("heal of '{}' was interrupted; nothing was changed", how.name));
    }
    if (how.checking) how.checking(done, total);
  });
  if (!state.recoverable) {
    cannot_heal(how.name, formatted("every block needs {} good shards; at fault: {}", shape.data,
                                    object.faults()));
  }
  heal_report report{.meta = object.meta, .shards = shards_to_rebuild(object)};
  spare_newer(report.meta, report.shards);
  if (!how.dry_run && !report.shards.empty()) rebuild(object, how, report.shards);
  return report;
}

}  // namespace annulus::pipeline
