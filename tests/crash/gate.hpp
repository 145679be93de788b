// The mutation gate: with any one sync or ordering gone, the checker must find a violation.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "checker.hpp"
#include "defects.hpp"
#include "workload.hpp"

namespace annulus::crash {

/// How one defect ended.
struct trial {
  std::string what{};    ///< the place
  std::string change{};  ///< "left out", or what it was done only after
  std::string killer{};  ///< the workload that found it; empty: none did
  std::string how{};     ///< the violation
  std::string why{};     ///< of a survivor: why nothing is wrong with it; empty: not known

  [[nodiscard]] bool killed() const noexcept { return !killer.empty(); }
  [[nodiscard]] bool equivalent() const noexcept { return !killed() && !why.empty(); }
};

struct matrix {
  std::vector<trial> trials{};
  tally clean{};                      ///< without a defect
  std::vector<std::string> unseen{};  ///< calls of the seam in chunklog/src, never reached

  /// Nothing is wrong without a defect, and each one is found or known to be none.
  [[nodiscard]] bool passed() const;
};

/// Tries all defects on all workloads that are repeatable. `sources` is chunklog/src; `arguments` a
/// file that says of survivors why they are equivalent. `progress` is called before each trial.
matrix run_gate(const std::vector<workload>& workloads, const bounds& limits,
                const std::filesystem::path& sources, const std::filesystem::path& arguments,
                const std::function<void(std::size_t done, std::size_t of)>& progress = {});

/// As a table in Markdown.
std::string document(const matrix& of);

}  // namespace annulus::crash
