// Frames of a shard stream, wherever its bytes are cut.
#include <annulus/pipeline/frame_parser.hpp>

#include "bytes/scattered.hpp"
#include "support.hpp"
#include "support/stream.hpp"

namespace annulus::pipeline::testing {
namespace {

using annulus::testing::in_all_forms;
using annulus::testing::pattern;

constexpr std::size_t frame_bytes = digest_bytes + 5;

std::string stream_of(std::size_t n) {
  std::string text;
  for (std::size_t i = 0; i < n; ++i) text.push_back(static_cast<char>(pattern(i)));
  return text;
}

bool is_stream_from(const digest& hash, std::size_t from) {
  return annulus::testing::matches(bytes_view(hash), from);
}

}  // namespace

TEST(frame_parser, gives_the_same_frames_however_the_stream_is_cut) {
  const auto text = stream_of(2 * frame_bytes + digest_bytes + 1);
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (const auto second : {first, first + 1, first + digest_bytes, first + frame_bytes}) {
      in_all_forms(text, {first, second}, [&](const auto& given) {
        const frame_parser frames(frame_bytes);
        auto rest = subsequence(given, 0, text.size());
        for (const auto size : {frame_bytes, frame_bytes, digest_bytes + 1}) {
          const auto at = text.size() - length(rest);
          const auto found = frames.next(rest, true);
          ASSERT_EQ(found.status, parse_status::message);
          ASSERT_EQ(found.consumed, size);
          ASSERT_EQ(found.examined, size);
          ASSERT_TRUE(is_stream_from(found.hash, at));
          ASSERT_EQ(found.shard, (extent{digest_bytes, size - digest_bytes}));
          ASSERT_EQ(annulus::testing::text_of(subsequence(rest, found.shard)),
                    text.substr(at + digest_bytes, size - digest_bytes));
          rest = subsequence(rest, size, length(rest) - size);
        }
        ASSERT_EQ(frames.next(rest, true).status, parse_status::need_more);
      });
    }
  }
}

TEST(frame_parser, waits_for_all_of_a_frame_until_the_end) {
  const auto text = stream_of(frame_bytes);
  const frame_parser frames(frame_bytes);
  for (std::size_t n = 0; n < frame_bytes; ++n) {
    const auto early = frames.next(bytes_of(text).first(n), false);
    EXPECT_EQ(early.status, parse_status::need_more);
    EXPECT_EQ(early.consumed, 0U);
    EXPECT_EQ(early.examined, n);
    EXPECT_EQ(early.missing, frame_bytes - n);
    EXPECT_FALSE(early.error);
  }
  EXPECT_EQ(frames.next(bytes_of(text), false).status, parse_status::message);
}

TEST(frame_parser, takes_a_shorter_frame_at_the_end_only_with_a_shard) {
  const auto text = stream_of(frame_bytes);
  const frame_parser frames(frame_bytes);
  for (std::size_t n = 1; n < frame_bytes; ++n) {
    in_all_forms(text.substr(0, n), {n / 3, n / 2}, [&](const auto& given) {
      const auto found = frames.next(given, true);
      if (n <= digest_bytes) {
        EXPECT_EQ(found.status, parse_status::error) << n;
        EXPECT_EQ(found.error, frame_errc::truncated);
        EXPECT_EQ(found.consumed, 0U);
      } else {
        EXPECT_EQ(found.status, parse_status::message) << n;
        EXPECT_EQ(found.shard.length, n - digest_bytes);
        EXPECT_EQ(found.consumed, n);
      }
    });
  }
  EXPECT_EQ(make_error_code(frame_errc::truncated).message(),
            "shard stream ends within a frame, before its first byte behind the hash");
}

}  // namespace annulus::pipeline::testing
