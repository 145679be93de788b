#include "cli/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <annulus/core/restarted.hpp>
#include <annulus/error.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/object.hpp>
#include <cerrno>
#include <utility>
#include <vector>

#include "base/interruption.hpp"
#include "base/system_words.hpp"
#include "cli/command.hpp"

namespace annulus::cli {
namespace {

using harness::last_error;
using pipeline::escaped;

// Opens for writing. A FIFO is waited for: there is no descriptor to wait with before its reader
// has come, so it is asked for now and then.
unique_fd open_patiently(const std::filesystem::path& path) {
  constexpr int pause_ms = 10;
  for (;;) {
    unique_fd fd(detail::restarted(
        [&] { return ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); }));
    struct stat info {};
    if (fd || errno != ENXIO || ::stat(path.c_str(), &info) != 0 || !S_ISFIFO(info.st_mode)) {
      return fd;
    }
    pollfd stop{harness::interruption::current(), POLLIN, 0};
    if (poll(&stop, 1, pause_ms) > 0) {
      errno = EINTR;
      return {};
    }
  }
}

// Gives `to` the extended attributes of `from`, access lists among them. False if it cannot have
// them, or has others.
bool copy_attributes(const char* from, int to) {
  const auto names_of = [](auto list) {
    std::string names(1U << 16U, '\0');
    const auto n = list(names.data(), names.size());
    names.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return names;
  };
  const auto wanted = names_of([&](char* to_, std::size_t n) { return listxattr(from, to_, n); });
  std::vector<char> value(1U << 16U);
  for (std::size_t at = 0; at < wanted.size(); at = wanted.find('\0', at) + 1) {
    const char* const name = wanted.c_str() + at;
    const auto n = getxattr(from, name, value.data(), value.size());
    if (n < 0 || fsetxattr(to, name, value.data(), static_cast<std::size_t>(n), 0) != 0) {
      return false;
    }
  }
  return wanted == names_of([&](char* to_, std::size_t n) { return flistxattr(to, to_, n); });
}

bool is_mount_point(const std::filesystem::path& path) {
  struct statx found {};
  return statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, 0, &found) == 0 &&
         (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

constexpr unsigned permission_bits = 07777;

}  // namespace

output_file::output_file(const std::filesystem::path& target)
    : given_(target), target_(resolve_output(target)) {
  struct stat info {};
  if (target_.descriptor) {
    const int flags = fcntl(*target_.descriptor, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) refuse_output(given_, "it is closed");
    comparable_ = fstat(*target_.descriptor, &info) == 0;
    writer_.emplace(*target_.descriptor);
  } else if (::lstat(target_.path().c_str(), &info) == 0) {
    comparable_ = true;
    open_existing(info);
  } else if (errno != ENOENT) {
    refuse_output(given_, harness::in_words(last_error()));
  } else {
    const auto mask = umask(0);
    umask(mask);
    if (const auto problem = make_temporary(0666 & ~mask)) {
      refuse_output(given_, harness::in_words(problem));
    }
  }
  device_ = info.st_dev;
  inode_ = info.st_ino;
  if (!writer_) writer_.emplace(owned_.get());
}

output_file::~output_file() {
  if (!temporary_.empty()) unlinkat(directory_.get(), temporary_.c_str(), 0);
}

void output_file::open_existing(const struct stat& info) {
  if (S_ISDIR(info.st_mode)) refuse_output(given_, "it is a directory");
  if (S_ISREG(info.st_mode)) {
    // Who may not write to it may not replace it either.
    if (access(target_.path().c_str(), W_OK) != 0) refuse_output(given_, last_error().message());
    in_place_ = prepare_replacement(info);
    if (in_place_.empty()) return;
  }
  owned_ = open_patiently(target_.path());
  if (!owned_ && errno == EINTR) refuse_output(given_, "interrupted while it waited for a reader");
  if (!owned_) refuse_output(given_, harness::in_words(last_error()));
}

std::string output_file::prepare_replacement(const struct stat& info) {
  if (info.st_nlink > 1) return fmt::format("it has {} hard links", info.st_nlink);
  if (is_mount_point(target_.path())) return "it is a mount point";
  if (const auto problem = make_temporary(0600)) {
    return fmt::format("no file can be made beside it: {}", harness::in_words(problem));
  }
  // The owner first: changing it takes set-user-ID bits away.
  const bool same = fchown(owned_.get(), info.st_uid, info.st_gid) == 0 &&
                    copy_attributes(target_.path().c_str(), owned_.get()) &&
                    fchmod(owned_.get(), info.st_mode & permission_bits) == 0;
  if (same) return "";
  unlinkat(directory_.get(), temporary_.c_str(), 0);
  temporary_.clear();
  return "a new file could not have its owner and attributes";
}

std::error_code output_file::make_temporary(unsigned mode) {
  directory_ = unique_fd(detail::restarted(
      [&] { return ::open(target_.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC); }));
  if (!directory_) return last_error();
  // Short, whatever the name is: that may be as long as the file system allows.
  auto name = fmt::format(".annulus-{}", pipeline::random_id().substr(0, 12));
  owned_ = unique_fd(detail::restarted([&] {
    return openat(directory_.get(), name.c_str(),
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  }));
  if (!owned_) return last_error();
  temporary_ = std::move(name);
  return fchmod(owned_.get(), mode) == 0 ? std::error_code{} : last_error();
}

std::error_code output_file::begin() {
  const bool first = !std::exchange(begun_, true);
  const bool cut = first && !in_place_.empty();
  return cut && detail::restarted([&] { return ftruncate(owned_.get(), 0); }) != 0
             ? last_error()
             : std::error_code{};
}

std::error_code output_file::write(bytes_view bytes) {
  if (const auto problem = begin()) return problem;
  return writer_->write(bytes);
}

void output_file::commit() {
  if (const auto problem = begin()) refuse_output(given_, harness::in_words(problem));
  if (temporary_.empty()) return;
  if (renameat(directory_.get(), temporary_.c_str(), directory_.get(), target_.name.c_str()) != 0) {
    refuse_output(given_, harness::in_words(last_error()));
  }
  temporary_.clear();
}

std::string output_file::left_behind() const {
  if (in_place_.empty() || !begun_) return "";
  return fmt::format(", and {}, which was written in place since {}, holds the first {} bytes",
                     escaped(given_), in_place_, lseek(owned_.get(), 0, SEEK_CUR));
}

bool output_file::leads_to(int descriptor) const {
  if (target_.descriptor == descriptor) return true;
  struct stat other {};
  if (!comparable_ || fstat(descriptor, &other) != 0) return false;
  if (other.st_dev != device_ || other.st_ino != inode_) return false;
  // What goes to /dev/null and its kin does not meet there.
  return !S_ISCHR(other.st_mode) || isatty(descriptor) == 1;
}

}  // namespace annulus::cli
