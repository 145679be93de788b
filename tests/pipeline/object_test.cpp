#include <annulus/pipeline/object.hpp>

#include "support.hpp"

namespace annulus::pipeline::testing {
namespace {

object_meta example() {
  return {.name = "näme \"quoted\"",
          .id = "0123456789abcdef0123456789abcdef",
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
    auto changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    try {
      // White space between tokens may change: it means nothing.
      EXPECT_TRUE(parse_meta(changed).same_put(example())) << "byte " << i;
    } catch (const error& problem) {
      EXPECT_EQ(problem.kind(), error_kind::failed);
    }
  }
}

TEST(object_meta_text, truncation_is_noticed) {
  const auto text = serialise(example());
  for (std::size_t n = 0; n + 2 < text.size(); ++n) {
    EXPECT_THROW(parse_meta(text.substr(0, n)), error) << n;
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
