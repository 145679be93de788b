#include "measure/turn.hpp"

#include <fmt/format.h>

#include <cstring>
#include <string>

#include "base/bounded_file.hpp"
#include "base/error.hpp"
#include "base/paths.hpp"

namespace annulus::harness {

sample sample_of(const planned_cell& cell, int repetition) {
  sample out;
  out.cell = cell.index;
  out.key = cell.request.key;
  out.repetition = repetition;
  out.is_roof = cell.is_roof;
  out.spec = {{"producer_cpus", cell.request.producer_cpus},
              {"consumer_cpus", cell.request.consumer_cpus},
              {"memory_nodes", cell.request.memory_nodes}};
  return out;
}

void take_outcome(const child_outcome& done, std::chrono::milliseconds limit, sample& into) {
  std::string said = without_paths(done.err.substr(0, 2000));
  while (!said.empty() && said.back() == '\n') said.pop_back();
  const std::string tail = said.empty() ? "" : ": " + said;
  switch (done.how) {
    case child_outcome::ending::exited: {
      if (done.code != 0) {
        into.error = fmt::format("exit status {}{}", done.code, tail);
        break;
      }
      try {
        into.result = result_from_json(parse_bounded(done.out));
      } catch (const bad_input& problem) {
        into.error = problem.what() + tail;
      }
      break;
    }
    case child_outcome::ending::signalled:
      into.error = fmt::format("ended by signal {} ({}){}", done.code, strsignal(done.code), tail);
      break;
    case child_outcome::ending::timed_out:
      into.error = fmt::format("killed after {} s, the limit for a cell{}",
                               static_cast<double>(limit.count()) / 1e3, tail);
      break;
    case child_outcome::ending::stopped:
      break;
  }
}

std::vector<int> cpus_of(const topology& machine) {
  std::vector<int> out;
  for (const cpu& each : machine.cpus) out.push_back(each.number);
  return out;
}

}  // namespace annulus::harness
