// The states in which a killed put can leave disks, made by hand, and what get and the next put
// make of them.
#include "recovery.hpp"

#include "support.hpp"

namespace annulus::pipeline::testing {

class recovery : public ::testing::Test {
 protected:
  void put_text(const bytes& data) { put_bytes(where_, how_, data); }
  [[nodiscard]] bytes got() const { return get_bytes({.name = "object", .disks = how_.disks}); }
  [[nodiscard]] fs::path published(unsigned disk) const { return how_.disks[disk] / "object"; }
  [[nodiscard]] fs::path staged(unsigned disk) const {
    return how_.disks[disk] / ".annulus" / std::string(32, 'a');
  }
  void unpublish(unsigned disk) const { fs::rename(published(disk), staged(disk)); }

  // Puts `fresh` over `old` and turns the disks from `first_left` on back to before their rename.
  void replace_partly(const bytes& old, const bytes& fresh, unsigned first_left) {
    put_text(old);
    const scratch kept;
    for (unsigned i = 0; i < 6; ++i)
      fs::copy(published(i), kept / std::to_string(i), fs::copy_options::recursive);
    put_text(fresh);
    for (unsigned i = 0; i < 6; ++i) {
      if (i >= first_left) unpublish(i);
      fs::copy(kept / std::to_string(i), i >= first_left ? published(i) : staged(i),
               fs::copy_options::recursive);
    }
  }

  void expect_clean() const {
    for (const auto& disk : how_.disks) EXPECT_TRUE(fs::is_empty(disk / ".annulus")) << disk;
  }

  scratch where_;
  put_options how_ = options(where_, {.data = 4, .parity = 2, .block = 1000});
  bytes old_ = noise(5000, 1);
  bytes fresh_ = noise(6000, 2);
};

TEST_F(recovery, a_first_put_killed_among_its_renames_is_whole) {
  for (unsigned done = 1; done < 6; ++done) {
    put_text(fresh_);
    for (unsigned i = done; i < 6; ++i) unpublish(i);
    EXPECT_EQ(got(), fresh_);
    EXPECT_TRUE(verify({.disks = how_.disks}).objects.at(0).whole());
    recover(how_.disks);
    expect_clean();
    for (unsigned i = 0; i < 6; ++i) EXPECT_TRUE(fs::exists(published(i)));
    EXPECT_EQ(got(), fresh_);
  }
}

TEST_F(recovery, a_put_killed_before_its_last_meta_json_never_was) {
  put_text(fresh_);
  for (unsigned i = 0; i < 6; ++i) unpublish(i);
  fs::remove(staged(5) / "meta.json");
  EXPECT_EQ(sentence_of(error_kind::failed, [this] { static_cast<void>(got()); }),
            "object 'object' is on none of the 6 disks");
  EXPECT_TRUE(verify({.disks = how_.disks}).objects.empty());
  recover(how_.disks);
  expect_clean();
}

TEST_F(recovery, a_replacing_put_killed_among_its_renames_gives_the_new_object) {
  for (unsigned done = 1; done < 6; ++done) {
    replace_partly(old_, fresh_, done);
    EXPECT_EQ(got(), fresh_) << done;
    recover(how_.disks);
    expect_clean();
    EXPECT_EQ(got(), fresh_) << done;
    EXPECT_TRUE(verify({.disks = how_.disks}).objects.at(0).whole());
  }
}

TEST_F(recovery, a_replacing_put_killed_before_its_last_meta_json_leaves_the_old_object) {
  replace_partly(old_, fresh_, 0);
  fs::remove(staged(3) / "meta.json");
  EXPECT_EQ(got(), old_);
  recover(how_.disks);
  expect_clean();
  EXPECT_EQ(got(), old_);
}

// A heal that was killed, or lost power, before what it had rebuilt was whole.
TEST_F(recovery, a_staged_shard_that_cannot_be_used_is_removed) {
  for (const auto* const harmed : {"frames.bound", "meta.json"}) {
    put_text(fresh_);
    unpublish(2);
    flip_byte(staged(2) / harmed, 100);
    recover(how_.disks);
    expect_clean();
    EXPECT_FALSE(fs::exists(published(2)));
    EXPECT_EQ(got(), fresh_);
  }
}

TEST_F(recovery, what_lacks_some_of_its_disks_here_is_left_alone) {
  put_text(fresh_);
  for (unsigned i = 0; i < 6; ++i) unpublish(i);
  recover({how_.disks[0], how_.disks[1]});
  EXPECT_TRUE(fs::exists(staged(0)));
  recover(how_.disks);
  EXPECT_EQ(got(), fresh_);
  expect_clean();
}

}  // namespace annulus::pipeline::testing
