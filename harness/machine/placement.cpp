#include "machine/placement.hpp"

#include <fmt/format.h>
#include <numaif.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdint>
#include <cstring>
#include <memory>

#include "base/error.hpp"

namespace annulus::harness {
namespace {

const cpu& find_cpu(const topology& machine, int number) {
  return *std::find_if(machine.cpus.begin(), machine.cpus.end(),
                       [number](const cpu& at) { return at.number == number; });
}

std::string node_list(const topology& machine) {
  std::string text;
  for (const numa_node& node : machine.nodes) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", node.number);
  }
  return text.empty() ? "none" : text;
}

bool has_node(const topology& machine, int number) {
  return std::any_of(machine.nodes.begin(), machine.nodes.end(),
                     [number](const numa_node& node) { return node.number == number; });
}

// The node of an end: that of its CPU, or the only one there is. -1: its CPU has none, or it
// depends on where the scheduler puts the thread.
int home_of(const topology& machine, const std::vector<int>& cpus) {
  if (cpus.empty()) return machine.nodes.size() == 1 ? machine.nodes.front().number : -1;
  const auto& nodes = find_cpu(machine, cpus.front()).nodes;
  return nodes.empty() ? -1 : nodes.front();
}

// Why an end has no node; empty if it has.
std::string homeless(const topology& machine, const std::vector<int>& cpus,
                     std::string_view memory) {
  if (home_of(machine, cpus) >= 0) return "";
  if (!cpus.empty()) {
    return fmt::format("memory {} needs a NUMA node, and CPU {} has none", memory, cpus.front());
  }
  return fmt::format("memory {} needs a placement other than none on a machine with {} NUMA nodes",
                     memory, machine.nodes.size());
}

void resolve_cpus(const topology& machine, std::string_view placement, resolved& out) {
  if (placement == "none") return;
  if (placement == "nearest") {
    if (machine.cpus.size() < 2) {
      out.unavailable = "placement nearest needs two CPUs; this machine allows one";
      return;
    }
    const cpu_pair pair = nearest_pair(machine);
    out.producer_cpus = {pair.producer};
    out.consumer_cpus = {pair.consumer};
    return;
  }
  const auto at = std::find_if(all_relations.begin(), all_relations.end(),
                               [placement](relation value) { return name_of(value) == placement; });
  if (at == all_relations.end()) {
    throw bad_input(fmt::format("there is no placement \"{}\"", placement));
  }
  const auto& pairs = machine.pairs(*at);
  if (pairs.empty()) {
    out.unavailable = fmt::format("this machine has no {}: {}", placement, meaning_of(*at));
    return;
  }
  out.producer_cpus = {pairs.front().producer};
  out.consumer_cpus = {pairs.front().consumer};
}

void resolve_third(const topology& machine, int producer, int consumer, resolved& out) {
  for (const numa_node& node : machine.nodes) {
    if (node.number != producer && node.number != consumer) {
      out.memory_nodes = {node.number};
      return;
    }
  }
  out.unavailable = fmt::format(
      "memory third needs a NUMA node that is neither the producer's nor the consumer's; this "
      "machine has {}",
      node_list(machine));
}

void resolve_memory(const topology& machine, std::string_view memory, resolved& out) {
  if (memory == "any") return;
  constexpr std::string_view by_number = "node:";
  if (memory.starts_with(by_number)) {
    int number = -1;
    std::from_chars(memory.data() + by_number.size(), memory.data() + memory.size(), number);
    out.memory_nodes = {number};
    if (!has_node(machine, number)) {
      out.unavailable =
          fmt::format("this machine has no NUMA node {}, only {}", number, node_list(machine));
    }
    return;
  }
  if (memory == "interleaved") {
    if (machine.nodes.size() < 2) {
      out.unavailable =
          fmt::format("memory interleaved needs at least 2 NUMA nodes; this machine has {}",
                      machine.nodes.size());
    }
    for (const numa_node& node : machine.nodes) out.memory_nodes.push_back(node.number);
    return;
  }
  const int producer = home_of(machine, out.producer_cpus);
  const int consumer = home_of(machine, out.consumer_cpus);
  if (memory != "consumer") out.unavailable = homeless(machine, out.producer_cpus, memory);
  if (memory != "producer" && out.unavailable.empty()) {
    out.unavailable = homeless(machine, out.consumer_cpus, memory);
  }
  if (!out.unavailable.empty()) return;
  if (memory == "third") {
    resolve_third(machine, producer, consumer, out);
  } else {
    out.memory_nodes = {memory == "producer" ? producer : consumer};
  }
}

[[noreturn]] void refuse(std::string_view what, std::span<const int> numbers, int code) {
  std::string list;
  for (const int number : numbers) list += fmt::format("{}{}", list.empty() ? "" : ", ", number);
  throw error(fmt::format("{} {}: {}", what, list, std::strerror(code)));
}

constexpr std::size_t word_bits = sizeof(unsigned long) * CHAR_BIT;

}  // namespace

resolved resolve(const topology& machine, std::string_view placement, std::string_view memory) {
  resolved out;
  resolve_cpus(machine, placement, out);
  if (out.unavailable.empty()) resolve_memory(machine, memory, out);
  if (!out.unavailable.empty()) return {{}, {}, {}, std::move(out.unavailable)};
  return out;
}

void pin_thread(std::span<const int> cpus) {
  if (cpus.empty()) return;
  const auto count = static_cast<std::size_t>(*std::max_element(cpus.begin(), cpus.end())) + 1;
  const auto release = [](cpu_set_t* set) { CPU_FREE(set); };
  using owner = std::unique_ptr<cpu_set_t, decltype(release)>;
  const std::size_t bytes = CPU_ALLOC_SIZE(count);
  const owner wanted(CPU_ALLOC(count), release);
  CPU_ZERO_S(bytes, wanted.get());
  for (const int number : cpus) CPU_SET_S(static_cast<std::size_t>(number), bytes, wanted.get());
  if (sched_setaffinity(0, bytes, wanted.get()) != 0) {
    refuse("the thread cannot be pinned to CPU", cpus, errno);
  }
  // A cpuset narrows the request silently.
  cpu_set_t granted;
  CPU_ZERO(&granted);
  if (sched_getaffinity(0, sizeof granted, &granted) == 0 &&
      CPU_COUNT(&granted) != CPU_COUNT_S(bytes, wanted.get())) {
    refuse("the thread was pinned to fewer CPUs than", cpus, EPERM);
  }
}

void bind_memory(std::span<const int> nodes, spread how) {
  if (nodes.empty()) return;
  const auto last = static_cast<std::size_t>(*std::max_element(nodes.begin(), nodes.end()));
  std::vector<unsigned long> mask(last / word_bits + 1);
  for (const int number : nodes) {
    const auto bit = static_cast<std::size_t>(number);
    mask[bit / word_bits] |= 1UL << (bit % word_bits);
  }
  const int mode = how == spread::bind ? MPOL_BIND : MPOL_INTERLEAVE;
  // The kernel takes one bit less than it is told.
  if (set_mempolicy(mode, mask.data(), mask.size() * word_bits + 1) != 0) {
    refuse("memory cannot be bound to NUMA node", nodes, errno);
  }
}

json pages_json(const memory_report& of) {
  json out = json::object();
  for (const auto& [node, pages] : of.pages_on_node) out[fmt::format("node{}", node)] = pages;
  if (of.untouched_pages > 0) out["absent"] = of.untouched_pages;
  return out;
}

}  // namespace annulus::harness
