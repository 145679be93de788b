#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/pipeline/bitrot.hpp>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/heal.hpp>
#include <annulus/pipeline/shards.hpp>
#include <annulus/pipeline/sink.hpp>
#include <deque>
#include <memory>
#include <optional>

#include "ask.hpp"
#include "binding.hpp"
#include "block_decoder.hpp"
#include "files.hpp"
#include "format.hpp"
#include "recovery.hpp"
#include "scan.hpp"
#include "staging.hpp"

namespace annulus::pipeline {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot_heal(const std::string& name, const std::string& why) {
  throw error(error_kind::failed,
              formatted("object '{}' cannot be healed: {}", escaped(name), why));
}

// Makes the directory of a disk, but not the one that it should be in, or be mounted in.
disk restore_disk(const fs::path& path, bool durable) {
  auto found = open_disk(path);
  if (!found.gone) return found;
  const auto parent = (fs::absolute(path) / "").lexically_normal().parent_path().parent_path();
  std::error_code unknown;
  if (fs::exists(parent, unknown)) return make_disk(path, durable);
  found.fault =
      formatted("disk {} is missing, and so is {} above it", escaped(path), escaped(parent));
  return found;
}

// Which lost shard goes to which disk at fault, in shard order.
std::vector<healed_shard> shards_to_rebuild(const found_object& object, const scan_result& seen) {
  const auto& disks = object.disks;
  std::vector<bool> lost;
  for (const auto& holder : seen.holders) lost.push_back(!holder);
  std::vector<bool> at_fault;
  for (const auto& disk : disks) at_fault.push_back(!disk.fault.empty());
  std::vector<healed_shard> shards;
  const auto give = [&](auto fits) {
    for (std::size_t d = 0; d < disks.size(); ++d) {
      for (unsigned s = 0; s < lost.size() && at_fault[d]; ++s) {
        if (!lost[s] || !fits(d, s)) continue;
        shards.push_back({.disk = disks[d].path,
                          .shard = s,
                          .fault = disks[d].fault,
                          .disk_is_gone = disks[d].gone});
        if (disks[d].named == made_by::unknown)
          shards.back().failure =
              formatted("{} stays as it is: {}", escaped(disks[d].path / object.meta.name),
                        disks[d].why_unknown);
        if (disks[d].silent) shards.back().failure = disks[d].fault;
        lost[s] = at_fault[d] = false;
      }
    }
  };
  const auto in_place = [](std::size_t d, unsigned s) { return d == s; };
  const auto occupied = [&](std::size_t d) { return disks[d].named != made_by::nobody; };
  // What a disk says itself, then the place that put would have given it; disks that have something
  // under the name before those that may never have had it.
  give([&](std::size_t d, unsigned s) { return disks[d].shard == s; });
  give([&](std::size_t d, unsigned s) { return in_place(d, s) && occupied(d); });
  give([&](std::size_t d, unsigned) { return occupied(d); });
  give(in_place);
  give([](std::size_t, unsigned) { return true; });
  std::sort(shards.begin(), shards.end(),
            [](const auto& left, const auto& right) { return left.shard < right.shard; });
  return shards;
}

// The whole shards that nothing binds to their place.
void add_unbound(const found_object& object, const scan_result& seen,
                 std::vector<healed_shard>& shards) {
  for (const auto& holder : seen.holders) {
    if (!holder || object.copies[*holder].meta.bound) continue;
    const auto& copy = object.copies[*holder];
    shards.push_back({.disk = object.disks[copy.disk].path,
                      .shard = copy.meta.shard,
                      .fault = "unbound: nothing binds its frames to their place",
                      .bind_only = true});
  }
}

// One shard on its way to its disk. The first failure is the shard's, and ends it.
class repair {
 public:
  // Of an unbound shard that is whole, `whole` is where it lies: only its binding is made.
  repair(healed_shard& target, object_meta meta, bool durable, const shard_copy* whole)
      : target_(target), meta_(std::move(meta)), durable_(durable), whole_(whole) {
    meta_.shard = target.shard;
    meta_.bound = true;
    if (!target.failure.empty()) return;
    disk_ = std::make_shared<const disk>(restore_disk(target.disk, durable));
    if (!disk_->fd) {
      give_up(disk_->fault);
      return;
    }
    try {
      staged_.emplace(disk_, random_id(), durable);
      if (whole_ == nullptr) {
        sink_.emplace(make_sink(meta_, staged_->directory(), staged_->path(), durable));
      } else {
        binding_.emplace(staged_->directory(), shard_identity{meta_.id, meta_.shard}, meta_.name,
                         meta_.geometry.frame_size(meta_.geometry.block));
      }
    } catch (const error& problem) {
      give_up(problem.what());
    }
  }
  repair(const repair&) = delete;
  repair& operator=(const repair&) = delete;

  [[nodiscard]] const disk* where() const { return staged_ ? disk_.get() : nullptr; }

  void write(bytes_view shard) {
    step([&] {
      const auto hash = bitrot_hash(shard);
      const bytes_view frame[] = {hash, shard};
      if (binding_) return binding_->add(frame);
      return std::visit([&](auto& sink) { return sink.write(frame); }, *sink_);
    });
  }

  void finish() {
    step([&] {
      if (binding_) return binding_->finish(durable_);
      return std::visit([&](auto& sink) { return sink.finish(durable_); }, *sink_);
    });
    step([&] { return staged_->write_meta(meta_, durable_); });
  }

  // Precondition: a publication_lock, and the object's put still has the name. So each shard counts
  // by itself.
  void publish() {
    if (!staged_) return;
    if (whole_ != nullptr) return step([&] { return bind(); });
    if (auto why = staged_->publish(meta_.name, durable_); !why.empty()) give_up(std::move(why));
  }

  void give_up(std::string why) {
    target_.failure = std::move(why);
    sink_.reset();
    binding_.reset();
    staged_.reset();
  }

 private:
  // Beside the shard, first the binding: without the new meta.json it means nothing.
  std::error_code bind() {
    const auto object = whole_->place->fd.get();
    for (const auto* const file : {binding_file, meta_file}) {
      if (renameat(staged_->directory(), file, object, file) != 0)
        return {errno, std::generic_category()};
      if (!durable_) continue;
      if (const auto failed = sync_directory(object)) return failed;
    }
    return {};
  }

  template <class Call>
  void step(Call call) {
    if (!staged_) return;
    if (const std::error_code problem = call()) give_up(problem.message());
  }

  healed_shard& target_;
  object_meta meta_;
  bool durable_;
  const shard_copy* whole_;
  std::shared_ptr<const disk> disk_;
  std::optional<staged_object> staged_;
  std::optional<shard_sink> sink_;
  std::optional<binding_writer> binding_;
};

const shard_copy* copy_to_bind(const found_object& object, const scan_result& seen,
                               const healed_shard& shard) {
  return shard.bind_only ? &object.copies[*seen.holders[shard.shard]] : nullptr;
}

// Another put may have the name by now, on other disks than those that are healed.
bool replaced_meanwhile(const heal_options& how, const object_meta& meta) {
  const auto now = find_shards(how.name, how.disks, how.stop);
  return now.meta.id != meta.id;
}

void rebuild(found_object& object, const heal_options& how, const scan_result& seen,
             std::vector<healed_shard>& shards) {
  const auto& meta = object.meta;
  std::deque<repair> repairs;
  std::vector<unsigned> wanted;
  for (auto& shard : shards) {
    repairs.emplace_back(shard, meta, how.sync, copy_to_bind(object, seen, shard));
    wanted.push_back(shard.shard);
  }
  block_decoder decoder(object, std::move(wanted));
  const auto blocks = meta.geometry.blocks(meta.size);
  for (std::uint64_t block = 0; block < blocks; ++block) {
    if (how.stop.stop_requested()) {
      throw error(error_kind::cancelled,
                  formatted("heal of '{}' was interrupted; no shard of it was changed",
                            escaped(meta.name)));
    }
    const auto rebuilt = decoder.read(block);
    for (std::size_t i = 0; i < repairs.size(); ++i) repairs[i].write(rebuilt[i]);
    if (how.rebuilding)
      how.rebuilding(std::min((block + 1) * meta.geometry.block, meta.size), meta.size);
  }
  for (auto& shard : repairs) shard.finish();
  // A log that is read is not removed when it has been replaced.
  for (auto& copy : object.copies) copy.source.reset();
  std::vector<const disk*> disks;
  for (const auto& shard : repairs) {
    if (shard.where() != nullptr) disks.push_back(shard.where());
  }
  const publication_lock lock(disks, how.stop);
  const bool replaced = replaced_meanwhile(how, meta);
  for (auto& shard : repairs) {
    if (replaced) {
      shard.give_up("a newer put has replaced the object meanwhile");
    } else {
      shard.publish();
    }
  }
}

}  // namespace

heal_report heal(const heal_options& how) {
  check_object_name(how.name);
  check_disk_list(how.disks);
  if (!how.dry_run) recover(how.disks, how.stop);
  auto object = find_shards(how.name, how.disks, how.stop);
  const auto& shape = object.meta.geometry;
  if (how.disks.size() < shape.shards()) {
    throw error(error_kind::bad_argument,
                formatted("object '{}' has {} shards, but {} disks are named: heal needs all of "
                          "its disks, also those that are gone",
                          escaped(how.name), shape.shards(), how.disks.size()));
  }
  const auto seen = scan(object, [&](std::uint64_t done, std::uint64_t total) {
    if (how.stop.stop_requested()) {
      throw error(
          error_kind::cancelled,
          formatted("heal of '{}' was interrupted; nothing was changed", escaped(how.name)));
    }
    if (how.checking) how.checking(done, total);
  });
  if (seen.state.disagree)
    cannot_heal(how.name, "its shards disagree, and nothing tells which are right");
  if (!seen.state.recoverable) {
    cannot_heal(how.name, formatted("every block needs {} good shards; at fault: {}", shape.data,
                                    object.faults()));
  }
  heal_report report{.meta = object.meta, .shards = shards_to_rebuild(object, seen)};
  add_unbound(object, seen, report.shards);
  if (!how.dry_run && !report.shards.empty()) rebuild(object, how, seen, report.shards);
  return report;
}

}  // namespace annulus::pipeline
