#include <fcntl.h>

#include <algorithm>
#include <annulus/chunklog/view.hpp>

#include "directory.hpp"
#include "sentence.hpp"
#include "survey.hpp"

namespace annulus::chunklog {
const char* name_of(fault_kind kind) noexcept {
  switch (kind) {
    case fault_kind::torn_tail:
      return "torn_tail";
    case fault_kind::corrupt_record:
      return "corrupt_record";
    case fault_kind::id_gap:
      return "id_gap";
    case fault_kind::bad_ledger:
      return "bad_ledger";
    case fault_kind::missing_data:
      return "missing_data";
    case fault_kind::unreadable:
      return "unreadable";
  }
  return "unknown";
}

namespace {

// A shard's log rarely has more, and a `get` has a dozen of them open.
constexpr std::size_t most_kept_files = 32;

file_system& files_of(const view_options& how) {
  return how.files != nullptr ? *how.files : system_files();
}

}  // namespace

viewed log_view::open(const std::filesystem::path& path, const view_options& how) {
  return open_in(open_log_directory(files_of(how), path), how);
}

viewed log_view::open(int directory, const std::filesystem::path& path, const view_options& how) {
  return open_in(open_log_directory(files_of(how), directory, path), how);
}

viewed log_view::open_in(opened_directory&& made, const view_options& how) {
  if (!made.ok()) return {std::move(made), {}};
  auto& directory = *made.directory;
  auto lock = take_lock(directory, lock_mode::shared);
  if (!lock.ok()) return {std::move(lock), {}};
  survey_options survey;
  survey.walk.depth = check::header;
  survey.walk.entries = true;
  survey.walk.stop = how.stop;
  survey.threads = threads_of(how.threads);
  survey.kept_files = most_kept_files;
  auto found = survey_log(directory, survey);
  if (!found.ok()) return {std::move(found), {}};
  log_view view;
  for (auto& chunk : found.chunks) {
    view.entries_.insert(view.entries_.end(), chunk.entries.begin(), chunk.entries.end());
    chunk.entries = {};
    if (chunk.kept) view.kept_.push_back({chunk.number, std::move(chunk.kept)});
  }
  view.faults_ = std::move(found.faults);
  view.summary_ = std::move(found.summary);
  view.directory_ = directory.path;
  view.files_ = &directory.files;
  view.directory_fd_ = std::move(directory.fd);
  view.lock_ = std::move(lock.fd);
  return {{}, std::move(view)};
}

std::optional<std::size_t> log_view::find(std::uint64_t id) const noexcept {
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), id,
      [](const record_entry& entry, std::uint64_t wanted) { return entry.id < wanted; });
  if (at == entries_.end() || at->id != id) return std::nullopt;
  return static_cast<std::size_t>(at - entries_.begin());
}

record_read log_view::read(std::size_t index, bytes_span out) {
  const auto result = [](status why, std::size_t bytes = 0) {
    return record_read{std::move(why), bytes};
  };
  if (index >= entries_.size()) {
    return result(failure(errc::no_such_record, "record index ", index, " of ", entries_.size()));
  }
  const auto& entry = entries_[index];
  const auto name = [&] { return (directory_ / chunk_name(entry.chunk)).string(); };
  if (out.size() < entry.payload_bytes) {
    return result(failure(errc::span_too_small, name(), ", offset ", entry.offset, ": record ",
                          entry.id, " holds ", entry.payload_bytes, " bytes, the span ",
                          out.size()));
  }
  int file = -1;
  if (auto bad = open_file(entry.chunk, file); !bad.ok()) return result(std::move(bad));
  const auto payload = out.first(entry.payload_bytes);
  const auto done = files_->read(file, payload, entry.offset + record_layout::payload);
  if (done.error) {
    return result(failure(done.error, name(), ", offset ", entry.offset, " cannot be read"));
  }
  if (done.bytes < payload.size()) {
    return result(failure(errc::missing_data, name(), ", offset ", entry.offset, ": record ",
                          entry.id, " holds ", payload.size(), " bytes, the chunk only ",
                          done.bytes, " of them"));
  }
  const bytes_view part = payload;
  const auto sum = checksum_of(entry.id, {&part, 1});
  if (sum != entry.checksum) {
    return result(failure(errc::corrupt_record, name(), ", offset ", entry.offset, ": record ",
                          entry.id, " fails its CRC-32: the header says ", std::hex, entry.checksum,
                          ", the payload gives ", sum),
                  payload.size());
  }
  return result({}, payload.size());
}

status log_view::open_file(std::uint16_t chunk, int& file) {
  const auto kept = std::find_if(kept_.begin(), kept_.end(), [&](const open_chunk& candidate) {
    return candidate.number == chunk;
  });
  if (kept != kept_.end()) {
    file = kept->file.get();
    return {};
  }
  if (!last_.file || last_.number != chunk) {
    auto opened = files_->open(directory_fd_.get(), chunk_name(chunk), O_RDONLY);
    if (opened.error) {
      return failure(opened.error, (directory_ / chunk_name(chunk)).string(), " cannot be opened");
    }
    last_ = {chunk, std::move(opened.fd)};
  }
  file = last_.file.get();
  return {};
}

std::vector<fault> log_view::check() {
  std::vector<fault> found;
  std::uint32_t largest = 0;
  for (const auto& entry : entries_) largest = std::max(largest, entry.payload_bytes);
  std::vector<std::byte> buffer(largest);
  for (std::size_t index = 0; index < entries_.size(); ++index) {
    auto read_one = read(index, buffer);
    if (read_one.ok()) continue;
    const auto& entry = entries_[index];
    const auto kind = read_one.error == errc::missing_data ? fault_kind::missing_data
                                                           : fault_kind::corrupt_record;
    found.push_back(
        {kind, chunk_name(entry.chunk), entry.offset, entry.id, std::move(read_one.message)});
  }
  return found;
}

}  // namespace annulus::chunklog
