// What the tests of the harness share.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "error.hpp"
#include "json.hpp"
#include "matrix.hpp"

namespace annulus::harness {

/// A directory for one test, removed with it.
class temporary_directory {
 public:
  temporary_directory() {
    std::string name = testing::TempDir() + "annulus-harness-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw error("no temporary directory");
    path_ = name;
  }
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline void write(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

inline std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline constexpr std::array<std::string_view, 3> test_rings{"mutex", "futex", "spsc"};

inline matrix matrix_of(std::string_view text) {
  return parse_matrix(text, "m.toml", test_rings);
}

/// What `call` says when it throws `Error`; a failure if it does not.
template <class Error, class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Error& thrown) {
    return thrown.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

}  // namespace annulus::harness
