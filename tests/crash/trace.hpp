// What a log did to its files, and what it promised meanwhile, in the order of happening.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace annulus::crash {

/// One step. Which fields count is said with each kind.
struct event {
  enum class kind {
    create,          ///< `name` begins to be the new file `file`
    write,           ///< `data` to `file` at `number`
    truncate,        ///< `file` to `number` bytes
    rename,          ///< `name` to `to`
    remove,          ///< `name`
    sync_file,       ///< `file`
    sync_directory,  ///< the names
    // Marks: records up to ID `number` ...
    appending,      ///< may be in the log from now on
    appended,       ///< are durable
    acknowledging,  ///< may count as acknowledged from now on
    acknowledged,   ///< are durably acknowledged
    dropping,       ///< may be dropped for lack of room from now on
    reopened,       ///< were found when it was opened again: those, and no others of that life
    written,        ///< stay if only the process is killed
  };

  kind what{};
  int file = -1;
  std::uint64_t number = 0;
  std::string name{};
  std::string to{};
  std::string data{};
  int site = 0;  ///< where in the log's source, see sites.hpp; 0: not asked for

  [[nodiscard]] bool mark() const noexcept { return what >= kind::appending; }
  [[nodiscard]] bool sync() const noexcept {
    return what == kind::sync_file || what == kind::sync_directory;
  }
};

/// For messages, and for the matrix.
inline const char* name_of(event::kind what) {
  constexpr const char* names[] = {"create",   "write",         "truncate",       "rename",
                                   "remove",   "sync file",     "sync directory", "appending",
                                   "appended", "acknowledging", "acknowledged",   "dropping",
                                   "reopened", "written"};
  return names[static_cast<int>(what)];
}

using trace = std::vector<event>;

}  // namespace annulus::crash
