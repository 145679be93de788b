#include "suites/log/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <annulus/core/restarted.hpp>
#include <cerrno>
#include <cstring>

#include "suites/common/duel.hpp"

namespace annulus::suites {
namespace {

[[noreturn]] void fail(const char* what) {
  bench::give_up(fmt::format("{} failed: {}", what, std::strerror(errno)));
}

}  // namespace

unique_fd open_file(const std::filesystem::path& file, int flags) {
  unique_fd fd(detail::restarted([&] { return ::open(file.c_str(), flags | O_CLOEXEC, 0666); }));
  if (!fd) fail("open");
  return fd;
}

void write_whole(int fd, bytes_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("pwrite");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
}

void read_whole(int fd, bytes_span to, std::uint64_t offset) {
  while (!to.empty()) {
    const auto n = ::pread(fd, to.data(), to.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) bench::give_up("pread found the end of a file where bytes had been written");
    if (n < 0) fail("pread");
    to = to.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
}

void sync_data(int fd) {
  if (detail::restarted([&] { return fdatasync(fd); }) != 0) fail("fdatasync");
}

void settle(const std::filesystem::path& directory) {
  const auto fd = open_file(directory, O_RDONLY | O_DIRECTORY);
  if (syncfs(fd.get()) != 0) fail("syncfs");
}

}  // namespace annulus::suites
