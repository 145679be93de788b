// Good bytes in the wrong place: what frames are bound to.
#include <annulus/pipeline/heal.hpp>
#include <annulus/pipeline/object.hpp>
#include <functional>
#include <map>

#include "support.hpp"

namespace annulus::pipeline::testing {
namespace {

constexpr std::size_t shard_bytes = 500;
constexpr std::size_t whole_frame = digest_bytes + shard_bytes;
constexpr std::size_t tag_bytes = 32;
constexpr std::size_t tags_begin = 128;

class binding : public ::testing::TestWithParam<sink_kind> {
 protected:
  // 2+2, ten whole blocks.
  binding() : how_(options(where_, {.data = 2, .parity = 2, .block = 2 * shard_bytes})) {
    how_.sink = GetParam();
    put_bytes(where_, how_, sent_);
  }

  [[nodiscard]] fs::path object(unsigned disk, const std::string& name = "object") const {
    return how_.disks[disk] / name;
  }
  [[nodiscard]] fs::path stream(unsigned disk, const std::string& name = "object") const {
    return object(disk, name) / (GetParam() == sink_kind::dir ? "part.1" : "0000.chunk");
  }
  // A frame's place in the stream's file, with its record's header if it has one.
  [[nodiscard]] static std::size_t step() {
    return whole_frame + (GetParam() == sink_kind::dir ? 0 : 16);
  }
  static bytes::iterator place(bytes& file, std::size_t frame) {
    return file.begin() + static_cast<std::ptrdiff_t>(frame * step());
  }
  void copy_frame(const fs::path& from, std::size_t source, const fs::path& to,
                  std::size_t target) const {
    auto there = read_bytes(to);
    auto here = read_bytes(from);
    std::copy_n(place(here, source), step(), place(there, target));
    write_bytes(to, there);
  }
  void put_another(const std::string& name, std::uint64_t seed) {
    auto other = how_;
    other.name = name;
    put_bytes(where_, other, noise(sent_.size(), seed));
  }

  [[nodiscard]] bytes got() const { return get_bytes({.name = "object", .disks = how_.disks}); }
  [[nodiscard]] object_state state() const {
    return verify({.disks = how_.disks, .name = "object"}).objects.at(0);
  }
  // With one disk hurt: seen before a byte is delivered, and mended.
  void expect_found_on(unsigned disk, const std::string& hint) {
    EXPECT_EQ(got(), sent_) << hint;
    EXPECT_EQ(get_bytes({.name = "object", .disks = how_.disks, .range = byte_range{3000, 4999}}),
              bytes(sent_.begin() + 3000, sent_.begin() + 5000))
        << hint;
    // Those that would be asked first if it were good.
    const std::vector<fs::path> three{how_.disks[disk], how_.disks[(disk + 1) % 4],
                                      how_.disks[(disk + 2) % 4]};
    EXPECT_EQ(get_bytes({.name = "object", .disks = three}), sent_) << hint;
    const auto seen = state();
    EXPECT_FALSE(seen.whole()) << hint;
    EXPECT_NE(seen.shards[disk].fault, "") << hint;
    EXPECT_EQ(seen.whole_shards, 3U) << hint;
    const auto report = heal({.name = "object", .disks = how_.disks, .sync = false});
    ASSERT_EQ(report.shards.size(), 1U) << hint;
    EXPECT_EQ(report.shards[0].failure, "") << hint;
    EXPECT_EQ(report.shards[0].disk, how_.disks[disk]) << hint;
    EXPECT_TRUE(state().whole()) << hint;
    EXPECT_EQ(got(), sent_) << hint;
  }

  scratch where_;
  put_options how_;
  bytes sent_ = noise(20 * shard_bytes);
};

INSTANTIATE_TEST_SUITE_P(sinks, binding, ::testing::Values(sink_kind::dir, sink_kind::chunks),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST_P(binding, frames_that_changed_places) {
  const auto here = stream(0);
  auto file = read_bytes(here);
  std::swap_ranges(place(file, 1), place(file, 2), place(file, 2));
  write_bytes(here, file);
  expect_found_on(0, "swapped");
}

TEST_P(binding, a_frame_that_is_there_twice) {
  copy_frame(stream(1), 3, stream(1), 4);
  expect_found_on(1, "repeated");
}

TEST_P(binding, a_frame_of_another_shard_of_the_block) {
  copy_frame(stream(3), 5, stream(2), 5);
  expect_found_on(2, "of another shard");
}

TEST_P(binding, a_frame_of_another_object_and_of_an_older_version) {
  put_another("other", 7);
  copy_frame(stream(0, "other"), 6, stream(0), 6);
  expect_found_on(0, "foreign");
  const auto stale = where_ / "stale";
  fs::copy_file(stream(3), stale);
  sent_ = noise(20 * shard_bytes, 8);
  put_another("object", 8);
  ASSERT_EQ(got(), sent_);
  copy_frame(stale, 6, stream(3), 6);
  expect_found_on(3, "stale");
}

TEST_P(binding, a_whole_stream_of_another_object_or_version_or_shard) {
  put_another("other", 7);
  const auto old = where_ / "old";
  fs::copy_file(stream(1), old);
  sent_ = noise(20 * shard_bytes, 8);
  put_another("object", 8);
  const auto replace = [&](unsigned disk, const fs::path& by) {
    fs::copy_file(by, stream(disk), fs::copy_options::overwrite_existing);
  };
  replace(1, old);
  expect_found_on(1, "of an older version");
  replace(1, stream(1, "other"));
  expect_found_on(1, "of another object");
  replace(0, stream(1));
  expect_found_on(0, "of another shard");
}

TEST_P(binding, shards_that_changed_their_metadata) {
  for (const auto* const file : {"meta.json", "frames.bound"}) {
    fs::copy_file(object(2) / file, object(0) / file, fs::copy_options::overwrite_existing);
    expect_found_on(0, file);
  }
}

// A flip costs the frame that it belongs to, not the shard.
TEST_P(binding, a_rotten_tag) {
  for (unsigned disk = 0; disk < 4; ++disk)
    flip_byte(object(disk) / "frames.bound", tags_begin + disk * tag_bytes + 5);
  EXPECT_EQ(got(), sent_);
  EXPECT_TRUE(state().recoverable);
  EXPECT_EQ(state().whole_shards, 0U);
  EXPECT_EQ(heal({.name = "object", .disks = how_.disks, .sync = false}).shards.size(), 4U);
  EXPECT_TRUE(state().whole());
}

TEST_P(binding, a_binding_that_is_cut_or_longer_or_gone_or_rotten) {
  const auto file = object(1) / "frames.bound";
  const auto size = fs::file_size(file);
  ASSERT_EQ(size, tags_begin + 10 * tag_bytes);
  const std::vector<std::pair<std::string, std::function<void()>>> harms{
      {"cut", [&] { fs::resize_file(file, size - 1); }},
      {"within its header", [&] { fs::resize_file(file, 100); }},
      {"longer", [&] { fs::resize_file(file, size + 1); }},
      {"gone", [&] { fs::remove(file); }},
      {"magic", [&] { flip_byte(file, 0); }},
      {"id", [&] { flip_byte(file, 9); }},
      {"name", [&] { flip_byte(file, 40); }},
      {"seal", [&] { flip_byte(file, 100); }},
      {"a link", [&] {
         fs::remove(file);
         fs::create_symlink(object(2) / "frames.bound", file);
       }}};
  for (const auto& [hint, harm] : harms) {
    harm();
    expect_found_on(1, hint);
  }
}

// With no more shards than are needed, nothing but the binding can tell.
TEST_P(binding, is_enough_by_itself) {
  fs::remove_all(how_.disks[2]);
  fs::remove_all(how_.disks[3]);
  copy_frame(stream(0), 2, stream(0), 7);
  bytes delivered;
  const auto sentence = sentence_of(error_kind::failed, [&] {
    get({.name = "object", .disks = how_.disks}, [&](bytes_view piece) {
      delivered.insert(delivered.end(), piece.begin(), piece.end());
      return std::error_code{};
    });
  });
  EXPECT_TRUE(contains(sentence, "needs 2 good shards and has 1")) << sentence;
  EXPECT_EQ(delivered, bytes(sent_.begin(), sent_.begin() + 7 * 2 * shard_bytes));
}

// As an older revision has stored it.
class unbound : public binding {
 protected:
  unbound() {
    for (unsigned disk = 0; disk < 4; ++disk) unbind(disk);
  }
  void unbind(unsigned disk) const {
    fs::remove(object(disk) / "frames.bound");
    const auto file = object(disk) / "meta.json";
    auto meta = parse_meta(support::slurp(file));
    meta.bound = false;
    meta.generation = 0;
    const auto text = serialise(meta);
    write_bytes(file, std::as_bytes(std::span(text)));
  }
  [[nodiscard]] heal_report healed() const {
    return heal({.name = "object", .disks = how_.disks, .sync = false});
  }
  [[nodiscard]] std::map<std::string, bytes> streams() const {
    std::map<std::string, bytes> all;
    for (unsigned disk = 0; disk < 4; ++disk) all[stream(disk)] = read_bytes(stream(disk));
    return all;
  }
};

INSTANTIATE_TEST_SUITE_P(sinks, unbound, ::testing::Values(sink_kind::dir, sink_kind::chunks),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST_P(unbound, objects_stay_readable_and_are_said_to_be_unbound_until_heal_binds_them) {
  EXPECT_EQ(got(), sent_);
  EXPECT_TRUE(state().whole());
  EXPECT_TRUE(state().unbound());
  const auto before = streams();
  const auto report = healed();
  ASSERT_EQ(report.shards.size(), 4U);
  for (const auto& shard : report.shards) {
    EXPECT_TRUE(shard.bind_only);
    EXPECT_EQ(shard.failure, "");
  }
  EXPECT_TRUE(streams() == before);
  EXPECT_TRUE(state().whole());
  EXPECT_FALSE(state().unbound());
  EXPECT_TRUE(healed().shards.empty());
  EXPECT_EQ(got(), sent_);
  copy_frame(stream(1), 3, stream(1), 4);
  expect_found_on(1, "bound now");
}

TEST_P(unbound, a_frame_in_the_wrong_place_is_outvoted) {
  for (unsigned disk = 0; disk < 4; ++disk) {
    copy_frame(stream((disk + 1) % 4), 4 + disk, stream(disk), 4 + disk);
    EXPECT_EQ(got(), sent_);
    EXPECT_FALSE(state().whole());
    EXPECT_EQ(state().whole_shards, 3U);
    const auto report = healed();
    ASSERT_EQ(report.shards.size(), 4U);
    for (const auto& shard : report.shards)
      EXPECT_EQ(shard.bind_only, shard.disk != how_.disks[disk]);
    EXPECT_TRUE(state().whole());
    EXPECT_EQ(got(), sent_);
    if (disk < 3) {
      for (unsigned one = 0; one < 4; ++one) unbind(one);
    }
  }
}

// Three shards of which any two would do: nothing tells which one is wrong.
TEST_P(unbound, shards_that_disagree_are_neither_delivered_nor_spread) {
  copy_frame(stream(3), 4, stream(1), 4);
  fs::remove_all(object(3));
  const auto sentence = sentence_of(error_kind::failed, [&] { static_cast<void>(got()); });
  EXPECT_TRUE(contains(sentence,
                       "the shards of block 4 of object 'object' are not bound to it and "
                       "disagree"))
      << sentence;
  EXPECT_FALSE(state().recoverable);
  const auto lost = sentence_of(error_kind::failed, [&] { static_cast<void>(healed()); });
  EXPECT_TRUE(contains(lost, "its shards disagree")) << lost;
  EXPECT_FALSE(fs::exists(object(3)));
}

// A heal that was killed while it bound them.
TEST_P(unbound, shards_count_beside_bound_ones_of_their_put) {
  EXPECT_EQ(healed().shards.size(), 4U);
  unbind(0);
  unbind(2);
  EXPECT_EQ(got(), sent_);
  EXPECT_TRUE(state().whole());
  EXPECT_TRUE(state().unbound());
  EXPECT_EQ(healed().shards.size(), 2U);
  EXPECT_FALSE(state().unbound());
  EXPECT_EQ(got(), sent_);
}

}  // namespace
}  // namespace annulus::pipeline::testing
