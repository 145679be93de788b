// Crashes of whole file systems, each in a file: shut down, cut off from what comes later, or full.
#include <gtest/gtest.h>

#include <annulus/chunklog/log.hpp>
#include <cstdint>
#include <iostream>

#include "killing.hpp"
#include "payload.hpp"
#include "real_disk.hpp"
#include "watchdog.hpp"

namespace annulus::crash {
namespace {

using chunklog::chunk_log;

class image_of : public ::testing::TestWithParam<std::pair<const char*, const char*>> {
 public:
  static std::string name(const ::testing::TestParamInfo<ParamType>& each) {
    return each.param.first;
  }
};
class long_image : public image_of {};
class long_snapshot : public image_of {};

TEST_P(long_image, shut_down_in_the_middle_of_a_write_loses_nothing) {
  const auto [type, size] = GetParam();
  const loop_image inside(type, size);
  if (!inside.ready()) GTEST_SKIP() << "this machine cannot make or mount a loop image of " << type;
  const bool can = inside.shut_down();
  ASSERT_TRUE(inside.down());
  ASSERT_TRUE(inside.up());
  if (!can) GTEST_SKIP() << type << " knows no shutdown here: XFS_IOC_GOINGDOWN is refused";
  int rounds = 0;
  const auto crash = [&] { EXPECT_TRUE(inside.shut_down()); };
  const auto reboot = [&] {
    ++rounds;
    EXPECT_TRUE(inside.down());
    EXPECT_TRUE(inside.up());
  };
  kills(inside.path(), inside.desk(), {100, 50000, 900, 0, crash, reboot}).run();
  EXPECT_EQ(rounds, 100);
}

// Btrfs refuses that request.
INSTANTIATE_TEST_SUITE_P(all, long_image,
                         ::testing::Values(std::pair("ext4", "64M"), std::pair("xfs", "320M")),
                         image_of::name);

TEST_P(long_snapshot, of_the_device_in_the_middle_of_a_write_has_lost_nothing) {
  const auto [type, size] = GetParam();
  snapshot_image inside(type, size);
  if (!inside.ready()) {
    GTEST_SKIP() << "this machine cannot make or mount a loop image of " << type << " on XFS";
  }
  int rounds = 0;
  const auto crash = [&] { EXPECT_TRUE(inside.copy()); };
  const auto reboot = [&] {
    ++rounds;
    ASSERT_TRUE(inside.restart());
  };
  kills(inside.path(), inside.desk(), {100, 50000, 900, 0, crash, reboot, true}).run();
  EXPECT_EQ(rounds, 100);
}

INSTANTIATE_TEST_SUITE_P(all, long_snapshot,
                         ::testing::Values(std::pair("ext4", "64M"), std::pair("xfs", "320M"),
                                           std::pair("btrfs", "256M")),
                         image_of::name);

TEST(long_full_disk, refuses_and_goes_on_once_there_is_room) {
  const loop_image inside("ext4", "16M");
  if (!inside.ready()) GTEST_SKIP() << "this machine cannot make or mount a loop image of ext4";
  const auto log = inside.path() / "log";
  chunklog::options how;
  how.chunk_bytes = std::uint64_t{1} << 20U;
  constexpr std::size_t size = 3000;
  std::uint64_t accepted = 0;
  std::uint64_t confirmed = 0;
  {
    auto opened = chunk_log::open(log, how);
    ASSERT_TRUE(opened.ok()) << opened.message;
    const watchdog guard([&] { return opened.log->describe(); });
    chunklog::status bad;
    while (bad.ok()) {
      const auto done =
          opened.log->writer().append(view_of(payload_of(accepted + 1, first_life, size)));
      bad = done;
      if (!bad.ok()) break;
      accepted = done.id;
      ASSERT_LT(accepted, 100000U);
      if (accepted % 50 != 0) continue;
      bad = opened.log->writer().sync();
      if (bad.ok()) confirmed = accepted;
    }
    EXPECT_EQ(bad.error, std::errc::no_space_on_device) << bad.message;
    EXPECT_EQ(opened.log->writer().append(view_of("x")).error, bad.error);
    EXPECT_EQ(opened.log->writer().sync().error, bad.error);
  }
  // Opened on the full disk, read to the end, acknowledged: then there is room again.
  auto opened = chunk_log::open(log, how);
  ASSERT_TRUE(opened.ok()) << opened.message;
  const auto last = opened.found.next_id - 1;
  EXPECT_GE(last, confirmed);
  EXPECT_LE(last, accepted);
  for (std::uint64_t id = 1; id <= last; ++id) {
    const auto record = opened.log->reader().next();
    ASSERT_TRUE(record.ok()) << record.message;
    ASSERT_EQ(record.id, id);
    ASSERT_EQ(lives_of(id, record.payload, size) & first_life, first_life);
    ASSERT_TRUE(opened.log->reader().acknowledge(id).ok());
  }
  ASSERT_TRUE(opened.log->reader().sync().ok());
  std::uint64_t more = 0;
  for (; more < 1000; ++more) {
    const auto done = opened.log->writer().append(view_of(payload_of(last + 1 + more, 1, size)));
    ASSERT_TRUE(done.ok()) << done.message;
  }
  EXPECT_TRUE(opened.log->writer().sync().ok());
  std::cout << accepted << " accepted, " << confirmed << " confirmed, " << last
            << " found on the full disk, " << more << " behind them\n";
}

}  // namespace
}  // namespace annulus::crash
