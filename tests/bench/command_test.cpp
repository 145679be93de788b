// annulus bench as a user runs it, small.
#include <annulus/all.hpp>
#include <map>
#include <set>

#include "../e2e/process.hpp"
#include "json.hpp"

namespace annulus::bench {
namespace {

using e2e::arguments;
using harness::json;

// Shapes in which every ring is measured, and the peers that join it.
const std::map<std::string, std::set<std::string>> peers_of{
    {"a", {"boost-spsc", "rte-ring", "kernel-pipe", "boost-spsc-items", "moodycamel", "ck-ring"}},
    {"b", {"boost-spsc", "rte-ring", "kernel-pipe", "boost-spsc-items", "moodycamel", "ck-ring"}},
    {"c", {"boost-spsc", "rte-ring", "kernel-pipe"}},
    {"d", {"boost-spsc", "rte-ring", "kernel-pipe"}},
    {"e", {}},
    {"f", {"boost-spsc", "rte-ring", "kernel-pipe", "boost-spsc-items", "moodycamel", "ck-ring"}},
    {"g", {"boost-spsc", "rte-ring", "kernel-pipe"}},
    {"h", {"boost-spsc", "kernel-pipe"}},
    {"steady", {}},
};

std::set<std::string> split(const std::string& list) {
  std::set<std::string> out;
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    out.insert(list.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

// Those whose synchronisation the sanitizer of this build can see; all, without one.
std::set<std::string> visible(std::set<std::string> peers) {
  const auto allowed = split(ANNULUS_BENCH_PEERS);
  if (!allowed.empty())
    std::erase_if(peers, [&](const auto& name) { return !allowed.contains(name); });
  return peers;
}

arguments tiny(const std::string& shape) {
  std::string rings = ANNULUS_BENCH_PEERS;
  if (!rings.empty()) {
    for (const auto& info : all_rings::infos) rings += "," + std::string(info.name);
  }
  arguments out{"rings", "--shape", shape, "--ring-size", "64KiB", "--seconds-per-measurement",
                "0.001", "--json"};
  if (!rings.empty()) out.insert(out.end(), {"--ring", rings});
  return out;
}

class Shape : public testing::TestWithParam<std::string> {};

TEST_P(Shape, IsMeasuredForEveryRingAndPeer) {
  const auto done = e2e::run(tiny(GetParam()));
  ASSERT_EQ(done.status, 0) << done.err;
  std::set<std::string> expected = visible(peers_of.at(GetParam()));
  for (const auto& info : all_rings::infos) {
    if (GetParam() != "steady" || info.buffered) expected.emplace(info.name);
  }
  std::set<std::string> found;
  const json parsed = json::parse(done.out);
  for (const json& cell : parsed.at("cells")) {
    const auto name = cell.at("channel").get<std::string>();
    if (cell.at("kind") != "roof") found.insert(name);
    ASSERT_FALSE(cell.at("metrics").empty()) << name;
    for (const auto& [metric, value] : cell.at("metrics").items()) {
      ASSERT_EQ(value.at("values").size(), 9U) << name << " " << metric;
      const bool may_be_zero = metric == "kernel_calls_per_million_writes";
      for (const double each : value.at("values")) {
        EXPECT_TRUE(each > 0 || (may_be_zero && each == 0)) << name << " " << metric << " " << each;
      }
      EXPECT_LE(value.at("low").get<double>(), value.at("median").get<double>());
      EXPECT_LE(value.at("median").get<double>(), value.at("high").get<double>());
    }
  }
  EXPECT_EQ(found, expected);
}

INSTANTIATE_TEST_SUITE_P(Every, Shape,
                         testing::Values("a", "b", "c", "d", "e", "f", "g", "h", "steady"),
                         [](const auto& given) { return given.param; });

TEST(Pipelines, AreMeasuredInEveryShapeAtEverySize) {
  const auto done = e2e::run({"pipelines", "--seconds-per-measurement", "0.001", "--json"});
  ASSERT_EQ(done.status, 0) << done.err;
  const json parsed = json::parse(done.out);
  EXPECT_EQ(parsed.at("command"), "annulus bench pipelines");
  std::set<std::string> found;
  for (const json& cell : parsed.at("cells")) {
    const auto name = cell.at("shape").get<std::string>() + " " +
                      cell.at("channel").get<std::string>() + " " +
                      std::to_string(cell.at("segment_size").get<std::size_t>());
    EXPECT_TRUE(found.insert(name).second) << name;
    std::set<std::string> expected{"bytes_per_second", "writes_per_second", "ns_per_operation",
                                   "kernel_calls_per_million_writes",
                                   "allocations_per_million_operations"};
    if (cell.at("channel") == "pipe") expected.insert("lock_acquisitions_per_operation");
    for (const auto& [metric, value] : cell.at("metrics").items()) {
      EXPECT_EQ(expected.erase(metric), 1U) << name << " " << metric;
      EXPECT_EQ(value.at("values").size(), 9U) << name << " " << metric;
      const bool may_be_zero = metric.starts_with("kernel_calls") || metric.starts_with("alloc");
      for (const double each : value.at("values")) {
        EXPECT_TRUE(each > 0 || (may_be_zero && each == 0)) << name << " " << metric << " " << each;
      }
    }
    EXPECT_TRUE(expected.empty()) << name << " lacks " << *expected.begin();
  }
  std::set<std::string> wanted;
  for (const std::string size : {"4096", "16384", "65536", "262144"}) {
    for (const std::string shape : {"no-touch", "copy-in", "checksum"}) {
      wanted.insert(shape + " pipe " + size);
      wanted.insert(shape + " futex " + size);
    }
    wanted.insert("parse pipe " + size);
  }
  EXPECT_EQ(found, wanted);
}

TEST(Pipelines, AreShownWithTheirVerdicts) {
  const auto done = e2e::run({"pipelines", "--shape", "copy-in,parse", "--segment-size", "64KiB",
                              "--seconds-per-measurement", "0.001"});
  ASSERT_EQ(done.status, 0) << done.err;
  for (const auto* part : {"segments copied in", "M commands/s", "locks/op", "allocations/M ops",
                           "pipe / futex", "(want >= 0.8)", "per million operations", "(want <= 0)",
                           "Meanwhile others used", "Verdicts (stated for 64KiB)"}) {
    EXPECT_TRUE(e2e::contains(done.out, part)) << part << "\n" << done.out;
  }
}

TEST(Roofs, StandBesideTheStreams) {
  const auto done = e2e::run({"rings", "--shape", "c", "--ring", "futex", "--ring-size",
                              "64KiB,128KiB", "--seconds-per-measurement", "0.001", "--json"});
  ASSERT_EQ(done.status, 0) << done.err;
  std::multiset<std::string> roofs;
  const json parsed = json::parse(done.out);
  for (const json& cell : parsed.at("cells")) {
    if (cell.at("kind") == "roof") roofs.insert(cell.at("channel").get<std::string>());
  }
  EXPECT_EQ(roofs.count("two-core copy"), 2U);
  EXPECT_EQ(roofs.count("one-core copy"), 2U);
}

TEST(Table, ShowsEachChannelAndTheVerdicts) {
  const auto done = e2e::run({"rings", "--shape", "c", "--ring", "futex,boost-spsc", "--ring-size",
                              "64KiB", "--seconds-per-measurement", "0.001"});
  ASSERT_EQ(done.status, 0) << done.err;
  for (const auto* part : {"4 KiB writes and reads", "futex", "boost-spsc", "two-core copy",
                           "every byte was checked", "c futex", "(want >= 1)"}) {
    EXPECT_TRUE(e2e::contains(done.out, part)) << part << "\n" << done.out;
  }
}

TEST(Output, GoesToAFileWhenAsked) {
  const e2e::scratch home;
  const auto file = home / "rings.json";
  const auto done = e2e::run({"rings", "--shape", "f", "--ring", "spsc",
                              "--seconds-per-measurement", "0.001", "--json", "--out", file});
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(json::parse(e2e::slurp(file)).at("command"), "annulus bench rings");
}

TEST(Output, IsKeptAsAResultSetWhenAsked) {
  const e2e::scratch home;
  setenv("ANNULUS_ROOT", home.path().c_str(), 1);
  const auto done = e2e::run(
      {"rings", "--shape", "f", "--ring", "spsc", "--seconds-per-measurement", "0.001", "--save"});
  unsetenv("ANNULUS_ROOT");
  ASSERT_EQ(done.status, 0) << done.err;
  std::set<std::string> files;
  for (const auto& at : e2e::fs::recursive_directory_iterator(home.path() / "results")) {
    if (at.is_regular_file()) files.insert(at.path().filename().string());
  }
  EXPECT_EQ(files, (std::set<std::string>{"rings.json", "env.json", "topology.xml"}));
}

struct wrong_use {
  const char* name;
  arguments given;
  const char* said;
};

void PrintTo(const wrong_use& given, std::ostream* out) {
  *out << given.said;
}

class BadInput : public testing::TestWithParam<wrong_use> {};

TEST_P(BadInput, IsOneSentenceAndStatusTwo) {
  const auto done = e2e::run(GetParam().given);
  EXPECT_EQ(done.status, 2);
  EXPECT_EQ(done.out, "");
  EXPECT_TRUE(e2e::contains(done.err, GetParam().said)) << done.err;
  EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
}

INSTANTIATE_TEST_SUITE_P(
    Every, BadInput,
    testing::Values(
        wrong_use{"NoCommand", {}, "subcommand"},
        wrong_use{"Shape", {"rings", "--shape", "z"}, "--shape names 'z'"},
        wrong_use{"Ring", {"rings", "--ring", "lmax"}, "--ring names 'lmax'"},
        wrong_use{"Size", {"rings", "--ring-size", "2MB"}, "--ring-size must be"},
        wrong_use{"SmallSize", {"rings", "--ring-size", "8KiB"}, "from 16KiB to 1GiB"},
        wrong_use{"Repetitions", {"rings", "--repetitions", "8"}, "from 9 to 1000, not '8'"},
        wrong_use{"Seconds",
                  {"rings", "--seconds-per-measurement", "0"},
                  "--seconds-per-measurement must be a number from 0.001 to 60, not '0'"},
        wrong_use{"SecondsNan", {"rings", "--seconds-per-measurement", "nan"}, "not 'nan'"},
        wrong_use{"OneCpu", {"rings", "--cpus", "0"}, "--cpus needs two CPUs"},
        wrong_use{"SameCpu", {"rings", "--cpus", "0,0"}, "two different CPUs"},
        wrong_use{"NoSuchCpu", {"rings", "--cpus", "0,100000"}, "CPU 100000"},
        wrong_use{"Option", {"rings", "--fast"}, "--fast"},
        wrong_use{"PipeShape", {"pipelines", "--shape", "a"}, "--shape names 'a'"},
        wrong_use{"Channel", {"pipelines", "--channel", "spsc"}, "--channel names 'spsc'"},
        wrong_use{"SegmentSize", {"pipelines", "--segment-size", "2KiB"}, "from 4KiB to 1MiB"},
        wrong_use{"RingOption", {"pipelines", "--ring", "futex"}, "--ring"}),
    [](const auto& given) { return given.param.name; });

// The same command over channels that spoil the stream.
e2e::result run_corrupt(const std::string& options) {
  const e2e::scratch home;
  const auto command = std::string(ANNULUS_CORRUPT) + " " + options +
                       " --seconds-per-measurement 0.001 >" + (home / "out") + " 2>" +
                       (home / "err");
  const int status = std::system(command.c_str());
  return {WEXITSTATUS(status), e2e::slurp(home / "out"), e2e::slurp(home / "err")};
}

std::string ring(const std::string& shape, const std::string& channel) {
  return "rings --ring-size 64KiB --shape " + shape + " --ring " + channel;
}
std::string pipe(const std::string& shape, const std::string& channel) {
  return "pipelines --segment-size 4KiB,64KiB --shape " + shape + " --channel " + channel;
}

void expect_failed(const e2e::result& done) {
  EXPECT_EQ(done.status, 1);
  EXPECT_TRUE(e2e::contains(done.err, "the bytes that arrived are not those that were sent"))
      << done.err;
  EXPECT_EQ(done.out, "");
}

class Corruption : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(Corruption, FailsTheRun) {
  const auto& [shape, channel] = GetParam();
  expect_failed(run_corrupt(ring(shape, channel)));
}

INSTANTIATE_TEST_SUITE_P(Every, Corruption,
                         testing::Combine(testing::Values("a", "b", "c", "d", "f", "g"),
                                          testing::Values("one-bit", "old-bytes", "swapped-words")),
                         [](const auto& given) {
                           auto name = std::get<0>(given.param) + "_" + std::get<1>(given.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Corruption, IsNotFoundWhereThereIsNone) {
  for (const auto& options : {ring("a", "nothing"), pipe("copy-in,checksum,parse", "nothing")}) {
    const auto done = run_corrupt(options);
    EXPECT_EQ(done.status, 0) << done.err;
  }
}

TEST(PipeCorruption, OfAnyKindFailsWhatChecksEveryByte) {
  for (const auto* shape : {"checksum", "parse"}) {
    for (const auto* kind : {"one-bit", "old-bytes", "swapped-words"}) {
      SCOPED_TRACE(shape + std::string(" ") + kind);
      expect_failed(run_corrupt(pipe(shape, kind)));
    }
  }
}

TEST(PipeCorruption, OfASegmentsFirstWordFailsCopyIn) {
  for (const auto* kind : {"old-bytes", "swapped-words"}) {
    SCOPED_TRACE(kind);
    expect_failed(run_corrupt(pipe("copy-in", kind)));
  }
}

}  // namespace
}  // namespace annulus::bench
