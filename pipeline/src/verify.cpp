#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/shards.hpp>
#include <annulus/pipeline/verify.hpp>

#include "format.hpp"
#include "scan.hpp"

namespace annulus::pipeline {
namespace {

object_state verify_object(const std::string& name, const verify_options& what) {
  try {
    auto object = find_shards(name, what.disks, what.stop);
    return scan(object,
                [&](std::uint64_t, std::uint64_t) {
                  if (what.stop.stop_requested())
                    throw error(error_kind::cancelled, "verify was interrupted");
                })
        .state;
  } catch (const error& problem) {
    if (problem.kind() != error_kind::failed || !what.name.empty()) throw;
    object_state state{.name = name};
    for (const auto& disk : what.disks) state.shards.push_back({disk, problem.what()});
    return state;
  }
}

}  // namespace

verify_report verify(const verify_options& what) {
  check_disk_list(what.disks);
  verify_report report;
  std::vector<std::string> names{what.name};
  if (what.name.empty()) {
    auto list = list_objects(what.disks);
    names = std::move(list.names);
    report.passed_over = std::move(list.passed_over);
  }
  for (const auto& name : names) {
    if (what.progress) what.progress(name);
    report.objects.push_back(verify_object(name, what));
  }
  return report;
}

}  // namespace annulus::pipeline
