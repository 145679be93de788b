// What a disk may hold after a crash: which bytes, sizes and names are durable, and which may be.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "trace.hpp"

namespace annulus::crash {

/// A directory's files and their bytes.
using image = std::map<std::string, std::string>;

/// The smallest part of a write that a disk writes as a whole, and the one that a page cache does.
inline constexpr std::uint64_t sector_bytes = 512;
inline constexpr std::uint64_t page_bytes = 4096;

/// One directory on a disk that loses power. What is synced stays. Of the rest any part may have
/// reached the disk, in any order: no write, all of them, each prefix, all but one; a write only up
/// to a sector or from one on, or without one; a file that has grown holds zeros where its bytes
/// are missing, or has not grown; a truncation may be lost. A name may come or go without the bytes
/// and the bytes without the name.
class disk {
 public:
  /// Empty, and durably so.
  disk() = default;
  /// Durable: after a crash, this is what there is.
  explicit disk(const image& content);

  /// Does one step; marks do nothing.
  void apply(const event& step);

  /// What a process sees, and what a crash of the process alone leaves.
  [[nodiscard]] image visible() const;
  /// The numbers of the files that `visible` shows.
  [[nodiscard]] const std::map<std::string, int>& names() const noexcept { return names_; }
  /// The number that the next new file gets.
  [[nodiscard]] int next_file() const noexcept { return static_cast<int>(files_.size()); }

  /// All legal states after a crash now, up to `limit`; when there are more, a random choice of
  /// them that holds the simplest. They differ from each other.
  [[nodiscard]] std::vector<image> states(std::size_t limit, std::mt19937_64& random) const;

 private:
  struct change {
    bool truncation = false;
    std::uint64_t offset = 0;  // of the bytes; or the size
    std::string bytes{};
  };
  struct file {
    std::string durable{};
    std::vector<change> pending{};
  };
  struct renaming {
    std::string from{};  // empty: a file is created
    std::string to{};    // empty: removed
    int file = -1;
  };
  using directory = std::map<std::string, int>;

  static void change_bytes(std::string& bytes, const change& by);
  static void change_names(directory& names, const renaming& by);
  [[nodiscard]] static std::vector<std::string> contents(const file& of);
  [[nodiscard]] std::vector<directory> directories() const;

  std::vector<file> files_;
  directory names_;
  directory durable_names_;
  std::vector<renaming> pending_names_;
};

}  // namespace annulus::crash
