// What was put comes back, for every size, geometry, ring, mode, way and sink.
#include <stop_token>
#include <thread>

#include "support.hpp"
#include "support/thinned.hpp"

namespace annulus::pipeline::testing {

TEST(round_trip, sizes_and_geometries_of_the_design) {
  constexpr std::size_t block = 4096;
  std::size_t count = 0;
  for (const auto& [data, parity] :
       {std::pair{1U, 1U}, {2U, 2U}, {4U, 2U}, {8U, 4U}, {12U, 4U}, {16U, 16U}}) {
    for (const auto size : {std::size_t{0}, std::size_t{1}, std::size_t{31}, std::size_t{32},
                            std::size_t{33}, block - 1, block, block + 1, 3 * block + 7}) {
      if (count++ % support::thinned != 0) continue;
      for (const auto sink : {sink_kind::dir, sink_kind::chunks}) {
        const scratch where;
        auto how = options(where, {.data = data, .parity = parity, .block = block});
        how.sink = sink;
        const auto sent = noise(size, size);
        const auto report = put_bytes(where, how, sent);
        EXPECT_EQ(report.bytes, size);
        EXPECT_EQ(get_bytes({.name = "object", .disks = how.disks}), sent)
            << data << "+" << parity << " " << size;
        const auto states = verify({.disks = how.disks}).objects;
        ASSERT_EQ(states.size(), 1U);
        EXPECT_TRUE(states[0].whole()) << data << "+" << parity << " " << size;
      }
    }
  }
}

TEST(round_trip, every_ring_mode_way_and_sink) {
  const auto sent = noise(1'300'021);
  for (const auto& info : all_rings::infos) {
    for (const auto mode : {put_mode::serial, put_mode::parallel}) {
      for (const auto hand : every_hand) {
        for (const auto sink : {sink_kind::dir, sink_kind::chunks}) {
          const scratch where;
          auto how = options(where, {.data = 3, .parity = 2, .block = 100'000});
          how.ring = info.name;
          how.mode = mode;
          how.hand = hand;
          how.sink = sink;
          how.ring_size = 50'000;  // between one frame and two, so that frames wrap
          put_bytes(where, how, sent);
          EXPECT_EQ(get_bytes({.name = "object", .disks = how.disks}), sent)
              << info.name << (mode == put_mode::serial ? " serial" : " parallel") << " "
              << name_of(hand) << " " << to_string(sink);
        }
      }
    }
  }
}

TEST(round_trip, null_sink_folds_what_a_computation_without_rings_folds) {
  const scratch where;
  const auto sent = noise(777'777);
  write_bytes(where / "input", sent);
  for (const auto& info : all_rings::infos) {
    for (const auto hand : every_hand) {
      auto how = options(where, {.data = 3, .parity = 2, .block = 100'000});
      how.ring = info.name;
      how.hand = hand;
      how.sink = sink_kind::null;
      how.ring_size = 50'000;
      const auto report = put_bytes(where, how, sent);
      auto again = input::open(where / "input");
      EXPECT_EQ(report.folds, reference_folds(again, how.geometry)) << info.name;
      EXPECT_EQ(report.stored_bytes, 5 * how.geometry.stream_size(sent.size()));
    }
  }
}

TEST(round_trip, a_fold_shows_any_changed_line) {
  const auto data = noise(1000);
  stream_fold whole;
  whole.add(data);
  stream_fold pieces;
  for (std::size_t at = 0; at < data.size(); at += 7)
    pieces.add(bytes_view(data).subspan(at, std::min<std::size_t>(7, data.size() - at)));
  EXPECT_EQ(whole.value(), pieces.value());
  for (std::size_t line = 0; line < data.size(); line += 64) {
    auto changed = data;
    changed[line] ^= std::byte{1};
    stream_fold fold;
    fold.add(changed);
    EXPECT_NE(fold.value(), whole.value());
  }
}

TEST(round_trip, rings_smaller_than_a_frame_carry_copies) {
  for (const auto& info : all_rings::infos) {
    const scratch where;
    auto how = options(where, {.data = 2, .parity = 1, .block = 10'000});
    how.ring = info.name;
    how.ring_size = 100;
    const auto sent = noise(50'001);
    put_bytes(where, how, sent);
    EXPECT_EQ(get_bytes({.name = "object", .disks = how.disks}), sent) << info.name;
  }
}

// Segments are as large as the ring is then, so that each size cuts frames at other places.
TEST(round_trip, frames_that_straddle_segments_are_stored_as_by_any_other_ring) {
  const auto sent = noise(20'001);
  const geometry shape{.data = 2, .parity = 1, .block = 100};
  const scratch other;
  for (const auto sink : {sink_kind::dir, sink_kind::chunks}) {
    auto how = options(other, shape);
    how.sink = sink;
    put_bytes(other, how, sent);
    const auto* const file = sink == sink_kind::dir ? "part.1" : "0000.chunk";
    std::vector<bytes> expected;
    for (const auto& disk : how.disks) expected.push_back(read_bytes(disk / "object" / file));
    for (const auto hand : {hand_over::copy_in, hand_over::in_place}) {
      for (auto size = shape.frame_size(shape.block); size < 300; size += 13 * support::thinned) {
        const scratch where;
        how = options(where, shape);
        how.sink = sink;
        how.hand = hand;
        how.ring = "segment";
        how.ring_size = size;
        put_bytes(where, how, sent);
        for (std::size_t i = 0; i < expected.size(); ++i)
          ASSERT_EQ(read_bytes(how.disks[i] / "object" / file), expected[i]) << size;
        ASSERT_EQ(get_bytes({.name = "object", .disks = how.disks}), sent);
        ASSERT_TRUE(verify({.disks = how.disks}).objects[0].whole());
      }
    }
  }
}

TEST(round_trip, ranges) {
  const scratch where;
  const auto how = options(where, {.data = 3, .parity = 2, .block = 1000});
  const auto sent = noise(4'321);
  put_bytes(where, how, sent);
  for (const auto& [first, last] : {std::pair{0UL, 0UL},
                                    {0UL, 4320UL},
                                    {999UL, 1000UL},
                                    {1000UL, 1999UL},
                                    {333UL, 334UL},
                                    {4320UL, 4320UL},
                                    {100UL, 3500UL}}) {
    const auto got =
        get_bytes({.name = "object", .disks = how.disks, .range = byte_range{first, last}});
    EXPECT_TRUE(std::equal(got.begin(), got.end(),
                           sent.begin() + static_cast<std::ptrdiff_t>(first),
                           sent.begin() + static_cast<std::ptrdiff_t>(last) + 1))
        << first << "-" << last;
  }
}

TEST(round_trip, a_second_put_replaces_the_first) {
  const scratch where;
  auto how = options(where, {.data = 2, .parity = 1});
  put_bytes(where, how, noise(1000, 1));
  how.sink = sink_kind::chunks;
  how.geometry.block = 64;
  put_bytes(where, how, noise(2000, 2));
  EXPECT_EQ(get_bytes({.name = "object", .disks = how.disks}), noise(2000, 2));
  for (const auto& disk : how.disks) EXPECT_TRUE(fs::is_empty(disk / ".annulus"));
}

TEST(round_trip, disks_in_another_order) {
  const scratch where;
  auto how = options(where, {.data = 3, .parity = 2});
  const auto sent = noise(5000);
  put_bytes(where, how, sent);
  std::reverse(how.disks.begin(), how.disks.end());
  EXPECT_EQ(get_bytes({.name = "object", .disks = how.disks}), sent);
}

TEST(round_trip, synced) {
  const scratch where;
  for (const auto sink : {sink_kind::dir, sink_kind::chunks}) {
    auto how = options(where, {.data = 2, .parity = 1, .block = 1000});
    how.sync = true;
    how.sink = sink;
    const auto sent = noise(5500);
    put_bytes(where, how, sent);
    EXPECT_EQ(get_bytes({.name = "object", .disks = how.disks}), sent);
  }
}

}  // namespace annulus::pipeline::testing
