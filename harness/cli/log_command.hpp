// What the tools for chunk logs share, and where each adds itself.
#pragma once

#include <annulus/chunklog/verify.hpp>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/command.hpp"

namespace annulus::cli {

/// Each adds its subcommand to `annulus log`.
void add_log_inspect(CLI::App& log);
void add_log_verify(CLI::App& log);
void add_log_repair(CLI::App& log);
void add_log_tail(CLI::App& log);

/// Throws failure for a call that did not succeed.
void expect_ok(const chunklog::status& done);

/// The bytes of all chunks in a directory, for a progress bar; 0 if that cannot be known.
std::uint64_t log_bytes(const std::string& directory);

/// Verifies the log with a progress bar of that name, until a signal. Throws failure.
chunklog::verified verify_with_bar(const std::string& directory, const std::string& name,
                                   unsigned threads = 0);

harness::json to_json(const chunklog::log_summary& sum);
harness::json to_json(const std::vector<chunklog::fault>& faults);

/// A line each: kind, file, offset, ID, sentence.
void print(const std::vector<chunklog::fault>& faults);

/// "3 faults"
std::string count_of(std::uint64_t n, const std::string& thing);

}  // namespace annulus::cli
