// A planted stall shows at the percentiles that arithmetic gives, with real threads and clocks.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "measure/suite.hpp"
#include "suites/registry.hpp"

namespace annulus::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t block = 2048;
constexpr double interval_us = 1e6 * block / 10e6;

class planted_stall : public testing::Test {
 protected:
  planted_stall() {
    std::string name = (fs::temp_directory_path() / "annulus-stall-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    directory_ = name;
  }
  ~planted_stall() override { fs::remove_all(directory_); }

  // 5 s of blocks, through a ring of one frame before each of two sinks.
  cell_result measured(const std::string& ring, const std::string& consumer) const {
    constexpr std::size_t bytes = 50'000'000;
    std::ofstream(directory_ / "input", std::ios::binary) << std::string(bytes, 'a');
    const suite& of = find_suite(suites::all_suites(), "pipeline", "the suite");
    cell_request cell{.suite = "pipeline", .key = json::object()};
    for (const axis& each : of.axes()) cell.key[each.name] = each.fallback;
    cell.key.update({{"ring", ring},
                     {"ring_size", block + 32},
                     {"block", block},
                     {"geometry", "1+1"},
                     {"load", "open:10MB/s+" + consumer}});
    cell.input = (directory_ / "input").string();
    return run_cell(suites::all_suites(), cell);
  }

 private:
  fs::path directory_;
};

// Of blocks at a steady rate those due in the 4 ms of a stall, a tenth of all, wait for its end,
// evenly from 4 ms down: 1 % wait longer than 3.6 ms and 0.1 % longer than 3.96 ms, less the time
// in which frames come that the drain and the ring still take. To within 10 % of the stall.
TEST_F(planted_stall, shows_at_its_percentiles) {
  constexpr double tenth = 400;
  constexpr double taken = 2 * interval_us;
  for (const char* const ring : {"futex", "mutex"}) {
    const auto found = measured(ring, "stall:4ms/40ms");
    EXPECT_TRUE(found.verified) << ring;
    EXPECT_NEAR(found.metrics.at(stall_p99), 3600 - taken, tenth) << ring;
    EXPECT_NEAR(found.metrics.at(stall_p999), 3960 - taken, tenth) << ring;
  }
}

// Without it neither percentile has anything of the kind.
TEST_F(planted_stall, is_not_seen_where_there_is_none) {
  const auto found = measured("futex", "slow:1GB/s");
  EXPECT_LT(found.metrics.at(stall_p99), 400);
}

}  // namespace
}  // namespace annulus::harness
