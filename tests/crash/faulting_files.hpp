// A file system whose calls fail on demand.
#pragma once

#include <annulus/chunklog/passing_files.hpp>
#include <atomic>
#include <cerrno>

namespace annulus::crash {

/// The calls that can be made to fail.
enum class call { open, rename, remove, sync_directory, size, read, write, truncate, sync_data };
inline constexpr call all_calls[] = {call::open,           call::rename,   call::remove,
                                     call::sync_directory, call::size,     call::read,
                                     call::write,          call::truncate, call::sync_data};
inline const char* name_of(call what) {
  constexpr const char* names[] = {"open", "rename", "remove",   "sync_directory", "size",
                                   "read", "write",  "truncate", "sync_data"};
  return names[static_cast<int>(what)];
}

/// Which calls fail, and how: of one kind, the `nth` from 1 and all that follow while `lasting`.
struct injection {
  call what = call::write;
  std::uint64_t nth = 0;  ///< 0: none
  int error = EIO;
  bool partial = false;  ///< a write, half done
  bool lasting = false;
};

/// Forwards, but for what is injected. Thread-safe.
class faulting_files final : public chunklog::passing_files {
 public:
  explicit faulting_files(const injection& fault,
                          chunklog::file_system& behind = chunklog::system_files())
      : passing_files(behind), fault_(fault) {}

  /// Calls of the kind so far.
  [[nodiscard]] std::uint64_t calls() const { return calls_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_relaxed); }

  chunklog::opened_file open(int directory, const std::string& name, int flags) override {
    if (const auto error = fails(call::open)) return {{}, error};
    return behind_.open(directory, name, flags);
  }
  std::error_code rename(int directory, const std::string& from, const std::string& to) override {
    const auto error = fails(call::rename);
    return error ? error : behind_.rename(directory, from, to);
  }
  std::error_code remove(int directory, const std::string& name) override {
    const auto error = fails(call::remove);
    return error ? error : behind_.remove(directory, name);
  }
  std::error_code sync_directory(int directory) override {
    const auto error = fails(call::sync_directory);
    return error ? error : behind_.sync_directory(directory);
  }
  chunklog::file_size size(int fd) override {
    if (const auto error = fails(call::size)) return {0, error};
    return behind_.size(fd);
  }
  transfer read(int fd, bytes_span to, std::uint64_t offset) override {
    if (const auto error = fails(call::read)) return {0, error};
    return behind_.read(fd, to, offset);
  }
  transfer write(int fd, std::span<const bytes_view> parts, std::uint64_t offset) override {
    const auto error = fails(call::write);
    if (!error) return behind_.write(fd, parts, offset);
    if (!fault_.partial || parts.empty()) return {0, error};
    const auto half = parts[0].first((parts[0].size() + 1) / 2);
    const auto done = behind_.write(fd, {&half, 1}, offset);
    return {done.bytes, done.error ? done.error : error};
  }
  std::error_code truncate(int fd, std::uint64_t bytes) override {
    const auto error = fails(call::truncate);
    return error ? error : behind_.truncate(fd, bytes);
  }
  std::error_code sync_data(int fd) override {
    const auto error = fails(call::sync_data);
    return error ? error : behind_.sync_data(fd);
  }

 private:
  std::error_code fails(call what) {
    if (what != fault_.what) return {};
    // A count: it orders nothing, as the log's own synchronisation orders its calls.
    const auto number = calls_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (fault_.nth == 0 || number < fault_.nth || (number > fault_.nth && !fault_.lasting)) {
      return {};
    }
    failed_.store(true, std::memory_order_relaxed);
    return {fault_.error, std::system_category()};
  }

  const injection fault_;
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<bool> failed_{false};
};

}  // namespace annulus::crash
