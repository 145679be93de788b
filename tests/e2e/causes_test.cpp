// What bounds a cell, planted and named: measures, so neither CI nor a busy machine need run it.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "process.hpp"

namespace annulus::e2e {
namespace {

using nlohmann::json;

class causes : public testing::Test {
 protected:
  void SetUp() override {
    if (run({"run", "--reference", "rings"}).status != 0)
      GTEST_SKIP() << "this build has no suite rings";
  }

  // What `annulus table` says of the one cell with these axes of the shape flow.
  [[nodiscard]] json named(const std::string& axes) const {
    const scratch where;
    spit(where / "m.toml",
         "schema = 1\nsuite = \"rings\"\nname = \"causes\"\nrepetitions = 5\n[axes]\n"
         "shape = [\"flow\"]\nplacement = [\"none\"]\n" +
             axes);
    const auto done = run({"run", where / "m.toml", "--json", "--work", where / "work", "--results",
                           where / "results"});
    EXPECT_EQ(done.status, 0) << done.err;
    const auto directory = json::parse(done.out).at(0).at("directory").get<std::string>();
    const auto table = json::parse(run({"table", directory, "--json"}).out);
    for (const auto& cell : table.at("sections").at(0).at("cells")) {
      if (cell.at("roof")) continue;
      const auto why = cell.at("why");
      const auto people = run({"table", directory, "--why"}).out;
      EXPECT_TRUE(contains(people, why.at("sentence"))) << people;
      std::printf("%s\n", why.dump().c_str());
      return why;
    }
    ADD_FAILURE() << table;
    return {};
  }
};

TEST_F(causes, a_slow_sink) {
  EXPECT_EQ(named("load = [\"slow:50MB/s\"]\n").at("cause"), "sink");
}

TEST_F(causes, a_spinning_ring_in_a_crowd) {
  const auto pairs = std::clamp(std::thread::hardware_concurrency(), 12U, 64U);
  const auto why = named("ring = [\"spsc\"]\npairs = [" + std::to_string(pairs) + "]\n");
  EXPECT_EQ(why.at("cause"), "spinning_in_a_crowd");
}

TEST_F(causes, a_ring_too_small_and_the_size_that_would_do) {
  const std::string load = "load = [\"open:200MB/s+stall:4ms/40ms\"]\n";
  const auto small = named(load + "ring_size = [\"64KiB\"]\n");
  EXPECT_EQ(small.at("cause"), "ring_too_small");
  const auto enough = small.at("ring_size").get<std::uint64_t>();
  EXPECT_EQ(enough, 1U << 20U);
  EXPECT_EQ(named(load + "ring_size = [" + std::to_string(enough) + "]\n").at("cause"), "schedule");
}

TEST_F(causes, a_ring_smaller_than_a_write) {
  const auto why = named("ring_size = [\"64KiB\"]\nwrite = [\"8MiB\"]\nread = [\"8MiB\"]\n");
  EXPECT_EQ(why.at("cause"), "ring_too_small");
  EXPECT_EQ(why.at("ring_size"), 16U << 20U);
}

TEST_F(causes, page_faults_at_first_touch) {
  const auto why = named("ring_size = [\"1GiB\"]\npages = [\"cold\"]\n");
  EXPECT_EQ(why.at("cause"), "page_faults");
}

TEST_F(causes, a_costly_copy) {
  EXPECT_EQ(named("hand = [\"copy\"]\nwrite = [\"64KiB\"]\nread = [\"64KiB\"]\n").at("cause"),
            "copying");
}

}  // namespace
}  // namespace annulus::e2e
