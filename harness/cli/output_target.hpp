// What the name of an output leads to.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annulus::cli {

/// Throws failure: the output cannot be written, and why.
[[noreturn]] void refuse_output(const std::filesystem::path& given, std::string_view why);

/// Where bytes go that are to be written to a name.
struct output_target {
  /// A descriptor of this process: "-", /dev/stdout, /proc/self/fd/3. Not opened anew, since that
  /// would begin at the front of a file that is being appended to.
  std::optional<int> descriptor;
  /// Else: the directory, without links, and the name in it, which is no link either.
  std::filesystem::path directory, name;

  [[nodiscard]] std::filesystem::path path() const { return directory / name; }
};

/// Follows symbolic links to their end, which need not exist. Throws failure for links that lead
/// nowhere, and if the directory of the end does not exist.
output_target resolve_output(const std::filesystem::path& given);

/// Throws usage_error if `given` would be written over what `disks` hold: if it lies in an object's
/// directory or in .annulus, or is one of the files of object `name` by another name.
void refuse_stored(const std::filesystem::path& given,
                   const std::vector<std::filesystem::path>& disks, const std::string& name);

}  // namespace annulus::cli
