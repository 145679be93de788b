#include "recovery.hpp"

#include <algorithm>
#include <annulus/pipeline/error.hpp>
#include <optional>
#include <set>

#include "ask.hpp"
#include "binding.hpp"
#include "candidates.hpp"
#include "staging.hpp"

namespace annulus::pipeline {
namespace {

namespace fs = std::filesystem;

class recovery {
 public:
  explicit recovery(const std::vector<const disk*>& disks) : disks_(disks) {
    for (const auto* const one : disks) stagings_.push_back(open_staging(*one));
  }

  // Removes what a put was killed in before it wrote its meta.json, and gives the names of the
  // rest.
  std::set<std::string> names() {
    std::set<std::string> names;
    each_leftover([&](std::size_t d, const std::string& id, const object_directory& left) {
      if (left.meta) {
        names.insert(left.meta->name);
      } else if (left.maker == made_by::a_put || (left.fd && is_blank(left.fd.get()))) {
        remove_staged(staging(d), id);
      }
    });
    return names;
  }

  // Publishes what is staged of a readable object and removes what is staged of others of that
  // name.
  void recover_object(const std::string& name) {
    std::vector<disk_candidates> seen;
    for (const auto* const one : disks_) seen.push_back(candidates_on(*one, name));
    const auto chosen = choose(seen);
    if (!chosen) return remove_incomplete(name);
    if (put_tally(seen, *chosen).shards < chosen->geometry.data) return;
    std::vector<bool> has(disks_.size());
    for (std::size_t d = 0; d < disks_.size(); ++d) has[d] = give_name(d, name, seen[d], *chosen);
    remove_others(name, seen, *chosen, has);
  }

 private:
  [[nodiscard]] int staging(std::size_t d) const { return stagings_[d].get(); }

  // Visits what is staged and locked by nobody.
  template <class Visit>
  void each_leftover(Visit visit) {
    for (std::size_t d = 0; d < disks_.size(); ++d) {
      if (!stagings_[d]) continue;
      for (const auto& id : staged_in(staging(d))) {
        const auto lock = lock_leftover(staging(d), id);
        if (lock) visit(d, id, look_at(staging(d), id, {}));
      }
    }
  }

  // Whether the chosen put's shard has its name on a disk, or is given it now.
  bool give_name(std::size_t d, const std::string& name, const disk_candidates& seen,
                 const object_meta& chosen) {
    for (const auto& found : seen.found) {
      if (!found.meta || !found.meta->same_put(chosen)) continue;
      if (found.staged.empty()) return true;
      const auto lock = lock_leftover(staging(d), found.staged);
      bool replaced = false;
      if (!lock || found.place->maker != made_by::a_put) continue;
      if (!publish_staged(*disks_[d], staging(d), found.staged, name, replaced).empty()) continue;
      if (replaced) remove_staged(staging(d), found.staged);
      return true;
    }
    return false;
  }

  // Without an object to keep, only what had all its disks among these: elsewhere it might be
  // complete.
  void remove_incomplete(const std::string& name) {
    each_leftover([&](std::size_t d, const std::string& id, const object_directory& left) {
      const bool whole_set = left.meta && disks_.size() >= left.meta->geometry.shards();
      if (left.maker == made_by::a_put && whole_set && left.meta->name == name)
        remove_staged(staging(d), id);
    });
  }

  // Beside the shard that a disk gives, another of the put is what a heal has replaced, or was
  // about to put in its place. Where there is none, one that can be used may be needed.
  void remove_others(const std::string& name, const std::vector<disk_candidates>& seen,
                     const object_meta& kept, const std::vector<bool>& has) {
    each_leftover([&](std::size_t d, const std::string& id, const object_directory& left) {
      if (left.maker != made_by::a_put || !left.meta || left.meta->name != name) return;
      const auto& found = seen[d].found;
      const bool usable = std::any_of(found.begin(), found.end(), [&](const candidate& one) {
        return one.staged == id && one.meta && one.meta->same_put(kept);
      });
      if (has[d] || !usable) remove_staged(staging(d), id);
    });
  }

  const std::vector<const disk*>& disks_;
  std::vector<unique_fd> stagings_;
};

bool anything_left(const disk* where) {
  const auto staging = open_staging(*where);
  if (!staging) return false;
  const auto ids = staged_in(staging.get());
  return std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
    return static_cast<bool>(lock_leftover(staging.get(), id));
  });
}

}  // namespace

void recover(const std::vector<const disk*>& disks, const std::stop_token& stop) {
  if (std::none_of(disks.begin(), disks.end(), anything_left)) return;
  const publication_lock lock(disks, stop);
  recovery work(disks);
  for (const auto& name : work.names()) work.recover_object(name);
}

void recover(const std::vector<fs::path>& disks, const std::stop_token& stop) {
  const auto answers = ask_each(disks, [](const fs::path& path) { return open_disk(path); });
  std::vector<const disk*> opened;
  for (const auto& answer : answers) {
    if (answer) opened.push_back(&*answer);
  }
  recover(opened, stop);
}

}  // namespace annulus::pipeline
