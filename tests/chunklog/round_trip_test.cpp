// What goes in comes out: sizes, batches, rolls, reopening.
#include <fcntl.h>

#include <annulus/chunklog/uring_files.hpp>

#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

struct limits {
  std::uint64_t chunk_bytes;
  std::size_t batch_bytes;
};

class round_trip : public ::testing::TestWithParam<limits> {};

void go_around(const limits& given, file_system* files) {
  const auto [chunk_bytes, batch_bytes] = given;
  auto how = limited(chunk_bytes, batch_bytes);
  how.files = files;
  const std::size_t header = record_layout::header_bytes;
  std::vector<std::size_t> sizes{0, 1, 0};
  for (const std::size_t limit : {batch_bytes / 4, batch_bytes, std::size_t{chunk_bytes}}) {
    for (const std::size_t near : {limit - 1, limit, limit + 1}) {
      if (near > chunk_bytes) continue;  // limit 0 wraps
      if (near >= header) sizes.push_back(near - header);
      if (near + header <= chunk_bytes) sizes.push_back(near);
    }
  }
  for (std::size_t i = 0; i < 50; ++i) sizes.push_back(i);

  const scratch dir;
  records expected;
  {
    auto log = must_open(dir.log(), how);
    for (const auto size : sizes) {
      const auto text = payload(expected.size(), size);
      expected.emplace_back(must_append(*log, text), text);
    }
    ASSERT_TRUE(log->writer().close().ok());
    EXPECT_EQ(drain(*log), expected);
  }
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(expected[i].first, i + 1);
  EXPECT_EQ(reread(dir.log(), how), expected);
}

TEST_P(round_trip, sizes_around_every_limit) {
  go_around(GetParam(), nullptr);
}

TEST_P(round_trip, by_io_uring) {
  const auto made = make_uring_files();
  if (made.error == std::errc::function_not_supported ||
      made.error == std::errc::operation_not_permitted) {
    GTEST_SKIP() << "this kernel gives this process no io_uring: " << made.error.message();
  }
  ASSERT_FALSE(made.error) << made.error.message();
  go_around(GetParam(), made.files.get());
}

INSTANTIATE_TEST_SUITE_P(limits, round_trip,
                         ::testing::Values(limits{4096, 1024}, limits{1000, 4096}, limits{4096, 0},
                                           limits{1 << 20, 1 << 16}, limits{256, 64}));

TEST(append, gathers_parts) {
  const scratch dir;
  for (const std::size_t batch_bytes : {std::size_t{0}, std::size_t{1} << 16U}) {
    auto log = must_open(dir / std::to_string(batch_bytes), limited(1 << 20, batch_bytes));
    // More parts than one system call is given, some of them empty.
    std::vector<std::string> texts;
    std::string whole;
    for (std::size_t i = 0; i < 100; ++i) {
      texts.push_back(payload(i, i % 7));
      whole += texts.back();
    }
    std::vector<bytes_view> parts;
    parts.reserve(texts.size());
    for (const auto& text : texts) parts.push_back(view_of(text));
    EXPECT_EQ(log->writer().append(parts).id, 1U);
    EXPECT_EQ(log->writer().append(std::span<const bytes_view>{}).id, 2U);
    ASSERT_TRUE(log->writer().close().ok());
    EXPECT_EQ(drain(*log), (records{{1, whole}, {2, ""}}));
  }
}

TEST(append, refuses_a_record_larger_than_a_chunk_and_goes_on) {
  const scratch dir;
  auto log = must_open(dir.log(), limited(100, 64));
  const auto refused = log->writer().append(view_of(payload(1, 85)));
  EXPECT_EQ(refused.error, errc::record_too_large);
  EXPECT_NE(refused.message.find("101"), std::string::npos) << refused.message;
  EXPECT_NE(refused.message.find("100"), std::string::npos) << refused.message;
  EXPECT_EQ(must_append(*log, payload(1, 84)), 1U);
}

TEST(append, fails_after_close) {
  const scratch dir;
  auto log = must_open(dir.log());
  must_append(*log, "last");
  EXPECT_TRUE(log->writer().close().ok());
  EXPECT_EQ(log->writer().append(view_of("late")).error, errc::closed);
  EXPECT_TRUE(log->writer().close().ok());
  EXPECT_EQ(drain(*log), (records{{1, "last"}}));
}

TEST(roll, no_chunk_exceeds_its_limit) {
  const scratch dir;
  {
    auto log = must_open(dir.log(), limited(200, 64));
    for (std::uint64_t i = 0; i < 100; ++i) must_append(*log, payload(i, i));
  }
  std::size_t chunks = 0;
  for (const auto& [name, bytes] : contents(dir.log())) {
    if (name.ends_with(".chunk")) {
      ++chunks;
      EXPECT_LE(bytes.size(), 200U) << name;
    }
  }
  EXPECT_GT(chunks, 25U);
  EXPECT_EQ(reread(dir.log()).size(), 100U);
}

TEST(reopen, continues_ids_and_keeps_records) {
  const scratch dir;
  records expected;
  for (std::uint64_t round = 0; round < 5; ++round) {
    const auto result = chunk_log::open(dir.log(), limited(300, 128));
    ASSERT_TRUE(result.ok()) << result.message;
    EXPECT_EQ(result.found.created, round == 0);
    EXPECT_EQ(result.found.next_id, expected.size() + 1);
    EXPECT_EQ(result.found.notes, "");
    for (std::uint64_t i = 0; i < 7; ++i) {
      const auto text = payload(i, 40);
      expected.emplace_back(must_append(*result.log, text), text);
    }
  }
  EXPECT_EQ(expected.back().first, expected.size());
  EXPECT_EQ(reread(dir.log()), expected);
}

TEST(reopen, of_a_closed_log_changes_nothing) {
  const scratch dir;
  {
    auto log = must_open(dir.log(), limited(300, 128));
    for (std::uint64_t i = 0; i < 20; ++i) must_append(*log, payload(i, 40));
  }
  const auto before = contents(dir.log());
  EXPECT_EQ(reread(dir.log()).size(), 20U);
  EXPECT_EQ(contents(dir.log()), before);
}

TEST(open, refuses_a_bad_chunk_size) {
  const scratch dir;
  for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{15}, max_chunk_bytes + 1}) {
    const auto refused = chunk_log::open(dir.log(), limited(bytes, 0));
    EXPECT_EQ(refused.error, errc::bad_chunk_size);
    EXPECT_FALSE(refused.log);
    EXPECT_NE(refused.message.find(std::to_string(bytes)), std::string::npos) << refused.message;
  }
  EXPECT_FALSE(std::filesystem::exists(dir.log()));
}

TEST(open, of_an_open_directory_looks_at_no_path) {
  const scratch dir;
  std::filesystem::create_directory(dir.log());
  const unique_fd directory(::open(dir.log().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::filesystem::rename(dir.log(), dir / "elsewhere");
  records all;
  {
    auto opened = chunk_log::open(directory.get(), dir / "told", limited(300, 128));
    ASSERT_TRUE(opened.ok()) << opened.message;
    for (std::uint64_t i = 0; i < 20; ++i) {
      all.emplace_back(must_append(*opened.log, payload(i, 40)), payload(i, 40));
    }
    ASSERT_TRUE(opened.log->close().ok());
    const auto again = chunk_log::open(directory.get(), dir / "told");
    EXPECT_EQ(again.error, errc::locked);
    EXPECT_TRUE(again.message.starts_with((dir / "told").string())) << again.message;
  }
  EXPECT_FALSE(std::filesystem::exists(dir.log()));
  EXPECT_FALSE(std::filesystem::exists(dir / "told"));
  EXPECT_EQ(reread(dir / "elsewhere"), all);
}

TEST(open, makes_missing_parents) {
  const scratch dir;
  auto log = must_open(dir.log() / "a" / "b");
  EXPECT_EQ(must_append(*log, "x"), 1U);
}

}  // namespace
}  // namespace annulus::chunklog::test
