#include "suites/pipeline/library_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <fstream>
#include <vector>

#include "base/error.hpp"
#include "base/interruption.hpp"

namespace annulus::harness {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code problem;
  const auto skip = fs::directory_options::skip_permission_denied;
  for (auto it = fs::recursive_directory_iterator(folder, skip, problem);
       it != fs::recursive_directory_iterator(); it.increment(problem)) {
    std::error_code unknown;
    if (fs::is_regular_file(it->symlink_status(unknown))) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

void collect_files(const fs::path& folder, std::uint64_t most, const fs::path& file, int stop_fd) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  std::vector<char> piece(std::size_t{1} << 20);
  std::uint64_t left = most;
  for (const auto& source : files_below(folder)) {
    std::ifstream in(source, std::ios::binary);
    while (left > 0 && in) {
      if (is_readable(stop_fd)) throw error("interrupted while the input was collected");
      in.read(piece.data(),
              static_cast<std::streamsize>(std::min<std::uint64_t>(left, piece.size())));
      out.write(piece.data(), in.gcount());
      left -= static_cast<std::uint64_t>(in.gcount());
    }
    if (left == 0) break;
  }
  if (!out.flush()) throw error(fmt::format("{} cannot be written", pipeline::escaped(file)));
  if (left == most)
    throw error(fmt::format("no file below {} can be read", pipeline::escaped(folder)));
}

}  // namespace annulus::harness
