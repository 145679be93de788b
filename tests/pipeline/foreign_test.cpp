// What no put has made is never changed, and what lies outside of a disk never reached.
#include <sys/stat.h>

#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/heal.hpp>
#include <annulus/pipeline/shards.hpp>
#include <functional>
#include <map>

#include "support.hpp"

namespace annulus::pipeline::testing {
namespace {

// Every entry below a directory, with its kind and, of files, its bytes. No link is followed.
std::map<std::string, std::string> everything_in(const fs::path& root) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const auto kind = std::to_string(static_cast<int>(entry.symlink_status().type()));
    found[entry.path().string()] =
        kind + (entry.is_regular_file() && !entry.is_symlink() ? support::slurp(entry.path()) : "");
  }
  return found;
}

class foreign : public ::testing::TestWithParam<sink_kind> {
 protected:
  foreign() : how_(options(where_, {.data = 2, .parity = 2, .block = 1000})) {
    how_.sink = GetParam();
    fs::create_directories(canary_ / "deep");
    write_bytes(canary_ / "deep/thesis", noise(100));
    write_bytes(canary_ / "part.1", noise(101));
    write_bytes(canary_ / "meta.json", noise(102));
    untouched_ = everything_in(canary_);
  }
  void store() { put_bytes(where_, how_, sent_); }
  [[nodiscard]] fs::path object(unsigned disk) const { return how_.disks[disk] / "object"; }
  [[nodiscard]] bytes got() const { return get_bytes({.name = "object", .disks = how_.disks}); }
  [[nodiscard]] heal_report healed() const {
    return heal({.name = "object", .disks = how_.disks, .sync = false});
  }
  void expect_canary_untouched(const std::string& hint) const {
    EXPECT_TRUE(everything_in(canary_) == untouched_) << hint;
  }

  // Things that have the object's name and are not ours.
  struct thing {
    std::string what;
    std::function<void(const fs::path&)> make;
    std::string why;
  };
  [[nodiscard]] std::vector<thing> things() const {
    return {
        {"a file", [](const auto& at) { write_bytes(at, noise(5)); }, "it is a file"},
        {"a directory",
         [](const auto& at) {
           fs::create_directory(at);
           write_bytes(at / "thesis", noise(9));
         },
         "nothing in it proves that a put has made it"},
        {"an empty directory", [](const auto& at) { fs::create_directory(at); },
         "nothing in it proves that a put has made it"},
        {"a directory with a meta.json of its own",
         [](const auto& at) {
           fs::create_directory(at);
           write_bytes(at / "meta.json", noise(9));
         },
         "nothing in it proves that a put has made it"},
        {"a link to a directory",
         [this](const auto& at) { fs::create_directory_symlink(canary_, at); },
         "it is a symbolic link, which is not followed"},
        {"a link to nowhere", [](const auto& at) { fs::create_symlink("nowhere", at); },
         "it is a symbolic link, which is not followed"},
        {"a FIFO", [](const auto& at) { EXPECT_EQ(mkfifo(at.c_str(), 0600), 0); }, "it is a FIFO"},
        {"an object with a file of somebody else",
         [this](const auto& at) {
           fs::copy(object(3), at, fs::copy_options::recursive);
           write_bytes(at / "notes", noise(9));
         },
         "it holds 'notes', which no put has made"},
        {"an object whose stream is a directory",
         [this](const auto& at) {
           fs::copy(object(3), at, fs::copy_options::recursive);
           fs::remove(at / "part.1");
           fs::create_directories(at / "part.1/mine");
         },
         "it holds 'part.1', which no put has made"},
    };
  }

  scratch where_;
  fs::path canary_ = where_ / "canary";
  std::map<std::string, std::string> untouched_;
  put_options how_;
  bytes sent_ = noise(10'000);
};

INSTANTIATE_TEST_SUITE_P(sinks, foreign, ::testing::Values(sink_kind::dir, sink_kind::chunks),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST_P(foreign, things_under_the_name_are_refused_by_put_before_a_byte_is_read) {
  store();
  for (const auto& one : things()) {
    fs::remove_all(object(1));
    one.make(object(1));
    const auto before = everything_in(where_.path());
    auto how = how_;
    how.progress = [](std::uint64_t) { ADD_FAILURE() << "something was encoded"; };
    const auto sentence = sentence_of(error_kind::failed, [&] {
      auto from = input::open(where_ / "input");
      put(from, how);
    });
    EXPECT_EQ(sentence, "object 'object' cannot be stored: " + object(1).string() +
                            " is not replaced: " + one.why);
    EXPECT_TRUE(everything_in(where_.path()) == before) << one.what;
  }
}

TEST_P(foreign, things_under_the_name_are_left_by_heal_and_the_other_shards_are_rebuilt) {
  for (const auto& one : things()) {
    store();
    fs::remove_all(object(1));
    one.make(object(1));
    const auto before = everything_in(how_.disks[1]);
    fs::remove_all(object(2));
    EXPECT_EQ(got(), sent_) << one.what;
    const auto seen = verify({.disks = how_.disks, .name = "object"}).objects.at(0);
    EXPECT_EQ(seen.shards[1].fault.empty(), seen.whole_shards == 3) << one.what;
    const auto report = healed();
    ASSERT_FALSE(report.shards.empty()) << one.what;
    for (const auto& shard : report.shards) {
      if (shard.disk == how_.disks[1]) {
        EXPECT_TRUE(contains(shard.failure, "stays as it is: " + one.why)) << shard.failure;
      } else {
        EXPECT_EQ(shard.failure, "") << one.what;
      }
    }
    EXPECT_TRUE(everything_in(how_.disks[1]) == before) << one.what;
    EXPECT_TRUE(fs::exists(object(2) / "meta.json")) << one.what;
    EXPECT_EQ(got(), sent_) << one.what;
    expect_canary_untouched(one.what);
    fs::remove_all(object(1));
  }
}

TEST_P(foreign, things_beside_objects_are_passed_over_and_named_once) {
  store();
  fs::create_directory(how_.disks[0] / "lost+found");
  fs::create_directory(how_.disks[2] / "photographs");
  write_bytes(how_.disks[2] / "photographs/a\nb.jpg", noise(9));
  write_bytes(how_.disks[3] / "a file", noise(9));
  const auto before = everything_in(where_.path());
  const auto seen = verify({.disks = how_.disks});
  ASSERT_EQ(seen.objects.size(), 1U);
  EXPECT_TRUE(seen.objects[0].whole());
  ASSERT_EQ(seen.passed_over.size(), 3U);
  EXPECT_EQ(seen.passed_over[0],
            (how_.disks[0] / "lost+found").string() +
                " is passed over: nothing in it proves that a put has made it");
  EXPECT_EQ(seen.passed_over[2],
            (how_.disks[3] / "a file").string() + " is passed over: it is a file");
  EXPECT_EQ(list_objects(how_.disks).names, std::vector<std::string>{"object"});
  EXPECT_TRUE(everything_in(where_.path()) == before);
}

// Too much of it is gone to prove whose it was; it must not be overlooked for that.
TEST_P(foreign, an_object_that_nothing_proves_any_more_is_not_whole) {
  store();
  for (unsigned disk = 0; disk < 4; ++disk) {
    write_bytes(object(disk) / "meta.json", noise(7));
    write_bytes(object(disk) / "frames.bound", noise(7));
  }
  const auto seen = verify({.disks = how_.disks});
  ASSERT_EQ(seen.objects.size(), 1U);
  EXPECT_FALSE(seen.objects[0].whole());
}

// meta.json is enough, or the binding is; of one of them heal makes the other again.
TEST_P(foreign, either_file_proves_an_object) {
  for (const auto* const file : {"meta.json", "frames.bound"}) {
    store();
    write_bytes(object(1) / file, noise(7));
    const auto report = healed();
    ASSERT_EQ(report.shards.size(), 1U);
    EXPECT_EQ(report.shards[0].failure, "") << file;
    EXPECT_TRUE(healed().shards.empty());
    write_bytes(object(1) / file, noise(7));
    store();
    EXPECT_TRUE(healed().shards.empty());
  }
}

// Of frames.bound, all that lies before the seal.
TEST_P(foreign, a_binding_that_is_cut_off_behind_its_proof_proves_an_object) {
  for (const unsigned bytes : {127U, 96U, 95U}) {
    SCOPED_TRACE(bytes);
    store();
    fs::remove(object(1) / "meta.json");
    fs::resize_file(object(1) / "frames.bound", bytes);
    const auto report = healed();
    ASSERT_EQ(report.shards.size(), 1U);
    EXPECT_EQ(report.shards[0].failure.empty(), bytes >= 96);
  }
}

TEST_P(foreign, files_in_place_of_a_shards_are_neither_followed_nor_waited_for) {
  const auto stream = GetParam() == sink_kind::dir ? "part.1" : "0000.chunk";
  for (const std::string file : {"meta.json", "frames.bound", stream}) {
    const std::vector<std::pair<std::string, std::function<void(const fs::path&)>>> kinds{
        {"link", [&](const auto& at) { fs::create_symlink(canary_ / "part.1", at); }},
        {"endless", [](const auto& at) { fs::create_symlink("/dev/zero", at); }},
        {"FIFO", [](const auto& at) { EXPECT_EQ(mkfifo(at.c_str(), 0600), 0); }},
    };
    for (const auto& [kind, make] : kinds) {
      store();
      fs::remove(object(1) / file);
      make(object(1) / file);
      const auto hint = file + ", " + kind;
      EXPECT_EQ(got(), sent_) << hint;
      EXPECT_EQ(verify({.disks = how_.disks}).objects.at(0).whole_shards, 3U) << hint;
      const auto report = healed();
      ASSERT_EQ(report.shards.size(), 1U) << hint;
      EXPECT_EQ(report.shards[0].failure, "") << hint;
      EXPECT_TRUE(verify({.disks = how_.disks}).objects.at(0).whole()) << hint;
      expect_canary_untouched(hint);
    }
  }
}

TEST_P(foreign, a_staging_directory_that_is_a_link_is_not_followed) {
  store();
  const auto id = std::string(32, 'a');
  fs::copy(object(0), canary_ / id, fs::copy_options::recursive);
  untouched_ = everything_in(canary_);
  fs::remove(how_.disks[1] / ".annulus");
  fs::create_directory_symlink(canary_, how_.disks[1] / ".annulus");
  EXPECT_EQ(got(), sent_);
  EXPECT_TRUE(healed().shards.empty());
  fs::remove_all(object(1));
  EXPECT_EQ(healed().shards.at(0).failure,
            ".annulus cannot be used: it is no directory, and a link is not followed");
  const auto report = put_bytes(where_, how_, sent_);
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_EQ(report.failures[0].disk, how_.disks[1]);
  expect_canary_untouched("staging");
}

TEST_P(foreign, a_disk_that_is_a_link_is_a_fault_of_that_disk) {
  store();
  fs::rename(how_.disks[1], where_ / "elsewhere");
  fs::create_directory_symlink(canary_, how_.disks[1]);
  EXPECT_EQ(got(), sent_);
  EXPECT_TRUE(contains(verify({.disks = how_.disks}).objects.at(0).shards[1].fault,
                       "symbolic link, which is not followed"));
  EXPECT_TRUE(contains(healed().shards.at(0).failure, "symbolic link"));
  expect_canary_untouched("disk");
}

TEST_P(foreign, disks_that_are_one_or_lie_in_each_other_are_refused) {
  store();
  const auto refused = [](const std::vector<fs::path>& disks) {
    return sentence_of(error_kind::bad_argument, [&] { check_disk_list(disks); });
  };
  const auto& disks = how_.disks;
  fs::create_directory_symlink(where_.path(), where_ / "here");
  EXPECT_TRUE(contains(refused({disks[0], where_ / "here/d0"}), "is named twice"));
  EXPECT_TRUE(contains(refused({disks[0], disks[0] / "../d0/."}), "is named twice"));
  EXPECT_TRUE(contains(refused({disks[0], disks[0] / "sub/new"}), "lies in disk"));
  EXPECT_TRUE(contains(refused({where_ / "here/d0/x", disks[0]}), "lies in disk"));
  EXPECT_NO_THROW(check_disk_list({disks[0], where_ / "d00", where_ / "d"}));
}

TEST_P(foreign, an_input_where_the_object_would_be_is_refused) {
  store();
  const auto part = object(0) / (GetParam() == sink_kind::dir ? "part.1" : "0000.chunk");
  const auto before = read_bytes(part);
  const auto sentence = sentence_of(error_kind::bad_argument, [&] {
    auto from = input::open(part);
    put(from, how_);
  });
  EXPECT_TRUE(contains(sentence, "lies where object 'object' is stored")) << sentence;
  EXPECT_EQ(read_bytes(part), before);
  // Another object's is an input like any other.
  auto other = how_;
  other.name = "other";
  auto from = input::open(part);
  EXPECT_NO_THROW(put(from, other));
}

}  // namespace
}  // namespace annulus::pipeline::testing
