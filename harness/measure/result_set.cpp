#include "measure/result_set.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <annulus/core/restarted.hpp>
#include <annulus/core/unique_fd.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <limits>

#include "base/bounded_file.hpp"
#include "base/error.hpp"
#include "base/json_fields.hpp"

namespace annulus::harness {
namespace {

using pipeline::escaped;

[[noreturn]] void refuse(const std::filesystem::path& what, std::string_view action,
                         std::string_view why) {
  throw error(fmt::format("{} cannot be {}: {}", escaped(what), action, why));
}

void sync(const std::filesystem::path& what, int flags) {
  const unique_fd fd(detail::restarted([&] { return open(what.c_str(), flags | O_CLOEXEC); }));
  if (fd.get() < 0 || detail::restarted([&] { return fsync(fd.get()); }) != 0)
    refuse(what, "made durable", std::strerror(errno));
}

constexpr std::uint64_t most_environment_bytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t most_count = std::uint64_t{1} << 32U;

// Fields may be missing: not every kind of run has them all.
void check_environment(const json& value) {
  constexpr std::size_t most_text = 1024;
  if (!value.is_object()) throw error("it must be a JSON object");
  if (!value.contains("schema")) {
    throw error(
        fmt::format("it is of an older revision, before schema {}, and cannot be read", schema));
  }
  if (value["schema"] != schema) {
    throw error(fmt::format("it is of schema {}, and this reads schema {}", value["schema"].dump(),
                            schema));
  }
  for (const char* field : {"machine", "cpu_model", "kernel"}) {
    if (value.contains(field)) text_of(value, field, most_text);
  }
  for (const char* field : {"cpus", "numa_nodes", "turns"}) {
    if (value.contains(field)) whole_number(value, field, most_count);
  }
  if (value.contains("seed")) whole_number(value, "seed", std::numeric_limits<std::int64_t>::max());
  if (value.contains("matrix")) text_of(value, "matrix", most_environment_bytes);
  if (!value.contains("input")) return;
  const json& input = value["input"];
  if (!input.is_object()) throw error("its input must be a JSON object");
  text_of(input, "name", most_text);
  whole_number(input, "bytes", std::numeric_limits<std::int64_t>::max());
}

}  // namespace

void prepare_directory(const std::filesystem::path& directory) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) refuse(directory, "created", failed.message());
  if (access(directory.c_str(), W_OK | X_OK) != 0) {
    refuse(directory, "written", std::strerror(errno));
  }
}

std::filesystem::path make_result_directory(const std::filesystem::path& root,
                                            std::string_view machine, std::string_view name) {
  const std::filesystem::path parent = root / machine;
  prepare_directory(parent);
  std::error_code failed;
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
  const auto refuse_set = [&](std::string_view why) {
    throw error(fmt::format("{} is no result set: {}", escaped(directory), why));
  };
  json out;
  try {
    out = parse_bounded(read_bounded(file, most_environment_bytes, environment_name));
    check_environment(out);
  } catch (const error& problem) {
    refuse_set(out.is_null() ? problem.what()
                             : fmt::format("{}: {}", environment_name, problem.what()));
  }
  return out;
}

matrix matrix_of_run(const std::filesystem::path& directory, const suite_list& suites) {
  const json environment = read_environment(directory);
  const auto text = environment.find("matrix");
  if (text == environment.end()) {
    throw error(fmt::format("the {} of {} holds no matrix", environment_name, escaped(directory)));
  }
  return parse_matrix(text->get<std::string>(), escaped(directory / environment_name), suites);
}

std::string run_name(const std::filesystem::path& directory) {
  const auto clean = std::filesystem::absolute(directory).lexically_normal();
  return (clean.has_filename() ? clean : clean.parent_path()).filename().string();
}

}  // namespace annulus::harness
