#include "result_set.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <annulus/unique_fd.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include "error.hpp"

namespace annulus::harness {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& what, std::string_view action,
                         std::string_view why) {
  throw error(fmt::format("{} cannot be {}: {}", what.string(), action, why));
}

void sync(const std::filesystem::path& what, int flags) {
  const unique_fd fd(open(what.c_str(), flags | O_CLOEXEC));
  if (fd.get() < 0 || fsync(fd.get()) != 0) refuse(what, "made durable", std::strerror(errno));
}

}  // namespace

std::filesystem::path make_result_directory(const std::filesystem::path& root,
                                            std::string_view machine, std::string_view name) {
  const std::filesystem::path parent = root / machine;
  std::error_code failed;
  std::filesystem::create_directories(parent, failed);
  if (failed) refuse(parent, "created", failed.message());
  const std::string base =
      fmt::format("{:%Y%m%dT%H%M%SZ}-{}", fmt::gmtime(std::time(nullptr)), name);
  for (int number = 1;; ++number) {
    // Another run may have started within the same second.
    std::filesystem::path directory =
        parent / (number == 1 ? base : fmt::format("{}-{}", base, number));
    if (std::filesystem::create_directory(directory, failed)) return directory;
    if (failed) refuse(directory, "created", failed.message());
  }
}

void write_durably(const std::filesystem::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) refuse(file, "written", std::strerror(errno));
  sync(file, O_RDONLY);
  sync(file.parent_path(), O_RDONLY | O_DIRECTORY);
}

json read_environment(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / environment_name;
  std::ifstream in(file);
  json out = json::parse(in, nullptr, false);
  if (!in || !out.is_object()) {
    throw error(fmt::format("{} is no result set: it has no readable {}", directory.string(),
                            environment_name));
  }
  return out;
}

std::string run_name(const std::filesystem::path& directory) {
  const auto clean = std::filesystem::absolute(directory).lexically_normal();
  return (clean.has_filename() ? clean : clean.parent_path()).filename().string();
}

}  // namespace annulus::harness
