#include "machine/fitness.hpp"

#include <algorithm>
#include <sstream>

#include "machine/topology.hpp"
#include "support.hpp"

namespace annulus::harness {
namespace {

const double tick = 1 / static_cast<double>(sysconf(_SC_CLK_TCK));

TEST(usage_from, counts_the_cpus_that_are_named_and_no_other) {
  std::istringstream stat(
      "cpu  9 9 9 9 9 9 9 9 9 9\n"
      "cpu0 1 2 3 1000 500 4 5 6 0 0\n"
      "cpu1 9 9 9 9 9 9 9 9 9 9\n"
      "cpu10 10 20 30 1000 500 40 50 60 0 0\n"
      "intr 1\n");
  const cpu_usage found = usage_from(stat, {0, 10, 11});
  EXPECT_DOUBLE_EQ(found.user, (1 + 2 + 10 + 20) * tick);
  EXPECT_DOUBLE_EQ(found.idle, 3000 * tick);
  EXPECT_DOUBLE_EQ(found.stolen, 66 * tick);
}

class counters : public testing::Test {
 protected:
  void put(const std::filesystem::path& file, std::string_view text) const {
    std::filesystem::create_directories((directory_ / file.string()).parent_path());
    write(directory_ / file.string(), text);
  }
  void put_process(const std::string& pid, const std::string& name, unsigned flags,
                   const std::string& times) const {
    put("proc/" + pid + "/stat", pid + " (" + name + ") S 1 1 1 0 -1 " + std::to_string(flags) +
                                     " 7 7 7 7 " + times + " 20 0 1 0\n");
  }
  [[nodiscard]] reading now(const std::vector<int>& cpus = {0, 1}) const {
    return read_counters(cpus, directory_.path());
  }
  temporary_directory directory_;
};

TEST_F(counters, tell_this_process_from_others_and_from_the_kernel) {
  put_process(std::to_string(getpid()), "annulus", 0x400000, "1 2 30 40");
  put_process("7", "a) R (b", 0x400000, "100 200 300 400");
  put_process("8", "sh", 0, "1 1 0 0");
  put("proc/9/stat", "");
  put("proc/sys/stat", "7 (x) S 1 1 1 0 -1 0 7 7 7 7 9 9 9 9");
  process_usage found = processes_in(directory_ / "proc");
  EXPECT_DOUBLE_EQ(found.own, 73 * tick);
  EXPECT_DOUBLE_EQ(found.others, 1002 * tick);
  EXPECT_DOUBLE_EQ(found.user, (31 + 400 + 1) * tick);
  EXPECT_FALSE(found.sees_all);
  put_process("2", "kthreadd", 0x208040, "0 5000 0 5000");
  found = processes_in(directory_ / "proc");
  EXPECT_TRUE(found.sees_all);
  EXPECT_DOUBLE_EQ(found.others, 1002 * tick);
}

TEST_F(counters, are_absent_where_the_kernel_has_none) {
  const reading found = now();
  EXPECT_FALSE(found.frequency_mhz);
  EXPECT_TRUE(found.pressure_ms.empty());
  const json said = to_json(judge(found, found, 2));
  EXPECT_FALSE(said.contains("frequency_mhz") || said.contains("pressure_ms"));
}

TEST_F(counters, are_read_from_where_the_kernel_has_them) {
  put("proc/stat", "cpu0 1 0 0 5 0 0 0 0\n");
  put("proc/vmstat",
      "nr_free_pages 5\npswpin 3\npswpout 4\nallocstall_dma32 1\nallocstall_normal 2\n");
  put("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500\nfull total=9\n");
  put("proc/pressure/io", "");
  put("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "2400000\n");
  put("sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "3100000\n");
  put("sys/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq", "9900000\n");
  put("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "2\n");
  put("sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "3\n");
  const reading found = now();
  EXPECT_DOUBLE_EQ(found.cpus.idle, 5 * tick);
  EXPECT_EQ(found.swapped_pages, 7);
  EXPECT_EQ(found.reclaims, 3);
  EXPECT_EQ(found.pressure_ms, (std::map<std::string, double>{{"cpu", 1.5}}));
  EXPECT_EQ(found.frequency_mhz, 3100);
  EXPECT_EQ(found.overheated, 5);
}

TEST_F(counters, know_the_control_groups_of_both_versions_up_to_the_top) {
  put("proc/self/cgroup", "0::/a/b\n");
  put("sys/fs/cgroup/a/b/cpu.stat", "usage_usec 9\nnr_throttled 1\nthrottled_usec 2000\n");
  put("sys/fs/cgroup/a/cpu.stat", "throttled_usec 3000\n");
  EXPECT_DOUBLE_EQ(now().throttled_ms, 5);
  put("proc/self/cgroup", "3:cpu,cpuacct:/c\n2:cpuset:/d\n0::/\n");
  put("sys/fs/cgroup/cpu/c/cpu.stat", "nr_periods 1\nthrottled_time 7000000\n");
  put("sys/fs/cgroup/cpu/d/cpu.stat", "throttled_time 1000000\n");
  EXPECT_DOUBLE_EQ(now().throttled_ms, 7);
}

// A second on two CPUs in which nothing happened, but for what a test changes.
class judged : public testing::Test {
 protected:
  judged() {
    end_.at = 1;
    end_.cpus.idle = 2;
    end_.processes.sees_all = true;
  }
  [[nodiscard]] std::vector<std::string> marks() const { return judge(start_, end_, 2).marks; }
  void work(double process_usage::*who, double seconds) {
    end_.processes.*who += seconds;
    end_.processes.user += seconds;
    end_.cpus.user += seconds;
    end_.cpus.idle -= seconds;
  }
  reading start_;
  reading end_;
};

using strings = std::vector<std::string>;

TEST_F(judged, a_quiet_second_has_no_mark) {
  EXPECT_EQ(marks(), strings{});
  work(&process_usage::others, 0.05);
  EXPECT_EQ(marks(), strings{}) << "what daemons do";
}

TEST_F(judged, what_was_measured_is_no_company) {
  work(&process_usage::own, 2);
  EXPECT_EQ(marks(), strings{});
}

TEST_F(judged, a_busy_loop_is) {
  work(&process_usage::own, 1);
  work(&process_usage::others, 0.98);
  EXPECT_EQ(marks(), (strings{"other processes used 0.98 of a CPU"}));
  EXPECT_NEAR(judge(start_, end_, 2).others_percent, 49, 1e-9);
}

TEST_F(judged, a_busy_loop_among_two_dozen_spinning_threads_is) {
  work(&process_usage::own, 1.92);
  work(&process_usage::others, 0.08);
  EXPECT_EQ(marks(), (strings{"other processes used 0.08 of a CPU"}));
}

TEST_F(judged, a_busy_loop_on_a_large_machine_is) {
  end_.cpus.idle = 126;
  work(&process_usage::others, 0.9);
  EXPECT_EQ(judge(start_, end_, 128).marks.size(), 1U);
}

TEST_F(judged, two_ticks_in_a_short_sample_are_not) {
  end_.at = 0.02;
  end_.cpus.idle = 0.04;
  work(&process_usage::others, 2 * tick);
  EXPECT_EQ(marks(), strings{});
  work(&process_usage::others, tick);
  EXPECT_EQ(marks().size(), 1U);
}

TEST_F(judged, what_the_kernel_does_for_a_sample_is_no_company) {
  work(&process_usage::own, 0.5);
  end_.cpus.idle -= 1;  // writing back, and interrupts
  EXPECT_EQ(marks(), strings{});
  EXPECT_NEAR(judge(start_, end_, 2).kernel_percent, 50, 1e-9);
}

TEST_F(judged, what_others_do_on_other_cpus_is_no_company) {
  work(&process_usage::own, 1);
  end_.processes.others = 40;
  EXPECT_EQ(marks(), strings{}) << "these were idle, or it was the measured process";
  end_.cpus.idle = 0;
  EXPECT_EQ(marks(), (strings{"other processes used 1.00 of a CPU"})) << "no more than was not";
}

TEST_F(judged, a_process_that_ended_unseen_is_no_work_undone) {
  start_.processes.others = 100;
  EXPECT_EQ(judge(start_, end_, 2).others_percent, 0);
}

TEST_F(judged, who_is_hidden_shows_by_what_nobody_has_used) {
  end_.processes.sees_all = false;
  end_.cpus.user = 0.35;  // ticks fall as they fall
  EXPECT_EQ(marks(), strings{});
  end_.cpus.user = 0.9;
  EXPECT_EQ(marks(), (strings{"processes that are not seen from here used 0.90 of a CPU"}));
  end_.processes.sees_all = true;
  EXPECT_EQ(marks(), strings{}) << "nobody is hidden";
}

TEST_F(judged, each_of_the_others_has_its_sentence) {
  end_.cpus.stolen = 0.05;
  EXPECT_EQ(marks(), strings{}) << "a tick of each CPU, and two percent";
  end_.cpus.stolen = 0.1;
  end_.throttled_ms = 1.5;
  end_.overheated = 2;
  end_.swapped_pages = 3;
  end_.reclaims = 4;
  EXPECT_EQ(marks(),
            (strings{"the hypervisor took 5.0 % of the CPUs",
                     "its control group was held back for 1.5 ms", "a CPU was too hot 2 times",
                     "3 pages were swapped", "memory was reclaimed 4 times"}));
}

TEST_F(judged, counts_what_happened_meanwhile) {
  start_.swapped_pages = end_.swapped_pages = 1000;
  start_.throttled_ms = end_.throttled_ms = 1000;
  start_.pressure_ms = {{"cpu", 5}, {"io", 1}};
  end_.pressure_ms = {{"cpu", 7}, {"memory", 1}};
  end_.frequency_mhz = 2400;
  const fitness found = judge(start_, end_, 2);
  EXPECT_TRUE(found.marks.empty());
  EXPECT_EQ(to_json(found).at("pressure_ms"), json({{"cpu", 2}}));
  EXPECT_EQ(to_json(found).at("frequency_mhz"), 2400);
  EXPECT_EQ(to_json(found).at("marks"), json::array());
}

std::vector<int> all_cpus() {
  std::vector<int> out;
  for (const cpu& each : this_machine().cpus) out.push_back(each.number);
  return out;
}

bool has_others(const fitness& found) {
  const auto is_others = [](const std::string& mark) {
    return mark.starts_with("other processes");
  };
  return std::any_of(found.marks.begin(), found.marks.end(), is_others);
}

TEST(company, a_busy_loop_of_another_process_marks_and_an_own_one_does_not) {
  constexpr double some = 0.3;
  const small_world world;
  std::filesystem::create_symlink("/proc/stat", world.root() / "proc/stat");
  const company quiet(all_cpus(), world.root());
  { busy_process().await(some); }
  EXPECT_EQ(quiet.judge().others_percent, 0);
  {
    const busy_process stranger;
    world.let_in(stranger.pid());
    const company bad(all_cpus(), world.root());
    stranger.await(some);
    const fitness found = bad.judge();
    EXPECT_TRUE(has_others(found)) << to_json(found);
    EXPECT_GT(found.others_percent, 0);
  }
  const company after(all_cpus(), world.root());
  { busy_process().await(some); }
  EXPECT_EQ(after.judge().others_percent, 0);
}

}  // namespace
}  // namespace annulus::harness
