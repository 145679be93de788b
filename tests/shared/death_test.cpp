// The promise: SIGKILL either process of a pair, a hundred times at random, and the other reports
// the death within 100 ms, each time, and what was committed before is readable.
#include <chrono>
#include <cstdio>
#include <thread>

#include "process.hpp"

namespace annulus::shared_tests {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto promised = 100ms;
constexpr std::size_t kills_a_side = 50;
constexpr std::size_t capacity = 60'000;  // no power of two, and no whole pages

/// Kills a peer after a random time from another thread, so that this one may wait in a ring.
class killer {
 public:
  killer(const peer& victim, std::chrono::microseconds delay)
      : thread_([this, &victim, until = clock::now() + delay] {
          while (clock::now() < until) {
          }
          killed_ = clock::now();
          victim.kill();
        }) {}
  clock::time_point killed_at() {
    thread_.join();
    return killed_;
  }

 private:
  clock::time_point killed_;
  std::jthread thread_;
};

class death : public ::testing::Test {
 protected:
  death() : seed_(std::random_device{}()), random_(seed_) {}

  std::chrono::microseconds moment() { return std::chrono::microseconds(random_() % 5000); }

  void report(const char* whose, clock::duration latency) {
    worst_ = std::max(worst_, latency);
    EXPECT_LE(latency, promised) << whose;
  }
  void TearDown() override {
    const std::chrono::duration<double, std::milli> worst = worst_;
    std::printf("worst of %zu deaths: reported after %.3f ms\n", kills_a_side, worst.count());
    RecordProperty("worst_ms", std::to_string(worst.count()));
  }

  unsigned seed_;
  std::mt19937 random_;
  clock::duration worst_{};
};

// What the victim is doing, and whether it is to sleep in its call when it is killed.
struct doing {
  const char* action;
  bool blocked;
};
constexpr doing moments[] = {
    {"small", false}, {"large", false}, {"small", true}, {"large", true}, {"idle", false}};

/// Waits until the victim can go no further.
template <class Ring, class End>
void settle(const peer& victim, const End& mine) {
  if constexpr (std::is_same_v<Ring, flat_park> || std::is_same_v<Ring, mirror_park>) {
    while (!victim.asleep()) {
    }
  } else {
    // It never sleeps, so it waits if nothing moves for long.
    int unchanged = 0;
    for (auto last = mine.size(); unchanged < 100'000; ++unchanged) {
      if (mine.size() != last) unchanged = 0;
      last = mine.size();
    }
  }
}

TEST_F(death, of_the_writer_is_reported_in_time_and_what_it_committed_is_read) {
  for (std::size_t trial = 0; trial < kills_a_side; ++trial) {
    const auto name = ring_names[trial % std::size(ring_names)];
    const auto what = moments[trial % std::size(moments)];
    SCOPED_TRACE(::testing::Message() << "seed " << seed_ << ", trial " << trial << ", " << name
                                      << ", " << what.action << ", blocked " << what.blocked);
    with_ring(name, [&]<class Ring>(std::type_identity<Ring>) {
      const auto ring = Ring::create(capacity);
      auto reader = Ring::reader::attach(ring.fd());
      peer victim(name, "writer", what.action, ring.fd(), random_());
      std::byte first{};
      ASSERT_FALSE(reader.read({&first, 1}).error);
      EXPECT_EQ(first, pattern(0));
      if (what.blocked) settle<Ring>(victim, reader);
      killer at(victim, what.blocked ? 0us : moment());
      const auto got = read_all(reader, 1);
      const auto reported = clock::now();
      report("writer", reported - at.killed_at());
      EXPECT_EQ(got.end, errc::peer_died);
      EXPECT_TRUE(got.right);
      EXPECT_GE(got.bytes, victim.done());
      EXPECT_EQ(got.bytes, reader.stats().writer.bytes);
      EXPECT_TRUE(reader.empty());
    });
  }
}

TEST_F(death, of_the_reader_is_reported_in_time) {
  for (std::size_t trial = 0; trial < kills_a_side; ++trial) {
    const auto name = ring_names[trial % std::size(ring_names)];
    const auto what = moments[trial % std::size(moments)];
    SCOPED_TRACE(::testing::Message() << "seed " << seed_ << ", trial " << trial << ", " << name
                                      << ", " << what.action << ", blocked " << what.blocked);
    with_ring(name, [&]<class Ring>(std::type_identity<Ring>) {
      const auto ring = Ring::create(capacity);
      auto writer = Ring::writer::attach(ring.fd());
      peer victim(name, "reader", what.action, ring.fd(), random_());
      // It is there once it has read something.
      const bool reads = std::string_view(what.action) != "idle";
      const auto ahead = reads ? capacity * 10 : 1;
      ASSERT_FALSE(write_all(writer, ahead).end);
      if (!reads) {
        ASSERT_FALSE(writer.drain());
      }
      if (what.blocked) settle<Ring>(victim, writer);
      killer at(victim, what.blocked ? 0us : moment());
      const auto put = write_all(writer, ~std::uint64_t{0}, ahead);
      const auto reported = clock::now();
      report("reader", reported - at.killed_at());
      EXPECT_EQ(put.end, errc::peer_died);
      EXPECT_EQ(writer.drain(), errc::peer_died);
      EXPECT_EQ(put.bytes, writer.stats().writer.bytes);
      EXPECT_GE(writer.stats().reader.bytes, victim.done());
    });
  }
}

}  // namespace
}  // namespace annulus::shared_tests
