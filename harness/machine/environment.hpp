// What a measurement depends on besides its matrix.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "machine/topology.hpp"

namespace annulus::harness {

/// How the measured program was made. Empty: unknown.
struct build_info {
  std::string compiler;
  std::string type;  ///< "RelWithDebInfo"
  std::string flags;
  std::string commit;
};

/// How this library was compiled (type and flags as CMake passes them in ANNULUS_BUILD_TYPE and
/// ANNULUS_BUILD_FLAGS), and the commit of the checkout in `root`.
build_info this_build(const std::filesystem::path& root);

/// "1a2b3c4d5e6f", with "-modified" if tracked files differ from it; empty if git knows none.
std::string git_commit(const std::filesystem::path& root);

/// The name of the file system that `directory` is on ("ext4"), its magic number in hexadecimal if
/// it has none here; empty if it cannot be asked.
std::string filesystem_of(const std::filesystem::path& directory);

/// What runs this machine as a guest, and so made up what its topology says of packages, cores,
/// hardware threads, caches and NUMA nodes.
struct hypervisor {
  std::string name;      ///< "KVM"
  std::string found_by;  ///< "CPUID": on x86 the processor itself says it
};
/// Nothing if there is none that lets itself be known.
std::optional<hypervisor> find_hypervisor();
/// On other processors than x86: by what the kernel (sys/hypervisor), the firmware's tables (DMI)
/// or the device tree below `root` say.
std::optional<hypervisor> hypervisor_in_files(const std::filesystem::path& root);

/// `machine` as people can be told of it: "KVM made up the packages, …"; empty without one.
std::string topology_caveat(const std::optional<hypervisor>& machine);

/// The machine, its kernel and its state now; `work` is where cells put their files. What cannot
/// be read is null. Holds no host name and no absolute path.
json describe_machine(const topology& machine, const std::filesystem::path& work);

json to_json(const build_info& value);

}  // namespace annulus::harness
