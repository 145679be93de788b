// Whole streams.
#include <memory>
#include <thread>

#include "support.hpp"
#include "support/thinned.hpp"

namespace annulus::pipelines::testing {

TEST(stream, one_mebibyte_byte_by_byte_has_exact_lengths) {
  constexpr std::uint64_t total = (1U << 20U) / support::thinned;
  pipe p({.pause_threshold = 0, .resume_threshold = 0});
  for (std::uint64_t i = 0; i < total; ++i) {
    const auto got = p.writer().alloc(1);
    got.memory[0] = pattern(i);
    ASSERT_FALSE(p.writer().advance(1));
    ASSERT_FALSE(p.writer().flush());
    ASSERT_EQ(p.stats().buffered, i + 1);
  }
  for (std::uint64_t i = 0; i < total; ++i) {
    const auto got = p.reader().read();
    ASSERT_EQ(got.buffer.size(), total - i);
    ASSERT_EQ(got.buffer.peek(), pattern(i));
    ASSERT_FALSE(p.reader().advance(got.buffer.at(1)));
  }
  EXPECT_EQ(p.stats().buffered, 0U);
}

// Memory that frees itself when it is released: once, or a sanitizer says so.
void append_owned(pipe_writer& writer, std::size_t n, std::uint64_t from) {
  using block = std::vector<std::byte>;
  auto bytes = std::make_unique<block>(pattern_bytes(from, n));
  ASSERT_FALSE(writer.append({.bytes = *bytes,
                              .release =
                                  [](void* context, bytes_view) noexcept {
                                    const std::unique_ptr<block> done(static_cast<block*>(context));
                                  },
                              .context = bytes.get()}));
  (void)bytes.release();
}

// A producer and a consumer at random sizes, with everything that a consumer may do.
TEST(stream, of_random_sizes_arrives_between_two_threads) {
  constexpr std::uint64_t total = 4 << 20;
  for (const std::size_t max : {std::size_t{0}, std::size_t{5000}}) {
    pipe p({.minimum_segment = 512,
            .pause_threshold = 4096,
            .resume_threshold = 2048,
            .max_size = max});
    std::thread writer([&] {
      sizes random(1);
      for (std::uint64_t sent = 0; sent < total;) {
        const auto n = std::min<std::uint64_t>(total - sent, random.next(1, 1500));
        switch (random.next(0, 2)) {
          case 0:
            ASSERT_FALSE(p.writer().write(pattern_bytes(sent, n)).error);
            break;
          case 1:
            put(p.writer(), n, sent);
            ASSERT_FALSE(p.writer().flush());
            break;
          default:
            append_owned(p.writer(), n, sent);
            ASSERT_FALSE(p.writer().flush());
        }
        sent += n;
      }
      ASSERT_FALSE(p.writer().close());
      ASSERT_FALSE(p.writer().writing());
    });
    sizes random(2);
    std::vector<preserved_buffer> kept;
    std::uint64_t received = 0;
    for (;;) {
      const auto got = p.reader().read_at_least(random.next(1, 3000));
      ASSERT_FALSE(got.error && got.error != errc::exceeds_capacity);
      ASSERT_TRUE(holds(got.buffer, received));
      if (got.buffer.empty()) break;
      const auto consumed = random.next(1, got.buffer.size());
      if (random.next(0, 3) == 0) kept.push_back(got.buffer.slice(0, consumed).preserve());
      if (kept.size() > 4) kept.clear();
      received += consumed;
      advance(p.reader(), got.buffer, consumed, random.next(consumed, got.buffer.size()));
    }
    ASSERT_FALSE(p.reader().close());
    writer.join();
    EXPECT_EQ(received, total);
  }
}

}  // namespace annulus::pipelines::testing
