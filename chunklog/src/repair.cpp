#include <fcntl.h>

#include <algorithm>
#include <annulus/chunklog/repair.hpp>

#include "gap_marker.hpp"
#include "open_survey.hpp"
#include "repair_layout.hpp"

namespace annulus::chunklog {
namespace {

constexpr std::uint64_t copy_bytes = std::uint64_t{1} << 20U;
// No chunk has such a name, so that no log counts the file.
constexpr const char* staged_suffix = ".repair";

// Writes repaired chunks and ledgers, under any names.
class chunk_copier {
 public:
  chunk_copier(const log_directory& from, const log_directory& to, const reading_options& how)
      : from_(from), to_(to), how_(how) {}

  // Durable on return, but for its directory's entry.
  status write(const repaired_chunk& chunk, const std::string& name) {
    auto made = to_.open(name, O_RDWR | O_CREAT | O_EXCL);
    if (made.error) return cannot(made.error, name);
    std::uint64_t at = 0;
    for (const auto& piece : chunk.pieces) {
      auto bad = piece.next_id != 0
                     ? put(made.fd.get(), at, encode_gap(piece.first_id, piece.next_id), name)
                     : copy(made.fd.get(), at, piece, name);
      if (!bad.ok()) return bad;
      at += piece.bytes;
    }
    const auto error = to_.sync_data(made.fd.get());
    return error ? cannot(error, name) : status{};
  }

  status write_ledger(const ledger_state& state, const std::string& name) {
    auto made = to_.open(name, O_RDWR | O_CREAT | O_EXCL);
    if (made.error) return cannot(made.error, name);
    ledger book(to_.files, std::move(made.fd), {}, to_.durable);
    const auto error = book.checkpoint(state);
    return error ? cannot(error, name) : status{};
  }

  status sync_directory() {
    const auto error = to_.sync();
    return error ? failure(error, to_.path.string(), " cannot be synced") : status{};
  }

 private:
  status copy(int to, std::uint64_t at, const repaired_piece& piece, const std::string& name) {
    if (!source_.file || source_number_ != piece.source) {
      source_ = open_chunk(from_, piece.source, O_RDONLY);
      if (!source_.ok()) return source_;
      source_number_ = piece.source;
    }
    if (piece.bytes > buffer_.size()) {
      buffer_.resize(static_cast<std::size_t>(std::min(piece.bytes, copy_bytes)));
    }
    for (std::uint64_t done = 0; done < piece.bytes;) {
      if (how_.stop.stop_requested()) {
        return failure(errc::cancelled, to_.file(name), " was not written to its end");
      }
      const auto size =
          static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), piece.bytes - done));
      const auto part = bytes_span(buffer_).first(size);
      const auto read = from_.files.read(source_.file.get(), part, piece.offset + done);
      if (read.error || read.bytes < size) {
        return failure(read.error ? read.error : make_error_code(errc::missing_data),
                       from_.file(chunk_name(piece.source)), ", offset ", piece.offset + done,
                       " could be read before and now cannot");
      }
      if (auto bad = put(to, at + done, part, name); !bad.ok()) return bad;
      done += size;
    }
    return {};
  }

  status put(int to, std::uint64_t at, bytes_view bytes, const std::string& name) {
    const auto done = to_.files.write(to, {&bytes, 1}, at);
    if (done.error) return cannot(done.error, name);
    written_ += bytes.size();
    if (how_.progress) how_.progress(written_);
    return {};
  }

  [[nodiscard]] status cannot(std::error_code error, const std::string& name) const {
    return failure(error, to_.file(name), " cannot be written");
  }

  const log_directory& from_;
  const log_directory& to_;
  const reading_options& how_;
  opened_chunk source_{};  // of the piece copied last
  chunk_number source_number_ = 0;
  std::vector<std::byte> buffer_{};
  std::uint64_t written_ = 0;
};

// Nothing is put in the place of what is no regular file: no log has made it.
status check_places(const log_directory& directory, const repair_layout& layout) {
  const auto present = directory.files.list(directory.fd.get());
  if (present.error) return failure(present.error, directory.path.string(), " cannot be listed");
  for (const auto& [name, regular] : present.entries) {
    const auto written = [&name = name](const repaired_chunk& chunk) {
      return chunk.changes && chunk_name(chunk.number) == name;
    };
    if (regular || (name != ledger_name &&
                    std::none_of(layout.chunks.begin(), layout.chunks.end(), written))) {
      continue;
    }
    return failure(errc::not_a_file, directory.file(name), " cannot be written");
  }
  return {};
}

// What a repair that was cut short has left.
status remove_staged(const log_directory& directory) {
  const auto present = directory.files.list(directory.fd.get());
  if (present.error) return failure(present.error, directory.path.string(), " cannot be listed");
  for (const auto& [name, regular] : present.entries) {
    if (!regular || !name.ends_with(staged_suffix)) continue;
    const auto of = name.substr(0, name.size() - std::string_view(staged_suffix).size());
    if (of != ledger_name && !chunk_number_of(of)) continue;
    if (const auto error = directory.files.remove(directory.fd.get(), name)) {
      return failure(error, directory.file(name), " cannot be deleted");
    }
  }
  return {};
}

}  // namespace

struct log_repair::state {
  log_directory directory;
  unique_fd lock;
  repair_kind kind;
  reading_options how;
  repair_layout layout;
};

log_repair::log_repair(std::unique_ptr<state> planned) : state_(std::move(planned)) {
}
log_repair::~log_repair() = default;
log_repair::log_repair(log_repair&& other) noexcept = default;
log_repair& log_repair::operator=(log_repair&& other) noexcept = default;

opened_repair log_repair::open(const std::filesystem::path& path, repair_kind kind,
                               const reading_options& how) {
  const auto mode = kind == repair_kind::copy ? lock_mode::shared : lock_mode::exclusive;
  auto opened = open_survey(path, mode, how);
  if (!opened.ok()) return {std::move(opened), {}};
  auto layout = lay_out(*opened.directory, std::move(opened.found));
  if (!layout.ok()) return {std::move(layout), {}};
  return {
      {},
      log_repair(std::make_unique<state>(state{std::move(*opened.directory), std::move(opened.lock),
                                               kind, how, std::move(layout)}))};
}

const repair_plan& log_repair::plan() const noexcept {
  return state_->layout.plan;
}

status log_repair::copy_to(const std::filesystem::path& path) {
  auto& files = state_->directory.files;
  if (const auto error = files.make_directories(path)) {
    return failure(error, path.string(), " cannot be made");
  }
  const auto made = open_log_directory(files, path);
  if (!made.ok()) return made;
  const auto& to = *made.directory;
  const auto present = files.list(to.fd.get());
  if (present.error) return failure(present.error, path.string(), " cannot be listed");
  if (!present.entries.empty()) {
    return failure(std::make_error_code(std::errc::directory_not_empty), path.string(),
                   " cannot take the copy: it holds ", present.entries.size(), " files");
  }
  chunk_copier copier(state_->directory, to, state_->how);
  for (const auto& chunk : state_->layout.chunks) {
    if (auto bad = copier.write(chunk, chunk_name(chunk.number)); !bad.ok()) return bad;
  }
  if (auto bad = copier.sync_directory(); !bad.ok()) return bad;
  if (auto bad = copier.write_ledger(state_->layout.ledger, ledger_name); !bad.ok()) {
    return bad;
  }
  return copier.sync_directory();
}

status log_repair::apply() {
  const auto& directory = state_->directory;
  if (!plan().needed()) return remove_staged(directory);
  const auto& layout = state_->layout;
  chunk_copier copier(directory, directory, state_->how);
  const auto staged = [](const std::string& name) { return name + staged_suffix; };
  const auto publish = [&](const std::string& name) -> status {
    const auto error = directory.files.rename(directory.fd.get(), staged(name), name);
    return error ? failure(error, directory.file(staged(name)), " cannot be renamed") : status{};
  };
  if (auto bad = check_places(directory, layout); !bad.ok()) return bad;
  if (auto bad = remove_staged(directory); !bad.ok()) return bad;
  // Everything that needs space comes before anything is changed.
  for (const auto& chunk : layout.chunks) {
    if (!chunk.changes) continue;
    if (auto bad = copier.write(chunk, staged(chunk_name(chunk.number))); !bad.ok()) return bad;
  }
  if (auto bad = copier.write_ledger(layout.ledger, staged(ledger_name)); !bad.ok()) {
    return bad;
  }
  if (auto bad = copier.sync_directory(); !bad.ok()) return bad;
  for (const auto& chunk : layout.chunks) {
    if (!chunk.changes) continue;
    if (auto bad = publish(chunk_name(chunk.number)); !bad.ok()) return bad;
  }
  // The ledger counts chunks that must be there before it.
  if (auto bad = copier.sync_directory(); !bad.ok()) return bad;
  if (auto bad = publish(ledger_name); !bad.ok()) return bad;
  if (auto bad = copier.sync_directory(); !bad.ok()) return bad;
  for (const auto& name : plan().removed) {
    if (const auto error = directory.files.remove(directory.fd.get(), name)) {
      return failure(error, directory.file(name), " cannot be deleted");
    }
  }
  if (auto bad = remove_staged(directory); !bad.ok()) return bad;
  return copier.sync_directory();
}

}  // namespace annulus::chunklog
