#include "directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <annulus/core/unique_fd.hpp>
#include <cerrno>
#include <system_error>

namespace annulus::crash {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& what) {
  throw std::system_error(errno, std::system_category(), what.string());
}

}  // namespace

scratch::scratch() {
  std::error_code ignored;
  const fs::path memory = "/dev/shm";
  const bool usable = fs::is_directory(memory, ignored) && ::access(memory.c_str(), W_OK) == 0;
  auto name = ((usable ? memory : fs::temp_directory_path()) / "annulus-crash-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail(name);
  path_ = name;
}

scratch::~scratch() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void materialise(const image& content, const fs::path& directory) {
  fs::create_directories(directory);
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (!content.contains(entry.path().filename().string())) fs::remove(entry.path());
  }
  for (const auto& [name, bytes] : content) {
    const auto path = directory / name;
    const unique_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file) fail(path);
    for (std::size_t done = 0; done < bytes.size();) {
      const auto n = ::write(file.get(), bytes.data() + done, bytes.size() - done);
      if (n < 0) fail(path);
      done += static_cast<std::size_t>(n);
    }
  }
}

image contents_of(const fs::path& directory) {
  image all;
  for (const auto& entry : fs::directory_iterator(directory)) {
    auto& bytes = all[entry.path().filename().string()];
    const unique_fd file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) fail(entry.path());
    bytes.resize(fs::file_size(entry.path()));
    for (std::size_t done = 0; done < bytes.size();) {
      const auto n = ::read(file.get(), bytes.data() + done, bytes.size() - done);
      if (n < 0) fail(entry.path());
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
  }
  return all;
}

}  // namespace annulus::crash
