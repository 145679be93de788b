// Rot: every byte of a small log is flipped, and every file cut at every place. It is found, or it
// is provably harmless: nothing is lost, and no wrong payload is ever given.
#include <gtest/gtest.h>

#include <annulus/chunklog/view.hpp>
#include <map>

#include "directory.hpp"
#include "payload.hpp"
#include "reopening.hpp"
#include "support/thinned.hpp"
#include "watchdog.hpp"

namespace annulus::crash {
namespace {

using chunklog::chunk_log;
using chunklog::log_view;

constexpr std::uint64_t all_records = 14;
constexpr std::uint64_t done_records = 2;

class damage : public ::testing::Test {
 protected:
  damage() {
    shape_.how.chunk_bytes = 300;
    shape_.size = [](std::uint64_t id) { return id * 23 % 70; };
    {
      auto opened = chunk_log::open(directory_.path(), shape_.how);
      EXPECT_TRUE(opened.ok()) << opened.message;
      for (std::uint64_t id = 1; id <= all_records; ++id) {
        EXPECT_TRUE(
            opened.log->writer().append(view_of(payload_of(id, first_life, shape_.size(id)))).ok());
      }
      for (std::uint64_t id = 1; id <= done_records; ++id) {
        EXPECT_EQ(opened.log->reader().next().id, id);
        EXPECT_TRUE(opened.log->reader().acknowledge(id).ok());
      }
      EXPECT_TRUE(opened.log->close().ok());
    }
    whole_ = contents_of(directory_.path());
  }

  // What is in the log is checked twice: as a view sees it, and as a reader that goes on until an
  // error. Returns whether either has found something.
  bool found(const image& broken, const std::string& what) {
    materialise(broken, directory_.path());
    bool seen = false;
    {
      auto viewed = log_view::open(directory_.path());
      EXPECT_TRUE(viewed.ok()) << what << ": " << viewed.message;
      if (!viewed.ok()) return true;
      auto& view = *viewed.view;
      seen = !view.faults().empty() || !view.check().empty();
      for (std::size_t i = 0; i < view.size(); ++i) {
        std::vector<std::byte> payload(view.entries()[i].payload_bytes);
        if (!view.read(i, payload).ok()) {
          EXPECT_TRUE(seen) << what;
          continue;
        }
        expect_right(view.entries()[i].id, payload, what);
      }
    }
    auto opened = chunk_log::open(directory_.path(), shape_.how);
    if (!opened.ok()) {
      EXPECT_TRUE(seen) << what << ": a view sees nothing of: " << opened.message;
      return true;
    }
    if (!opened.found.notes.empty()) seen = true;
    EXPECT_TRUE(opened.log->writer().close().ok());
    std::uint64_t last = opened.found.acknowledged;
    for (;;) {
      const auto record = opened.log->reader().next();
      if (!record.ok()) {
        if (record.error != chunklog::errc::end_of_stream) {
          EXPECT_TRUE(seen) << what << ": a view sees nothing of: " << record.message;
          return true;
        }
        break;
      }
      EXPECT_EQ(record.id, last + 1) << what;
      last = record.id;
      expect_right(record.id, record.payload, what);
    }
    if (!seen) {
      // Harmless: all that was there is there.
      EXPECT_EQ(last, all_records) << what;
      EXPECT_EQ(opened.found.acknowledged, done_records) << what;
    }
    return seen;
  }

  void expect_right(std::uint64_t id, bytes_view payload, const std::string& what) {
    EXPECT_NE(lives_of(id, payload, shape_.size(id)), 0) << what << ": record " << id;
  }

  const scratch directory_;
  log_shape shape_{};
  image whole_{};
  std::map<std::string, std::pair<int, int>> count_{};  // found and harmless, by file
  std::string at_{};
};

TEST_F(damage, of_any_one_byte_is_found_or_harmless) {
  const watchdog guard([this] { return at_; });
  for (const auto& [name, bytes] : whole_) {
    for (std::size_t i = 0; i < bytes.size(); i += support::thinned) {
      for (const int flip : {0x01, 0x80, 0xFF}) {
        auto broken = whole_;
        auto& byte = broken[name][i];
        byte = static_cast<char>(byte ^ flip);
        at_ = name + ", byte " + std::to_string(i) + " with " + std::to_string(flip);
        ++(found(broken, at_) ? count_[name].first : count_[name].second);
        if (HasFailure()) return;
      }
    }
  }
  for (const auto& [name, count] : count_) {
    RecordProperty(name, std::to_string(count.first) + " found, " + std::to_string(count.second) +
                             " harmless");
    if (name.ends_with(".chunk") && name != whole_.begin()->first) {
      EXPECT_EQ(count.second, 0) << name << ": rot of a record that nobody has acknowledged";
    }
  }
}

TEST_F(damage, by_cutting_any_file_anywhere_is_found_or_harmless) {
  const watchdog guard([this] { return at_; });
  for (const auto& [name, bytes] : whole_) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      auto broken = whole_;
      broken[name].resize(i);
      at_ = name + " cut to " + std::to_string(i);
      ++(found(broken, at_) ? count_[name].first : count_[name].second);
      if (HasFailure()) return;
    }
    auto broken = whole_;
    broken.erase(name);
    at_ = name + " removed";
    found(broken, at_);
    if (HasFailure()) return;
  }
  for (const auto& [name, count] : count_) {
    if (name.ends_with(".chunk")) {
      EXPECT_EQ(count.second, 0) << name;
    }
  }
}

}  // namespace
}  // namespace annulus::crash
