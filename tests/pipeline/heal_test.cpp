// What heal rebuilds, byte for byte, and what it leaves alone.
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/chunklog/view.hpp>
#include <annulus/pipeline/heal.hpp>
#include <csignal>
#include <map>
#include <stop_token>

#include "support.hpp"
#include "support/thinned.hpp"

namespace annulus::pipeline::testing {
namespace {

enum class harm {
  disk_gone,
  object_gone,
  stream_gone,
  meta_gone,
  meta_flipped,
  hash_flipped,
  shard_flipped,
  truncated,
  extended,
};

constexpr std::array every_harm{harm::disk_gone,     harm::object_gone,  harm::stream_gone,
                                harm::meta_gone,     harm::meta_flipped, harm::hash_flipped,
                                harm::shard_flipped, harm::truncated,    harm::extended};

constexpr std::array usual_harms{harm::disk_gone, harm::meta_gone, harm::hash_flipped,
                                 harm::shard_flipped, harm::truncated};

// A file's bytes, or a directory, and its identity and times.
struct node {
  bytes data{};
  std::uint64_t inode = 0;
  std::int64_t modified = 0, changed = 0;

  bool operator==(const node&) const = default;
};

using tree = std::map<std::string, node>;

// All that lies on the disks.
tree tree_of(const std::vector<fs::path>& disks, bool with_identity = false) {
  tree found;
  for (const auto& disk : disks) {
    if (!fs::exists(disk)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(disk)) {
      auto& seen = found[entry.path().string()];
      if (entry.is_regular_file()) seen.data = read_bytes(entry.path());
      struct stat info {};
      if (!with_identity || stat(entry.path().c_str(), &info) != 0) continue;
      const auto nanoseconds = [](const timespec& at) {
        return std::int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
      };
      seen.inode = info.st_ino;
      seen.modified = nanoseconds(info.st_mtim);
      seen.changed = nanoseconds(info.st_ctim);
    }
  }
  return found;
}

// Where two trees differ, to be read by who looks into a failure.
std::string difference(const tree& left, const tree& right) {
  std::string text;
  for (const auto& [path, seen] : left) {
    const auto other = right.find(path);
    if (other == right.end()) {
      text += "only before: " + path + "\n";
    } else if (!(other->second == seen)) {
      text += "differs: " + path + "\n";
    }
  }
  for (const auto& [path, seen] : right) {
    if (!left.contains(path)) text += "only after: " + path + "\n";
  }
  return text;
}

void move_into(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
  fs::remove_all(from);
}

class heals : public ::testing::TestWithParam<sink_kind> {
 protected:
  void store(const geometry& shape, std::size_t size, std::uint64_t seed = 1) {
    how_ = options(where_, shape);
    how_.sink = GetParam();
    sent_ = noise(size, seed);
    put_bytes(where_, how_, sent_);
    stored_ = tree_of(how_.disks);
  }
  [[nodiscard]] fs::path object(std::size_t disk) const { return how_.disks[disk] / "object"; }
  [[nodiscard]] fs::path stream(std::size_t disk) const {
    return object(disk) / (GetParam() == sink_kind::dir ? "part.1" : "0000.chunk");
  }
  [[nodiscard]] fs::path staged(std::size_t disk) const {
    return how_.disks[disk] / ".annulus" / std::string(32, 'a');
  }
  // Of the first byte of frame `index`, all frames before it being whole.
  [[nodiscard]] std::uint64_t frame_at(std::uint64_t index) const {
    const std::uint64_t header = GetParam() == sink_kind::dir ? 0 : 16;
    return index * (header + how_.geometry.frame_size(how_.geometry.block)) + header;
  }

  // An empty stream has no byte to flip or to cut off; then it goes.
  void hurt(std::size_t disk, harm what) const {
    const auto none = sent_.empty() && (what == harm::hash_flipped || what == harm::shard_flipped ||
                                        what == harm::truncated);
    switch (none ? harm::object_gone : what) {
      case harm::disk_gone:
        fs::remove_all(how_.disks[disk]);
        break;
      case harm::object_gone:
        fs::remove_all(object(disk));
        break;
      case harm::stream_gone:
        fs::remove(stream(disk));
        break;
      case harm::meta_gone:
        fs::remove(object(disk) / "meta.json");
        break;
      case harm::meta_flipped:
        flip_byte(object(disk) / "meta.json", 40);
        break;
      case harm::hash_flipped:
        flip_byte(stream(disk), frame_at(0) + 7);
        break;
      case harm::shard_flipped:
        flip_byte(stream(disk), frame_at(0) + digest_bytes);
        break;
      case harm::truncated:
        fs::resize_file(stream(disk), fs::file_size(stream(disk)) - 1);
        break;
      case harm::extended:
        fs::resize_file(stream(disk), fs::file_size(stream(disk)) + 1);
        break;
    }
  }

  [[nodiscard]] heal_options healing() const {
    return {.name = "object", .disks = how_.disks, .sync = false};
  }
  [[nodiscard]] heal_report healed() const { return heal(healing()); }
  [[nodiscard]] std::string refused() const {
    return sentence_of(error_kind::failed, [this] { static_cast<void>(healed()); });
  }
  void expect_as_stored(const std::string& hint = {}) const {
    const auto now = tree_of(how_.disks);
    ASSERT_TRUE(now == stored_) << hint << difference(stored_, now);
    ASSERT_EQ(get_bytes({.name = "object", .disks = how_.disks}), sent_) << hint;
    ASSERT_TRUE(verify({.disks = how_.disks}).objects.at(0).whole()) << hint;
  }

  scratch where_;
  put_options how_;
  bytes sent_;
  tree stored_;
};

INSTANTIATE_TEST_SUITE_P(sinks, heals, ::testing::Values(sink_kind::dir, sink_kind::chunks),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST_P(heals, every_geometry_size_and_harm) {
  constexpr std::size_t block = 4096;
  for (const auto& [data, parity] : {std::pair{1U, 1U}, {2U, 2U}, {4U, 2U}, {8U, 4U}}) {
    for (const auto size : {std::size_t{0}, std::size_t{1}, block - 1, block, 3 * block + 7}) {
      store({.data = data, .parity = parity, .block = block}, size, size + data);
      for (auto kind = (size + data) % support::thinned; kind < every_harm.size();
           kind += support::thinned) {
        const auto hint = std::to_string(data) + "+" + std::to_string(parity) + ", " +
                          std::to_string(size) + " bytes, harm " + std::to_string(kind) + "\n";
        const auto first = (size + kind) % (data + 1);
        for (auto disk = first; disk < first + parity; ++disk)
          hurt(disk, every_harm[(kind + disk - first) % every_harm.size()]);
        const auto report = healed();
        ASSERT_EQ(report.shards.size(), parity) << hint;
        for (std::size_t i = 0; i < parity; ++i) {
          ASSERT_EQ(report.shards[i].shard, first + i) << hint;
          ASSERT_EQ(report.shards[i].disk, how_.disks[first + i]) << hint;
          ASSERT_NE(report.shards[i].fault, "") << hint;
          ASSERT_EQ(report.shards[i].failure, "") << hint;
        }
        expect_as_stored(hint);
        ASSERT_TRUE(healed().shards.empty()) << hint;
      }
    }
  }
}

TEST_P(heals, every_choice_of_up_to_two_of_six_disks) {
  store({.data = 4, .parity = 2, .block = 1000}, 3'456);
  for (std::size_t one = 0; one < 6; ++one) {
    for (std::size_t other = one; other < 6; ++other) {
      for (auto kind = (one + other) % support::thinned; kind < usual_harms.size();
           kind += support::thinned) {
        hurt(one, usual_harms[kind]);
        if (other != one) hurt(other, usual_harms[(kind + one + other) % usual_harms.size()]);
        ASSERT_EQ(healed().shards.size(), other == one ? 1U : 2U);
        expect_as_stored();
      }
    }
  }
}

TEST_P(heals, three_of_six_are_too_many_and_nothing_is_changed) {
  store({.data = 4, .parity = 2, .block = 1000}, 3'456);
  const scratch kept;
  const auto copy_of = [&](std::size_t disk) { return kept / std::to_string(disk); };
  for (std::size_t disk = 0; disk < 6; ++disk)
    fs::copy(how_.disks[disk], copy_of(disk), fs::copy_options::recursive);
  for (unsigned mask = 0; mask < 64; ++mask) {
    if (__builtin_popcount(mask) != 3) continue;
    const auto is_hurt = [mask](std::size_t disk) { return (mask >> disk & 1) != 0; };
    // Of truncated ones, only the last block is lost: all three, or none.
    const auto kind = mask % usual_harms.size();
    for (std::size_t disk = 0; disk < 6; ++disk) {
      if (is_hurt(disk)) hurt(disk, usual_harms[kind]);
    }
    const auto before = tree_of(how_.disks, true);
    const auto sentence = refused();
    ASSERT_TRUE(contains(sentence, "every block needs 4 good shards")) << sentence;
    for (std::size_t disk = 0; disk < 6; ++disk)
      ASSERT_EQ(contains(sentence, how_.disks[disk].string() + " ("), is_hurt(disk)) << sentence;
    const auto after = tree_of(how_.disks, true);
    ASSERT_TRUE(before == after) << difference(before, after);
    for (std::size_t disk = 0; disk < 6; ++disk) {
      if (!is_hurt(disk)) continue;
      fs::remove_all(how_.disks[disk]);
      fs::copy(copy_of(disk), how_.disks[disk], fs::copy_options::recursive);
    }
  }
  expect_as_stored();
}

// No shard is whole, but each block has four good frames.
TEST_P(heals, rot_in_every_shard_but_in_different_blocks) {
  store({.data = 4, .parity = 2, .block = 1000}, 6'000);
  for (std::size_t disk = 0; disk < 6; ++disk) flip_byte(stream(disk), frame_at(disk) + 50);
  EXPECT_EQ(healed().shards.size(), 6U);
  expect_as_stored();
}

TEST_P(heals, a_whole_object_is_not_touched) {
  store({.data = 4, .parity = 2, .block = 1000}, 3'456);
  const auto before = tree_of(how_.disks, true);
  auto how = healing();
  how.sync = true;
  EXPECT_TRUE(heal(how).shards.empty());
  const auto after = tree_of(how_.disks, true);
  EXPECT_TRUE(before == after) << difference(before, after);
}

TEST_P(heals, only_what_is_damaged) {
  store({.data = 4, .parity = 2, .block = 1000}, 3'456);
  const auto before = tree_of(how_.disks, true);
  hurt(3, harm::shard_flipped);
  EXPECT_EQ(healed().shards.size(), 1U);
  auto after = tree_of(how_.disks, true);
  const auto of_disk_3 = [&](const auto& entry) {
    return entry.first.starts_with(how_.disks[3].string());
  };
  auto rest = before;
  std::erase_if(rest, of_disk_3);
  std::erase_if(after, of_disk_3);
  EXPECT_TRUE(rest == after) << difference(rest, after);
}

TEST_P(heals, nothing_in_a_dry_run) {
  store({.data = 4, .parity = 2, .block = 1000}, 3'456);
  hurt(1, harm::disk_gone);
  hurt(4, harm::truncated);
  const auto before = tree_of(how_.disks, true);
  auto how = healing();
  how.dry_run = true;
  const auto report = heal(how);
  ASSERT_EQ(report.shards.size(), 2U);
  EXPECT_EQ(report.shards[0].disk, how_.disks[1]);
  EXPECT_TRUE(report.shards[0].disk_is_gone);
  EXPECT_EQ(report.shards[0].fault, "missing");
  EXPECT_EQ(report.shards[1].disk, how_.disks[4]);
  EXPECT_FALSE(report.shards[1].disk_is_gone);
  EXPECT_TRUE(contains(report.shards[1].fault, "rotten")) << report.shards[1].fault;
  const auto after = tree_of(how_.disks, true);
  EXPECT_TRUE(before == after) << difference(before, after);
  EXPECT_FALSE(fs::exists(how_.disks[1]));
}

TEST_P(heals, durably) {
  store({.data = 2, .parity = 2, .block = 1000}, 3'456);
  // What put has synced, since a log notes that it is durable.
  how_.sync = true;
  put_bytes(where_, how_, sent_);
  stored_ = tree_of(how_.disks);
  hurt(0, harm::disk_gone);
  hurt(2, harm::hash_flipped);
  auto how = healing();
  how.sync = true;
  EXPECT_EQ(heal(how).shards.size(), 2U);
  expect_as_stored();
}

TEST_P(heals, an_older_object_on_a_disk) {
  for (const auto old_sink : {sink_kind::dir, sink_kind::chunks}) {
    auto old = options(where_, {.data = 3, .parity = 3, .block = 500});
    old.sink = old_sink;
    put_bytes(where_, old, noise(2000, 5));
    const scratch kept;
    for (const std::size_t disk : {1U, 5U})
      fs::copy(old.disks[disk] / "object", kept / std::to_string(disk),
               fs::copy_options::recursive);
    store({.data = 4, .parity = 2, .block = 1000}, 3'456);
    for (const std::size_t disk : {1U, 5U}) move_into(kept / std::to_string(disk), object(disk));
    const auto report = healed();
    ASSERT_EQ(report.shards.size(), 2U);
    EXPECT_TRUE(contains(report.shards[0].fault, "of another object")) << report.shards[0].fault;
    expect_as_stored();
  }
}

// A disk that was away for a put comes back with what it had.
TEST_P(heals, no_older_object_over_shards_of_a_newer_one) {
  store({.data = 4, .parity = 2, .block = 1000}, 3'456);
  const auto old = sent_;
  const scratch kept;
  for (std::size_t disk = 0; disk < 4; ++disk)
    fs::copy(object(disk), kept / std::to_string(disk), fs::copy_options::recursive);
  store({.data = 4, .parity = 2, .block = 1000}, 5'000, 2);
  for (std::size_t disk = 0; disk < 4; ++disk) move_into(kept / std::to_string(disk), object(disk));
  const auto get_it = [this] { return get_bytes({.name = "object", .disks = how_.disks}); };
  const auto refused_get = sentence_of(error_kind::failed, [&] { static_cast<void>(get_it()); });
  EXPECT_TRUE(contains(refused_get, "needs 4 good shards and has 2")) << refused_get;
  EXPECT_TRUE(contains(refused_get, "of another object: put ")) << refused_get;
  const auto before = tree_of(how_.disks, true);
  const auto sentence = refused();
  EXPECT_TRUE(contains(sentence, "every block needs 4 good shards")) << sentence;
  const auto after = tree_of(how_.disks, true);
  EXPECT_TRUE(before == after) << difference(before, after);
  // What is left of the newer one is taken away: the older one may have its name again.
  for (const std::size_t disk : {4U, 5U}) fs::remove_all(object(disk));
  EXPECT_EQ(healed().shards.size(), 2U);
  EXPECT_EQ(get_it(), old);
  EXPECT_TRUE(verify({.disks = how_.disks}).objects.at(0).whole());
}

TEST_P(heals, disks_in_another_order_and_more_than_it_needs) {
  store({.data = 4, .parity = 2, .block = 1000}, 3'456);
  auto how = healing();
  std::reverse(how.disks.begin(), how.disks.end());
  how.disks.insert(how.disks.begin(), where_ / "never used");
  hurt(0, harm::shard_flipped);  // its meta.json says which it is
  hurt(3, harm::meta_gone);      // only the one that is left
  const auto report = heal(how);
  ASSERT_EQ(report.shards.size(), 2U);
  EXPECT_EQ(report.shards[0].disk, how_.disks[0]);
  EXPECT_EQ(report.shards[1].disk, how_.disks[3]);
  expect_as_stored();
  EXPECT_FALSE(fs::exists(where_ / "never used"));
}

TEST_P(heals, a_second_copy_of_a_shard) {
  store({.data = 4, .parity = 2, .block = 1000}, 3'456);
  fs::remove_all(object(3));
  fs::copy(object(1), object(3), fs::copy_options::recursive);
  const auto report = healed();
  ASSERT_EQ(report.shards.size(), 1U);
  EXPECT_EQ(report.shards[0].fault, "a second copy of shard 1");
  expect_as_stored();
}

TEST_P(heals, not_with_fewer_disks_than_shards) {
  store({.data = 4, .parity = 2, .block = 1000}, 3'456);
  auto how = healing();
  how.disks.pop_back();
  const auto sentence =
      sentence_of(error_kind::bad_argument, [&] { static_cast<void>(heal(how)); });
  EXPECT_TRUE(contains(sentence, "has 6 shards, but 5 disks are named")) << sentence;
}

TEST_P(heals, nothing_that_is_not_there) {
  store({.data = 2, .parity = 1}, 100);
  auto how = healing();
  how.name = "nothing";
  EXPECT_EQ(sentence_of(error_kind::failed, [&] { static_cast<void>(heal(how)); }),
            "object 'nothing' is on none of the 3 disks");
}

// A disk that cannot take its shard, since what it should be mounted below is gone too.
TEST_P(heals, the_others_if_one_disk_cannot_be_made) {
  how_ = options(where_, {.data = 4, .parity = 2, .block = 1000});
  how_.sink = GetParam();
  how_.disks[5] = where_ / "rack" / "d5";
  sent_ = noise(3'456);
  put_bytes(where_, how_, sent_);
  stored_ = tree_of(how_.disks);
  fs::remove_all(where_ / "rack");
  hurt(2, harm::object_gone);
  const auto report = healed();
  ASSERT_EQ(report.shards.size(), 2U);
  EXPECT_EQ(report.shards[0].failure, "");
  EXPECT_EQ(report.shards[1].failure, "disk " + how_.disks[5].string() + " is missing, and so is " +
                                          (where_ / "rack").string() + " above it");
  EXPECT_FALSE(fs::exists(where_ / "rack"));
  fs::create_directory(where_ / "rack");
  EXPECT_EQ(healed().shards.size(), 1U);
  expect_as_stored();
}

TEST_P(heals, no_shard_on_a_full_disk) {
  store({.data = 1, .parity = 1, .block = std::size_t{1} << 16}, 12'000'000);
  hurt(1, harm::shard_flipped);
  const auto before = tree_of(how_.disks);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Less than the shard, and more than the memory of a log's ring, which is a file to the kernel.
    const rlimit limit{10'000'000, 10'000'000};
    std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto report = healed();
    _exit(report.shards.size() == 1 && contains(report.shards[0].failure, "File too large") ? 0
                                                                                            : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  const auto after = tree_of(how_.disks);
  EXPECT_TRUE(before == after) << difference(before, after);
  EXPECT_EQ(healed().shards.size(), 1U);
  expect_as_stored();
}

TEST_P(heals, nothing_when_it_is_stopped) {
  store({.data = 4, .parity = 2, .block = 1000}, 34'567);
  hurt(0, harm::object_gone);
  hurt(4, harm::shard_flipped);
  const auto before = tree_of(how_.disks);
  for (const bool while_checking : {true, false}) {
    std::stop_source source;
    auto how = healing();
    how.stop = source.get_token();
    (while_checking ? how.checking : how.rebuilding) = [&](std::uint64_t done, std::uint64_t all) {
      if (done > all / 2) source.request_stop();
    };
    const auto sentence = sentence_of(error_kind::cancelled, [&] { static_cast<void>(heal(how)); });
    EXPECT_TRUE(contains(sentence, "heal of 'object' was interrupted")) << sentence;
    const auto after = tree_of(how_.disks);
    EXPECT_TRUE(before == after) << difference(before, after);
  }
}

// A log that heal reads cannot be replaced meanwhile, a file can.
TEST(heal_of_files, not_over_those_of_a_put_meanwhile) {
  const scratch where;
  const auto how = options(where, {.data = 4, .parity = 2, .block = 1000});
  put_bytes(where, how, noise(3'456));
  fs::remove_all(how.disks[1] / "object");
  const auto newer = noise(5'000, 2);
  const auto report = heal({.name = "object",
                            .disks = how.disks,
                            .sync = false,
                            .rebuilding = [&](std::uint64_t done, std::uint64_t) {
                              if (done == 1000) put_bytes(where, how, newer);
                            }});
  ASSERT_EQ(report.shards.size(), 1U);
  EXPECT_EQ(report.shards[0].failure, "a newer put has replaced the object meanwhile");
  EXPECT_EQ(get_bytes({.name = "object", .disks = how.disks}), newer);
  EXPECT_TRUE(verify({.disks = how.disks}).objects.at(0).whole());
  for (const auto& disk : how.disks) EXPECT_TRUE(fs::is_empty(disk / ".annulus")) << disk;
}

// The states in which a killed heal can leave a disk, made by hand: the shard half written; whole,
// but not in place; in place, and the damaged one not yet removed.
TEST_P(heals, what_a_killed_heal_has_begun) {
  store({.data = 4, .parity = 2, .block = 1000}, 3'456);
  for (const auto kind : every_harm) {
    for (const auto* const moment : {"half written", "whole", "in place"}) {
      const auto hint = std::string(moment) + ", harm " + std::to_string(static_cast<int>(kind));
      const scratch kept;
      fs::copy(object(2), kept / "good", fs::copy_options::recursive);
      hurt(2, kind);
      fs::create_directories(staged(2).parent_path());
      if (moment == std::string("in place")) {
        if (fs::exists(object(2))) fs::rename(object(2), staged(2));
        move_into(kept / "good", object(2));
      } else {
        move_into(kept / "good", staged(2));
        if (moment == std::string("half written")) fs::remove(staged(2) / "meta.json");
      }
      ASSERT_EQ(get_bytes({.name = "object", .disks = how_.disks}), sent_) << hint;
      // Two more may be gone, or one if this one is damaged yet.
      ASSERT_LE(healed().shards.size(), 1U) << hint;
      expect_as_stored(hint + "\n");
    }
  }
}

// Who reads a log keeps nobody from replacing it, and reads on in what it has opened.
TEST(heal_of_logs, one_that_is_being_read) {
  const scratch where;
  auto how = options(where, {.data = 2, .parity = 2, .block = 1000});
  how.sink = sink_kind::chunks;
  const auto sent = noise(3'456);
  put_bytes(where, how, sent);
  const auto stored = tree_of(how.disks);
  for (const std::size_t disk : {1U, 3U}) flip_byte(how.disks[disk] / "object/0000.chunk", 100);
  const heal_options healing{.name = "object", .disks = how.disks, .sync = false};
  {
    auto reading = chunklog::log_view::open(how.disks[1] / "object");
    ASSERT_TRUE(reading.ok());
    const auto report = heal(healing);
    ASSERT_EQ(report.shards.size(), 2U);
    for (const auto& shard : report.shards) EXPECT_EQ(shard.failure, "");
    EXPECT_FALSE(fs::is_empty(how.disks[1] / ".annulus"));
    EXPECT_TRUE(fs::is_empty(how.disks[3] / ".annulus"));
    bytes record(digest_bytes + 500);
    EXPECT_TRUE(reading.view->read(2, record).ok());
  }
  EXPECT_TRUE(heal(healing).shards.empty());
  EXPECT_TRUE(tree_of(how.disks) == stored);
}

// A log whose frames are all good, but which is not what put stored.
TEST(heal_of_logs, what_is_wrong_beside_the_frames) {
  const scratch where;
  auto how = options(where, {.data = 2, .parity = 1, .block = 1000});
  how.sink = sink_kind::chunks;
  put_bytes(where, how, noise(3'456));
  const auto stored = tree_of(how.disks);
  const auto log = how.disks[1] / "object";
  const std::vector<std::pair<std::string, std::function<void()>>> wrongs{
      {"ledger.state is missing", [&] { fs::remove(log / "ledger.state"); }},
      {"offset 512: the slot is damaged", [&] { flip_byte(log / "ledger.state", 520); }},
      {"offset 1024: the slot is damaged", [&] { flip_byte(log / "ledger.state", 1050); }},
      {"3 bytes to the chunk's end",
       [&] { fs::resize_file(log / "0000.chunk", fs::file_size(log / "0000.chunk") + 3); }},
      {"its log has 5 records, it should have 4",
       [&] {
         const auto opened = chunklog::chunk_log::open(log);
         ASSERT_TRUE(opened.ok());
         ASSERT_TRUE(opened.log->writer().append(noise(532)).ok());
       }},
  };
  for (const auto& [sentence, wrong] : wrongs) {
    wrong();
    const auto state = verify({.disks = how.disks}).objects.at(0);
    EXPECT_FALSE(state.whole()) << sentence;
    EXPECT_TRUE(state.recoverable) << sentence;
    EXPECT_TRUE(contains(state.shards[1].fault, sentence)) << state.shards[1].fault;
    const auto report = heal({.name = "object", .disks = how.disks, .sync = false});
    ASSERT_EQ(report.shards.size(), 1U) << sentence;
    EXPECT_TRUE(tree_of(how.disks) == stored) << sentence;
  }
}

}  // namespace
}  // namespace annulus::pipeline::testing
