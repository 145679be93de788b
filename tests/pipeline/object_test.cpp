#include <annulus/pipeline/bitrot.hpp>
#include <annulus/pipeline/object.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "support.hpp"

namespace annulus::pipeline::testing {
namespace {

object_meta example() {
  return {.name = "näme \"quoted\"",
          .id = "0123456789abcdef0123456789abcdef",
          .generation = 7,
          .created = 1'700'000'000'000'000'001,
          .size = 123456789012,
          .geometry = {.data = 8, .parity = 4, .block = 1 << 20},
          .sink = sink_kind::chunks,
          .shard = 11};
}

}  // namespace

TEST(object_meta_text, comes_back_as_it_was) {
  const auto back = parse_meta(serialise(example()));
  EXPECT_TRUE(back.same_put(example()));
  EXPECT_EQ(back.shard, 11U);
  EXPECT_EQ(back.created, example().created);
}

TEST(object_meta_text, any_changed_byte_is_noticed) {
  const auto text = serialise(example());
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const int flip : {1, 0x20}) {
      auto changed = text;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      EXPECT_THROW(parse_meta(changed), error) << i;
    }
  }
}

TEST(object_meta_text, anything_added_or_cut_off_is_noticed) {
  const auto text = serialise(example());
  for (std::size_t n = 0; n < text.size(); ++n) {
    EXPECT_THROW(parse_meta(text.substr(0, n)), error) << n;
    EXPECT_THROW(parse_meta(text.substr(0, n) + " " + text.substr(n)), error) << n;
  }
  EXPECT_THROW(parse_meta(text + "\n"), error);
  EXPECT_THROW(parse_meta(text + std::string(100'000, '\0')), error);
}

TEST(object_meta_text, of_any_name) {
  for (const std::string name : {"caf\xE9.txt", "a\nb\x1b[2J", "back\\slash", "\xFF", "\"{}\""}) {
    auto meta = example();
    meta.name = name;
    const auto back = parse_meta(serialise(meta));
    EXPECT_EQ(back.name, name);
    EXPECT_TRUE(back.same_put(meta));
  }
}

TEST(object_meta_text, of_format_1_is_read_as_it_was_written) {
  auto meta = example();
  meta.bound = false;
  meta.generation = 0;
  const auto text = serialise(meta);
  EXPECT_TRUE(contains(text, "\"format\": 1"));
  EXPECT_FALSE(contains(text, "generation"));
  EXPECT_TRUE(parse_meta(text).same_put(meta));
  EXPECT_FALSE(parse_meta(text).bound);
}

// With a checksum that is right, so that only each field's own type and range stand in the way.
TEST(object_meta_text, each_field_is_checked_for_type_and_range) {
  using nlohmann::json;
  const auto with = [](const char* key, const json& value) {
    auto body = json::parse(serialise(example()));
    body.erase("checksum");
    if (value.is_discarded()) {
      body.erase(key);
    } else {
      body[key] = value;
    }
    const auto text = body.dump();
    std::string sum;
    for (const auto byte : bitrot_hash(std::as_bytes(std::span(text)))) {
      constexpr auto digits = "0123456789abcdef";
      sum += digits[std::to_integer<unsigned>(byte) >> 4];
      sum += digits[std::to_integer<unsigned>(byte) & 15];
    }
    body["checksum"] = sum;
    return body.dump(2) + "\n";
  };
  EXPECT_NO_THROW(parse_meta(with("size", 5)));
  const json absent(json::value_t::discarded);
  const std::vector<json> no_number{absent, -1, 1.0, 1e30, "1", true, nullptr, json::array()};
  for (const auto* const key :
       {"format", "generation", "created", "size", "block", "data", "parity", "shard", "stored"}) {
    for (const auto& value : no_number)
      EXPECT_THROW(parse_meta(with(key, value)), error) << key << value;
  }
  const std::vector<json> no_text{absent, 1, nullptr, json::object(), json::array({"x"})};
  for (const auto* const key : {"name", "id", "sink", "hash"}) {
    for (const auto& value : no_text)
      EXPECT_THROW(parse_meta(with(key, value)), error) << key << value;
  }
  const std::vector<std::pair<const char*, json>> wrong{
      {"format", 0},
      {"format", 3},
      {"size", (std::uint64_t{1} << 56) + 1},
      {"block", 0},
      {"block", (1 << 30) + 1},
      {"data", 0},
      {"data", 256},
      {"parity", 0},
      {"parity", 256},
      {"data", 253},
      {"shard", 12},
      {"stored", 13},
      {"sink", "null"},
      {"sink", "tape"},
      {"generation", std::numeric_limits<std::uint64_t>::max()},
      {"id", "0123456789ABCDEF0123456789abcdef"},
      {"id", "0123"},
      {"name", ""},
      {"name", "."},
      {"name", "a/b"},
      {"name", "\\x41"},
      {"name", std::string(256, 'x')},
      {"hash", "crc32"},
      {"more", 1}};
  for (const auto& [key, value] : wrong)
    EXPECT_THROW(parse_meta(with(key, value)), error) << key << value;
}

TEST(object_meta_text, what_would_kill_a_parser_is_refused) {
  for (const auto* const bracket : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 300'000; ++i) deep += bracket;
    EXPECT_THROW(parse_meta(deep), error);
    EXPECT_THROW(parse_meta(deep.substr(0, 60'000)), error);
  }
}

TEST(object_name, must_be_a_plain_directory_name) {
  const std::vector<std::string> bad{
      "", ".", "..", ".hidden", "a/b", {'a', '\0', 'b'}, std::string(256, 'x')};
  for (const auto& name : bad) EXPECT_THROW(check_object_name(name), error) << name;
  const std::vector<std::string> good{"a", "a.b", "ä", std::string(255, 'x')};
  for (const auto& name : good) EXPECT_NO_THROW(check_object_name(name));
}

}  // namespace annulus::pipeline::testing
