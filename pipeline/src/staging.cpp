#include "staging.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/core/restarted.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

#include "ask.hpp"
#include "binding.hpp"
#include "files.hpp"
#include "format.hpp"
#include "system_error.hpp"

namespace annulus::pipeline {
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

unique_fd open_directory(int parent, const std::string& entry) {
  return unique_fd(
      detail::restarted([&] { return ::openat(parent, entry.c_str(), directory_flags); }));
}

bool try_lock(int fd) {
  return detail::restarted([&] { return flock(fd, LOCK_EX | LOCK_NB); }) == 0;
}

// Whether a reader or a writer has the chunk log in an object's directory open.
bool log_is_open(int directory) {
  const unique_fd lock(detail::restarted([&] {
    return ::openat(directory, "buffer.lock", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  }));
  return lock && !try_lock(lock.get());
}

bool wait_for_lock(int fd, std::chrono::steady_clock::time_point limit,
                   const std::stop_token& stop) {
  constexpr int glance = 2;  // milliseconds; a publication takes about as long
  while (!try_lock(fd)) {
    if (stop.stop_requested() || std::chrono::steady_clock::now() > limit) return false;
    poll(nullptr, 0, glance);
  }
  return true;
}

}  // namespace

unique_fd open_staging(const disk& where) {
  return where.fd ? open_directory(where.fd.get(), staging_directory) : unique_fd();
}

unique_fd make_staging(const disk& where, bool durable) {
  const auto made = mkdirat(where.fd.get(), staging_directory, 0777) == 0;
  const int problem = made ? 0 : errno;
  auto staging = open_staging(where);
  const auto refuse = [&](const std::string& why) {
    throw error(error_kind::failed, formatted("{} cannot be used: {}", staging_directory, why));
  };
  if (!staging) {
    const auto code = errno;
    refuse(code == ENOTDIR || code == ELOOP
               ? "it is no directory, and a link is not followed"
               : std::error_code(problem == EEXIST ? code : problem, std::generic_category())
                     .message());
  }
  if (faccessat(staging.get(), ".", W_OK | X_OK, 0) != 0) refuse(last_error().message());
  if (made && durable) {
    if (const auto failed = sync_directory(where.fd.get())) refuse(failed.message());
  }
  return staging;
}

std::vector<std::string> staged_in(int staging) {
  auto names = entries_of(staging);
  std::erase_if(names, [](const std::string& name) { return !is_id(name); });
  return names;
}

unique_fd lock_leftover(int staging, const std::string& id) {
  auto fd = open_directory(staging, id);
  return fd && try_lock(fd.get()) ? std::move(fd) : unique_fd();
}

void remove_staged(int staging, const std::string& id) {
  const auto directory = open_directory(staging, id);
  if (directory && !log_is_open(directory.get())) remove_object(staging, id);
}

publication_lock::publication_lock(const std::vector<const disk*>& disks,
                                   const std::stop_token& stop) {
  struct gate {
    unique_fd fd;
    dev_t device;
    ino_t inode;
    const disk* where;
  };
  std::vector<gate> gates;
  for (const auto* const one : disks) {
    auto staging = open_staging(*one);
    struct stat info {};
    if (staging && fstat(staging.get(), &info) == 0)
      gates.push_back({std::move(staging), info.st_dev, info.st_ino, one});
  }
  std::sort(gates.begin(), gates.end(), [](const gate& left, const gate& right) {
    return std::pair(left.device, left.inode) < std::pair(right.device, right.inode);
  });
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  for (auto& gate : gates) {
    if (!wait_for_lock(gate.fd.get(), limit, stop)) {
      if (stop.stop_requested())
        throw error(error_kind::cancelled, "a wait for other writers was interrupted");
      throw error(error_kind::failed,
                  formatted("disk {} has been locked by another writer for a minute",
                            escaped(gate.where->path)));
    }
    held_.push_back(std::move(gate.fd));
  }
}

std::string publish_staged(const disk& where, int staging, const std::string& id,
                           const std::string& name, bool& replaced) {
  const auto rename = [&](unsigned flags) {
    return renameat2(staging, id.c_str(), where.fd.get(), name.c_str(), flags) == 0;
  };
  replaced = false;
  if (rename(RENAME_NOREPLACE)) return {};
  if (errno != EEXIST) return last_error().message();
  if (const auto there = look_at(where.fd.get(), name, name); there.maker != made_by::a_put)
    return formatted("{} stays as it is: {}", escaped(where.path / name), there.why);
  if (!rename(RENAME_EXCHANGE)) return last_error().message();
  // Whoever minds no lock may have put something else there meanwhile.
  if (const auto out = look_at(staging, id, name); out.maker != made_by::a_put) {
    rename(RENAME_EXCHANGE);
    return formatted("{} stays as it is: {}", escaped(where.path / name), out.why);
  }
  replaced = true;
  return {};
}

staged_object::staged_object(std::shared_ptr<const disk> where, std::string id, bool durable)
    : where_(std::move(where)), id_(std::move(id)), staging_(make_staging(*where_, durable)) {
  // A recovery that runs now may lock the directory first, and remove it; then it is made anew.
  const auto limit = std::chrono::steady_clock::now() + patience;
  do {
    if (mkdirat(staging_.get(), id_.c_str(), 0755) != 0 && errno != EEXIST) break;
    auto lock = open_directory(staging_.get(), id_);
    struct stat info {};
    if (lock && wait_for_lock(lock.get(), limit, {}) && fstat(lock.get(), &info) == 0 &&
        info.st_nlink > 0) {
      lock_ = std::move(lock);
      return;
    }
  } while (std::chrono::steady_clock::now() < limit);
  throw error(error_kind::failed, formatted("{}/{} cannot be made: {}", staging_directory, id_,
                                            last_error().message()));
}

staged_object::~staged_object() {
  // After a publish, what lies here is the object that was replaced, if any.
  if (lock_) remove_staged(staging_.get(), id_);
}

std::filesystem::path staged_object::path() const {
  return where_->path / staging_directory / id_;
}

// The seal first: a shard counts as stored once its meta.json is there.
std::error_code staged_object::write_meta(const object_meta& meta, bool durable) {
  const auto text = serialise(meta);
  if (const auto error = seal_binding(lock_.get(), meta, durable)) return error;
  auto file = create_file(lock_.get(), meta_file);
  if (!file.error) file.error = write_fully(file.fd.get(), 0, std::as_bytes(std::span(text)));
  if (!file.error && durable) file.error = sync_file(file.fd.get());
  if (!file.error && durable) file.error = sync_directory(lock_.get());
  return file.error;
}

std::string staged_object::publish(const std::string& name, bool durable) {
  auto problem = publish_staged(*where_, staging_.get(), id_, name, replaced_);
  if (!problem.empty()) return problem;
  published_ = name;
  if (!durable) return {};
  if (const auto failed = sync_directory(where_->fd.get())) return failed.message();
  const auto failed = replaced_ ? sync_directory(staging_.get()) : std::error_code{};
  return failed ? failed.message() : std::string();
}

void staged_object::withdraw() {
  if (published_.empty()) return;
  renameat2(where_->fd.get(), published_.c_str(), staging_.get(), id_.c_str(),
            replaced_ ? RENAME_EXCHANGE : RENAME_NOREPLACE);
  published_.clear();
}

}  // namespace annulus::pipeline
