// From a ring to a sink: frames where they lie, however the ring cuts them.
#include "drain.hpp"

#include <annulus/all.hpp>
#include <set>
#include <thread>

#include "support.hpp"
#include "support/stream.hpp"

namespace annulus::pipeline::testing {
namespace {

using annulus::testing::matches;
using annulus::testing::pattern_bytes;

constexpr std::size_t frame_size = digest_bytes + 5;

/// Keeps what it is given, each call apart.
template <bool Frames>
struct recorder {
  static constexpr bool takes_frames = Frames;

  std::error_code write(std::span<const bytes_view> pieces) {
    bytes call;
    for (const auto piece : pieces) call.insert(call.end(), piece.begin(), piece.end());
    calls.push_back(std::move(call));
    piece_counts.push_back(pieces.size());
    return {};
  }
  std::error_code finish(bool) {
    finished = true;
    return {};
  }
  /// Everything, in order.
  [[nodiscard]] bytes all() const {
    bytes stream;
    for (const auto& call : calls) stream.insert(stream.end(), call.begin(), call.end());
    return stream;
  }
  [[nodiscard]] std::vector<std::size_t> sizes() const {
    std::vector<std::size_t> list;
    for (const auto& call : calls) list.push_back(call.size());
    return list;
  }

  std::vector<bytes> calls;
  std::vector<std::size_t> piece_counts;
  bool finished = false;
};

drain_plan plan(hand_over hand) {
  return {.hand = hand, .read_size = 7, .frame_bytes = frame_size};
}

template <class Body>
void with_every_ring(Body body) {
  for (const auto& info : all_rings::infos) EXPECT_TRUE(all_rings::with(info.name, body));
}

// Into a segment of its own.
void write_apart(segment_ring& ring, bytes_view bytes) {
  if (bytes.empty()) return;
  const auto room = ring.writer().reserve(segment_ring::segment_bytes);
  ASSERT_FALSE(room.error);
  std::copy(bytes.begin(), bytes.end(), room.memory.first.begin());
  ASSERT_FALSE(ring.writer().commit(bytes.size()));
}

}  // namespace

TEST(drain, of_segments_gives_the_same_frames_wherever_they_are_cut) {
  const auto stream = pattern_bytes(0, 2 * frame_size + digest_bytes + 1);
  const auto in = bytes_view(stream);
  segment_ring ring(std::size_t{1} << 20);
  for (std::size_t first = 0; first <= frame_size; ++first) {
    for (auto second = first; second <= frame_size; ++second) {
      write_apart(ring, in.first(first));
      write_apart(ring, in.subspan(first, second - first));
      write_apart(ring, in.subspan(second));
      ring.writer().close();
      recorder<true> frames;
      ASSERT_FALSE(drain(ring.reader(), frames, plan(hand_over::copy_in)));
      ASSERT_EQ(frames.sizes(),
                (std::vector<std::size_t>{frame_size, frame_size, digest_bytes + 1}));
      ASSERT_EQ(frames.all(), stream) << first << ", " << second;
      std::set<std::size_t> ends{first, second, frame_size};
      ends.erase(0);
      ASSERT_EQ(frames.piece_counts[0], ends.size()) << "a segment is a piece, never joined";
      ring.reset();
    }
  }
}

TEST(drain, of_a_byte_a_segment) {
  const auto stream = pattern_bytes(0, 2 * frame_size);
  segment_ring ring(std::size_t{8} << 20);
  for (const auto& byte : stream) write_apart(ring, {&byte, 1});
  ring.writer().close();
  recorder<true> frames;
  EXPECT_FALSE(drain(ring.reader(), frames, plan(hand_over::in_place)));
  EXPECT_EQ(frames.sizes(), (std::vector<std::size_t>{frame_size, frame_size}));
  EXPECT_EQ(frames.piece_counts, (std::vector<std::size_t>{frame_size, frame_size}));
  EXPECT_EQ(frames.all(), stream);
}

TEST(drain, of_every_ring_and_way_gives_a_sink_what_it_takes) {
  const auto stream = pattern_bytes(0, 100 * frame_size + digest_bytes + 3);
  with_every_ring([&](auto type) {
    using ring_type = typename decltype(type)::type;
    for (const auto hand : every_hand) {
      ring_type ring(frame_size + 11);  // frames wrap, or straddle segments, at ever other places
      recorder<true> frames;
      recorder<false> pieces;
      const auto send = [&] {
        EXPECT_FALSE(ring.writer().write(stream).error);
        ring.writer().close();
      };
      {
        std::jthread writer(send);
        EXPECT_FALSE(drain(ring.reader(), frames, plan(hand)));
      }
      ring.reset();
      {
        std::jthread writer(send);
        EXPECT_FALSE(drain(ring.reader(), pieces, plan(hand)));
      }
      EXPECT_TRUE(frames.finished);
      auto sizes = std::vector<std::size_t>(100, frame_size);
      sizes.push_back(digest_bytes + 3);
      EXPECT_EQ(frames.sizes(), sizes) << variant<ring_type>.name << " " << name_of(hand);
      EXPECT_EQ(frames.all(), stream) << variant<ring_type>.name << " " << name_of(hand);
      EXPECT_EQ(pieces.all(), stream) << variant<ring_type>.name << " " << name_of(hand);
    }
  });
}

// What the sink has is not free for the writer: a large ring is given back piece by piece.
TEST(drain, takes_as_many_frames_at_a_time_as_come_to_the_read_size) {
  const auto stream = pattern_bytes(0, 5 * frame_size + digest_bytes + 1);
  segment_ring ring(10 * frame_size);
  ASSERT_FALSE(ring.writer().write(stream).error);
  ring.writer().close();
  recorder<false> pieces;
  auto two_frames = plan(hand_over::copy_in);
  two_frames.read_size = frame_size + 1;
  EXPECT_FALSE(drain(ring.reader(), pieces, two_frames));
  EXPECT_EQ(pieces.sizes(), (std::vector<std::size_t>{2 * frame_size, 2 * frame_size, frame_size,
                                                      digest_bytes + 1}));
  EXPECT_EQ(pieces.all(), stream);
}

TEST(drain, says_before_each_call_of_the_sink_what_it_will_have) {
  const auto stream = pattern_bytes(0, 20 * frame_size);
  for (const auto hand : every_hand) {
    const auto told = [&](auto sink) {
      futex_ring ring(stream.size());
      EXPECT_FALSE(ring.writer().write(stream).error);
      ring.writer().close();
      std::vector<std::size_t> sizes;
      auto how = plan(hand);
      how.before_sink = [&](std::size_t n) {
        EXPECT_EQ(sink.calls.size(), sizes.size()) << "told after the call";
        sizes.push_back(n);
      };
      EXPECT_FALSE(drain(ring.reader(), sink, how));
      EXPECT_EQ(sizes, sink.sizes()) << name_of(hand);
      EXPECT_FALSE(sizes.empty());
    };
    told(recorder<true>());
    told(recorder<false>());
  }
}

TEST(drain, of_nothing_is_nothing) {
  with_every_ring([&](auto type) {
    for (const auto hand : every_hand) {
      typename decltype(type)::type ring(frame_size);
      ring.writer().close();
      recorder<true> frames;
      EXPECT_FALSE(drain(ring.reader(), frames, plan(hand)));
      EXPECT_TRUE(frames.calls.empty());
      EXPECT_TRUE(frames.finished);
    }
  });
}

// No encoder does it; but a record that is no frame would be found only when it is needed.
TEST(drain, of_a_stream_that_ends_within_a_hash_is_an_error_of_both_ends) {
  with_every_ring([&](auto type) {
    using ring_type = typename decltype(type)::type;
    for (const auto hand : every_hand) {
      for (const std::size_t rest : {std::size_t{1}, digest_bytes - 1, digest_bytes}) {
        ring_type ring(2 * frame_size);
        const auto stream = pattern_bytes(0, frame_size + rest);
        recorder<true> frames;
        {
          std::jthread writer([&] {
            EXPECT_FALSE(ring.writer().write(stream).error);
            ring.writer().close();
          });
          EXPECT_EQ(drain(ring.reader(), frames, plan(hand)), frame_errc::truncated)
              << variant<ring_type>.name << " " << name_of(hand);
        }
        EXPECT_EQ(frames.sizes(), std::vector<std::size_t>{frame_size});
        EXPECT_FALSE(frames.finished);
        EXPECT_EQ(ring.writer().try_write(stream).error, frame_errc::truncated);
      }
    }
  });
}

TEST(drain, of_a_ring_that_fails_is_its_error) {
  with_every_ring([&](auto type) {
    using ring_type = typename decltype(type)::type;
    for (const auto hand : every_hand) {
      ring_type ring(frame_size);
      const auto reason = std::make_error_code(std::errc::no_space_on_device);
      ring.writer().close(reason);
      recorder<true> frames;
      EXPECT_EQ(drain(ring.reader(), frames, plan(hand)), reason);
      EXPECT_FALSE(frames.finished);
    }
  });
}

}  // namespace annulus::pipeline::testing
