// Two commands on one object at once, killed at any moment: what was acknowledged stays, and the
// object is whole in one of its versions.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "subprocess.hpp"
#include "tree.hpp"

namespace annulus::campaign {

enum class meeting : std::uint8_t { put_and_get, put_and_heal, put_and_put, heal_and_get };

struct kill_options {
  std::string command;
  meeting what{};
  bool kill = true;  ///< else both go on to their ends
  std::uint64_t seed = 1;
  std::uint64_t first = 0, rounds = 300;
  process_limits limits{};
  std::function<void(const std::string&)> say = [](const std::string&) {};  ///< a line a violation
};

struct kill_result {
  std::uint64_t rounds = 0;
  std::uint64_t killed = 0;  ///< commands that had not ended before
  std::uint64_t acknowledged =
      0;                    ///< puts that said that they had stored, of those that met another
  std::uint64_t older = 0;  ///< rounds that end with what was there before
  std::uint64_t violations = 0;
};

/// "put-put", and back; none of another text.
std::string_view to_string(meeting what) noexcept;
std::span<const meeting> all_meetings() noexcept;

/// Plays rounds, alternately in both sinks.
kill_result run_rounds(const kill_options& how);

}  // namespace annulus::campaign
