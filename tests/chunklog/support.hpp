// What the chunk log's tests have in common.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <annulus/chunklog/log.hpp>
#include <annulus/chunklog/view.hpp>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "support/files.hpp"

namespace annulus::chunklog::test {

using support::slurp;

/// A directory that is gone with the test.
class scratch {
 public:
  scratch() {
    auto name = (std::filesystem::temp_directory_path() / "annulus-chunklog-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::system_category());
    path_ = name;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path log() const { return path_ / "log"; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// Chunks of a size, and writes of a size: 1 for a record each.
inline options limited(std::uint64_t chunk_bytes, std::size_t write_bytes) {
  options how;
  how.chunk_bytes = chunk_bytes;
  how.write_bytes = write_bytes;
  return how;
}

inline void spill(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

inline void flip(const std::filesystem::path& file, std::size_t offset) {
  auto bytes = slurp(file);
  bytes.at(offset) = static_cast<char>(bytes.at(offset) ^ 0x40);
  spill(file, bytes);
}

/// Every file's bytes, for "changes nothing".
inline std::map<std::string, std::string> contents(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    files[entry.path().filename().string()] = slurp(entry.path());
  }
  return files;
}

/// What a crash of the process leaves: the files as they are, while the log is still open.
inline void snapshot(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::remove_all(to);
  std::filesystem::copy(from, to);
}

/// The chunk with the highest number.
inline std::filesystem::path last_chunk(const std::filesystem::path& log) {
  std::filesystem::path last;
  for (const auto& entry : std::filesystem::directory_iterator(log)) {
    if (entry.path().extension() == ".chunk" && entry.path() > last) last = entry.path();
  }
  return last;
}

inline bytes_view view_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string text_of(bytes_view bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A payload that says which one it is.
inline std::string payload(std::uint64_t seed, std::size_t size) {
  std::string text(size, '\0');
  std::uint64_t state = seed * 0x9E3779B97F4A7C15 + 1;
  for (auto& c : text) {
    state = state * 6364136223846793005 + 1442695040888963407;
    c = static_cast<char>(state >> 56U);
  }
  return text;
}

/// Opens, and fails the test with the log's own sentence if that fails.
inline std::unique_ptr<chunk_log> must_open(const std::filesystem::path& path,
                                            const options& how = {}) {
  auto result = chunk_log::open(path, how);
  EXPECT_TRUE(result.ok()) << result.message;
  return std::move(result.log);
}

inline std::uint64_t must_append(chunk_log& log, const std::string& text) {
  const auto done = log.writer().append(view_of(text));
  EXPECT_TRUE(done.ok()) << done.message;
  return done.id;
}

/// All records up to the end of a closed log, as (ID, payload).
using records = std::vector<std::pair<std::uint64_t, std::string>>;
inline records drain(chunk_log& log) {
  records all;
  for (;;) {
    const auto record = log.reader().next();
    if (!record.ok()) {
      EXPECT_EQ(record.error, errc::end_of_stream) << record.message;
      return all;
    }
    all.emplace_back(record.id, text_of(record.payload));
  }
}

/// What a log holds that is not acknowledged, after opening and closing it.
inline records reread(const std::filesystem::path& path, const options& how = {}) {
  auto log = must_open(path, how);
  if (!log) return {};
  EXPECT_TRUE(log->writer().close().ok());
  return drain(*log);
}

}  // namespace annulus::chunklog::test
