// Opens what a crash has left, and looks at everything that is there.
#pragma once

#include <annulus/chunklog/log.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "disk.hpp"
#include "payload.hpp"
#include "recording_files.hpp"

namespace annulus::crash {

/// How a workload's log is opened, and what its records look like.
struct log_shape {
  chunklog::options how{};
  sizes size{};
  bool direct = false;  ///< written by its caller, without a reader
  /// Where who appends cannot know the ID before: which payload the first life has given it. Filled
  /// in while the workload is played. Null: that of the ID.
  std::shared_ptr<std::map<std::uint64_t, std::uint64_t>> payloads{};

  [[nodiscard]] bool survives_power_loss() const noexcept {
    return how.durability.when != chunklog::durability::mode::none;
  }
  /// Whose payload a record has.
  [[nodiscard]] lives lives_of(std::uint64_t id, bytes_view payload) const {
    const auto found = crash::lives_of(id, payload, size(id));
    if (!payloads) return found;
    const auto given = payloads->find(id);
    const auto first = given == payloads->end()
                           ? lives{0}
                           : crash::lives_of(given->second, payload, size(id)) & first_life;
    return static_cast<lives>((found & second_life) | first);
  }
};

/// What was found.
struct outcome {
  std::string fault{};             ///< what no crash may lead to, whatever was promised before it
  std::uint64_t acknowledged = 0;  ///< all up to this ID
  std::uint64_t next_id = 1;
  std::vector<lives> records{};  ///< from `acknowledged` + 1 to `next_id` - 1

  [[nodiscard]] bool ok() const noexcept { return fault.empty(); }
};

struct reopening {
  outcome found{};
  trace steps{};  ///< with recovery's own, and those of a few records of the second life behind it
};

/// Opens a log in `directory` that holds `before`; reads all, checks that the summary agrees with a
/// walk, that a second opening changes no byte, and that records can follow. The files are numbered
/// as in `known`, which must show `before`.
reopening reopen(const disk& known, const log_shape& shape, const std::filesystem::path& directory,
                 recording_files::sites sites);

}  // namespace annulus::crash
