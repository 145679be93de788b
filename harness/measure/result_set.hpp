// The directory of one run.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "measure/matrix.hpp"

namespace annulus::harness {

inline constexpr std::string_view samples_name = "samples.jsonl";
inline constexpr std::string_view environment_name = "env.json";
inline constexpr std::string_view topology_name = "topology.xml";

/// Makes `directory` if need be. Throws `error` if nothing can be written in it: to be called
/// before the work whose result goes there.
void prepare_directory(const std::filesystem::path& directory);

/// Makes `root`/`machine`/<UTC time>-`name`, a directory that did not exist before. Throws `error`.
std::filesystem::path make_result_directory(const std::filesystem::path& root,
                                            std::string_view machine, std::string_view name);

/// Writes `text` to `file` and waits until both are on disk. Throws `error`.
void write_durably(const std::filesystem::path& file, std::string_view text);

/// The env.json of a run, with the fields that are read of the right types. Throws `error` if
/// `directory` holds none.
json read_environment(const std::filesystem::path& directory);

/// The matrix of a run, from its env.json. Throws `error` if there is none, or it is of another
/// schema.
matrix matrix_of_run(const std::filesystem::path& directory, const suite_list& suites);

/// The run's own name, the last component of its directory.
std::string run_name(const std::filesystem::path& directory);

}  // namespace annulus::harness
