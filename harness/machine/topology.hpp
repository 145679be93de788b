// What the machine looks like, as far as this process may use it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace annulus::harness {

/// How near two CPUs are: the nearest thing that they have in common.
enum class relation : std::uint8_t {
  same_pu,     ///< one hardware thread
  same_core,   ///< two hardware threads of one core
  shared_l2,   ///< two cores behind one L2 (or L1) cache
  shared_l3,   ///< two cores behind one L3 (or larger) cache, and no nearer one
  same_node,   ///< the same local memory, no cache in common
  cross_node,  ///< different local memory
};
inline constexpr std::array all_relations{relation::same_pu,   relation::same_core,
                                          relation::shared_l2, relation::shared_l3,
                                          relation::same_node, relation::cross_node};

/// "same-pu", "same-core", ...
std::string_view name_of(relation value) noexcept;
/// What it takes, in words: "two hardware threads of one core".
std::string_view meaning_of(relation value) noexcept;

/// One hardware thread. Numbers are the operating system's.
struct cpu {
  int number = 0;
  int core = 0;  ///< index in topology::cores
  int package = 0;
  std::vector<int> nodes;  ///< NUMA nodes that are local to it; some CPUs have none
};

struct core {
  int package = 0;
  std::vector<int> cpus;
};

/// One cache. `type` is "data", "unified" or "instruction".
struct cache {
  int level = 0;
  std::string type;
  std::uint64_t bytes = 0;
  std::vector<int> cpus;
};

struct numa_node {
  int number = 0;
  std::uint64_t bytes = 0;
  std::vector<int> cpus;  ///< may be empty: memory without CPUs
};

struct cpu_pair {
  int producer = 0;
  int consumer = 0;
};

/// The CPUs, caches and nodes that this process is allowed to use, by cpusets and by the binding
/// that it was started with (taskset). Plain data, in ascending order of number.
struct topology {
  /// False for XML and synthetic descriptions, also those that hwloc takes from HWLOC_XMLFILE or
  /// HWLOC_SYNTHETIC: binding to them would do nothing, or something else.
  bool is_this_system = false;
  std::string cpu_model;  ///< empty if unknown
  std::vector<cpu> cpus;
  std::vector<core> cores;
  std::vector<cache> caches;
  std::vector<numa_node> nodes;
  /// hwloc's XML, without what identifies the host (its name, serial numbers, cgroup).
  std::string xml;

  /// Every pair of that relation, each once with the lower CPU as producer; the first is the
  /// representative.
  [[nodiscard]] const std::vector<cpu_pair>& pairs(relation value) const {
    return by_relation[static_cast<std::size_t>(value)];
  }

  std::array<std::vector<cpu_pair>, all_relations.size()> by_relation;
};

/// Each throws `error` if hwloc cannot load it.
topology this_machine();
topology topology_from_xml(const std::string& xml);
/// `description` as in hwloc(7), "Synthetic topologies": "numa:2 l3:1 core:4 pu:2".
topology topology_from_synthetic(const std::string& description);

/// The nearest two CPUs that are two cores, else two hardware threads of one. Throws `error` if
/// there is one CPU only.
cpu_pair nearest_pair(const topology& machine);

/// A directory name for results of this kind of machine: "intel-xeon-processor-2cpu". Not the
/// host's name.
std::string machine_slug(const topology& machine);

}  // namespace annulus::harness
