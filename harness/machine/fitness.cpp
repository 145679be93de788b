#include "machine/fitness.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string_view>

namespace annulus::harness {
namespace {

namespace fs = std::filesystem;

// The kernel counts CPU time in ticks for those who ask, whatever it knows itself.
double tick_seconds() {
  return 1 / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// The columns of a line of /proc/stat, see proc(5).
namespace column {
constexpr std::size_t user = 0;
constexpr std::size_t nice = 1;
constexpr std::size_t idle = 3;
constexpr std::size_t iowait = 4;
constexpr std::size_t steal = 7;
constexpr std::size_t count = 8;
}  // namespace column

// What follows the name of the program in /proc/PID/stat, see proc(5).
namespace field {
constexpr std::size_t flags = 6;
constexpr std::size_t user = 11;
constexpr std::size_t system = 12;
constexpr std::size_t children_user = 13;
constexpr std::size_t children_system = 14;
constexpr std::size_t count = 15;
}  // namespace field
constexpr std::uint64_t is_kernel_thread = 0x00200000;  // PF_KTHREAD

bool is_number(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Adds a process; one that has just ended has no file, and its parent has its time.
void add_process(const fs::path& directory, process_usage& to) {
  std::ifstream in(directory / "stat");
  std::string line;
  std::getline(in, line);
  // The name of the program may hold anything, but nothing behind it does.
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return;
  std::istringstream fields(line.substr(name_end + 1));
  std::string state;
  fields >> state;
  std::array<std::uint64_t, field::count> at{};
  for (std::size_t number = 1; number < at.size(); ++number) {
    std::int64_t value = 0;  // the terminal's group is -1 where there is none
    fields >> value;
    at[number] = static_cast<std::uint64_t>(value);
  }
  if ((at[field::flags] & is_kernel_thread) != 0) {
    to.sees_all = true;
    return;
  }
  const double in_programs =
      static_cast<double>(at[field::user] + at[field::children_user]) * tick_seconds();
  const double in_kernel =
      static_cast<double>(at[field::system] + at[field::children_system]) * tick_seconds();
  const bool is_own = directory.filename() == std::to_string(getpid());
  (is_own ? to.own : to.others) += in_programs + in_kernel;
  to.user += in_programs;
}

// The sum of the numbers behind names that begin so, in a file of lines "name number".
double sum_of(const fs::path& file, std::initializer_list<std::string_view> prefixes) {
  std::ifstream in(file);
  double sum = 0;
  std::string name;
  for (double value = 0; in >> name >> value;) {
    const auto begins = [&name](std::string_view prefix) { return name.starts_with(prefix); };
    if (std::any_of(prefixes.begin(), prefixes.end(), begins)) sum += value;
  }
  return sum;
}

// Of this process's control group and those above it, in both versions of their file system.
double throttled_ms(const fs::path& root) {
  double sum = 0;
  std::ifstream in(root / "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    fs::path top = root / "sys/fs/cgroup";
    if (controllers != ",,") top /= "cpu";
    if (controllers != ",," && controllers.find(",cpu,") == std::string::npos) continue;
    fs::path group = fs::path(line.substr(second + 1)).relative_path();
    for (bool more = true; more; group = group.parent_path()) {
      more = !group.empty();
      sum += sum_of(top / group / "cpu.stat", {"throttled_usec"}) / 1e3;
      sum += sum_of(top / group / "cpu.stat", {"throttled_time"}) / 1e6;
    }
  }
  return sum;
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=12345", in µs.
std::map<std::string, double> pressures(const fs::path& root) {
  constexpr std::string_view before = "total=";
  std::map<std::string, double> out;
  for (const char* what : {"cpu", "io", "memory"}) {
    std::ifstream in(root / "proc/pressure" / what);
    std::string line;
    std::getline(in, line);  // fails where the kernel was told not to count
    const auto at = line.find(before);
    if (at == std::string::npos) continue;
    out[what] = std::strtod(line.c_str() + at + before.size(), nullptr) / 1e3;
  }
  return out;
}

void read_cpu_files(const std::vector<int>& cpus, const fs::path& root, reading& out) {
  for (const int number : cpus) {
    const fs::path cpu = root / fmt::format("sys/devices/system/cpu/cpu{}", number);
    double kilohertz = 0;
    if (std::ifstream(cpu / "cpufreq/scaling_cur_freq") >> kilohertz)
      out.frequency_mhz = std::max(out.frequency_mhz.value_or(0), kilohertz / 1e3);
    double times = 0;
    if (std::ifstream(cpu / "thermal_throttle/core_throttle_count") >> times)
      out.overheated += times;
  }
}

// More than a quiet machine's daemons use, a twentieth of a CPU and a little of each; and two
// ticks, by which a process that has just passed one may seem to have used more.
double most_others(double seconds, double cpus) {
  return (0.05 + 0.0025 * cpus) * seconds + 2 * tick_seconds();
}

// What nobody who is seen has used may only be how the ticks fell: each charges whom it finds
// running, so that the sum is off by the root of their number.
double most_unseen(double seconds, double cpus) {
  return 0.25 * seconds + 1.5 * std::sqrt(tick_seconds() * seconds * cpus);
}

// In CPU seconds; each counter of a CPU may be a tick off.
double most_stolen(double seconds, double cpus) {
  return (0.02 * seconds + tick_seconds()) * cpus;
}

}  // namespace

cpu_usage usage_from(std::istream& stat, const std::vector<int>& cpus) {
  cpu_usage out;
  for (std::string line; std::getline(stat, line);) {
    std::istringstream fields(line);
    std::string name;
    std::array<double, column::count> at{};
    fields >> name;
    const bool wanted = std::any_of(
        cpus.begin(), cpus.end(), [&](int number) { return name == fmt::format("cpu{}", number); });
    if (!wanted) continue;
    for (double& each : at) fields >> each;
    out.user += (at[column::user] + at[column::nice]) * tick_seconds();
    out.idle += (at[column::idle] + at[column::iowait]) * tick_seconds();
    out.stolen += at[column::steal] * tick_seconds();
  }
  return out;
}

process_usage processes_in(const fs::path& proc) {
  process_usage out;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(proc, failed)) {
    if (is_number(entry.path().filename().string())) add_process(entry.path(), out);
  }
  return out;
}

reading read_counters(const std::vector<int>& cpus, const fs::path& root) {
  reading out;
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  out.at = std::chrono::duration<double>(since).count();
  std::ifstream stat(root / "proc/stat");
  out.cpus = usage_from(stat, cpus);
  out.processes = processes_in(root / "proc");
  out.throttled_ms = throttled_ms(root);
  out.swapped_pages = sum_of(root / "proc/vmstat", {"pswpin", "pswpout"});
  out.reclaims = sum_of(root / "proc/vmstat", {"allocstall"});
  out.pressure_ms = pressures(root);
  read_cpu_files(cpus, root, out);
  return out;
}

// Who else used the CPUs is asked of the others, one by one, not found by taking the measured
// process's time from the CPUs': what the kernel does for a sample, such as to write back what it
// wrote, is in nobody's name and no bad company; and a difference of large numbers, of which one is
// sampled at ticks, would mark short samples by chance. What others did cannot be more than what
// these CPUs did, where they may use CPUs that this process may not.
fitness judge(const reading& start, const reading& end, std::size_t cpus) {
  fitness out;
  const double seconds = end.at - start.at;
  const auto count = static_cast<double>(cpus);
  const double whole = seconds * count;
  if (!(whole > 0)) return out;
  const auto since = [](double before, double after) { return std::max(0.0, after - before); };
  const double stolen = since(start.cpus.stolen, end.cpus.stolen);
  const double idle = since(start.cpus.idle, end.cpus.idle);
  const double own = since(start.processes.own, end.processes.own);
  const double foreign = std::max(0.0, whole - idle - stolen - own);
  const double others = std::min(foreign, since(start.processes.others, end.processes.others));
  const double unseen =
      since(start.cpus.user, end.cpus.user) - since(start.processes.user, end.processes.user);
  out.others_percent = others / whole * 100;
  out.kernel_percent = (foreign - others) / whole * 100;
  out.stolen_percent = stolen / whole * 100;
  out.throttled_ms = since(start.throttled_ms, end.throttled_ms);
  out.overheated = since(start.overheated, end.overheated);
  out.swapped_pages = since(start.swapped_pages, end.swapped_pages);
  out.reclaims = since(start.reclaims, end.reclaims);
  for (const auto& [what, milliseconds] : end.pressure_ms) {
    const auto before = start.pressure_ms.find(what);
    if (before != start.pressure_ms.end())
      out.pressure_ms[what] = since(before->second, milliseconds);
  }
  out.frequency_mhz = end.frequency_mhz;
  const auto mark = [&out](bool bad, std::string why) {
    if (bad) out.marks.push_back(std::move(why));
  };
  mark(others > most_others(seconds, count),
       fmt::format("other processes used {:.2f} of a CPU", others / seconds));
  mark(!end.processes.sees_all && unseen > most_unseen(seconds, count),
       fmt::format("processes that are not seen from here used {:.2f} of a CPU", unseen / seconds));
  mark(stolen > most_stolen(seconds, count),
       fmt::format("the hypervisor took {:.1f} % of the CPUs", out.stolen_percent));
  mark(out.throttled_ms > 0,
       fmt::format("its control group was held back for {:.1f} ms", out.throttled_ms));
  mark(out.overheated > 0, fmt::format("a CPU was too hot {} times", out.overheated));
  mark(out.swapped_pages > 0, fmt::format("{} pages were swapped", out.swapped_pages));
  mark(out.reclaims > 0, fmt::format("memory was reclaimed {} times", out.reclaims));
  return out;
}

json to_json(const fitness& value) {
  json out{{"others_percent", value.others_percent},
           {"kernel_percent", value.kernel_percent},
           {"stolen_percent", value.stolen_percent},
           {"throttled_ms", value.throttled_ms},
           {"overheated", value.overheated},
           {"swapped_pages", value.swapped_pages},
           {"reclaims", value.reclaims}};
  if (!value.pressure_ms.empty()) out["pressure_ms"] = value.pressure_ms;
  if (value.frequency_mhz) out["frequency_mhz"] = *value.frequency_mhz;
  out["marks"] = value.marks;
  return out;
}

}  // namespace annulus::harness
