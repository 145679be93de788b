// Directory trees as values: nothing in them is followed, waited for, or changed by a look.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace annulus::campaign {

namespace fs = std::filesystem;

struct entry {
  enum class kind : std::uint8_t { file, directory, link, fifo, device, unreadable };

  kind what{};
  std::uint32_t mode = 0;
  std::uint64_t inode = 0;
  std::int64_t modified = 0;  ///< nanoseconds since the epoch
  std::string content{};      ///< a file's bytes, a link's target

  [[nodiscard]] bool is_file() const noexcept { return what == kind::file; }
  bool operator==(const entry&) const = default;
};

/// All below a directory, by its path in there; the directory itself is "".
using listing = std::map<std::string, entry>;

/// Empty if there is nothing.
listing list(const fs::path& root);

/// What tells two listings apart, for a reader; empty if nothing does.
std::string difference(const listing& before, const listing& after);

/// What is below a directory of a listing, without its name in front; "" is the directory.
listing below(const listing& all, const std::string& directory);

/// Makes what the listing says, but for its times; its files, directories and links only.
void materialise(const listing& all, const fs::path& root);

/// The bytes of a regular file; none of anything else.
std::optional<std::string> bytes_of(const fs::path& path);

/// Overwrites a regular file where it is, or makes it; leaves anything else alone.
void overwrite(const fs::path& path, std::string_view bytes);

/// Whether anything has the name, a dangling link too.
bool is_there(const fs::path& path);
bool is_real_directory(const fs::path& path);

/// Removes whatever has the name.
void remove_tree(const fs::path& path);

/// A directory that is gone with this.
class workplace {
 public:
  enum class medium : std::uint8_t { memory, disk };
  /// In memory, where there is such a file system; or where temporary files are. Throws
  /// std::system_error.
  explicit workplace(medium on = medium::memory);
  workplace(const workplace&) = delete;
  workplace& operator=(const workplace&) = delete;
  ~workplace();
  [[nodiscard]] const fs::path& path() const noexcept { return path_; }
  /// An empty directory of that name in it.
  [[nodiscard]] fs::path emptied(const std::string& name) const;

 private:
  fs::path path_;
};

}  // namespace annulus::campaign
