
#include <algorithm>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/shards.hpp>
#include <annulus/pipeline/verify.hpp>

#include "format.hpp"
#include "scan.hpp"

namespace annulus::pipeline {
namespace {

object_state verify_object(const std::string& name, const verify_options& what) {
  try {
    auto object = find_shards(name, what.disks);
    return scan(object, [&](std::uint64_t, std::uint64_t) {
      if (what.stop.stop_requested()) throw error(error_kind::cancelled, "verify was interrupted");
    });
  } catch (const error& problem) {
    if (problem.kind() != error_kind::failed) throw;
    object_state state{.name = name};
    for (const auto& disk : what.disks) state.shards.push_back({disk, problem.what(), 0});
    return state;
  }
}

}  // namespace

std::vector<object_state> verify(const verify_options& what) {
  check_disk_list(what.disks);
  auto names = object_names(what.disks);
  if (!what.name.empty()) {
    check_object_name(what.name);
    if (!std::binary_search(names.begin(), names.end(), what.name)) {
      throw error(error_kind::failed, formatted("object '{}' is on none of the {} disks", what.name,
                                                what.disks.size()));
    }
    names = {what.name};
  }
  std::vector<object_state> states;
  for (const auto& name : names) {
    if (what.progress) what.progress(name);
    states.push_back(verify_object(name, what));
  }
  return states;
}

}  // namespace annulus::pipeline
