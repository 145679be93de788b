// topo, variants, run, table, plot and quick as commands.
#include <sched.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "process.hpp"

namespace annulus::e2e {
namespace {

constexpr auto small_matrix = R"(schema = 1
suite = "pipeline"
name = "small"
repetitions = 2
[axes]
ring = ["pipe", "mirror"]
sink = ["null", "dir", "chunks"]
mode = ["parallel"]
hand = ["copy", "copy-in", "in-place"]
geometry = ["2+1"]
block = ["64KiB"]
ring_size = ["256KiB"]
)";

// Of a matrix with one repetition, up to its axes.
std::string head_of(const std::string& name) {
  return "schema = 1\nsuite = \"pipeline\"\nname = \"" + name + "\"\nrepetitions = 1\n[axes]\n";
}

// The one result set below results/<machine>/.
fs::path only_run(const fs::path& results) {
  fs::path found;
  for (const auto& entry : fs::recursive_directory_iterator(results)) {
    if (entry.path().filename() == "samples.jsonl") found = entry.path().parent_path();
  }
  return found;
}

std::vector<nlohmann::json> samples_of(const fs::path& run_directory) {
  std::vector<nlohmann::json> samples;
  std::ifstream lines(run_directory / "samples.jsonl");
  for (std::string line; std::getline(lines, line);) samples.push_back(nlohmann::json::parse(line));
  return samples;
}

void expect_costs(const nlohmann::json& result, bool is_roof) {
  const auto& metrics = result.at("metrics");
  EXPECT_GT(metrics.at("peak_rss_bytes"), 1U << 20U);
  for (const char* const name : {"cycles_per_byte", "instructions_per_byte"})
    EXPECT_GT(metrics.value(name, 1.0), 0) << "absent, not zero";
  if (is_roof) return;
  for (const char* const end : {"writer", "reader"}) {
    EXPECT_EQ(result.at("details").at("occupancy").at(end).size(), 17U) << result;
    EXPECT_LE(metrics.at(end + std::string("_spinning_percent")),
              metrics.at(end + std::string("_waiting_percent")));
  }
  EXPECT_GE(metrics.at("kernel_calls_per_gib"), metrics.at("membarriers_per_gib"));
}

}  // namespace

TEST(measure, topo_names_every_relation) {
  const auto people = run({"topo"});
  EXPECT_EQ(people.status, 0) << people.err;
  const auto programs = run({"topo", "--json"});
  EXPECT_EQ(programs.status, 0);
  EXPECT_FALSE(nlohmann::json::parse(programs.out).empty());
  for (const std::string relation :
       {"same-pu", "same-core", "shared-l2", "shared-l3", "same-node", "cross-node"}) {
    EXPECT_TRUE(contains(people.out, relation)) << relation;
    EXPECT_TRUE(contains(programs.out, relation)) << relation;
  }
}

// As taskset does; a command that was bound to one CPU knows of no other.
TEST(measure, topo_and_run_keep_to_the_cpus_that_they_were_bound_to) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  std::size_t last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &allowed)) --last;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  const auto machine = nlohmann::json::parse(run({"topo", "--json"}).out);
  ASSERT_EQ(machine.at("cores").size(), 1U);
  EXPECT_EQ(machine.at("cores").at(0).at("cpus"), nlohmann::json::array({last}));

  const scratch where;
  spit(where / "m.toml", head_of("bound") + "placement = [\"same-node\", \"same-pu\"]\n");
  const auto done = run({"run", where / "m.toml", "--input-size", "4KiB", "--work", where / "work",
                         "--results", where / "results"});
  ASSERT_EQ(done.status, 0) << done.err;
  for (const auto& sample : samples_of(only_run(where / "results"))) {
    const bool pair = sample.at("key").at("placement") == "same-node";
    EXPECT_EQ(sample.contains("skipped"), pair) << sample;
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof allowed, &allowed), 0);
}

TEST(measure, topo_tells_what_a_hypervisor_made_up) {
  const auto cpus = slurp("/proc/cpuinfo");
  const auto people = run({"topo"}).out;
  const auto data = nlohmann::json::parse(run({"topo", "--json"}).out);
  const bool is_guest = contains(cpus, " hypervisor");
  if (contains(cpus, "vendor_id")) {  // x86
    EXPECT_EQ(data.at("virtual_topology").is_object(), is_guest) << data;
    EXPECT_EQ(contains(people, "made up the packages"), is_guest) << people;
  }
  EXPECT_TRUE(contains(people, "cpuidle driver: ")) << people;
  const auto model = data.at("cpu_model").get<std::string>();
  EXPECT_FALSE(contains(model, "  ") || model.starts_with(' ') || model.ends_with(' ')) << model;
}

TEST(measure, a_dumb_terminal_gets_no_escape_codes) {
  const scratch where;
  spit(where / "m.toml", head_of("tiny"));
  const auto on_terminal = [&](const std::string& kind) {
    return run_shell("TERM=" + kind +
                         " exec script -qec \"'$0' run '$1' --input-size 4KiB --work '$2' "
                         "--results '$3'\" /dev/null",
                     {where / "m.toml", where / "work", where / "results"});
  };
  const auto dumb = on_terminal("dumb");
  EXPECT_EQ(dumb.status, 0) << dumb.out;
  EXPECT_TRUE(contains(dumb.out, "4 of 4 turns finished")) << dumb.out;
  EXPECT_FALSE(contains(dumb.out, "\033")) << dumb.out;
  EXPECT_TRUE(contains(on_terminal("xterm").out, "\033[K[1/4]"));
}

TEST(measure, version_is_a_line) {
  const auto done = run({"--version"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(done.out.starts_with("annulus ")) << done.out;
  EXPECT_EQ(std::count(done.out.begin(), done.out.end(), '\n'), 1) << done.out;
}

TEST(measure, what_is_needed_at_the_end_is_asked_for_first) {
  const scratch where;
  spit(where / "m.toml", small_matrix);
  spit(where / "plain", "a file");
  setenv("ANNULUS_ROOT", ANNULUS_SOURCE, 1);
  const auto said = [](const std::string& script, const arguments& words) {
    const auto done = run_shell(script, words);
    EXPECT_EQ(done.status, 1) << done.err;
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
    return done.err;
  };
  const arguments quick{"quick",           "--work",  where / "work", "--results",
                        where / "results", "--plots", where / "plots"};
  EXPECT_TRUE(contains(said("PATH=/nowhere; exec \"$0\" \"$@\"", quick),
                       "figures need gnuplot (Debian package gnuplot-nox)"));
  EXPECT_TRUE(fs::is_empty(where / "results"));
  for (const std::size_t place : {2U, 4U, 6U}) {
    auto words = quick;
    words[place] = where / "plain/below";
    EXPECT_TRUE(
        contains(said("exec \"$0\" \"$@\"", words), (where / "plain/below") + " cannot be "));
  }
  EXPECT_TRUE(contains(
      said("exec \"$0\" \"$@\"",
           {"run", where / "m.toml", "--work", where / "work", "--results", where / "plain/below"}),
      (where / "plain/below")));
  EXPECT_TRUE(contains(said("PATH=/nowhere; exec \"$0\" \"$@\"",
                            {"plot", where / "results", "--out", where / "plots"}),
                       "figures need gnuplot"));
}

TEST(measure, what_is_no_result_set_is_named_and_never_waited_for) {
  const scratch where;
  ASSERT_EQ(mkfifo((where / "env.json").c_str(), 0600), 0);
  for (const arguments& words :
       {arguments{"table", where.path()}, {"run", "--resume", where.path()}}) {
    const auto done = run(words);
    EXPECT_EQ(done.status, 1);
    EXPECT_TRUE(contains(done.err,
                         "is no result set: env.json cannot be read: it is no regular "
                         "file"))
        << done.err;
  }
  const auto done = run({"run", where / "env.json"});
  EXPECT_TRUE(contains(done.err, "it is no regular file")) << done.err;
}

TEST(measure, variants_marks_one_ring) {
  const auto list = nlohmann::json::parse(run({"variants", "--json"}).out);
  ASSERT_EQ(list.size(), 6U);
  int selected = 0;
  for (const auto& ring : list) selected += ring.at("selected").get<bool>() ? 1 : 0;
  EXPECT_EQ(selected, 1);
}

TEST(measure, a_matrix_gives_samples_a_table_and_figures) {
  const scratch where;
  spit(where / "m.toml", small_matrix);
  spit(where / "input", noise(1'000'000));
  setenv("ANNULUS_ROOT", ANNULUS_SOURCE, 1);
  const auto done = run({"run", where / "m.toml", "--input", where / "input", "--work",
                         where / "work", "--results", where / "results"});
  ASSERT_EQ(done.status, 0) << done.err;
  const auto directory = only_run(where / "results");
  const auto samples = samples_of(directory);
  ASSERT_EQ(samples.size(), 46U);  // 18 cells and their five roofs, twice
  for (const auto& sample : samples) {
    const auto& result = sample.at("result");
    EXPECT_TRUE(result.at("verified").get<bool>()) << sample;
    EXPECT_EQ(result.at("bytes"), 1'000'000);
    EXPECT_GT(result.at("seconds").get<double>(), 0);
    EXPECT_FALSE(contains(sample.dump(), where.path().string())) << sample;
    expect_costs(result, sample.contains("roof"));
  }
  EXPECT_TRUE(fs::exists(directory / "env.json"));
  EXPECT_TRUE(fs::exists(directory / "topology.xml"));
  EXPECT_TRUE(fs::is_empty(where / "work"));

  EXPECT_FALSE(contains(run({"table", directory.string()}).out, "| sink alone "));
  const auto table = run({"table", directory.string(), "--why"});
  ASSERT_EQ(table.status, 0) << table.err;
  for (const std::string word :
       {"## Sink: null", "## Sink: dir", "## Sink: chunks", "| pipe ", "| mirror ", "copy-in",
        "in-place", "MB/s", "of roof", "| roof ", "| encoding alone ", "| hashing alone ",
        "| sink alone ", " yes |", "Fewer than 6 repetitions", "samples w",
        "read back and compared"}) {
    EXPECT_TRUE(contains(table.out, word)) << word << "\n" << table.out;
  }
  // Beside other work no sample counts for a verdict.
  EXPECT_TRUE(contains(table.out, "Fastest: no one: 6 cells tie.") ||
              contains(table.out, "so that no verdict counts"))
      << table.out;
  const auto data = nlohmann::json::parse(run({"table", directory.string(), "--json"}).out);
  EXPECT_EQ(data.at("finished"), 46);
  EXPECT_EQ(data.at("sections").size(), 3U);
  EXPECT_EQ(data.at("sections").at(0).at("cells").size(), 9U);  // and the roofs
  const auto plot = run({"plot", directory.string(), "--out", where / "plots"});
  ASSERT_EQ(plot.status, 0) << plot.err;
  int figures = 0;
  for (const auto& entry : fs::recursive_directory_iterator(where / "plots")) {
    const auto kind = entry.path().extension();
    if (kind != ".svg" && kind != ".png") continue;
    ++figures;
    EXPECT_GT(fs::file_size(entry.path()), 1000U) << entry.path();
  }
  EXPECT_GE(figures, 4);
}

// Whether the kernel says where pages are; in some containers it does not.
bool tells_of_pages() {
  int here = 0;
  void* page = &here;
  int home = 0;
  return syscall(SYS_move_pages, 0, 1, &page, nullptr, &home, 0) == 0;
}

TEST(measure, the_memory_of_every_ring_is_counted_page_by_page) {
  if (!tells_of_pages()) GTEST_SKIP() << "the kernel does not say where pages are";
  const scratch where;
  spit(where / "m.toml", head_of("bound") +
                             "ring = \"all\"\nplacement = [\"same-pu\"]\nmemory = "
                             "[\"producer\"]\n");
  spit(where / "input", noise(3'000'000));
  const auto done = run({"run", where / "m.toml", "--input", where / "input", "--work",
                         where / "work", "--results", where / "results"});
  ASSERT_EQ(done.status, 0) << done.err;
  for (const auto& sample : samples_of(only_run(where / "results"))) {
    ASSERT_TRUE(sample.contains("result")) << sample;
    if (sample.contains("roof")) continue;
    const auto& pages = sample.at("result").at("details").at("pages");
    std::uint64_t there = 0;
    for (const auto& [home, count] : pages.items())
      there += home == "absent" ? 0U : count.get<std::uint64_t>();
    // A segment at least of each of twelve rings; a pipe has no memory but its scratch.
    constexpr std::uint64_t at_least = 12;
    EXPECT_GE(there, sample.at("key").at("ring") == "pipe" ? 0U : at_least) << sample;
  }
}

TEST(measure, sigint_during_run_keeps_finished_cells_and_resume_goes_on) {
  const scratch where;
  spit(where / "m.toml", small_matrix);
  spit(where / "input", noise(1'000'000));
  process child({"run", where / "m.toml", "--input", where / "input", "--work", where / "work",
                 "--results", where / "results"});
  await([&] {
    if (!fs::exists(where / "results")) return false;
    const auto directory = only_run(where / "results");
    return !directory.empty() && fs::file_size(directory / "samples.jsonl") > 0;
  });
  child.signal(SIGINT);
  const auto status = child.wait();
  const auto directory = only_run(where / "results");
  const auto kept = samples_of(directory).size();
  EXPECT_GE(kept, 1U);
  if (status != 0) {  // it may have been quicker than the signal
    EXPECT_EQ(status, 1);
    EXPECT_TRUE(contains(child.err(), "--resume")) << child.err();
    EXPECT_TRUE(fs::is_empty(where / "work"));
    const auto rest = run({"run", "--resume", directory.string(), "--input", where / "input",
                           "--work", where / "work"});
    EXPECT_EQ(rest.status, 0) << rest.err;
  }
  EXPECT_EQ(samples_of(directory).size(), 46U);
}

TEST(measure, quick_prints_a_verified_table_draws_and_ends_in_a_sentence_for_each_consumer) {
  const scratch where;
  spit(where / "input", noise(2'000'000));
  setenv("ANNULUS_ROOT", ANNULUS_SOURCE, 1);
  const auto done =
      run({"quick", "--input", where / "input", "--repetitions", "1", "--work", where / "work",
           "--results", where / "results", "--plots", where / "plots"});
  ASSERT_EQ(done.status, 0) << done.err;
  const auto rings = registered_rings();
  for (const auto& ring : rings) EXPECT_TRUE(contains(done.out, ring));
  for (const auto& head : {"## Load: closed", "## Load: jitter:4ms/40ms", "## Load: slow:200MB/s",
                           " of pipe |", " of roof |", "stall p99.9"})
    EXPECT_TRUE(contains(done.out, head)) << head << "\n" << done.out;
  const auto run_directory = only_run(where / "results");
  EXPECT_TRUE(fs::exists(fs::path(where / "plots") / run_directory.filename() / "decision.svg"));
  // For each of three consumers every ring in two sizes, of which a pipe has one; and four roofs.
  EXPECT_EQ(samples_of(run_directory).size(), 3 * (2 * rings.size() - 1) + 4);
  // One sample decides nothing, which is then the last that is said of each.
  const std::string untold = "it cannot be told: no ";
  auto from = done.out.find("\nLoad closed: " + untold);
  ASSERT_NE(from, std::string::npos) << done.out;
  const auto sentences = done.out.substr(from + 1);
  EXPECT_EQ(std::count(sentences.begin(), sentences.end(), '\n'), 3) << sentences;
  EXPECT_TRUE(contains(sentences, "\nLoad jitter:4ms/40ms: " + untold)) << sentences;
  EXPECT_TRUE(contains(sentences, "\nLoad slow:200MB/s: " + untold)) << sentences;
}

}  // namespace annulus::e2e
