// Runs the commands on the hurt disks of a case, and says which of their promises they break.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scene.hpp"

namespace annulus::campaign {

enum class violation : std::uint8_t {
  verify_calls_hurt_whole,
  verify_calls_whole_hurt,
  unreadable,
  wrong_bytes,
  left_output,
  healed_wrong,
  not_healed,
  changed_good,
  changed_by_reader,
  touched_outside,
  not_stored,
  lost_by_put,
  hang,
  signal,
  bad_status,
  bad_sentence,
  bad_json,
};
inline constexpr std::size_t violations = static_cast<std::size_t>(violation::bad_json) + 1;

/// "verify calls hurt objects whole"
std::string_view to_string(violation kind) noexcept;

struct finding {
  violation kind{};
  std::string what{};  ///< a sentence: which command, and what it did
};

struct oracle_options {
  std::string command;
  process_limits limits{};
};

/// Plays a case in a directory of `place`. Stops behind a command that hangs.
std::vector<finding> judge(const case_plan& plan, const scene& stored, const workplace& place,
                           const oracle_options& how);

}  // namespace annulus::campaign
