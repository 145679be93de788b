// What lies in a log's folder and is no regular file: passed by, or named; never waited for, never
// followed.
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <annulus/chunklog/repair.hpp>
#include <annulus/chunklog/tail.hpp>
#include <annulus/chunklog/uring_files.hpp>
#include <functional>

#include "damaged.hpp"
#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

namespace fs = std::filesystem;

struct kind {
  const char* name;
  std::function<void(const fs::path&)> make;
};

// Whatever a name can stand for besides a regular file. A link leads to a good file of that kind.
std::vector<kind> kinds(const fs::path& outside) {
  return {
      {"a FIFO", [](const fs::path& at) { ASSERT_EQ(::mkfifo(at.c_str(), 0600), 0); }},
      {"a directory", [](const fs::path& at) { fs::create_directory(at); }},
      {"a link", [outside](const fs::path& at) { fs::create_symlink(outside, at); }},
      {"a dangling link", [](const fs::path& at) { fs::create_symlink("nowhere", at); }},
      {"an endless file", [](const fs::path& at) { fs::create_symlink("/dev/zero", at); }},
      {"a device",
       [](const fs::path& at) {
         // Only root may: others have seen the link to one.
         if (::mknod(at.c_str(), S_IFCHR | 0600, makedev(1, 5)) != 0) ::mkfifo(at.c_str(), 0600);
       }},
  };
}

tail_options from_the_start() {
  tail_options how;
  how.from = 0;
  return how;
}

records tail_of(const fs::path& path) {
  records all;
  auto opened = log_tail::open(path, from_the_start());
  EXPECT_TRUE(opened.ok()) << opened.message;
  if (!opened.ok()) return all;
  for (;;) {
    const auto record = opened.tail->next();
    EXPECT_TRUE(record.ok()) << record.message;
    if (!record.found()) return all;
    all.emplace_back(record.id, text_of(record.payload));
  }
}

TEST(strays, beside_the_chunks_are_passed_by) {
  const scratch dir;
  const auto all = make_log(dir.log(), 30);
  spill(dir / "outside", slurp(dir.log() / "0000.chunk"));
  for (const auto& kind : kinds(dir / "outside")) {
    for (const auto* const name : {"0101.chunk", "ffff.chunk", "0001.chunk.repair", "any"}) {
      SCOPED_TRACE(std::string(kind.name) + " " + name);
      const auto place = dir.log() / name;
      kind.make(place);
      const auto is = fs::symlink_status(place).type();
      EXPECT_TRUE(verify(dir.log()).whole());
      {
        const auto view = log_view::open(dir.log());
        ASSERT_TRUE(view.ok()) << view.message;
        EXPECT_EQ(view.view->size(), all.size());
      }
      EXPECT_EQ(tail_of(dir.log()), all);
      {
        auto repair = log_repair::open(dir.log(), repair_kind::in_place);
        ASSERT_TRUE(repair.ok()) << repair.message;
        EXPECT_FALSE(repair.repair->plan().needed());
        const auto done = repair.repair->apply();
        EXPECT_TRUE(done.ok()) << done.message;
      }
      EXPECT_EQ(reread(dir.log()), all);
      EXPECT_EQ(fs::symlink_status(place).type(), is);
      fs::remove(place);
    }
  }
  EXPECT_EQ(slurp(dir / "outside"), slurp(dir.log() / "0000.chunk"));
}

// Opens for writing, and must be told that it cannot, by a sentence with `file` in it.
void expect_refused(const fs::path& log, const std::string& file) {
  const auto opened = chunk_log::open(log);
  EXPECT_FALSE(opened.ok());
  EXPECT_NE(opened.message.find(file), std::string::npos) << opened.message;
  EXPECT_NE(opened.message.find("is no regular file"), std::string::npos) << opened.message;
}

TEST(strays, in_place_of_the_ledger_are_named) {
  const scratch dir;
  const auto all = make_log(dir.log(), 30);
  fs::rename(dir.log() / "ledger.state", dir / "outside");
  const auto ledger = slurp(dir / "outside");
  for (const auto& kind : kinds(dir / "outside")) {
    SCOPED_TRACE(kind.name);
    const auto place = dir.log() / "ledger.state";
    kind.make(place);
    const auto found = verify(dir.log());
    ASSERT_EQ(found.faults.size(), 1U) << found.message;
    EXPECT_EQ(found.faults[0].kind, fault_kind::bad_ledger);
    EXPECT_NE(found.faults[0].sentence.find("no regular file"), std::string::npos);
    EXPECT_EQ(found.summary.records, all.size());
    EXPECT_EQ(log_view::open(dir.log()).view->size(), all.size());
    EXPECT_EQ(tail_of(dir.log()), all);
    expect_refused(dir.log(), "ledger.state");
    fs::remove(place);
  }
  EXPECT_EQ(slurp(dir / "outside"), ledger);
}

TEST(strays, in_place_of_a_chunk_are_named) {
  const scratch dir;
  make_log(dir.log(), 30);
  fs::rename(dir.log() / "0001.chunk", dir / "outside");
  for (const auto& kind : kinds(dir / "outside")) {
    SCOPED_TRACE(kind.name);
    const auto place = dir.log() / "0001.chunk";
    kind.make(place);
    const auto found = verify(dir.log());
    ASSERT_FALSE(found.faults.empty()) << found.message;
    EXPECT_EQ(found.faults[0].kind, fault_kind::missing_data);
    EXPECT_NE(found.faults[0].sentence.find("0001.chunk is no regular file"), std::string::npos)
        << found.faults[0].sentence;
    expect_refused(dir.log(), "0001.chunk");
    fs::remove(place);
  }
}

TEST(strays, in_place_of_the_only_and_empty_chunk_are_named) {
  const scratch dir;
  must_open(dir.log())->close();
  fs::remove(dir.log() / "0000.chunk");
  EXPECT_TRUE(verify(dir.log()).whole()) << "it is made when the log is opened";
  spill(dir / "outside", "");
  for (const auto& kind : kinds(dir / "outside")) {
    SCOPED_TRACE(kind.name);
    kind.make(dir.log() / "0000.chunk");
    const auto found = verify(dir.log());
    ASSERT_EQ(found.faults.size(), 1U) << found.message;
    EXPECT_EQ(found.faults[0].kind, fault_kind::missing_data);
    expect_refused(dir.log(), "0000.chunk");
    fs::remove(dir.log() / "0000.chunk");
  }
}

TEST(strays, in_place_of_the_lock_are_named) {
  const scratch dir;
  make_log(dir.log(), 30);
  fs::remove(dir.log() / "buffer.lock");
  spill(dir / "outside", "");
  for (const auto& kind : kinds(dir / "outside")) {
    SCOPED_TRACE(kind.name);
    kind.make(dir.log() / "buffer.lock");
    expect_refused(dir.log(), "buffer.lock");
    EXPECT_EQ(verify(dir.log()).error, errc::not_a_file);
    EXPECT_EQ(log_view::open(dir.log()).error, errc::not_a_file);
    fs::remove(dir.log() / "buffer.lock");
  }
}

TEST(strays, where_the_next_chunk_goes_end_the_writer_with_a_sentence) {
  const scratch dir;
  const auto how = limited(100, 1);
  auto log = must_open(dir.log(), how);
  ASSERT_EQ(::mkfifo((dir.log() / "0001.chunk").c_str(), 0600), 0);
  must_append(*log, payload(1, 80));
  must_append(*log, payload(2, 80));
  const auto done = log->writer().sync();
  EXPECT_EQ(done.error, errc::not_a_file);
  EXPECT_NE(done.message.find("0001.chunk"), std::string::npos) << done.message;
}

TEST(strays, a_huge_ledger_is_read_at_its_slots_only) {
  const scratch dir;
  const auto all = make_log(dir.log(), 30);
  fs::resize_file(dir.log() / "ledger.state", std::uintmax_t{1} << 40U);
  EXPECT_TRUE(verify(dir.log()).whole());
  EXPECT_EQ(reread(dir.log()), all);
}

TEST(strays, files_by_way_of_io_uring_are_as_careful) {
  const auto made = make_uring_files();
  if (!made.files) GTEST_SKIP() << "no io_uring: " << made.error.message();
  const scratch dir;
  make_log(dir.log(), 30);
  options how;
  how.files = made.files.get();
  must_open(dir.log(), how);
  fs::remove(dir.log() / "ledger.state");
  ASSERT_EQ(::mkfifo((dir.log() / "ledger.state").c_str(), 0600), 0);
  EXPECT_EQ(chunk_log::open(dir.log(), how).error, errc::not_a_file);
}

}  // namespace
}  // namespace annulus::chunklog::test
