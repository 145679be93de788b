// Many cases, on several cores, each violation shrunk.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "oracle.hpp"

namespace annulus::campaign {

struct campaign_options {
  std::string command;
  std::uint64_t seed = 1;
  std::uint64_t first = 0, cases = 20'000;
  double minutes = 1e9;
  std::vector<pipeline::sink_kind> sinks{pipeline::sink_kind::dir, pipeline::sink_kind::chunks};
  unsigned jobs = 2;
  process_limits limits{};
  unsigned shrunk_each = 2;  ///< how many violations of a kind are made small
  unsigned attempts = 120;   ///< of a shrinking
  fs::path keep{};           ///< where the disks of shrunk violations are left, as they were hurt
  std::function<void(const std::string&)> say = [](const std::string&) {};  ///< a line each
  std::function<void(std::uint64_t cases, std::uint64_t violating)> progress = [](std::uint64_t,
                                                                                  std::uint64_t) {};
};

struct campaign_result {
  std::uint64_t cases = 0;
  std::uint64_t violating = 0;  ///< cases
  std::array<std::uint64_t, violations> kinds{};
  std::array<std::string, violations> examples{};  ///< the first of each kind, shrunk
};

/// Random cases. Throws std::runtime_error if the command cannot even store.
campaign_result run_campaign(const campaign_options& how);

/// The given cases, one after the other.
campaign_result replay(const std::vector<case_plan>& plans, const campaign_options& how);

/// Kinds, counts, and an example of each.
std::string table_of(const campaign_result& result);

/// A file of cases, one a line; a line that begins with '#' is a comment. Throws std::runtime_error
/// with the line.
std::vector<case_plan> read_plans(const fs::path& file);

}  // namespace annulus::campaign
