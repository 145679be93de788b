#include "machine/environment.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fstream>
#include <set>
#include <string_view>
#include <utility>

#include "base/child_process.hpp"
#include "base/error.hpp"
#include "base/paths.hpp"
#include "base/printable.hpp"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#ifndef ANNULUS_BUILD_TYPE
#define ANNULUS_BUILD_TYPE ""
#endif
#ifndef ANNULUS_BUILD_FLAGS
#define ANNULUS_BUILD_FLAGS ""
#endif

namespace annulus::harness {
namespace {

// The first line of a file of the kernel's.
json line_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) return nullptr;
  return line;
}

// The first of these words that a file says.
std::string word_in(const std::filesystem::path& file, std::initializer_list<const char*> words) {
  const json line = line_of(file);
  if (!line.is_string()) return "";
  const auto said = line.get<std::string>();
  const auto* const at = std::find_if(words.begin(), words.end(), [&said](const char* word) {
    return said.find(word) != std::string::npos;
  });
  return at == words.end() ? "" : *at;
}

#if defined(__x86_64__) || defined(__i386__)
// Twelve letters that the hypervisor chose, see cpuid(4).
std::string name_of_signature(std::string_view letters) {
  struct known {
    std::string_view letters;
    const char* name;
  };
  constexpr std::array all{known{"KVMKVMKVM", "KVM"},           known{"VMwareVMware", "VMware"},
                           known{"XenVMMXenVMM", "Xen"},        known{"Microsoft Hv", "Hyper-V"},
                           known{"VBoxVBoxVBox", "VirtualBox"}, known{"TCGTCGTCGTCG", "QEMU"},
                           known{"bhyve bhyve ", "bhyve"}};
  for (const known& each : all) {
    if (letters.starts_with(each.letters)) return each.name;
  }
  return printable(letters.substr(0, letters.find('\0')));
}

std::optional<hypervisor> hypervisor_by_cpuid() {
  constexpr unsigned present = 1U << 31U;
  constexpr unsigned signature = 0x40000000;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & present) == 0) return std::nullopt;
  __cpuid(signature, a, b, c, d);
  std::array<char, 12> letters{};
  std::memcpy(letters.data(), &b, 4);
  std::memcpy(letters.data() + 4, &c, 4);
  std::memcpy(letters.data() + 8, &d, 4);
  return hypervisor{name_of_signature({letters.data(), letters.size()}), "CPUID"};
}
#endif

json total_memory() {
  std::ifstream in("/proc/meminfo");
  std::string name;
  std::uint64_t kibibytes = 0;
  if (!(in >> name >> kibibytes) || name != "MemTotal:") return nullptr;
  return kibibytes << 10U;
}

json governor_of(const topology& machine) {
  std::set<std::string> found;
  for (const cpu& at : machine.cpus) {
    const json line =
        line_of(fmt::format("/sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor", at.number));
    if (line.is_string()) found.insert(line.get<std::string>());
  }
  if (found.empty()) return nullptr;
  return found.size() == 1 ? json(*found.begin()) : json(found);
}

json clock_description() {
  timespec resolution{};
  clock_getres(CLOCK_MONOTONIC, &resolution);
  return {{"name", "CLOCK_MONOTONIC"},
          {"resolution_ns", resolution.tv_nsec},
          {"source", line_of("/sys/devices/system/clocksource/clocksource0/current_clocksource")}};
}

std::string git(const std::filesystem::path& root, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"git", "-C", root.string()});
  const child_outcome done = run_child(arguments, "", std::chrono::seconds(10));
  if (done.how != child_outcome::ending::exited || done.code != 0) return "";
  return done.out.substr(0, done.out.find('\n'));
}

}  // namespace

build_info this_build(const std::filesystem::path& root) {
#ifdef __clang__
  std::string compiler = __VERSION__;  // which begins with its name
#else
  std::string compiler = "GCC " __VERSION__;
#endif
  return {std::move(compiler), ANNULUS_BUILD_TYPE, ANNULUS_BUILD_FLAGS, git_commit(root)};
}

std::string git_commit(const std::filesystem::path& root) {
  try {
    const std::string commit = git(root, {"rev-parse", "--short=12", "HEAD"});
    if (commit.empty()) return "";
    const bool modified = !git(root, {"status", "--porcelain", "--untracked-files=no"}).empty();
    return commit + (modified ? "-modified" : "");
  } catch (const error&) {
    return "";  // no git here
  }
}

std::string filesystem_of(const std::filesystem::path& directory) {
  struct known {
    std::uint64_t magic;
    std::string_view name;
  };
  constexpr std::array names{
      known{0xEF53, "ext4"},      known{0x58465342, "xfs"},       known{0x9123683E, "btrfs"},
      known{0x01021994, "tmpfs"}, known{0x794C7630, "overlayfs"}, known{0x6969, "nfs"},
      known{0x2FC12FC1, "zfs"},   known{0xF2F52010, "f2fs"},      known{0x01021997, "9p"},
      known{0x65735546, "fuse"},  known{0x858458F6, "ramfs"}};
  struct statfs status {};
  if (statfs(directory.c_str(), &status) != 0) return "";
  const auto magic = static_cast<std::uint64_t>(status.f_type) & 0xFFFFFFFFU;
  for (const known& each : names) {
    if (each.magic == magic) return std::string(each.name);
  }
  return fmt::format("{:#x}", magic);
}

std::optional<hypervisor> hypervisor_in_files(const std::filesystem::path& root) {
  const json type = line_of(root / "sys/hypervisor/type");
  if (type.is_string()) return hypervisor{type.get<std::string>(), "the kernel"};
  for (const char* file : {"product_name", "sys_vendor"}) {
    auto name = word_in(root / "sys/class/dmi/id" / file,
                        {"KVM", "QEMU", "VMware", "VirtualBox", "Xen", "Virtual Machine"});
    if (!name.empty()) return hypervisor{std::move(name), "DMI"};
  }
  auto name = word_in(root / "proc/device-tree/hypervisor/compatible", {"kvm", "xen", "vmware"});
  if (name.empty()) return std::nullopt;
  return hypervisor{std::move(name), "the device tree"};
}

std::optional<hypervisor> find_hypervisor() {
#if defined(__x86_64__) || defined(__i386__)
  return hypervisor_by_cpuid();
#else
  return hypervisor_in_files("/");
#endif
}

std::string topology_caveat(const std::optional<hypervisor>& machine) {
  if (!machine) return "";
  return fmt::format(
      "{} (found by {}) made up the packages, cores, hardware threads, caches and NUMA nodes; they "
      "may be others than those "
      "of the hardware",
      machine->name, machine->found_by);
}

json describe_machine(const topology& machine, const std::filesystem::path& work) {
  utsname kernel{};
  uname(&kernel);
  std::set<int> packages;
  for (const core& at : machine.cores) packages.insert(at.package);
  const auto filesystem = filesystem_of(work);
  const auto above = find_hypervisor();
  json virtual_topology;
  if (above) virtual_topology = {{"hypervisor", above->name}, {"found_by", above->found_by}};
  return {{"cpu_model", machine.cpu_model},
          {"architecture", kernel.machine},
          {"packages", packages.size()},
          {"cores", machine.cores.size()},
          {"cpus", machine.cpus.size()},
          {"numa_nodes", machine.nodes.size()},
          {"memory_bytes", total_memory()},
          {"kernel", fmt::format("{} {}", kernel.sysname, kernel.release)},
          {"virtual_topology", virtual_topology},
          {"governor", governor_of(machine)},
          {"cpuidle_driver", line_of("/sys/devices/system/cpu/cpuidle/current_driver")},
          {"cpuidle_governor", line_of("/sys/devices/system/cpu/cpuidle/current_governor")},
          {"transparent_huge_pages", line_of("/sys/kernel/mm/transparent_hugepage/enabled")},
          {"clock", clock_description()},
          {"work_filesystem", filesystem.empty() ? json(nullptr) : json(filesystem)},
          {"is_this_system", machine.is_this_system}};
}

json to_json(const build_info& value) {
  return {{"compiler", without_paths(value.compiler)},
          {"type", value.type},
          {"flags", without_paths(value.flags)},
          {"commit", value.commit}};
}

}  // namespace annulus::harness
