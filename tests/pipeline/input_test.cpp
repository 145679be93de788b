// Files that change while they are read: what is read is stored, and nothing else.
#include <annulus/pipeline/input.hpp>

#include "support.hpp"

namespace annulus::pipeline::testing {
namespace {

class changing_input : public ::testing::TestWithParam<hand_over> {
 protected:
  // Stores blocks of 1000 bytes, and calls `change` once when `when` bytes were read.
  template <class Change>
  bytes stored(std::uint64_t when, Change change, std::size_t size = 10'000) {
    auto how = options(where_, {.data = 3, .parity = 2, .block = 1000});
    how.hand = GetParam();
    how.progress = [&](std::uint64_t done) {
      if (done == when) change();
    };
    const auto report = put_bytes(where_, how, noise(size));
    const auto data = get_bytes({.name = "object", .disks = how.disks});
    EXPECT_EQ(report.bytes, data.size());
    return data;
  }

  scratch where_;
};

INSTANTIATE_TEST_SUITE_P(hands, changing_input,
                         ::testing::Values(hand_over::copy, hand_over::copy_in,
                                           hand_over::in_place));

TEST_P(changing_input, that_grows_is_read_to_its_new_end) {
  const auto longer = noise(12'345);
  EXPECT_EQ(stored(9000, [&] { write_bytes(where_ / "input", longer); }), longer);
}

// A longer block behind a short one would lie where no reader looks for it.
TEST_P(changing_input, that_grows_behind_its_end_is_what_it_was) {
  const auto change = [&] { write_bytes(where_ / "input", noise(20'000)); };
  EXPECT_EQ(stored(10'500, change, 10'500), noise(10'500));
}

TEST_P(changing_input, that_shrinks_is_read_to_its_new_end) {
  const auto whole = noise(10'000);
  EXPECT_EQ(stored(2000, [&] { fs::resize_file(where_ / "input", 3500); }),
            bytes(whole.begin(), whole.begin() + 3500));
}

TEST_P(changing_input, that_shrinks_behind_what_was_read_ends_there) {
  const auto whole = noise(10'000);
  EXPECT_EQ(stored(5000, [&] { fs::resize_file(where_ / "input", 10); }),
            bytes(whole.begin(), whole.begin() + 5000));
}

// Every length of a last block: its shards are laid out anew.
TEST_P(changing_input, of_any_length_comes_back) {
  auto how = options(where_, {.data = 3, .parity = 2, .block = 10});
  how.hand = GetParam();
  for (std::size_t size = 0; size <= 31; ++size) {
    put_bytes(where_, how, noise(size));
    EXPECT_EQ(get_bytes({.name = "object", .disks = how.disks}), noise(size)) << size;
  }
}

}  // namespace
}  // namespace annulus::pipeline::testing
