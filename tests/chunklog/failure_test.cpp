// A write that fails. RLIMIT_FSIZE is a full disk that needs no root: a write beyond it is cut
// short, then refused.
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>

#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

/// From now on this process can make no file grow beyond `bytes`. Not before the log is open: its
/// ring is a file, too.
bool limit_files(std::uint64_t bytes) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  return ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

/// Runs `body` in a child; it returns the number of the step that failed, or 0.
void expect_in_child(const std::function<int()>& body) {
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(body());
  int ended = 0;
  ASSERT_EQ(::waitpid(child, &ended, 0), child);
  ASSERT_TRUE(WIFEXITED(ended));
  EXPECT_EQ(WEXITSTATUS(ended), 0) << "the step that failed in the child";
}

TEST(failed_write, of_a_batch_is_sticky_and_leaves_a_clean_prefix) {
  const scratch dir;
  // The limit falls inside a record: the write that fails has brought some whole ones before it.
  expect_in_child([&] {
    auto result = chunk_log::open(dir.log(), limited(1 << 20, 4096));
    if (!result.ok() || !limit_files(6000)) return 1;
    auto& writer = result.log->writer();
    appended failed;
    std::uint64_t id = 0;
    while (failed = writer.append(view_of(payload(++id, 100))), failed.ok()) {
      if (id > 100'000) return 2;
    }
    if (failed.error != std::errc::file_too_large) return 3;
    if (failed.message.find("0000.chunk") == std::string::npos) return 4;
    if (writer.append(view_of("x")).error != failed.error) return 5;
    if (writer.flush().error != failed.error) return 6;
    if (writer.sync().error != failed.error) return 7;
    // What reached the file is still delivered, then the reader meets the error too.
    auto record = result.log->reader().next();
    for (id = 1; record.ok(); ++id, record = result.log->reader().next()) {
      if (record.id != id) return 8;
    }
    if (id < 10 || record.error != failed.error) return 9;
    return writer.close().error == failed.error ? 0 : 10;
  });
  const auto result = chunk_log::open(dir.log());
  ASSERT_TRUE(result.ok()) << result.message;
  // It was cut back at once: there is nothing left to repair.
  EXPECT_EQ(result.found.torn_bytes, 0U);
  EXPECT_EQ(must_append(*result.log, "and on"), result.found.next_id);
  EXPECT_TRUE(result.log->writer().close().ok());
  const auto all = drain(*result.log);
  EXPECT_EQ(all.size(), 52U);  // 51 records of 116 bytes fit below the limit
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].first, i + 1);
    if (i + 1 < all.size()) {
      EXPECT_EQ(all[i].second, payload(i + 1, 100));
    }
  }
}

TEST(failed_write, of_a_large_record_and_of_an_explicit_flush) {
  for (const bool large : {true, false}) {
    const scratch dir;
    expect_in_child([&] {
      auto result = chunk_log::open(dir.log(), limited(1 << 20, 16384));
      if (!result.ok() || !limit_files(2000)) return 1;
      auto& writer = result.log->writer();
      if (!writer.append(view_of(payload(1, 900))).ok() || !writer.sync().ok()) return 2;
      if (large) {
        const auto id = writer.append(view_of(payload(2, 100000))).id;
        if (writer.durable(id).error != std::errc::file_too_large) return 3;
      } else {
        if (!writer.append(view_of(payload(2, 3000))).ok()) return 4;
        if (writer.flush().error != std::errc::file_too_large) return 5;
      }
      return writer.append(view_of("x")).error == std::errc::file_too_large ? 0 : 6;
    });
    EXPECT_EQ(reread(dir.log()), (records{{1, payload(1, 900)}}));
  }
}

TEST(failed_write, by_a_dry_reader_poisons_the_writer) {
  const scratch dir;
  expect_in_child([&] {
    auto result = chunk_log::open(dir.log(), limited(1 << 20, 16384));
    if (!result.ok() || !limit_files(2000)) return 1;
    if (!result.log->writer().append(view_of(payload(1, 3000))).ok()) return 2;
    if (result.log->reader().next().error != std::errc::file_too_large) return 3;
    return result.log->writer().append(view_of("x")).error == std::errc::file_too_large ? 0 : 4;
  });
  EXPECT_EQ(reread(dir.log()), records{});
}

TEST(open, of_a_file_gives_the_systems_error) {
  const scratch dir;
  spill(dir.log(), "a file");
  const auto refused = chunk_log::open(dir.log());
  EXPECT_EQ(refused.error, std::errc::not_a_directory);
  EXPECT_NE(refused.message.find(dir.log().string()), std::string::npos) << refused.message;
}

}  // namespace
}  // namespace annulus::chunklog::test
