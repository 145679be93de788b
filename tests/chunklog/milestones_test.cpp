// What the I/O thread learns of where records end, without a look at them.
#include "milestones.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <annulus/error.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <stop_token>
#include <system_error>
#include <thread>
#include <vector>

namespace annulus::chunklog {

inline bool operator==(const milestones::mark& a, const milestones::mark& b) {
  return a.position == b.position && a.next_id == b.next_id;
}
inline void PrintTo(const milestones::mark& seen, std::ostream* out) {  // NOLINT: GoogleTest's name
  *out << "record " << seen.next_id << " from " << seen.position;
}

namespace test {
namespace {

using mark = milestones::mark;

constexpr std::uint64_t apart = std::uint64_t{16} << 10U;
constexpr mark beginning{0, 0};

// A log for whose ring so many marks are kept, appended to and written by one thread.
class stretch {
 public:
  explicit stretch(std::size_t room) : marks_(room * apart) {}

  mark append(std::uint64_t bytes) {
    end_ = {end_.position + bytes, end_.next_id + 1};
    marks_.set(end_);
    return end_;
  }
  std::optional<mark> last_up_to(std::uint64_t position) { return marks_.last_up_to(position); }
  [[nodiscard]] std::uint64_t position() const { return end_.position; }

 private:
  milestones marks_;
  mark end_{0, 1};
};

TEST(milestones, begin_with_the_log) {
  stretch log(4);
  EXPECT_EQ(log.last_up_to(0), beginning);
  EXPECT_EQ(log.last_up_to(10 * apart), beginning);
}

TEST(milestones, stand_no_nearer_than_their_spacing) {
  stretch log(4);
  log.append(apart - 1);
  EXPECT_EQ(log.last_up_to(log.position()), beginning);
  const auto first = log.append(1);
  EXPECT_EQ(log.last_up_to(log.position()), first);
  log.append(apart - 1);
  EXPECT_EQ(log.last_up_to(log.position()), first);
  const auto second = log.append(apart);
  EXPECT_EQ(log.last_up_to(log.position()), second);
}

TEST(milestones, are_not_moved_by_records_of_no_bytes) {
  stretch log(4);
  const auto first = log.append(apart);
  for (int i = 0; i < 100; ++i) log.append(0);
  EXPECT_EQ(log.last_up_to(log.position()), first);
}

TEST(milestones, show_where_a_record_begins_that_is_written_in_parts) {
  stretch log(64);
  const auto before = log.append(apart);
  const auto behind = log.append(5 * apart);
  for (auto written = before.position; written < behind.position; written += apart / 3)
    ASSERT_EQ(log.last_up_to(written), before) << written;
  EXPECT_EQ(log.last_up_to(behind.position - 1), before);
  EXPECT_EQ(log.last_up_to(behind.position), behind);
}

TEST(milestones, show_the_last_one_of_many) {
  stretch log(8);
  log.append(apart);
  log.append(apart);
  const auto third = log.append(apart);
  const auto fourth = log.append(apart);
  EXPECT_EQ(log.last_up_to(fourth.position - 1), third);
  EXPECT_EQ(log.last_up_to(fourth.position), fourth);
}

TEST(milestones, know_of_none_before_one_that_was_passed) {
  stretch log(8);
  const auto first = log.append(apart);
  const auto second = log.append(apart);
  EXPECT_EQ(log.last_up_to(second.position), second);
  EXPECT_EQ(log.last_up_to(first.position), std::nullopt);
  EXPECT_EQ(log.last_up_to(second.position), second);
}

TEST(milestones, miss_those_that_find_no_room_and_go_on) {
  constexpr std::size_t room = 3;
  stretch log(room);
  std::vector<mark> set;
  for (std::size_t i = 0; i < 2 * room; ++i) set.push_back(log.append(apart));
  EXPECT_EQ(log.last_up_to(log.position()), set[room - 1]);
  // A partial one would have shifted all that come behind it.
  for (std::size_t i = 0; i < 10 * room; ++i) {
    const auto later = log.append(apart);
    ASSERT_EQ(log.last_up_to(log.position()), later) << i;
  }
}

TEST(milestones, do_for_a_ring_with_room_for_one) {
  milestones marks(2 * apart - 1);
  for (std::uint64_t i = 1; i <= 10; ++i) {
    const mark here{i * apart, i};
    marks.set(here);
    marks.set({here.position + apart / 2, i});
    ASSERT_EQ(marks.last_up_to(here.position + apart / 2), here);
  }
}

TEST(milestones, refuse_a_ring_with_room_for_none) {
  try {
    const milestones marks(apart - 1);
    ADD_FAILURE() << "accepted";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), annulus::errc::bad_capacity);
  }
}

// As in the log: what is appended and not yet asked for is never more than the ring holds.
RC_GTEST_PROP(milestones, are_never_farther_behind_than_a_record_and_their_spacing, ()) {
  const auto room = *rc::gen::inRange<std::size_t>(1, 20);
  const auto most = *rc::gen::inRange<std::uint64_t>(1, room * apart + 1);
  stretch log(room);
  std::vector<mark> ends{beginning};
  std::uint64_t asked = 0;
  for (int left = *rc::gen::inRange(0, 500); left > 0; --left) {
    const auto bytes = *rc::gen::inRange<std::uint64_t>(1, most + 1);
    if (log.position() + bytes - asked > room * apart || *rc::gen::inRange(0, 4) == 0) {
      asked = *rc::gen::inRange(asked, log.position() + 1);
      const auto seen = log.last_up_to(asked);
      RC_ASSERT(seen.has_value());
      RC_ASSERT(std::find(ends.begin(), ends.end(), *seen) != ends.end());
      RC_ASSERT(seen->position <= asked);
      // One ends less than a record before what was asked for, and was set, or another one less
      // than the spacing before it.
      RC_ASSERT(asked - seen->position < most + apart);
    } else {
      ends.push_back(log.append(bytes));
    }
  }
}

// At any rate of the two: none torn, none twice, in order.
RC_GTEST_PROP(milestones, show_only_what_was_set, ()) {
  const auto room = *rc::gen::inRange<std::size_t>(1, 20);
  stretch log(room);
  std::vector<mark> ends{beginning};
  std::uint64_t passed = 0;
  for (int left = *rc::gen::inRange(0, 500); left > 0; --left) {
    if (*rc::gen::inRange(0, 4) > 0) {
      ends.push_back(log.append(*rc::gen::inRange<std::uint64_t>(0, 3 * apart)));
      continue;
    }
    const auto asked = *rc::gen::inRange<std::uint64_t>(0, log.position() + 2 * apart);
    const auto seen = log.last_up_to(asked);
    RC_ASSERT(seen.has_value() == (asked >= passed));
    if (!seen) continue;
    RC_ASSERT(std::find(ends.begin(), ends.end(), *seen) != ends.end());
    RC_ASSERT(seen->position >= passed && seen->position <= asked);
    passed = seen->position;
  }
}

TEST(milestones, cross_from_one_thread_to_another) {
  constexpr std::uint64_t enough = 10'000;
  constexpr std::uint64_t far = std::uint64_t{1} << 60U;
  const auto at = [](std::uint64_t id) { return mark{id * apart, ~id}; };
  milestones marks(64 * apart);
  const std::jthread appending([&](const std::stop_token& stop) {
    for (std::uint64_t id = 1; !stop.stop_requested(); ++id) marks.set(at(id));
  });
  mark before = beginning;
  auto ahead = apart;
  for (std::uint64_t passed = 0; passed < enough;) {
    const auto asked = before.position + ahead;
    const auto seen = marks.last_up_to(asked);
    ASSERT_TRUE(seen);
    ASSERT_LE(seen->position, asked);
    if (seen->position == before.position) {
      // Those in between found no room.
      ahead = std::min(2 * ahead, far);
      std::this_thread::yield();
      continue;
    }
    ASSERT_GT(seen->position, before.position);
    ASSERT_EQ(*seen, at(seen->position / apart));
    before = *seen;
    ahead = apart;
    ++passed;
  }
}

}  // namespace
}  // namespace test
}  // namespace annulus::chunklog
