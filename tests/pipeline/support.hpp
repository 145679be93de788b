// Scratch directories, files of known bytes, and the shortest way to put and get.
#pragma once

#include <gtest/gtest.h>

#include <annulus/all.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/get.hpp>
#include <annulus/pipeline/put.hpp>
#include <annulus/pipeline/sink.hpp>
#include <annulus/pipeline/verify.hpp>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/files.hpp"

namespace annulus::pipeline::testing {

namespace fs = std::filesystem;
using bytes = std::vector<std::byte>;

inline constexpr std::array every_hand{hand_over::copy, hand_over::copy_in, hand_over::in_place};

inline std::string name_of(hand_over hand) {
  if (hand == hand_over::copy) return "copy";
  return hand == hand_over::copy_in ? "copy_in" : "in_place";
}

/// A directory that is removed with it.
class scratch {
 public:
  scratch() {
    std::string name = (fs::temp_directory_path() / "annulus-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() { fs::remove_all(path_); }
  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }

  [[nodiscard]] std::vector<fs::path> disks(unsigned count) const {
    std::vector<fs::path> list;
    for (unsigned i = 0; i < count; ++i) list.push_back(path_ / ("d" + std::to_string(i)));
    return list;
  }

 private:
  fs::path path_;
};

/// Bytes without a pattern that a bug could keep; the same for the same seed.
inline bytes noise(std::size_t size, std::uint64_t seed = 1) {
  bytes data(size);
  for (auto& byte : data) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    byte = static_cast<std::byte>(seed >> 56);
  }
  return data;
}

inline void write_bytes(const fs::path& path, bytes_view data) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
  ASSERT_TRUE(file.flush());
}

inline bytes read_bytes(const fs::path& path) {
  EXPECT_TRUE(fs::exists(path)) << path;
  const auto text = support::slurp(path);
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

inline void flip_byte(const fs::path& path, std::uint64_t offset) {
  auto data = read_bytes(path);
  ASSERT_LT(offset, data.size());
  data[offset] ^= std::byte{0x40};
  write_bytes(path, data);
}

inline put_options options(const scratch& where, geometry shape) {
  put_options how;
  how.name = "object";
  how.geometry = shape;
  how.disks = where.disks(shape.shards());
  how.ring = "futex";
  how.sync = false;
  return how;
}

inline put_report put_bytes(const scratch& where, const put_options& how, bytes_view data) {
  write_bytes(where / "input", data);
  auto from = input::open(where / "input");
  return put(from, how);
}

inline bytes get_bytes(const get_options& what, get_report* report = nullptr) {
  bytes data;
  const auto result = get(what, [&](bytes_view piece) {
    data.insert(data.end(), piece.begin(), piece.end());
    return std::error_code{};
  });
  if (report != nullptr) *report = result;
  return data;
}

/// The sentence of the error that `body` throws; fails if it throws none of that kind.
template <class Body>
std::string sentence_of(error_kind kind, Body body) {
  try {
    body();
  } catch (const error& problem) {
    EXPECT_EQ(problem.kind(), kind) << problem.what();
    return problem.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace annulus::pipeline::testing
