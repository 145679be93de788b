// put, get, verify and heal as commands.
#include <nlohmann/json.hpp>

#include "process.hpp"

namespace annulus::e2e {

TEST(object, goes_in_and_comes_back) {
  const scratch where;
  spit(where / "file", noise(3'000'001));
  for (const std::string sink : {"dir", "chunks"}) {
    const auto put = run({"put", where / "file", "--disks", where.disks(6), "--data", "4",
                          "--parity", "2", "--sink", sink});
    ASSERT_EQ(put.status, 0) << put.err;
    EXPECT_TRUE(contains(put.out, "stored as 'file' as 4+2")) << put.out;
    const auto get = run({"get", "file", "--disks", where.disks(6), "-o", where / "back"});
    ASSERT_EQ(get.status, 0) << get.err;
    EXPECT_EQ(slurp(where / "back"), slurp(where / "file"));
    const auto verify = run({"verify", "--disks", where.disks(6)});
    EXPECT_EQ(verify.status, 0) << verify.err;
    EXPECT_TRUE(contains(verify.out, "whole     file")) << verify.out;
  }
}

TEST(object, standard_input_and_output) {
  const scratch where;
  const auto text = noise(2'500'000);
  for (const std::string ring : {"futex", "segment"}) {
    for (const std::string way : {"--copy", "--copy-in", "--in-place"}) {
      const auto put = run({"put", "-", "--name", "stream", "--disks", where.disks(3), "--data",
                            "2", "--parity", "1", "--ring", ring, way},
                           text);
      ASSERT_EQ(put.status, 0) << put.err;
      const auto get = run({"get", "stream", "--disks", where.disks(3), "-o", "-"});
      ASSERT_EQ(get.status, 0) << get.err;
      EXPECT_EQ(get.out, text) << ring << " " << way;
    }
  }
}

TEST(object, json) {
  const scratch where;
  spit(where / "file", noise(10'000));
  const auto put = run(
      {"put", where / "file", "--disks", where.disks(3), "--data", "2", "--parity", "1", "--json"});
  const auto stored = nlohmann::json::parse(put.out);
  EXPECT_EQ(stored.at("bytes"), 10'000);
  EXPECT_EQ(stored.at("disks"), 3);
  const auto get = nlohmann::json::parse(
      run({"get", "file", "--disks", where.disks(3), "-o", where / "out", "--json"}).out);
  EXPECT_EQ(get.at("id"), stored.at("id"));
  EXPECT_EQ(get.at("reconstructed_blocks"), 0);
  const auto verify =
      nlohmann::json::parse(run({"verify", "--disks", where.disks(3), "--json"}).out);
  EXPECT_EQ(verify.at(0).at("state"), "whole");
}

TEST(object, verify_tells_degraded_from_lost) {
  const scratch where;
  spit(where / "file", noise(10'000));
  ASSERT_EQ(run({"put", where / "file", "--disks", where.disks(3), "--data", "2", "--parity", "1"})
                .status,
            0);
  fs::remove_all(where / "d2");
  auto done = run({"verify", "--disks", where.disks(3)});
  EXPECT_EQ(done.status, 1);
  EXPECT_TRUE(contains(done.out, "degraded  file")) << done.out;
  EXPECT_TRUE(contains(done.out, (where / "d2") + ": missing")) << done.out;
  fs::remove_all(where / "d1");
  done = run({"verify", "--disks", where.disks(3)});
  EXPECT_EQ(done.status, 1);
  EXPECT_TRUE(contains(done.out, "lost      file")) << done.out;
}

TEST(object, heal_rebuilds_what_verify_finds) {
  const scratch where;
  spit(where / "file", noise(300'000));
  spit(where / "other", noise(10'000));
  const arguments disks{"--disks", where.disks(6)};
  const auto with_disks = [&](arguments words) {
    words.insert(words.end(), disks.begin(), disks.end());
    return words;
  };
  for (const std::string sink : {"dir", "chunks"}) {
    for (const std::string name : {"file", "other"}) {
      ASSERT_EQ(
          run(with_disks({"put", where / name, "--data", "4", "--parity", "2", "--sink", sink}))
              .status,
          0);
    }
    auto done = run(with_disks({"heal"}));
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_TRUE(contains(done.out, "whole     file  293.0 KiB, 4+2, nothing to do")) << done.out;

    fs::remove_all(where / "d1");
    done = run(with_disks({"heal", "--dry-run"}));
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_TRUE(contains(done.out, "degraded  file")) << done.out;
    EXPECT_TRUE(contains(done.out, (where / "d1") + ": shard 1: missing")) << done.out;
    EXPECT_FALSE(fs::exists(where / "d1"));

    done = run(with_disks({"heal", "file", "--json"}));
    EXPECT_EQ(done.status, 0) << done.err;
    const auto healed = nlohmann::json::parse(done.out).at(0);
    EXPECT_EQ(healed.at("state"), "healed");
    EXPECT_EQ(healed.at("shards").at(0).at("shard"), 1);
    EXPECT_EQ(healed.at("shards").at(0).at("disk_is_gone"), true);
    EXPECT_EQ(healed.at("shards").at(0).at("failure"), "");
    EXPECT_EQ(run(with_disks({"verify", "file"})).status, 0);
    EXPECT_EQ(run(with_disks({"verify"})).status, 1);

    // One that cannot be healed does not keep the other from it.
    for (const std::string disk : {"d0", "d2", "d3"}) fs::remove_all(where / (disk + "/file"));
    done = run(with_disks({"heal"}));
    EXPECT_EQ(done.status, 1);
    EXPECT_EQ(done.err, "annulus: 1 of 2 objects were not healed\n");
    EXPECT_TRUE(contains(done.out,
                         "failed    file  object 'file' cannot be healed: every block "
                         "needs 4 good shards; at fault: " +
                             (where / "d0") + " (missing)"))
        << done.out;
    EXPECT_TRUE(contains(done.out, "healed    other")) << done.out;
    EXPECT_EQ(run(with_disks({"verify", "other"})).status, 0);
  }
}

TEST(object, log_inspect_counts_a_record_a_frame) {
  const scratch where;
  spit(where / "file", noise(10'000));
  ASSERT_EQ(run({"put", where / "file", "--disks", where.disks(3), "--data", "2", "--parity", "1",
                 "--block", "1000", "--sink", "chunks"})
                .status,
            0);
  const auto done = run({"log", "inspect", where / "d1/file", "--json"});
  ASSERT_EQ(done.status, 0) << done.err;
  const auto log = nlohmann::json::parse(done.out);
  EXPECT_EQ(log.at("records"), 10);
  EXPECT_EQ(log.at("payload_bytes"), 10 * 532);
  EXPECT_TRUE(log.at("faults").empty());
  auto chunk = slurp(where / "d1/file/0000.chunk");
  chunk[700] = static_cast<char>(chunk[700] ^ 1);
  spit(where / "d1/file/0000.chunk", chunk);
  const auto damaged = run({"log", "inspect", where / "d1/file"});
  EXPECT_EQ(damaged.status, 1);
  EXPECT_TRUE(contains(damaged.out, "fault")) << damaged.out;
}

TEST(object, output_may_be_a_device) {
  const scratch where;
  spit(where / "file", noise(10));
  ASSERT_EQ(run({"put", where / "file", "--disks", where.disks(2), "--data", "1", "--parity", "1"})
                .status,
            0);
  EXPECT_EQ(run({"get", "file", "--disks", where.disks(2), "-o", "/dev/null"}).status, 0);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(object, help_has_examples) {
  for (const arguments& words : {arguments{"--help"},
                                 {"put", "--help"},
                                 {"get", "--help"},
                                 {"verify", "--help"},
                                 {"heal", "--help"},
                                 {"run", "--help"},
                                 {"quick", "--help"},
                                 {"table", "--help"},
                                 {"plot", "--help"},
                                 {"topo", "--help"},
                                 {"log", "inspect", "--help"}}) {
    const auto done = run(words);
    EXPECT_EQ(done.status, 0);
    EXPECT_TRUE(contains(done.out, "xample")) << words[0] << done.out;
  }
}

}  // namespace annulus::e2e
