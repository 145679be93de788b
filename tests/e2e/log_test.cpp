// annulus log: what a person and a program see.
#include <annulus/chunklog/log.hpp>
#include <annulus/chunklog/view.hpp>
#include <nlohmann/json.hpp>
#include <span>

#include "process.hpp"

namespace annulus::e2e {
namespace {

using nlohmann::json;

class log_tools : public ::testing::Test {
 protected:
  // Records "record 1" ... in chunks of some hundred bytes.
  void fill(int count) {
    chunklog::options how;
    how.chunk_bytes = 400;
    auto opened = chunklog::chunk_log::open(log_, how);
    ASSERT_TRUE(opened.ok()) << opened.message;
    for (int i = 1; i <= count; ++i) append(*opened.log, "record " + std::to_string(i));
    ASSERT_TRUE(opened.log->close().ok());
  }
  static void append(chunklog::chunk_log& log, const std::string& text) {
    const auto done = log.writer().append(std::as_bytes(std::span(text)));
    ASSERT_TRUE(done.ok()) << done.message;
  }
  void rot(const std::string& file, std::size_t offset) const {
    auto bytes = slurp(fs::path(log_) / file);
    bytes.at(offset) = static_cast<char>(bytes.at(offset) ^ 1);
    spit(fs::path(log_) / file, bytes);
  }
  static void refused(const arguments& given, int status, const std::string& part) {
    const auto done = run(given);
    EXPECT_EQ(done.status, status) << done.err;
    EXPECT_TRUE(done.err.starts_with("annulus: ")) << done.err;
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
    EXPECT_TRUE(contains(done.err, part)) << done.err;
    EXPECT_EQ(done.out, "");
  }

  scratch where_;
  std::string log_ = where_ / "log";
};

TEST_F(log_tools, verify_of_a_whole_log) {
  fill(100);
  const auto done = run({"log", "verify", log_});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(contains(done.out, "100 whole records")) << done.out;
  EXPECT_TRUE(contains(done.out, "no fault")) << done.out;
  EXPECT_TRUE(contains(done.out, "MB/s")) << done.out;
  EXPECT_EQ(done.err, "");
  const auto data = json::parse(run({"log", "verify", log_, "--json", "--threads", "2"}).out);
  EXPECT_EQ(data["whole"], true);
  EXPECT_EQ(data["records"], 100);
  EXPECT_TRUE(data["faults"].empty());
}

TEST_F(log_tools, verify_names_each_fault) {
  fill(100);
  rot("0001.chunk", 20);
  rot("0003.chunk", 20);
  const auto done = run({"log", "verify", log_});
  EXPECT_EQ(done.status, 1);
  EXPECT_TRUE(contains(done.err, "log " + log_ + " has 2 faults")) << done.err;
  EXPECT_TRUE(contains(done.out, "corrupt_record  0001.chunk  offset 0  ID ")) << done.out;
  EXPECT_TRUE(contains(done.out, "corrupt_record  0003.chunk  offset 0  ID ")) << done.out;
  const auto again = run({"log", "verify", log_, "--json"});
  EXPECT_EQ(again.status, 1);
  const auto data = json::parse(again.out);
  ASSERT_EQ(data["faults"].size(), 2U);
  EXPECT_EQ(data["faults"][0]["file"], "0001.chunk");
  EXPECT_EQ(data["faults"][0]["kind"], "corrupt_record");
  EXPECT_EQ(data["faults"][0]["offset"], 0);
  EXPECT_GT(data["faults"][0]["id"], 1);
  EXPECT_EQ(run({"log", "inspect", log_}).status, 1);
}

TEST_F(log_tools, repair_of_a_copy) {
  fill(100);
  rot("0001.chunk", 20);
  const auto before = slurp(fs::path(log_) / "0001.chunk");
  const auto mended = where_ / "mended";
  const auto done = run({"log", "repair", log_, "--to", mended});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(contains(done.out, "lost          record ")) << done.out;
  EXPECT_TRUE(contains(done.out, "0001.chunk  offset 0  ")) << done.out;
  EXPECT_TRUE(contains(done.out, "lost          1 record and ")) << done.out;
  EXPECT_TRUE(contains(done.out, "kept          99 records; the next ID is 101")) << done.out;
  EXPECT_TRUE(contains(done.out, mended + " is whole")) << done.out;
  EXPECT_EQ(slurp(fs::path(log_) / "0001.chunk"), before);
  EXPECT_EQ(run({"log", "verify", mended}).status, 0);
  EXPECT_TRUE(contains(run({"log", "inspect", mended}).out, "1 record within")) << done.out;
  refused({"log", "verify", where_ / "absent"}, 1, "absent cannot be opened");
}

TEST_F(log_tools, repair_in_place_says_first_what_it_does) {
  fill(100);
  rot("0001.chunk", 20);
  const auto damaged = slurp(fs::path(log_) / "0001.chunk");
  const auto dry = run({"log", "repair", log_, "--in-place", "--dry-run", "--json"});
  EXPECT_EQ(dry.status, 1);
  EXPECT_TRUE(contains(dry.err, "nothing was changed")) << dry.err;
  const auto plan = json::parse(dry.out);
  EXPECT_EQ(plan["needed"], true);
  ASSERT_EQ(plan["lost"].size(), 1U);
  EXPECT_EQ(plan["lost"][0]["first_id"], plan["lost"][0]["last_id"]);
  EXPECT_EQ(plan["lost"][0]["places"][0]["file"], "0001.chunk");
  EXPECT_EQ(plan["rewritten"][0], "0001.chunk");
  EXPECT_EQ(slurp(fs::path(log_) / "0001.chunk"), damaged);

  const auto done = run({"log", "repair", log_, "--in-place"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_LT(done.out.find("lost "), done.out.find(log_ + " is whole")) << done.out;
  EXPECT_EQ(run({"log", "verify", log_}).status, 0);
  EXPECT_EQ(run({"log", "repair", log_, "--dry-run"}).status, 0);
}

TEST_F(log_tools, repair_refuses) {
  fill(10);
  refused({"log", "repair", log_}, 2, "repair needs --to DIR");
  refused({"log", "repair", log_, "--to", where_ / "x", "--in-place"}, 2, "exclude each other");
  const auto full = run({"log", "repair", log_, "--to", log_});
  EXPECT_EQ(full.status, 1);
  EXPECT_TRUE(contains(full.err, log_ + " cannot take the copy: it holds ")) << full.err;
  fs::create_directory(where_ / "empty");
  refused({"log", "repair", where_ / "empty", "--dry-run"}, 1,
          "holds neither a ledger nor a chunk");
}

TEST_F(log_tools, tail_shows_the_last_records) {
  fill(100);
  const auto ten = run({"log", "tail", log_});
  EXPECT_EQ(ten.status, 0) << ten.err;
  EXPECT_EQ(std::count(ten.out.begin(), ten.out.end(), '\n'), 10);
  EXPECT_TRUE(ten.out.starts_with("91  9  record 91\n")) << ten.out;
  EXPECT_EQ(run({"log", "tail", log_, "-n", "1"}).out, "100  10  record 100\n");
  EXPECT_EQ(run({"log", "tail", log_, "--from", "99"}).out,
            "99  9  record 99\n100  10  record 100\n");
  EXPECT_EQ(run({"log", "tail", log_, "--from", "7", "-n", "1", "--raw"}).out, "record 7");
  EXPECT_EQ(run({"log", "tail", log_, "-n", "1", "--hex"}).out, "100  10  7265636f726420313030\n");
  const auto line = json::parse(run({"log", "tail", log_, "-n", "1", "--json"}).out);
  EXPECT_EQ(line, json({{"id", 100}, {"bytes", 10}, {"text", "record 100"}}));
  EXPECT_EQ(run({"log", "tail", log_, "-n", "0"}).out, "");
}

TEST_F(log_tools, tail_escapes_what_cannot_be_printed) {
  auto opened = chunklog::chunk_log::open(log_);
  append(*opened.log, "a\\\n\x01\xff");
  ASSERT_TRUE(opened.log->close().ok());
  opened.log.reset();
  EXPECT_EQ(run({"log", "tail", log_}).out, "1  5  a\\\\\\n\\x01\\xff\n");
  const auto line = json::parse(run({"log", "tail", log_, "--json"}).out);
  EXPECT_EQ(line, json({{"id", 1}, {"bytes", 5}, {"hex", "615c0a01ff"}}));
}

TEST_F(log_tools, tail_follows_a_writer) {
  auto opened = chunklog::chunk_log::open(log_);
  ASSERT_TRUE(opened.ok()) << opened.message;
  auto& log = *opened.log;
  append(log, "record 1");
  ASSERT_TRUE(log.writer().flush().ok());
  process tail({"log", "tail", log_, "--follow"});
  std::string expected = "1  8  record 1\n";
  for (int i = 2; i <= 5; ++i) {
    await([&] { return tail.out() == expected; });
    const auto text = "record " + std::to_string(i);
    append(log, text);
    ASSERT_TRUE(log.writer().flush().ok());
    expected += std::to_string(i) + "  8  " + text + "\n";
  }
  await([&] { return tail.out() == expected; });
  tail.signal(SIGINT);
  EXPECT_EQ(tail.wait(), 0) << tail.err();
}

TEST_F(log_tools, tail_says_what_is_damaged_and_goes_on) {
  fill(100);
  rot("0001.chunk", 20);
  const auto done = run({"log", "tail", log_, "--from", "1"});
  EXPECT_EQ(done.status, 1);
  EXPECT_TRUE(contains(done.err, "0001.chunk, offset 0: ")) << done.err;
  EXPECT_TRUE(contains(done.err, "has 1 damaged place")) << done.err;
  EXPECT_EQ(std::count(done.out.begin(), done.out.end(), '\n'), 99);
}

TEST_F(log_tools, tail_refuses) {
  fill(1);
  refused({"log", "tail", log_, "--from", "x"}, 2,
          "--from must be a whole number from 0 to 18446744073709551615, not 'x'");
  refused({"log", "tail", log_, "-n", "-1"}, 2, "-1");
  refused({"log", "tail", log_, "--raw", "--json"}, 2, "only one of --raw, --hex and --json");
  refused({"log", "tail", where_ / "absent"}, 1, "absent cannot be opened");
  refused({"log", "verify", log_, "--threads", "many"}, 2,
          "--threads must be a whole number from 0 to 1024, not 'many'");
}

TEST_F(log_tools, a_log_in_use_is_not_verified) {
  const auto opened = chunklog::chunk_log::open(log_);
  ASSERT_TRUE(opened.ok());
  refused({"log", "verify", log_}, 1, "buffer.lock is locked by another log");
  EXPECT_EQ(run({"log", "tail", log_}).status, 0);
}

TEST_F(log_tools, each_has_examples) {
  for (const std::string tool : {"inspect", "verify", "repair", "tail"}) {
    const auto help = run({"log", tool, "--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_TRUE(contains(help.out, "annulus log " + tool)) << help.out;
  }
}

}  // namespace
}  // namespace annulus::e2e
