#include <sys/inotify.h>
#include <unistd.h>

#include <annulus/chunklog/tail.hpp>
#include <array>
#include <cerrno>

#include "sentence.hpp"

namespace annulus::chunklog {

opened_watch change_watch::open(const std::filesystem::path& directory) {
  constexpr auto changes = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE;
  unique_fd events(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!events || ::inotify_add_watch(events.get(), directory.c_str(), changes) < 0) {
    const std::error_code error(errno, std::system_category());
    return {failure(error, directory.string(), " cannot be watched"), {}};
  }
  return {{}, change_watch(std::move(events))};
}

void change_watch::reset() noexcept {
  std::array<std::byte, 4096> events;
  while (::read(events_.get(), events.data(), events.size()) > 0) {
  }
}

}  // namespace annulus::chunklog
