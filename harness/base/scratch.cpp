#include "base/scratch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>

#include "base/error.hpp"
#include "base/interruption.hpp"

namespace annulus::harness {

scratch_directory::scratch_directory(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code failed;
  std::filesystem::create_directories(path_.parent_path(), failed);
  if (failed || !std::filesystem::create_directory(path_, failed)) {
    throw error(fmt::format("{} cannot be created: {}", pipeline::escaped(path_),
                            failed ? failed.message() : "it exists"));
  }
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void generate_input(const std::filesystem::path& file, std::uint64_t bytes, std::uint64_t seed,
                    int stop_fd) {
  std::mt19937_64 random(seed);
  std::array<std::uint64_t, 8192> words{};
  std::ofstream out(file, std::ios::binary);
  while (bytes > 0 && out) {
    if (is_readable(stop_fd)) throw error("interrupted while the input was made");
    std::generate(words.begin(), words.end(), std::ref(random));
    const std::uint64_t piece = std::min<std::uint64_t>(bytes, sizeof words);
    out.write(reinterpret_cast<const char*>(words.data()), static_cast<std::streamsize>(piece));
    bytes -= piece;
  }
  out.close();
  if (!out) {
    throw error(fmt::format("the input {} cannot be written: {}", pipeline::escaped(file),
                            std::strerror(errno)));
  }
}

}  // namespace annulus::harness
