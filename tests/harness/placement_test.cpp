#include "machine/placement.hpp"

#include <thread>

#include "support.hpp"

namespace annulus::harness {
namespace {

TEST(placement, takes_the_representative_pair) {
  const resolved found =
      resolve(topology_from_synthetic("numa:2 l3:1 core:2 pu:1"), "cross-node", "consumer");
  EXPECT_EQ(found.unavailable, "");
  EXPECT_EQ(found.producer_cpus, (std::vector<int>{0}));
  EXPECT_EQ(found.consumer_cpus, (std::vector<int>{2}));
  EXPECT_EQ(found.memory_nodes, (std::vector<int>{1}));
}

TEST(placement, nearest_is_the_nearest_two_cores) {
  const resolved cores = resolve(topology_from_synthetic("l3:2 core:2 pu:2"), "nearest", "any");
  EXPECT_EQ(cores.producer_cpus, (std::vector<int>{0}));
  EXPECT_EQ(cores.consumer_cpus, (std::vector<int>{2})) << "not two hardware threads of one";
  const resolved threads = resolve(topology_from_synthetic("core:1 pu:2"), "nearest", "any");
  EXPECT_EQ(threads.consumer_cpus, (std::vector<int>{1}));
  EXPECT_EQ(resolve(topology_from_synthetic("core:1 pu:1"), "nearest", "any").unavailable,
            "placement nearest needs two CPUs; this machine allows one");
}

TEST(placement, a_cpu_without_a_node_has_no_memory_of_its_own) {
  topology half = topology_from_synthetic("numa:2 core:2 pu:1");
  for (auto& at : half.cpus) {
    if (at.number >= 2) at.nodes.clear();
  }
  EXPECT_EQ(resolve(half, "cross-node", "any").unavailable, "");
  EXPECT_EQ(resolve(half, "cross-node", "producer").memory_nodes, (std::vector<int>{0}));
  for (const char* memory : {"consumer", "third"}) {
    EXPECT_EQ(resolve(half, "cross-node", memory).unavailable,
              std::string("memory ") + memory + " needs a NUMA node, and CPU 2 has none");
  }
  half.nodes.clear();
  EXPECT_EQ(resolve(half, "none", "interleaved").unavailable,
            "memory interleaved needs at least 2 NUMA nodes; this machine has 0");
  EXPECT_EQ(resolve(half, "none", "node:0").unavailable,
            "this machine has no NUMA node 0, only none");
}

TEST(placement, none_and_any_bind_nothing) {
  const resolved found = resolve(topology_from_synthetic("numa:2 core:2 pu:1"), "none", "any");
  EXPECT_EQ(found.unavailable, "");
  EXPECT_TRUE(found.producer_cpus.empty() && found.consumer_cpus.empty());
  EXPECT_TRUE(found.memory_nodes.empty());
}

TEST(placement, says_what_the_machine_lacks_and_resolves_nothing) {
  const topology small = topology_from_synthetic("core:1 pu:1");
  const topology two = topology_from_synthetic("numa:2 core:2 pu:1");
  const auto reason = [](const topology& machine, const char* placement, const char* memory) {
    const resolved found = resolve(machine, placement, memory);
    EXPECT_TRUE(found.producer_cpus.empty() && found.memory_nodes.empty());
    return found.unavailable;
  };
  EXPECT_EQ(reason(small, "same-core", "any"),
            "this machine has no same-core: two hardware threads of one core");
  EXPECT_EQ(reason(two, "cross-node", "node:7"), "this machine has no NUMA node 7, only 0, 1");
  EXPECT_EQ(reason(small, "none", "interleaved"),
            "memory interleaved needs at least 2 NUMA nodes; this machine has 1");
  EXPECT_EQ(reason(two, "none", "producer"),
            "memory producer needs a placement other than none on a machine with 2 NUMA nodes");
  EXPECT_EQ(
      reason(two, "cross-node", "third"),
      "memory third needs a NUMA node that is neither the producer's nor the consumer's; this "
      "machine has 0, 1");
}

TEST(placement, finds_each_memory_home) {
  const topology machine = topology_from_synthetic("numa:3 core:2 pu:1");
  EXPECT_EQ(resolve(machine, "cross-node", "producer").memory_nodes, (std::vector<int>{0}));
  EXPECT_EQ(resolve(machine, "cross-node", "third").memory_nodes, (std::vector<int>{2}));
  EXPECT_EQ(resolve(machine, "none", "interleaved").memory_nodes, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(resolve(machine, "none", "node:1").memory_nodes, (std::vector<int>{1}));
  EXPECT_EQ(resolve(topology_from_synthetic("core:2 pu:1"), "none", "consumer").memory_nodes,
            (std::vector<int>{0}));
}

// The calls below act on this machine, in a thread of their own so that the others keep theirs.
template <class Call>
void in_thread(Call call) {
  std::thread(call).join();
}

TEST(placement, pins_the_calling_thread) {
  const int last = this_machine().cpus.back().number;
  in_thread([last] {
    const std::array<int, 1> cpus{last};
    pin_thread(cpus);
    EXPECT_EQ(sched_getcpu(), last);
  });
}

TEST(placement, refuses_a_cpu_that_is_not_there) {
  in_thread([] {
    const std::array<int, 1> cpus{1000};
    EXPECT_THROW(pin_thread(cpus), error);
    EXPECT_NO_THROW(pin_thread({}));
  });
}

TEST(placement, refuses_a_node_that_is_not_there) {
  in_thread([] {
    const std::array<int, 1> nodes{1000};
    EXPECT_THROW(bind_memory(nodes), error);
    EXPECT_NO_THROW(bind_memory({}));
  });
}

TEST(placement, says_where_pages_are) {
  memory_report sum;
  sum += {.pages_on_node = {{0, 500}}, .untouched_pages = 3};
  sum += {.pages_on_node = {{0, 12}, {2, 7}}};
  EXPECT_EQ(pages_json(sum), json({{"node0", 512}, {"node2", 7}, {"absent", 3}}));
}

}  // namespace
}  // namespace annulus::harness
