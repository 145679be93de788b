// Where an operation works: a disk of a case, and what it draws from its number.
#pragma once

#include <random>
#include <span>
#include <string>
#include <utility>

#include "damage.hpp"

namespace annulus::campaign {

class site {
 public:
  site(const operation& what, const scene& stored, surroundings where)
      : stored_(stored),
        where_(std::move(where)),
        disk_(what.disk % stored.plan.disks()),
        tag_(std::to_string(what.number)),
        random_(what.number) {}

  [[nodiscard]] const scene& stored() const noexcept { return stored_; }
  [[nodiscard]] bool has_chunks() const noexcept {
    return stored_.plan.sink == pipeline::sink_kind::chunks;
  }
  [[nodiscard]] unsigned disk_number() const noexcept { return disk_; }
  [[nodiscard]] fs::path disk() const { return disk_path(where_.disks, disk_); }
  [[nodiscard]] fs::path object() const { return disk() / object_name; }
  [[nodiscard]] fs::path object_on(unsigned disk) const {
    return disk_path(where_.disks, disk) / object_name;
  }
  [[nodiscard]] fs::path staging() const { return disk() / ".annulus"; }
  /// The file that holds the frames.
  [[nodiscard]] const char* frames_name() const noexcept {
    return has_chunks() ? "0000.chunk" : "part.1";
  }
  /// A place outside of the disks that no other operation takes.
  [[nodiscard]] fs::path outside() const { return where_.outside / tag_; }
  /// A folder there that somebody else uses.
  [[nodiscard]] fs::path strangers_folder() const {
    const auto folder = outside();
    fs::create_directories(folder / "photographs");
    overwrite(folder / "thesis", "written for years");
    overwrite(folder / "photographs" / "1", "a holiday");
    return folder;
  }

  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : random_() % limit; }
  bool chance(unsigned one_in) { return below(one_in) == 0; }
  template <class List>
  auto& one_of(List& list) {
    return list[below(std::size(list))];
  }
  unsigned another_disk() {
    const auto disks = stored_.plan.disks();
    return (disk_ + 1 + static_cast<unsigned>(below(disks - 1))) % disks;
  }
  std::string noise(std::uint64_t size) {
    return content_of(content_kind::random, size, random_());
  }
  /// 32 hex digits, as a put names what it stages.
  std::string id() {
    std::string text;
    for (int i = 0; i < 32; ++i) text += "0123456789abcdef"[below(16)];
    return text;
  }
  /// A file of the object's directory on this disk; empty if there is none.
  fs::path some_file() {
    const auto all = files_of_object();
    return all.empty() ? fs::path() : object() / all[below(all.size())];
  }
  [[nodiscard]] std::vector<std::string> files_of_object() const {
    std::vector<std::string> names;
    if (!is_real_directory(object())) return names;
    for (const auto& [name, what] : list(object())) {
      if (what.is_file()) names.push_back(name);
    }
    return names;
  }

 private:
  const scene& stored_;
  surroundings where_;
  unsigned disk_;
  std::string tag_;
  std::mt19937_64 random_;
};

struct named_change {
  const char* name;
  void (*apply)(site&);
};

/// Those of each theme.
std::span<const named_change> changes_of_bytes();
std::span<const named_change> changes_of_frames();
std::span<const named_change> changes_of_shards();
std::span<const named_change> changes_of_metadata();
std::span<const named_change> changes_of_nodes();
std::span<const named_change> changes_of_strangers();

/// Puts the files into the directory, made if need be, beside or over what is there.
void lay(const files& all, const fs::path& directory);
/// Puts them where whatever had the name was.
void lay_instead(const files& all, const fs::path& directory);

}  // namespace annulus::campaign
