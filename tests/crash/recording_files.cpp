#include "recording_files.hpp"

#include <fcntl.h>

#include <algorithm>

#include "sites.hpp"

namespace annulus::crash {

void recording_files::begin(std::map<std::string, int> present, int next) {
  const std::scoped_lock hold(mutex_);
  trace_.clear();
  files_.clear();
  names_ = std::move(present);
  next_ = next;
}

void recording_files::mark(event::kind what, std::uint64_t number) {
  const std::scoped_lock hold(mutex_);
  trace_.push_back({what, -1, number, {}, {}, {}, 0});
}

trace recording_files::take() {
  const std::scoped_lock hold(mutex_);
  return std::move(trace_);
}

void recording_files::record(event step) {
  if (record_sites_) step.site = calling_site();
  trace_.push_back(std::move(step));
}

event recording_files::at(int fd, event::kind what, std::uint64_t number) const {
  auto step = files_.at(fd);
  step.what = what;
  step.number = number;
  return step;
}

chunklog::opened_file recording_files::open(int directory, const std::string& name, int flags) {
  const std::scoped_lock hold(mutex_);
  auto made = behind_.open(directory, name, flags);
  if (made.error) return made;
  auto known = names_.find(name);
  if (known == names_.end()) {
    known = names_.emplace(name, next_++).first;
    record({event::kind::create, known->second, 0, name, {}, {}, 0});
  } else if ((flags & O_TRUNC) != 0) {
    record({event::kind::truncate, known->second, 0, name, {}, {}, 0});
  }
  files_[made.fd.get()] = {{}, known->second, 0, name, {}, {}, 0};
  return made;
}

std::error_code recording_files::rename(int directory, const std::string& from,
                                        const std::string& to) {
  const std::scoped_lock hold(mutex_);
  const auto error = behind_.rename(directory, from, to);
  if (error) return error;
  names_[to] = names_.at(from);
  names_.erase(from);
  record({event::kind::rename, -1, 0, from, to, {}, 0});
  return {};
}

std::error_code recording_files::remove(int directory, const std::string& name) {
  const std::scoped_lock hold(mutex_);
  const auto error = behind_.remove(directory, name);
  if (error) return error;
  names_.erase(name);
  record({event::kind::remove, -1, 0, name, {}, {}, 0});
  return {};
}

std::error_code recording_files::sync_directory(int directory) {
  const std::scoped_lock hold(mutex_);
  const auto error = behind_.sync_directory(directory);
  if (!error) record({event::kind::sync_directory, -1, 0, {}, {}, {}, 0});
  return error;
}

transfer recording_files::write(int fd, std::span<const bytes_view> parts, std::uint64_t offset) {
  const std::scoped_lock hold(mutex_);
  const auto done = behind_.write(fd, parts, offset);
  if (done.bytes == 0) return done;
  std::string data;
  for (const auto part : parts) {
    const auto n = std::min(part.size(), done.bytes - data.size());
    data.append(reinterpret_cast<const char*>(part.data()), n);
  }
  auto step = at(fd, event::kind::write, offset);
  step.data = std::move(data);
  record(std::move(step));
  return done;
}

std::error_code recording_files::truncate(int fd, std::uint64_t bytes) {
  const std::scoped_lock hold(mutex_);
  const auto error = behind_.truncate(fd, bytes);
  if (!error) record(at(fd, event::kind::truncate, bytes));
  return error;
}

std::error_code recording_files::sync_data(int fd) {
  const std::scoped_lock hold(mutex_);
  const auto error = behind_.sync_data(fd);
  if (!error) record(at(fd, event::kind::sync_file));
  return error;
}

}  // namespace annulus::crash
