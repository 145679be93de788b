// Names may hold any bytes; what is shown of them is text, and no terminal obeys it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "process.hpp"

namespace annulus::e2e {
namespace {

bool plain(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n') || byte == 0x7F;
  });
}

class names : public ::testing::Test {
 protected:
  names() { spit(where_ / "file", noise(5000)); }
  [[nodiscard]] result on(arguments words, const std::string& disks) const {
    words.insert(words.end(), {"--disks", disks});
    return run(words);
  }

  scratch where_;
};

TEST_F(names, of_disks_are_text_in_every_report) {
  const auto disks =
      (where_ / "dis\xe9\x1b[31m") + "," + (where_ / "back\\slash") + "," + (where_ / "new\nline");
  const auto put = on({"put", where_ / "file", "--data", "2", "--parity", "1", "--json"}, disks);
  ASSERT_EQ(put.status, 0) << put.err;
  EXPECT_EQ(nlohmann::json::parse(put.out).at("name"), "file");
  const auto verify = on({"verify", "--json"}, disks);
  EXPECT_EQ(verify.status, 0) << verify.err;
  const auto shards = nlohmann::json::parse(verify.out).at(0).at("shards");
  ASSERT_EQ(shards.size(), 3U);
  EXPECT_EQ(shards[0].at("disk"), where_ / "dis\\xe9\\x1b[31m");
  EXPECT_EQ(shards[1].at("disk"), where_ / "back\\\\slash");
  EXPECT_EQ(shards[2].at("disk"), where_ / "new\\x0aline");
  fs::remove_all(where_ / "new\nline");
  for (const arguments& words :
       {arguments{"verify"}, {"heal", "--dry-run"}, {"heal", "--json"}, {"verify", "--json"}}) {
    const auto done = on(words, disks);
    EXPECT_TRUE(plain(done.out)) << done.out;
    EXPECT_TRUE(plain(done.err)) << done.err;
    if (words.back() == "--json") {
      EXPECT_TRUE(nlohmann::json::accept(done.out)) << done.out;
    }
  }
}

TEST_F(names, of_objects_forge_no_line) {
  const auto disks = where_.disks(3);
  ASSERT_EQ(
      on({"put", where_ / "file", "--name", "a\nwhole     fake", "--data", "2", "--parity", "1"},
         disks)
          .status,
      0);
  const auto verify = on({"verify"}, disks);
  EXPECT_FALSE(contains(verify.out, "\nwhole     fake")) << verify.out;
  EXPECT_TRUE(contains(verify.out, "a\\x0awhole     fake")) << verify.out;
}

TEST_F(names, in_sentences_are_one_line_that_no_terminal_obeys) {
  const std::string evil = "\x1b[31m\nannulus: all is well\x9b";
  const auto disks = where_.disks(3);
  const std::vector<arguments> all{
      {evil},
      {"get", evil, "--disks", disks, "-o", where_ / "out"},
      {"get", "file", "--disks", disks, "-o", where_ / evil + "/out"},
      {"get", "file", "--disks", disks, "-o", "-", "--range", evil},
      {"put", where_ / evil, "--disks", disks, "--data", "2", "--parity", "1"},
      {"put", where_ / "file", "--disks", disks, "--data", evil, "--parity", "1"},
      {"put", where_ / "file", "--disks", disks, "--data", "2", "--parity", "1", "--block", evil},
      {"put", where_ / "file", "--disks", disks, "--data", "2", "--parity", "1", "--" + evil},
      {"run", where_ / evil},
      {"table", where_ / evil},
      {"plot", where_ / evil},
      {"log", "verify", where_ / evil},
      {"log", "tail", where_ / evil}};
  for (const auto& words : all) {
    const auto done = run(words);
    EXPECT_NE(done.status, 0) << words[0];
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
    EXPECT_TRUE(plain(done.err)) << done.err;
  }
}

}  // namespace
}  // namespace annulus::e2e
