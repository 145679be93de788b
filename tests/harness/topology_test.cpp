#include "machine/topology.hpp"

#include "machine/environment.hpp"
#include "support.hpp"

namespace annulus::harness {
namespace {

std::array<std::size_t, all_relations.size()> counts(const topology& machine) {
  std::array<std::size_t, all_relations.size()> out{};
  for (const relation kind : all_relations) {
    out[static_cast<std::size_t>(kind)] = machine.pairs(kind).size();
  }
  return out;
}

using pair_counts = std::array<std::size_t, all_relations.size()>;

// same-pu, same-core, shared-l2, shared-l3, same-node, cross-node
struct shape {
  const char* description;
  pair_counts expected;
};

class synthetic : public testing::TestWithParam<shape> {};

TEST_P(synthetic, pairs_by_relation) {
  const topology machine = topology_from_synthetic(GetParam().description);
  EXPECT_EQ(counts(machine), GetParam().expected);
  EXPECT_FALSE(machine.is_this_system);
  EXPECT_EQ(counts(topology_from_xml(machine.xml)), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(shapes, synthetic,
                         testing::Values(shape{"core:1 pu:1", {1, 0, 0, 0, 0, 0}},
                                         shape{"core:1 pu:2", {2, 1, 0, 0, 0, 0}},
                                         shape{"l3:1 core:2 pu:2", {4, 2, 0, 4, 0, 0}},
                                         shape{"l3:1 l2:2 core:2 pu:1", {4, 0, 2, 4, 0, 0}},
                                         shape{"package:1 core:4 pu:1", {4, 0, 0, 0, 6, 0}},
                                         shape{"numa:2 l3:1 core:2 pu:2", {8, 4, 0, 8, 0, 16}},
                                         shape{"numa:2 l3:2 l2:2 core:1 pu:1", {8, 0, 0, 4, 8, 16}},
                                         shape{"numa:2 core:2 pu:1", {4, 0, 0, 0, 2, 4}}));

TEST(topology, lists_cores_caches_and_nodes) {
  const topology machine = topology_from_synthetic("numa:2 l3:1 l2:2 core:1 pu:2");
  ASSERT_EQ(machine.cpus.size(), 8U);
  ASSERT_EQ(machine.cores.size(), 4U);
  EXPECT_EQ(machine.cores[1].cpus, (std::vector<int>{2, 3}));
  EXPECT_EQ(machine.cpus[5].core, 2);
  EXPECT_EQ(machine.cpus[5].nodes, (std::vector<int>{1}));
  ASSERT_EQ(machine.nodes.size(), 2U);
  EXPECT_EQ(machine.nodes[1].cpus, (std::vector<int>{4, 5, 6, 7}));
  ASSERT_EQ(machine.caches.size(), 6U);
  EXPECT_EQ(machine.caches[0].level, 2);
  EXPECT_EQ(machine.caches[5].level, 3);
  EXPECT_EQ(machine.caches[5].cpus, (std::vector<int>{4, 5, 6, 7}));
}

TEST(topology, this_machine_has_a_cpu_a_node_and_every_pair_once) {
  const topology machine = this_machine();
  ASSERT_FALSE(machine.cpus.empty());
  EXPECT_FALSE(machine.nodes.empty());
  std::size_t pairs = 0;
  for (const std::size_t count : counts(machine)) pairs += count;
  EXPECT_EQ(pairs, machine.cpus.size() * (machine.cpus.size() + 1) / 2);
}

TEST(topology, xml_loses_what_names_the_host) {
  std::string xml = topology_from_synthetic("core:2 pu:1").xml;
  const std::size_t root = xml.find("<info ");
  ASSERT_NE(root, std::string::npos);
  xml.insert(root,
             "<info name=\"HostName\" value=\"very-secret\"/>\n"
             "<info name=\"DMIProductSerial\" value=\"number-secret\"/>\n"
             "<info name=\"OSRelease\" value=\"6.1\"/>\n");
  const std::string kept = topology_from_xml(xml).xml;
  EXPECT_EQ(kept.find("secret"), std::string::npos);
  EXPECT_NE(kept.find("OSRelease"), std::string::npos);
  EXPECT_EQ(this_machine().xml.find("HostName"), std::string::npos);
}

TEST(topology, the_name_of_the_processor_has_no_needless_blanks) {
  std::string xml = topology_from_synthetic("core:2 pu:1").xml;
  xml.insert(xml.find("<info "), "<info name=\"CPUModel\" value=\"  Fast(R)   CPU X3  \"/>\n");
  EXPECT_EQ(topology_from_xml(xml).cpu_model, "Fast(R) CPU X3");
}

TEST(hypervisor, shows_in_what_the_kernel_or_the_firmware_says) {
  const auto found_in = [](const char* file, const char* said) {
    const temporary_directory root;
    const auto where = root / file;
    std::filesystem::create_directories(where.parent_path());
    write(where, said);
    const auto found = hypervisor_in_files(root.path());
    return found ? found->name + " by " + found->found_by : "none";
  };
  EXPECT_EQ(found_in("sys/hypervisor/type", "xen\n"), "xen by the kernel");
  EXPECT_EQ(found_in("sys/class/dmi/id/product_name", "KVM Virtual Machine\n"), "KVM by DMI");
  EXPECT_EQ(found_in("sys/class/dmi/id/sys_vendor", "QEMU\n"), "QEMU by DMI");
  EXPECT_EQ(found_in("sys/class/dmi/id/sys_vendor", "Ampere\n"), "none");
  EXPECT_EQ(found_in("proc/device-tree/hypervisor/compatible", "linux,kvm"),
            "kvm by the device tree");
  EXPECT_EQ(topology_caveat({}), "");
  EXPECT_TRUE(
      topology_caveat(hypervisor{"KVM", "CPUID"}).starts_with("KVM (found by CPUID) made up"));
}

#if defined(__x86_64__)
TEST(hypervisor, is_found_where_the_kernel_sees_one) {
  const std::string processors = read("/proc/cpuinfo");
  EXPECT_EQ(find_hypervisor().has_value(), processors.find(" hypervisor") != std::string::npos);
}
#endif

TEST(topology, refuses_nonsense) {
  EXPECT_THROW(topology_from_synthetic("nonsense:3"), error);
  EXPECT_THROW(topology_from_xml("<no/>"), error);
}

TEST(topology, slug_names_the_kind_of_machine) {
  topology machine = topology_from_synthetic("core:2 pu:2");
  machine.cpu_model = "Intel(R) Xeon(R) CPU E5-2690 v4 @ 2.60GHz";
  EXPECT_EQ(machine_slug(machine), "intel-xeon-cpu-e5-2690-v4-2-60ghz-4cpu");
  machine.cpu_model.clear();
  EXPECT_EQ(machine_slug(machine), "unknown-cpu-4cpu");
}

}  // namespace
}  // namespace annulus::harness
