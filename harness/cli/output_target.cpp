#include "cli/output_target.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <array>
#include <charconv>

#include "cli/command.hpp"

namespace annulus::cli {
namespace fs = std::filesystem;
namespace {

using pipeline::escaped;

// The number, if `name` is that of an entry of /proc/self/fd.
std::optional<int> descriptor_of(const fs::path& directory, const fs::path& name) {
  if (directory != fmt::format("/proc/{}/fd", getpid())) return std::nullopt;
  const auto& text = name.native();
  int number = -1;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Whether a put or a chunk log made this directory.
bool holds_shards(const fs::path& directory) {
  constexpr std::array files{pipeline::meta_file, pipeline::shard_file, "frames.bound",
                             "ledger.state"};
  return std::any_of(files.begin(), files.end(), [&](const char* file) {
    std::error_code absent;
    return fs::exists(fs::symlink_status(directory / file, absent));
  });
}

// Throws if it lies below `disk` in what that keeps there.
void refuse_inside(const fs::path& given, const output_target& target, const fs::path& disk) {
  std::error_code absent;
  const auto root = fs::canonical(disk, absent);
  if (absent) return;
  const auto below = target.directory.lexically_relative(root);
  if (below.empty() || *below.begin() == ".." || below == ".") return;
  const auto kept = root / *below.begin();
  if (*below.begin() != pipeline::staging_directory && !holds_shards(kept)) return;
  throw usage_error(fmt::format("output {} lies in {}, where disk {} keeps what it stores",
                                escaped(given), escaped(kept), escaped(disk)));
}

// Throws if it is a file of the object that is to be read: a hard link to it.
void refuse_same_file(const fs::path& given, const output_target& target, const fs::path& object) {
  struct stat out {};
  if (::lstat(target.path().c_str(), &out) != 0 || !S_ISREG(out.st_mode)) return;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(object, absent)) {
    struct stat stored {};
    if (::lstat(entry.path().c_str(), &stored) != 0) continue;
    if (stored.st_dev != out.st_dev || stored.st_ino != out.st_ino) continue;
    throw usage_error(
        fmt::format("output {} is {} by another name", escaped(given), escaped(entry.path())));
  }
}

}  // namespace

void refuse_output(const fs::path& given, std::string_view why) {
  throw failure(fmt::format("output {} cannot be written: {}", escaped(given), why));
}

output_target resolve_output(const fs::path& given) {
  if (given == "-") return {STDOUT_FILENO, {}, {}};
  if (given.empty()) refuse_output(given, "its name is empty");
  constexpr int most_links = 40;  // as many as the kernel follows
  fs::path at = given;
  for (int links = 0; links <= most_links; ++links) {
    std::error_code problem;
    const auto parent = at.parent_path();
    output_target found{{}, fs::canonical(parent.empty() ? "." : parent, problem), at.filename()};
    if (problem) refuse_output(given, problem.message());
    if (found.name.empty()) refuse_output(given, "it is a directory");
    found.descriptor = descriptor_of(found.directory, found.name);
    if (found.descriptor) return found;
    const auto target = fs::read_symlink(found.path(), problem);
    if (problem) return found;  // no link
    // What another process has open: a link that only opening follows.
    if (target.is_relative() && found.directory.native().starts_with("/proc/")) return found;
    at = target.is_absolute() ? target : found.directory / target;
  }
  refuse_output(given, "too many symbolic links");
}

void refuse_stored(const fs::path& given, const std::vector<fs::path>& disks,
                   const std::string& name) {
  const auto target = resolve_output(given);
  if (target.descriptor) return;
  for (const auto& disk : disks) {
    refuse_inside(given, target, disk);
    refuse_same_file(given, target, disk / name);
  }
}

}  // namespace annulus::cli
