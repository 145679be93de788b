// What is stored: the object, the version before it, and others beside it; kept in memory, so that
// each case begins with fresh disks at the cost of writing some files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan.hpp"
#include "subprocess.hpp"
#include "tree.hpp"

namespace annulus::campaign {

inline constexpr const char* object_name = "object";
inline constexpr const char* other_name = "other";          ///< of the same size
inline constexpr const char* neighbour_name = "neighbour";  ///< a small one

/// The content of a case's object, by its kind and a seed.
std::string content_of(content_kind kind, std::uint64_t size, std::uint64_t seed);

/// A directory of regular files.
using files = std::map<std::string, std::string>;

struct version {
  std::string bytes{};
  std::vector<files> shards{};  ///< what each disk got
};

struct scene {
  stored_plan plan;
  version newest, older, other;
  listing disks{};  ///< all of them, each with all objects: "d0/object/part.1"

  [[nodiscard]] std::uint64_t frame_bytes() const noexcept;
};

/// Stores it with the command. Throws std::runtime_error with what the command said if it fails.
scene store(const stored_plan& plan, const std::string& command, const workplace& place,
            const process_limits& limits);

/// "ROOT/d0,ROOT/d1,…", in that order.
std::string disk_list(const fs::path& root, const std::vector<unsigned>& order);
std::string disk_list(const fs::path& root, unsigned count);
/// ROOT/dN
fs::path disk_path(const fs::path& root, unsigned disk);

/// The arguments of a put.
words put_words(const std::string& command, const stored_plan& plan, const fs::path& input,
                const std::string& name, const fs::path& root);

}  // namespace annulus::campaign
