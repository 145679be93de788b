#include "tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/core/unique_fd.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <cerrno>
#include <system_error>

namespace annulus::campaign {
namespace {

[[noreturn]] void fail(const fs::path& what) {
  throw std::system_error(errno, std::generic_category(), what.string());
}

std::string read_all(int fd) {
  std::string text;
  char piece[16384];
  for (;;) {
    const auto n = ::read(fd, piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(piece, static_cast<std::size_t>(n));
  }
}

entry::kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return entry::kind::file;
  if (S_ISDIR(mode)) return entry::kind::directory;
  if (S_ISLNK(mode)) return entry::kind::link;
  return S_ISFIFO(mode) ? entry::kind::fifo : entry::kind::device;
}

void add(listing& all, const fs::path& path, const std::string& name) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) all[name] = {entry::kind::unreadable};
    return;
  }
  auto& here = all[name];
  here = {kind_of(info.st_mode), info.st_mode, info.st_ino,
          info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
  std::error_code problem;
  if (here.what == entry::kind::link) {
    here.content = fs::read_symlink(path, problem).string();
  } else if (here.what == entry::kind::file) {
    auto bytes = bytes_of(path);
    if (!bytes) here.what = entry::kind::unreadable;
    if (bytes) here.content = std::move(*bytes);
  } else if (here.what == entry::kind::directory) {
    for (const auto& each : fs::directory_iterator(path, problem)) {
      const auto last = each.path().filename().string();
      add(all, each.path(), name.empty() ? last : name + '/' + last);
    }
    if (problem) all[name].what = entry::kind::unreadable;
  }
}

// "d0/object/part.1 was changed"
std::string change_of(const std::string& name, const entry* before, const entry* after) {
  const auto shown = pipeline::escaped(name.empty() ? "the directory itself" : name);
  if (before == nullptr) return shown + " was made";
  if (after == nullptr) return shown + " was removed";
  if (before->what != after->what) return shown + " became something else";
  if (before->content != after->content) return shown + " has other bytes";
  if (before->inode != after->inode) return shown + " was replaced";
  if (before->mode != after->mode) return shown + " has another mode";
  return shown + " has another time";
}

}  // namespace

listing list(const fs::path& root) {
  listing all;
  add(all, root, "");
  return all;
}

std::string difference(const listing& before, const listing& after) {
  for (const auto& [name, was] : before) {
    const auto now = after.find(name);
    if (now == after.end()) return change_of(name, &was, nullptr);
    // A directory's time tells of its entries, of which each is looked at: the name of one says
    // more.
    if (was == now->second || was.what == entry::kind::directory) continue;
    return change_of(name, &was, &now->second);
  }
  for (const auto& [name, is] : after) {
    if (!before.contains(name)) return change_of(name, nullptr, &is);
  }
  for (const auto& [name, was] : before) {
    if (const auto& is = after.at(name); !(was == is)) return change_of(name, &was, &is);
  }
  return {};
}

listing below(const listing& all, const std::string& directory) {
  listing found;
  if (const auto self = all.find(directory); self != all.end()) found[""] = self->second;
  const auto front = directory + '/';
  for (auto at = all.lower_bound(front); at != all.end() && at->first.starts_with(front); ++at) {
    found[at->first.substr(front.size())] = at->second;
  }
  return found;
}

void materialise(const listing& all, const fs::path& root) {
  for (const auto& [name, what] : all) {
    const auto path = name.empty() ? root : root / name;
    if (what.what == entry::kind::directory) fs::create_directories(path);
    if (what.what == entry::kind::file) overwrite(path, what.content);
    if (what.what == entry::kind::link) fs::create_symlink(what.content, path);
  }
}

std::optional<std::string> bytes_of(const fs::path& path) {
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return read_all(file.get());
}

void overwrite(const fs::path& path, std::string_view bytes) {
  if (is_there(path) && !bytes_of(path)) return;
  const unique_fd file(::open(
      path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644));
  if (!file) return;
  while (!bytes.empty()) {
    const auto n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) fail(path);
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

bool is_there(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

bool is_real_directory(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

void remove_tree(const fs::path& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
  if (!is_real_directory(path)) return;
  // What cannot be entered cannot be removed, but by root.
  fs::permissions(path, fs::perms::owner_all, ignored);
  for (const auto& each : fs::directory_iterator(path, ignored)) remove_tree(each.path());
  fs::remove(path, ignored);
}

workplace::workplace(medium on) {
  const fs::path memory = "/dev/shm";
  const bool usable =
      on == medium::memory && is_real_directory(memory) && ::access(memory.c_str(), W_OK) == 0;
  auto name = ((usable ? memory : fs::temp_directory_path()) / "annulus-campaign-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail(name);
  path_ = name;
}

workplace::~workplace() {
  remove_tree(path_);
}

fs::path workplace::emptied(const std::string& name) const {
  const auto path = path_ / name;
  remove_tree(path);
  fs::create_directory(path);
  return path;
}

}  // namespace annulus::campaign
