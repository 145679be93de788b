// The suites rings and pipes: which cells there are, and that each of the shipped matrices can be
// measured.
#include <gtest/gtest.h>

#include <annulus/all.hpp>
#include <map>
#include <set>

#include "base/error.hpp"
#include "machine/topology.hpp"
#include "measure/plan.hpp"
#include "suites/pipes/suite.hpp"
#include "suites/rings/suite.hpp"

namespace annulus::suites {
namespace {

using harness::json;

json default_key(const harness::suite& of) {
  json out = json::object();
  for (const auto& axis : of.axes()) out[axis.name] = axis.fallback;
  return out;
}

json with(json key, const json& changed) {
  key.update(changed);
  return key;
}

std::string unavailable(const json& changed) {
  return rings_suite().unavailable(with(default_key(rings_suite()), changed));
}

harness::cell_result run(const harness::suite& of, const json& key, std::uint64_t amount) {
  harness::cell_request cell{.suite = of.traits().name, .key = key};
  cell.amount = amount;
  return of.run(cell);
}

TEST(Rings, MeasureEachChannelInTheShapesThatItCanDo) {
  const std::set<std::string> bytes{"boost-spsc", "rte-ring", "kernel-pipe"};
  const std::set<std::string> all_peers{"boost-spsc",       "rte-ring",   "kernel-pipe",
                                        "boost-spsc-items", "moodycamel", "ck-ring"};
  const std::map<std::string, std::set<std::string>> peers_of{
      {"a", all_peers}, {"b", all_peers}, {"c", bytes}, {"d", bytes},
      {"e", {}},        {"f", all_peers}, {"g", bytes}, {"h", {"boost-spsc", "kernel-pipe"}},
      {"steady", {}},   {"flow", bytes}};
  for (auto [shape, expected] : peers_of) {
    for (const auto& info : all_rings::infos) {
      if (shape != "steady" || info.buffered) expected.emplace(info.name);
    }
    std::set<std::string> found;
    for (const json& ring : find_axis(rings_suite().axes(), "ring")->values.all) {
      if (unavailable({{"shape", shape}, {"ring", ring}}).empty()) found.insert(ring);
    }
    EXPECT_EQ(found, expected) << shape;
  }
}

TEST(Rings, LeaveAnAxisAloneThatAShapeDoesNotUse) {
  EXPECT_EQ(unavailable({{"shape", "a"}, {"write", 4096}}),
            "shape a does not use write, which must be 64KiB");
  EXPECT_EQ(unavailable({{"shape", "g"}, {"load", "slow:1MB/s"}}),
            "shape g does not use load, which must be closed");
  EXPECT_EQ(unavailable({{"shape", "f"}, {"ring_size", 65536}}),
            "shape f does not use ring_size, which must be 2MiB");
  EXPECT_EQ(unavailable({{"shape", "d"}, {"memory", "producer"}, {"placement", "none"}}), "");
}

TEST(Rings, SayWhyAFlowIsImpossible) {
  const auto flow = [](json changed) {
    changed["shape"] = "flow";
    return unavailable(changed);
  };
  EXPECT_EQ(flow({}), "");
  EXPECT_EQ(flow({{"ring", "moodycamel"}}), "moodycamel takes no part in shape flow");
  EXPECT_EQ(flow({{"ring", "rte-ring"}, {"read", 1000}}),
            "rte-ring moves units of 16 bytes, of which read 1000 is no multiple");
  EXPECT_EQ(flow({{"ring", "kernel-pipe"}, {"hand", "in-place"}}),
            "kernel-pipe has no memory to work in");
  EXPECT_EQ(flow({{"hand", "in-place"}, {"ring_size", 65536}}),
            "in place, a write and a read must fit in the ring together, but 64KiB and 64KiB are "
            "more than 64KiB");
  EXPECT_EQ(flow({{"pairs", 6}}), "6 pairs are not pinned, so that placement must be none");
  EXPECT_EQ(flow({{"pairs", 6}, {"placement", "none"}}), "");
  EXPECT_EQ(flow({{"load", "open:1GB/s"}, {"write", 64}}),
            "load open:1GB/s makes more than ten million writes of 64 a second, which cannot be "
            "timed one by one");
  EXPECT_EQ(flow({{"ring", "boost-spsc"}, {"pages", "huge"}}), "boost-spsc knows no memory policy");
  EXPECT_NE(flow({{"ring", "segment"}, {"pages", "base"}}), "");
  EXPECT_EQ(flow({{"ring", "mirror"}, {"pages", "huge"}}), "");
  EXPECT_THROW(run(rings_suite(),
                   with(default_key(rings_suite()), {{"shape", "flow"}, {"ring", "flat"}}), 1),
               harness::bad_input);
}

TEST(Rings, HaveRoofsThatCanBeMeasured) {
  std::set<std::string> with_roofs;
  const auto& of = rings_suite();
  for (const json& shape : find_axis(of.axes(), "shape")->values.all) {
    for (const json& key :
         of.roofs(with(default_key(of), {{"shape", shape}, {"pairs", 2}, {"placement", "none"}}))) {
      with_roofs.insert(shape);
      EXPECT_EQ(of.unavailable(key), "") << key;
      EXPECT_EQ(of.role(key), "roof") << key;
      EXPECT_TRUE(of.roofs(key).empty()) << key;
    }
  }
  EXPECT_EQ(with_roofs, (std::set<std::string>{"a", "b", "c", "d", "e", "f", "flow"}));
}

TEST(Rings, MoveInALaterTurnWhatTheyMovedInTheFirst) {
  for (const auto& [ring, shape] :
       std::map<std::string, std::string>{{"futex", "a"}, {"spsc", "f"}, {"flat", "setup"}}) {
    const json key = with(default_key(rings_suite()), {{"shape", shape}, {"ring", ring}});
    const auto first = run(rings_suite(), key, 0);
    ASSERT_GT(first.amount, 0U);
    EXPECT_EQ(run(rings_suite(), key, first.amount).amount, first.amount) << shape;
  }
}

TEST(Rings, CountEveryPairOfACrowd) {
  const json key =
      with(default_key(rings_suite()), {{"shape", "flow"}, {"pairs", 3}, {"placement", "none"}});
  const auto done = run(rings_suite(), key, 1 << 20);
  EXPECT_EQ(done.amount, 1U << 20U);
  EXPECT_EQ(done.bytes, 3U << 20U);
}

TEST(Rings, MeasureStoragesUnderEachWaitingPolicy) {
  const harness::axis& rings = *harness::find_axis(rings_suite().axes(), "ring");
  for (const char* const name :
       {"flat+spin", "flat+condvar", "mirror+spin", "mirror+yield", "mirror+condvar"}) {
    const json key = with(default_key(rings_suite()), {{"shape", "flow"}, {"ring", name}});
    EXPECT_TRUE(run(rings_suite(), key, 1 << 20).verified) << name;
    EXPECT_NE(rings_suite().unavailable(with(key, {{"shape", "c"}})), "") << name;
    const auto& all = rings.values.all;
    EXPECT_EQ(std::count(all.begin(), all.end(), json(name)), 0) << name;
  }
}

TEST(Rings, SayWhereTheirMemoryLies) {
  for (const auto& info : all_rings::infos) {
    const json key = with(default_key(rings_suite()),
                          {{"shape", "c"}, {"ring", info.name}, {"ring_size", 1 << 20}});
    const auto done = run(rings_suite(), key, 2 << 20);
    // A chain of segments has as many as were needed at once.
    const auto least = info.storage == flat_storage::name ? 1U << 20U : 1U;
    EXPECT_GE(done.details.at("memory").at("bytes"), least) << info.name;
    EXPECT_FALSE(done.details.at("pages").empty()) << info.name;
  }
}

TEST(Rings, TouchColdMemoryOnlyWhileTheClockRuns) {
  const auto untouched = [](const char* pages) {
    const json key = with(default_key(rings_suite()),
                          {{"shape", "flow"}, {"pages", pages}, {"ring_size", 64 << 20}});
    return run(rings_suite(), key, 1 << 20).details.at("pages").contains("absent");
  };
  EXPECT_TRUE(untouched("cold"));
  EXPECT_FALSE(untouched("default"));
}

TEST(Rings, FollowEachWriteOfAScheduleToTheReader) {
  const auto handed_over = [](const json& changed) {
    const json key =
        with(with(default_key(rings_suite()),
                  {{"shape", "flow"}, {"write", 4096}, {"read", 4096}, {"load", "open:50MB/s"}}),
             changed);
    const auto found = run(rings_suite(), key, 1 << 20).metrics;
    return found.contains("handover_p50_us") ? found.at("handover_max_us") : 0.0;
  };
  EXPECT_GT(handed_over(json::object()), 0);
  EXPECT_GT(handed_over({{"load", "open:50MB/s+stall:2ms/10ms"}}), 0);
  // One read of two writes is no write's.
  EXPECT_EQ(handed_over({{"read", 8192}}), 0);
  EXPECT_EQ(handed_over({{"load", "closed"}}), 0);
}

TEST(Rings, SayHowTheirBytesGo) {
  const auto traffic_of = [](const json& changed) {
    return rings_suite().traffic_of(with(default_key(rings_suite()), changed));
  };
  EXPECT_EQ(traffic_of({{"shape", "a"}})->piece, 64U);
  EXPECT_EQ(traffic_of({{"shape", "c"}})->piece, 4096U);
  EXPECT_EQ(traffic_of({{"shape", "d"}})->piece, 128U << 10U);
  EXPECT_FALSE(traffic_of({{"shape", "e"}})->copies);
  EXPECT_EQ(traffic_of({{"shape", "g"}})->load, "open:1GiB/s+stall:2ms/50ms");
  const auto flow = traffic_of({{"shape", "flow"},
                                {"pairs", 4},
                                {"write", 1000},
                                {"load", "slow:1MB/s"},
                                {"ring_size", 65536}});
  EXPECT_EQ(flow->piece, 1000U);
  EXPECT_EQ(flow->load, "slow:1MB/s");
  EXPECT_EQ(flow->ring_size, 65536U);
  EXPECT_EQ(flow->threads, 8U);
  EXPECT_EQ(flow->share, 0.25);
  for (const char* const shape : {"f", "h", "setup"}) EXPECT_FALSE(traffic_of({{"shape", shape}}));
}

class Matrix : public testing::TestWithParam<const char*> {};

// As little as makes each cell what it is.
std::uint64_t tiny(const json& key) {
  const auto shape = key.at("shape").get<std::string>();
  if (shape == "f") return 100;
  if (shape == "h") return 5;
  return shape == "setup" ? 1 : 128 << 10;
}

TEST_P(Matrix, CanBeMeasuredCellByCell) {
  const auto what = harness::load_matrix(std::string(ANNULUS_MATRICES "/") + GetParam(),
                                         {&rings_suite(), &pipes_suite()});
  const auto& of = *what.of;
  const auto planned = make_plan(what, harness::this_machine(), 1);
  std::set<std::string> sections;
  for (const auto& cell : planned.cells) {
    SCOPED_TRACE(cell.request.key.dump());
    // What is missing here is there on another machine.
    if (cell.skipped.starts_with("this machine has no") ||
        cell.skipped.find(" NUMA node") != std::string::npos)
      continue;
    ASSERT_EQ(cell.skipped, "");
    // Large rings do the same, and take their time to be warmed up.
    if (cell.request.key.value("ring_size", 0U) > 2U << 20U) continue;
    harness::cell_request request = cell.request;
    request.amount = tiny(request.key);
    const auto done = of.run(request);
    sections.insert(request.key.at("shape"));
    EXPECT_GT(done.seconds, 0);
    EXPECT_GE(done.amount, request.amount);
    for (const auto& name : of.shown(request.key)) {
      ASSERT_TRUE(done.metrics.contains(name)) << name;
      EXPECT_GE(done.metrics.at(name), 0) << name;
    }
    for (const auto& [name, value] : done.metrics) {
      EXPECT_NO_THROW(find_metric(of, name)) << name;
      EXPECT_TRUE(std::isfinite(value)) << name;
    }
    EXPECT_NO_THROW(harness::result_from_json(to_json(done)));
  }
  EXPECT_FALSE(sections.empty());
}

INSTANTIATE_TEST_SUITE_P(Every, Matrix,
                         testing::Values("rings.toml", "pipes.toml", "crowd.toml", "placement.toml",
                                         "wakes.toml"),
                         [](const auto& given) {
                           return std::string(given.param, std::strchr(given.param, '.'));
                         });

}  // namespace
}  // namespace annulus::suites
