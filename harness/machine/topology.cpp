#include "machine/topology.hpp"

#include <fmt/format.h>
#include <hwloc.h>
#include <sched.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <sstream>
#include <type_traits>

#include "base/error.hpp"

namespace annulus::harness {
namespace {

struct topology_closer {
  void operator()(hwloc_topology_t value) const noexcept { hwloc_topology_destroy(value); }
};
using hwloc_owner = std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, topology_closer>;

hwloc_owner new_topology() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) throw error("hwloc cannot start");
  return hwloc_owner(raw);
}

struct bitmap_freer {
  void operator()(hwloc_bitmap_t value) const noexcept { hwloc_bitmap_free(value); }
};
using bitmap_owner = std::unique_ptr<std::remove_pointer_t<hwloc_bitmap_t>, bitmap_freer>;

bitmap_owner affinity() {
  // The kernel wants room for all CPUs that it can have, and does not say how many those are.
  constexpr int most = 1 << 20;
  for (int count = CPU_SETSIZE; count <= most; count *= 2) {
    std::vector<unsigned long> words(CPU_ALLOC_SIZE(count) / sizeof(unsigned long));
    auto* const set = reinterpret_cast<cpu_set_t*>(words.data());
    if (sched_getaffinity(0, words.size() * sizeof words[0], set) != 0) continue;
    bitmap_owner out(hwloc_bitmap_alloc());
    hwloc_bitmap_from_ulongs(out.get(), static_cast<unsigned>(words.size()), words.data());
    return out;
  }
  throw error("the kernel does not say which CPUs this process may use");
}

// As it was when it was first asked for: threads are pinned later.
const bitmap_owner& allowed_cpus() {
  static const bitmap_owner first = affinity();
  return first;
}

std::vector<int> members(hwloc_const_bitmap_t set) {
  std::vector<int> numbers;
  for (int at = hwloc_bitmap_first(set); at >= 0; at = hwloc_bitmap_next(set, at)) {
    numbers.push_back(at);
  }
  return numbers;
}

std::vector<hwloc_obj_t> objects(hwloc_topology_t from, hwloc_obj_type_t type) {
  std::vector<hwloc_obj_t> found;
  for (hwloc_obj_t at = hwloc_get_next_obj_by_type(from, type, nullptr); at != nullptr;
       at = hwloc_get_next_obj_by_type(from, type, at)) {
    found.push_back(at);
  }
  return found;
}

int package_of(hwloc_topology_t from, hwloc_obj_t at) {
  hwloc_obj_t package = hwloc_get_ancestor_obj_by_type(from, HWLOC_OBJ_PACKAGE, at);
  return package == nullptr ? 0 : static_cast<int>(package->logical_index);
}

relation classify(hwloc_topology_t from, hwloc_obj_t one, hwloc_obj_t other) {
  if (one == other) return relation::same_pu;
  hwloc_obj_t common = hwloc_get_common_ancestor_obj(from, one, other);
  if (common->type == HWLOC_OBJ_CORE) return relation::same_core;
  if (hwloc_obj_type_is_cache(common->type) != 0) {
    return common->attr->cache.depth <= 2 ? relation::shared_l2 : relation::shared_l3;
  }
  // Something finer, such as a group or a die, can lie between the pair and a cache that they
  // share.
  for (hwloc_obj_t above = common->parent; above != nullptr; above = above->parent) {
    if (hwloc_obj_type_is_cache(above->type) != 0) return relation::shared_l3;
  }
  return hwloc_bitmap_isequal(one->nodeset, other->nodeset) != 0 ? relation::same_node
                                                                 : relation::cross_node;
}

// The info lines that describe the hardware or the kernel. Others can identify the host: its name,
// DMI serial numbers, the cgroup.
constexpr std::array<std::string_view, 13> harmless_infos{
    "Architecture", "Backend",     "CPUFamilyNumber", "CPUModel",  "CPUModelNumber",
    "CPURevision",  "CPUStepping", "CPUVendor",       "Inclusive", "OSName",
    "OSRelease",    "OSVersion",   "hwlocVersion"};

std::string without_host(std::string_view xml) {
  constexpr std::string_view opening = "<info name=\"";
  std::string kept;
  while (!xml.empty()) {
    const std::size_t end = std::min(xml.find('\n'), xml.size() - 1) + 1;
    const std::string_view line = xml.substr(0, end);
    xml.remove_prefix(end);
    const std::size_t at = line.find(opening);
    if (at != std::string_view::npos) {
      const std::string_view rest = line.substr(at + opening.size());
      const std::string_view name = rest.substr(0, rest.find('"'));
      if (std::find(harmless_infos.begin(), harmless_infos.end(), name) == harmless_infos.end()) {
        continue;
      }
    }
    kept += line;
  }
  return kept;
}

std::string export_xml(hwloc_topology_t from) {
  char* raw = nullptr;
  int length = 0;
  if (hwloc_topology_export_xmlbuffer(from, &raw, &length, 0) != 0) {
    throw error("hwloc cannot export the topology as XML");
  }
  const auto release = [from](char* buffer) { hwloc_free_xmlbuffer(from, buffer); };
  const std::unique_ptr<char, decltype(release)> buffer(raw, release);
  return without_host(buffer.get());
}

// Processors fill their name up with blanks, in front, behind or between.
std::string in_single_blanks(const char* text) {
  std::istringstream in(text);
  std::string out;
  for (std::string word; in >> word;) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string cpu_model_of(hwloc_topology_t from) {
  for (hwloc_obj_t package : objects(from, HWLOC_OBJ_PACKAGE)) {
    if (const char* model = hwloc_obj_get_info_by_name(package, "CPUModel"))
      return in_single_blanks(model);
  }
  const char* model = hwloc_obj_get_info_by_name(hwloc_get_root_obj(from), "CPUModel");
  return model == nullptr ? "" : in_single_blanks(model);
}

std::string_view type_name(hwloc_obj_cache_type_t type) {
  switch (type) {
    case HWLOC_OBJ_CACHE_DATA:
      return "data";
    case HWLOC_OBJ_CACHE_INSTRUCTION:
      return "instruction";
    case HWLOC_OBJ_CACHE_UNIFIED:
      break;
  }
  return "unified";
}

void read_caches(hwloc_topology_t from, topology& out) {
  for (const auto type : {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE,
                          HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L5CACHE}) {
    for (hwloc_obj_t at : objects(from, type)) {
      out.caches.push_back({static_cast<int>(at->attr->cache.depth),
                            std::string(type_name(at->attr->cache.type)), at->attr->cache.size,
                            members(at->cpuset)});
    }
  }
}

void read_cpus(hwloc_topology_t from, const std::vector<hwloc_obj_t>& pus, topology& out) {
  std::vector<hwloc_obj_t> seen;
  for (hwloc_obj_t pu : pus) {
    hwloc_obj_t holder = hwloc_get_ancestor_obj_by_type(from, HWLOC_OBJ_CORE, pu);
    if (holder == nullptr) holder = pu;
    auto at = std::find(seen.begin(), seen.end(), holder);
    if (at == seen.end()) {
      out.cores.push_back({package_of(from, pu), members(holder->cpuset)});
      at = seen.insert(seen.end(), holder);
    }
    out.cpus.push_back({static_cast<int>(pu->os_index), static_cast<int>(at - seen.begin()),
                        package_of(from, pu), members(pu->nodeset)});
  }
}

topology read(hwloc_topology_t from) {
  topology out;
  out.is_this_system = hwloc_topology_is_thissystem(from) != 0;
  out.cpu_model = cpu_model_of(from);
  std::vector<hwloc_obj_t> pus = objects(from, HWLOC_OBJ_PU);
  std::sort(pus.begin(), pus.end(),
            [](hwloc_obj_t one, hwloc_obj_t other) { return one->os_index < other->os_index; });
  read_cpus(from, pus, out);
  read_caches(from, out);
  for (hwloc_obj_t at : objects(from, HWLOC_OBJ_NUMANODE)) {
    out.nodes.push_back(
        {static_cast<int>(at->os_index), at->attr->numanode.local_memory, members(at->cpuset)});
  }
  std::sort(out.nodes.begin(), out.nodes.end(),
            [](const numa_node& one, const numa_node& other) { return one.number < other.number; });
  for (std::size_t one = 0; one < pus.size(); ++one) {
    for (std::size_t other = one; other < pus.size(); ++other) {
      const auto kind = static_cast<std::size_t>(classify(from, pus[one], pus[other]));
      out.by_relation[kind].push_back(
          {static_cast<int>(pus[one]->os_index), static_cast<int>(pus[other]->os_index)});
    }
  }
  out.xml = export_xml(from);
  return out;
}

}  // namespace

std::string_view name_of(relation value) noexcept {
  constexpr std::array<std::string_view, all_relations.size()> names{
      "same-pu", "same-core", "shared-l2", "shared-l3", "same-node", "cross-node"};
  return names[static_cast<std::size_t>(value)];
}

std::string_view meaning_of(relation value) noexcept {
  constexpr std::array<std::string_view, all_relations.size()> meanings{
      "one hardware thread",
      "two hardware threads of one core",
      "two cores that share an L2 cache",
      "two cores that share an L3 cache but no L2",
      "two cores of one NUMA node that share no cache",
      "two cores of different NUMA nodes"};
  return meanings[static_cast<std::size_t>(value)];
}

topology this_machine() {
  const hwloc_owner from = new_topology();
  if (hwloc_topology_load(from.get()) != 0) throw error("hwloc cannot read this machine");
  // hwloc itself knows cpusets, but not what taskset asked for.
  if (hwloc_topology_is_thissystem(from.get()) != 0 &&
      hwloc_topology_restrict(from.get(), allowed_cpus().get(), 0) != 0) {
    throw error("the topology has none of the CPUs that this process may use");
  }
  return read(from.get());
}

topology topology_from_xml(const std::string& xml) {
  const hwloc_owner from = new_topology();
  // The length counts the terminating zero.
  if (hwloc_topology_set_xmlbuffer(from.get(), xml.c_str(), static_cast<int>(xml.size() + 1)) !=
          0 ||
      hwloc_topology_load(from.get()) != 0) {
    throw error("hwloc cannot read the topology's XML");
  }
  return read(from.get());
}

topology topology_from_synthetic(const std::string& description) {
  const hwloc_owner from = new_topology();
  if (hwloc_topology_set_synthetic(from.get(), description.c_str()) != 0 ||
      hwloc_topology_load(from.get()) != 0) {
    throw error(fmt::format("hwloc does not understand the topology \"{}\"", description));
  }
  return read(from.get());
}

cpu_pair nearest_pair(const topology& machine) {
  for (const relation kind : {relation::shared_l2, relation::shared_l3, relation::same_node,
                              relation::cross_node, relation::same_core}) {
    if (!machine.pairs(kind).empty()) return machine.pairs(kind).front();
  }
  throw error(fmt::format("two CPUs are needed, and only {} may be used", machine.cpus.size()));
}

std::string machine_slug(const topology& machine) {
  std::string text = machine.cpu_model.empty() ? "unknown-cpu" : machine.cpu_model;
  for (const std::string_view mark : {"(R)", "(r)", "(TM)", "(tm)", "(C)"}) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark)) {
      std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), mark.size(), ' ');
    }
  }
  std::string slug;
  for (const char letter : text) {
    if (std::isalnum(static_cast<unsigned char>(letter)) != 0) {
      slug += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  if (!slug.empty() && slug.back() != '-') slug += '-';
  return fmt::format("{}{}cpu", slug, machine.cpus.size());
}

}  // namespace annulus::harness
