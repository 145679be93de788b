#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/chunklog/file_system.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <string>

#include "gatherer.hpp"

namespace annulus::chunklog {
namespace {

std::error_code last_error() {
  return {errno, std::system_category()};
}

template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

std::error_code error_of(int result) {
  return result < 0 ? last_error() : std::error_code{};
}

class directory_stream {
 public:
  /// Reads the directory from where the descriptor is; null if that is refused.
  explicit directory_stream(int directory) : stream_(nullptr) {
    const int own = ::fcntl(directory, F_DUPFD_CLOEXEC, 0);
    if (own < 0) return;
    stream_ = ::fdopendir(own);
    if (stream_ == nullptr) ::close(own);
  }
  directory_stream(const directory_stream&) = delete;
  directory_stream& operator=(const directory_stream&) = delete;
  ~directory_stream() {
    if (stream_ != nullptr) ::closedir(stream_);
  }
  [[nodiscard]] explicit operator bool() const noexcept { return stream_ != nullptr; }
  [[nodiscard]] DIR* get() const noexcept { return stream_; }

 private:
  DIR* stream_;
};

bool is_regular(int directory, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_REG;
  struct stat found {};
  return ::fstatat(directory, entry.d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(found.st_mode);
}

class operating_system final : public file_system {
 public:
  std::error_code make_directories(const std::filesystem::path& path) override {
    const auto make = [&] { return error_of(::mkdir(path.c_str(), 0777)); };
    const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    auto error = make();
    if (error == std::errc::file_exists) return {};
    if (error == std::errc::no_such_file_or_directory && parent != path) {
      if (error = make_directories(parent); error) return error;
      error = make();
    }
    if (error) return error == std::errc::file_exists ? std::error_code{} : error;
    const auto opened = open_directory(parent);
    return opened.error ? opened.error : sync_directory(opened.fd.get());
  }

  opened_file open_directory(const std::filesystem::path& path) override {
    unique_fd fd(
        uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    const auto error = error_of(fd.get());
    return {std::move(fd), error};
  }

  opened_file reopen_directory(int directory) override {
    unique_fd fd(uninterrupted(
        [&] { return ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    const auto error = error_of(fd.get());
    return {std::move(fd), error};
  }

  directory_entries list(int directory) override {
    directory_entries found;
    // One of its own, since the place in a directory belongs to the descriptor.
    auto own = reopen_directory(directory);
    if (own.error) return {{}, own.error};
    const directory_stream stream(own.fd.get());
    if (!stream) return {{}, last_error()};
    for (errno = 0; const auto* const entry = ::readdir(stream.get()); errno = 0) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      found.entries.push_back({name, is_regular(directory, *entry)});
    }
    if (errno != 0) found.error = last_error();
    return found;
  }

  opened_file open(int directory, const std::string& name, int flags) override {
    const auto refused = [] { return opened_file{{}, make_error_code(errc::not_a_file)}; };
    // To open a device can do something already.
    struct stat found {};
    const bool there = ::fstatat(directory, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && !S_ISREG(found.st_mode)) return refused();
    unique_fd fd(uninterrupted([&] {
      return ::openat(directory, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    }));
    if (!fd) return errno == ELOOP ? refused() : opened_file{{}, last_error()};
    if (const auto error = error_of(::fstat(fd.get(), &found))) return {{}, error};
    if (!S_ISREG(found.st_mode)) return refused();
    // io_uring gives up on such a file where it would have to wait for the disk.
    const int now = ::fcntl(fd.get(), F_GETFL);
    if (const auto error = error_of(::fcntl(fd.get(), F_SETFL, now & ~O_NONBLOCK))) {
      return {{}, error};
    }
    return {std::move(fd), {}};
  }

  std::error_code rename(int directory, const std::string& from, const std::string& to) override {
    return error_of(::renameat(directory, from.c_str(), directory, to.c_str()));
  }

  std::error_code remove(int directory, const std::string& name) override {
    return error_of(::unlinkat(directory, name.c_str(), 0));
  }

  file_size size(int fd) override {
    struct stat found {};
    const auto error = error_of(::fstat(fd, &found));
    return {static_cast<std::uint64_t>(found.st_size), error};
  }

  transfer read(int fd, bytes_span to, std::uint64_t offset) override {
    transfer done;
    while (done.bytes < to.size()) {
      const auto rest = to.subspan(done.bytes);
      const auto got = uninterrupted([&] {
        return ::pread(fd, rest.data(), rest.size(), static_cast<off_t>(offset + done.bytes));
      });
      if (got < 0) done.error = last_error();
      if (got <= 0) break;
      done.bytes += static_cast<std::size_t>(got);
    }
    return done;
  }

  transfer write(int fd, std::span<const bytes_view> parts, std::uint64_t offset) override {
    transfer done;
    gatherer pending(parts);
    for (auto pieces = pending.next(); !pieces.empty(); pieces = pending.next()) {
      const auto put = uninterrupted([&] {
        return ::pwritev(fd, pieces.data(), static_cast<int>(pieces.size()),
                         static_cast<off_t>(offset + done.bytes));
      });
      // A regular file takes at least a byte or says why not; 0 would loop for ever.
      if (put <= 0) {
        done.error = put < 0 ? last_error() : std::make_error_code(std::errc::io_error);
        break;
      }
      done.bytes += static_cast<std::size_t>(put);
      pending.written(static_cast<std::size_t>(put));
    }
    return done;
  }

  std::error_code truncate(int fd, std::uint64_t bytes) override {
    return error_of(uninterrupted([&] { return ::ftruncate(fd, static_cast<off_t>(bytes)); }));
  }

  std::error_code allocate(int fd, std::uint64_t bytes) override {
    return error_of(uninterrupted(
        [&] { return ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)); }));
  }

  std::error_code sync_data(int fd) override {
    return error_of(uninterrupted([&] { return ::fdatasync(fd); }));
  }

  std::error_code sync_directory(int fd) override {
    return error_of(uninterrupted([&] { return ::fsync(fd); }));
  }

  std::error_code lock(int fd, lock_mode mode) override {
    const int operation = mode == lock_mode::shared ? LOCK_SH : LOCK_EX;
    return error_of(uninterrupted([&] { return ::flock(fd, operation | LOCK_NB); }));
  }
};

}  // namespace

file_system& system_files() noexcept {
  static operating_system real;
  return real;
}

}  // namespace annulus::chunklog
