// The checker itself, against the shapes whose outcomes the C++20 memory model settles. Each test
// asserts what can be seen and, by giving the whole set, what cannot.
#include <gtest/gtest.h>

#include <tuple>

#include "checker/platform.hpp"
#include "checker/scenario.hpp"

namespace annulus::model {
namespace {

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;
using word = atomic<std::uint32_t>;
using pair = std::pair<std::uint32_t, std::uint32_t>;
using pairs = std::set<pair>;

// Nothing is bounded but the number of threads.
constexpr limits unbounded{.preemptions = 100, .stale = 100, .spurious = 0};

template <class Scenario>
auto all(Scenario scenario) {
  const auto [seen, end] = outcomes(unbounded, scenario);
  EXPECT_EQ(end.failure, "");
  EXPECT_TRUE(end.complete);
  return seen;
}

template <class Scenario>
std::string failure(Scenario scenario, limits bounds = unbounded) {
  return engine(bounds).explore(scenario).failure;
}

void fence(std::memory_order how) {
  engine::here().fence(how, where::current());
}

// --- store buffering -----------------------------------------------------------------------------

struct nothing {
  void operator()() const {}
};

template <class Left = nothing, class Right = nothing>
pairs store_buffering(std::memory_order store, std::memory_order load, Left left = {},
                      Right right = {}) {
  return all([=] {
    word x, y;
    std::uint32_t a = 9, b = 9;
    thread("left", [&] {
      x.store(1, store);
      left();
      a = y.load(load);
    });
    thread("right", [&] {
      y.store(1, store);
      right();
      b = x.load(load);
    });
    join();
    return pair(a, b);
  });
}

const pairs any_pair{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
const pairs one_sees_the_other{{0, 1}, {1, 0}, {1, 1}};

TEST(store_buffering, both_may_miss_the_other_unless_all_is_seq_cst) {
  EXPECT_EQ(store_buffering(memory_order_relaxed, memory_order_relaxed), any_pair);
  EXPECT_EQ(store_buffering(memory_order_release, memory_order_acquire), any_pair);
  EXPECT_EQ(store_buffering(memory_order_seq_cst, memory_order_acquire), any_pair);
  EXPECT_EQ(store_buffering(memory_order_release, memory_order_seq_cst), any_pair);
  EXPECT_EQ(store_buffering(memory_order_seq_cst, memory_order_seq_cst), one_sees_the_other);
}

TEST(store_buffering, seq_cst_fences_on_both_sides_suffice) {
  const auto full = [] { fence(memory_order_seq_cst); };
  const auto half = [] { fence(memory_order_acq_rel); };
  EXPECT_EQ(store_buffering(memory_order_relaxed, memory_order_relaxed, full, full),
            one_sees_the_other);
  EXPECT_EQ(store_buffering(memory_order_relaxed, memory_order_relaxed, full), any_pair);
  EXPECT_EQ(store_buffering(memory_order_relaxed, memory_order_relaxed, half, half), any_pair);
}

TEST(store_buffering, a_membarrier_on_one_side_suffices) {
  using platform = asymmetric_platform;
  EXPECT_EQ(store_buffering(
                memory_order_relaxed, memory_order_relaxed, [] { platform::light_barrier(); },
                [] { platform::heavy_barrier(); }),
            one_sees_the_other);
  EXPECT_EQ(store_buffering(
                memory_order_relaxed, memory_order_relaxed, [] { platform::light_barrier(); },
                [] { platform::light_barrier(); }),
            any_pair);
}

TEST(store_buffering, a_fence_and_seq_cst_accesses_mix_as_31_4_p4_says) {
  const auto full = [] { fence(memory_order_seq_cst); };
  // One side fenced, the other all seq_cst.
  const auto mixed = [&](std::memory_order store, std::memory_order load) {
    return all([=] {
      word x, y;
      std::uint32_t a = 9, b = 9;
      thread("fenced", [&] {
        x.store(1, memory_order_relaxed);
        full();
        a = y.load(memory_order_relaxed);
      });
      thread("sequential", [&] {
        y.store(1, store);
        b = x.load(load);
      });
      join();
      return pair(a, b);
    });
  };
  EXPECT_EQ(mixed(memory_order_seq_cst, memory_order_seq_cst), one_sees_the_other);
  EXPECT_EQ(mixed(memory_order_release, memory_order_seq_cst), any_pair);
  EXPECT_EQ(mixed(memory_order_seq_cst, memory_order_relaxed), any_pair);
}

// --- message passing -----------------------------------------------------------------------------

pairs message_passing(std::memory_order data_store, std::memory_order flag_store,
                      std::memory_order flag_load, std::memory_order data_load) {
  return all([=] {
    word data, flag;
    std::uint32_t a = 9, b = 9;
    thread("sender", [&] {
      data.store(1, data_store);
      flag.store(1, flag_store);
    });
    thread("receiver", [&] {
      a = flag.load(flag_load);
      b = data.load(data_load);
    });
    join();
    return pair(a, b);
  });
}
const pairs flag_implies_data{{0, 0}, {0, 1}, {1, 1}};

TEST(message_passing, needs_release_and_acquire) {
  constexpr auto relaxed = memory_order_relaxed;
  EXPECT_EQ(message_passing(relaxed, relaxed, relaxed, relaxed), any_pair);
  EXPECT_EQ(message_passing(relaxed, memory_order_release, relaxed, relaxed), any_pair);
  EXPECT_EQ(message_passing(relaxed, relaxed, memory_order_acquire, relaxed), any_pair);
  EXPECT_EQ(message_passing(relaxed, memory_order_release, memory_order_acquire, relaxed),
            flag_implies_data);
  EXPECT_EQ(message_passing(relaxed, memory_order_seq_cst, memory_order_seq_cst, relaxed),
            flag_implies_data);
}

TEST(message_passing, seq_cst_data_does_not_order_a_relaxed_flag) {
  // The order S need not be the order in which things happened: nothing makes the load of data
  // follow its store in S.
  EXPECT_EQ(message_passing(memory_order_seq_cst, memory_order_relaxed, memory_order_relaxed,
                            memory_order_seq_cst),
            any_pair);
  EXPECT_EQ(message_passing(memory_order_seq_cst, memory_order_seq_cst, memory_order_seq_cst,
                            memory_order_seq_cst),
            flag_implies_data);
}

TEST(message_passing, fences_do_as_well) {
  const auto fenced = [](std::memory_order release, std::memory_order acquire) {
    return all([=] {
      word data, flag;
      std::uint32_t a = 9, b = 9;
      thread("sender", [&] {
        data.store(1, memory_order_relaxed);
        fence(release);
        flag.store(1, memory_order_relaxed);
      });
      thread("receiver", [&] {
        a = flag.load(memory_order_relaxed);
        fence(acquire);
        b = data.load(memory_order_relaxed);
      });
      join();
      return pair(a, b);
    });
  };
  EXPECT_EQ(fenced(memory_order_release, memory_order_acquire), flag_implies_data);
  EXPECT_EQ(fenced(memory_order_acquire, memory_order_acquire), any_pair);
  EXPECT_EQ(fenced(memory_order_release, memory_order_release), any_pair);
}

TEST(message_passing, goes_through_a_third_thread) {
  const auto seen = [](std::memory_order store, std::memory_order load) {
    return all([=] {
      word data, first, second;
      std::uint32_t a = 9, b = 9, c = 9;
      thread("sender", [&] {
        data.store(1, memory_order_relaxed);
        first.store(1, store);
      });
      thread("relay", [&] {
        a = first.load(load);
        second.store(a, store);
      });
      thread("receiver", [&] {
        b = second.load(load);
        c = data.load(memory_order_relaxed);
      });
      join();
      return std::tuple(a, b, c);
    });
  };
  EXPECT_FALSE(seen(memory_order_release, memory_order_acquire).contains({1, 1, 0}));
  EXPECT_TRUE(seen(memory_order_release, memory_order_acquire).contains({1, 1, 1}));
  EXPECT_TRUE(seen(memory_order_relaxed, memory_order_acquire).contains({1, 1, 0}));
}

// --- independent reads of independent writes -----------------------------------------------------

bool readers_may_disagree(std::memory_order store, std::memory_order load) {
  const auto seen = all([=] {
    word x, y;
    std::uint32_t a = 9, b = 9, c = 9, d = 9;
    thread("x", [&] { x.store(1, store); });
    thread("y", [&] { y.store(1, store); });
    thread("xy", [&] {
      a = x.load(load);
      b = y.load(load);
    });
    thread("yx", [&] {
      c = y.load(load);
      d = x.load(load);
    });
    join();
    return std::tuple(a, b, c, d);
  });
  EXPECT_TRUE(seen.contains({1, 1, 1, 1}));
  return seen.contains({1, 0, 1, 0});
}

TEST(independent_reads, disagree_unless_seq_cst) {
  EXPECT_TRUE(readers_may_disagree(memory_order_relaxed, memory_order_relaxed));
  EXPECT_TRUE(readers_may_disagree(memory_order_release, memory_order_acquire));
  EXPECT_TRUE(readers_may_disagree(memory_order_seq_cst, memory_order_acquire));
  // Since C++20 the loads suffice: two of one location are coherence-ordered by a store between.
  EXPECT_FALSE(readers_may_disagree(memory_order_release, memory_order_seq_cst));
  EXPECT_FALSE(readers_may_disagree(memory_order_seq_cst, memory_order_seq_cst));
}

// --- 2+2W: the order of stores -------------------------------------------------------------------

bool first_stores_may_win(std::memory_order how) {
  return all([=] {
           word x, y;
           thread("xy", [&] {
             x.store(1, how);
             y.store(2, how);
           });
           thread("yx", [&] {
             y.store(1, how);
             x.store(2, how);
           });
           join();
           return pair(x.load(memory_order_relaxed), y.load(memory_order_relaxed));
         })
      .contains({1, 1});
}

TEST(two_plus_two_writes, are_ordered_by_seq_cst_only) {
  EXPECT_TRUE(first_stores_may_win(memory_order_relaxed));
  EXPECT_TRUE(first_stores_may_win(memory_order_release));
  EXPECT_FALSE(first_stores_may_win(memory_order_seq_cst));
}

// --- load buffering: where the checker is weaker than the standard -------------------------------

TEST(load_buffering, is_not_modelled) {
  const auto seen = all([] {
    word x, y;
    std::uint32_t a = 9, b = 9;
    thread("xy", [&] {
      a = x.load(memory_order_relaxed);
      y.store(1, memory_order_relaxed);
    });
    thread("yx", [&] {
      b = y.load(memory_order_relaxed);
      x.store(1, memory_order_relaxed);
    });
    join();
    return pair(a, b);
  });
  EXPECT_EQ(seen, (pairs{{0, 0}, {0, 1}, {1, 0}}));  // the standard allows {1, 1}
}

// --- coherence -----------------------------------------------------------------------------------

TEST(coherence, a_thread_never_reads_backwards) {
  const auto seen = all([] {
    word x;
    std::uint32_t a = 9, b = 9;
    thread("writer", [&] {
      x.store(1, memory_order_relaxed);
      x.store(2, memory_order_relaxed);
    });
    thread("reader", [&] {
      a = x.load(memory_order_relaxed);
      b = x.load(memory_order_relaxed);
    });
    join();
    return pair(a, b);
  });
  EXPECT_EQ(seen, (pairs{{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}}));
}

TEST(coherence, a_thread_reads_its_own_store_or_a_later_one) {
  const auto seen = all([] {
    word x;
    std::uint32_t a = 9;
    thread("one", [&] {
      x.store(1, memory_order_relaxed);
      a = x.load(memory_order_relaxed);
    });
    thread("two", [&] { x.store(2, memory_order_relaxed); });
    join();
    return pair(a, x.load(memory_order_relaxed));
  });
  EXPECT_EQ(seen, (pairs{{1, 1}, {1, 2}, {2, 2}}));
}

TEST(coherence, what_was_read_comes_before_what_is_written) {
  const auto seen = all([] {
    word x;
    std::uint32_t a = 9;
    thread("one", [&] {
      a = x.load(memory_order_relaxed);
      x.store(1, memory_order_relaxed);
    });
    thread("two", [&] { x.store(2, memory_order_relaxed); });
    join();
    return pair(a, x.load(memory_order_relaxed));
  });
  EXPECT_EQ(seen, (pairs{{0, 1}, {0, 2}, {2, 1}}));
}

TEST(coherence, a_store_that_a_release_covers_cannot_land_later) {
  // A waker clears a word, then bumps an epoch; a waiter that has seen the bump sets the word.
  const auto cleared_last = [](std::memory_order bump, std::memory_order look) {
    return all([=] {
             word target(7), epoch;
             std::uint32_t a = 9;
             thread("waker", [&] {
               target.store(0, memory_order_relaxed);
               epoch.fetch_add(1, bump);
             });
             thread("waiter", [&] {
               a = epoch.load(look);
               target.store(5, memory_order_relaxed);
             });
             join();
             return pair(a, target.load(memory_order_relaxed));
           })
        .contains({1, 0});
  };
  EXPECT_FALSE(cleared_last(memory_order_release, memory_order_acquire));
  EXPECT_TRUE(cleared_last(memory_order_relaxed, memory_order_acquire));
  EXPECT_TRUE(cleared_last(memory_order_release, memory_order_relaxed));
}

// --- read-modify-writes and release sequences ----------------------------------------------------

TEST(updates, lose_nothing) {
  const auto seen = all([] {
    word x;
    for (const auto* name : {"one", "two"}) {
      thread(name, [&] {
        x.fetch_add(1, memory_order_relaxed);
        x.fetch_add(1, memory_order_relaxed);
      });
    }
    join();
    return x.load(memory_order_relaxed);
  });
  EXPECT_EQ(seen, (std::set<std::uint32_t>{4}));
}

TEST(updates, one_compare_exchange_wins) {
  const auto seen = all([] {
    word x;
    std::uint32_t wins = 0;
    for (std::uint32_t name : {1U, 2U}) {
      thread(std::to_string(name), [&, name] {
        std::uint32_t expected = 0;
        wins +=
            x.compare_exchange_strong(expected, name, memory_order_relaxed, memory_order_relaxed)
                ? 1
                : 0;
      });
    }
    join();
    return wins;
  });
  EXPECT_EQ(seen, (std::set<std::uint32_t>{1}));
}

TEST(updates, one_exchange_gets_what_was_put_there) {
  const auto seen = all([] {
    atomic<int*> slot;
    int thing = 0;
    std::uint32_t got = 0;
    slot.store(&thing, memory_order_relaxed);
    for (const auto* name : {"one", "two"}) {
      thread(name, [&] { got += slot.exchange(nullptr, memory_order_acq_rel) == &thing ? 1 : 0; });
    }
    join();
    return got;
  });
  EXPECT_EQ(seen, (std::set<std::uint32_t>{1}));
}

pairs after_the_release(std::function<void(word&)> continuation, bool in_the_same_thread) {
  return all([=] {
    word data, flag;
    std::uint32_t a = 9, b = 9;
    thread("releaser", [&] {
      data.store(1, memory_order_relaxed);
      flag.store(1, memory_order_release);
      if (in_the_same_thread) continuation(flag);
    });
    if (!in_the_same_thread) {
      thread("continuer", [&] { continuation(flag); });
    }
    thread("receiver", [&] {
      a = flag.load(memory_order_acquire);
      b = data.load(memory_order_relaxed);
    });
    join();
    return pair(a, b);
  });
}

TEST(release_sequence, is_continued_by_updates_of_any_thread) {
  const auto add = [](word& flag) { flag.fetch_add(10, memory_order_relaxed); };
  EXPECT_FALSE(after_the_release(add, true).contains({11, 0}));
  EXPECT_FALSE(after_the_release(add, false).contains({11, 0}));
  EXPECT_TRUE(after_the_release(add, false).contains({11, 1}));
  EXPECT_TRUE(after_the_release(add, false).contains({10, 0}));
}

TEST(release_sequence, is_not_continued_by_a_store_of_the_same_thread) {
  // It was before C++20, which hides the weakening of the later store.
  const auto store = [](word& flag) { flag.store(2, memory_order_relaxed); };
  EXPECT_TRUE(after_the_release(store, true).contains({2, 0}));
}

// --- plain data ----------------------------------------------------------------------------------

std::string plain_message(std::memory_order store, std::memory_order load) {
  return failure([=] {
    word flag;
    var<int> data = 0;
    thread("sender", [&] {
      data = 1;
      flag.store(1, store);
    });
    thread("receiver", [&] {
      if (flag.load(load) == 1) require(data == 1, "the data");
    });
    join();
  });
}

TEST(plain_data, races_unless_published) {
  EXPECT_EQ(plain_message(memory_order_release, memory_order_acquire), "");
  EXPECT_NE(plain_message(memory_order_relaxed, memory_order_acquire).find("data race"),
            std::string::npos);
  EXPECT_NE(plain_message(memory_order_release, memory_order_relaxed).find("data race"),
            std::string::npos);
}

TEST(plain_data, read_then_overwritten_races_too) {
  const auto handed_back = [](std::memory_order store) {
    return failure([=] {
      word flag;
      std::byte ring{}, mine{1}, yours{};
      thread("reader", [&] {
        platform_base::copy(&yours, &ring, 1);
        flag.store(1, store);
      });
      thread("writer", [&] {
        if (flag.load(memory_order_acquire) == 1) platform_base::copy(&ring, &mine, 1);
      });
      join();
    });
  };
  EXPECT_EQ(handed_back(memory_order_release), "");
  EXPECT_NE(handed_back(memory_order_relaxed).find("data race"), std::string::npos);
}

TEST(plain_data, is_not_ordered_by_a_futex) {
  EXPECT_NE(failure([] {
              word flag;
              var<int> data = 0;
              thread("sender", [&] {
                data = 1;
                flag.store(1, memory_order_relaxed);
                platform_base::futex_wake(flag);
              });
              thread("receiver", [&] {
                platform_base::futex_wait(flag, 0, std::nullopt);
                (void)int(data);
              });
              join();
            }).find("data race"),
            std::string::npos);
}

TEST(plain_data, is_ordered_by_a_mutex) {
  const auto counted = all([] {
    mutex guard;
    var<int> count = 0;
    for (const auto* name : {"one", "two", "three"}) {
      thread(name, [&] {
        const std::unique_lock held(guard);
        count = count + 1;
      });
    }
    join();
    return int(count);
  });
  EXPECT_EQ(counted, (std::set<int>{3}));
}

// An atomic that its owner destroys, and says so; the user waits for that, or not.
std::string destroyed_beside_a_user(bool waits) {
  return failure([=] {
    auto x = std::make_unique<word>(0U);
    auto* const shared = x.get();
    word gone;
    thread("user", [=, &gone] {
      if (waits && gone.load(memory_order_acquire) == 0) return;
      shared->store(1, memory_order_relaxed);
    });
    thread("owner", [&] {
      x->~atomic();
      gone.store(1, memory_order_release);
    });
    join();
    (void)x.release();
  });
}
TEST(lifetime, a_use_after_destruction_is_found) {
  EXPECT_NE(destroyed_beside_a_user(true).find("use after destruction"), std::string::npos);
}
TEST(lifetime, a_destruction_that_a_use_does_not_happen_before_is_a_race) {
  EXPECT_NE(destroyed_beside_a_user(false).find("data race"), std::string::npos);
}
// The user is done, and says so with `how`; the owner waits for that.
std::string destroyed_behind_a_user(std::memory_order how) {
  return failure([=] {
    auto x = std::make_unique<word>(0U);
    word done;
    thread("user", [&] {
      x->store(1, memory_order_relaxed);
      done.store(1, how);
    });
    thread("owner", [&] {
      if (done.load(memory_order_acquire) == 1) x.reset();
    });
    join();
  });
}
TEST(lifetime, ends_behind_the_last_use) {
  EXPECT_EQ(destroyed_behind_a_user(memory_order_release), "");
  EXPECT_NE(destroyed_behind_a_user(memory_order_relaxed).find("data race"), std::string::npos);
}

// A store past the caches (copy.hpp) waits in a buffer of the core, which gives it to memory when
// it likes, as another thread would; its fence waits until it has. The index is published behind
// it, with a release, as a ring does.
std::string published_past_the_caches(bool is_fenced) {
  return failure([=] {
    word index, is_drained;
    var<int> line = 0;
    thread("buffer of the writer's core", [&] {
      line = 1;
      is_drained.store(1, memory_order_release);
    });
    thread("writer", [&] {
      while (is_fenced && is_drained.load(memory_order_acquire) == 0) platform_base::relax();
      index.store(1, memory_order_release);
    });
    thread("reader", [&] {
      if (index.load(memory_order_acquire) == 1) require(line == 1, "the published byte is there");
    });
    join();
  });
}
TEST(plain_data, past_the_caches_is_published_only_behind_its_fence) {
  EXPECT_EQ(published_past_the_caches(true), "");
  EXPECT_NE(published_past_the_caches(false).find("data race"), std::string::npos);
}

// --- waiting -------------------------------------------------------------------------------------

// An eventcount's sleeper: announces itself, looks once more, sleeps.
std::string parking(std::memory_order how, bool bump, limits bounds = unbounded) {
  return failure(
      [=] {
        word index, sleeper, epoch;
        thread("publisher", [&] {
          index.store(1, how);
          if (sleeper.load(how) == 0) return;
          if (bump) epoch.fetch_add(1, memory_order_release);
          platform_base::futex_wake(epoch);
        });
        thread("waiter", [&] {
          for (;;) {
            const auto ticket = epoch.load(memory_order_acquire);
            sleeper.store(1, how);
            if (index.load(how) == 1) return;
            platform_base::futex_wait(epoch, ticket, std::nullopt);
          }
        });
        join();
      },
      bounds);
}

TEST(futex, an_eventcount_loses_no_wake) {
  EXPECT_EQ(parking(memory_order_seq_cst, true), "");
}

TEST(futex, a_wake_is_lost_by_store_buffering) {
  EXPECT_NE(parking(memory_order_release, true).find("sleeps on a futex"), std::string::npos);
}

TEST(futex, a_wake_is_lost_between_the_last_look_and_the_sleep) {
  EXPECT_NE(parking(memory_order_seq_cst, false).find("sleeps on a futex"), std::string::npos);
}

TEST(futex, a_spurious_wake_does_not_save_a_lost_one) {
  auto bounds = unbounded;
  bounds.spurious = 1;
  EXPECT_EQ(parking(memory_order_seq_cst, true, bounds), "");
  EXPECT_NE(parking(memory_order_seq_cst, false, bounds), "");
}

TEST(futex, a_deadline_may_pass_at_any_time_and_always_does_in_the_end) {
  const auto seen = all([] {
    word flag;
    const auto limit = deadline(5);
    thread("sleeper", [&] { platform_base::futex_wait(flag, 0, limit); });
    thread("waker", [&] {
      flag.store(1, memory_order_relaxed);
      platform_base::futex_wake(flag);
    });
    join();
    return platform_base::now() >= limit;
  });
  EXPECT_EQ(seen, (std::set<bool>{false, true}));
}

std::string handing_over(bool checks_first, bool locks_to_set) {
  return failure([=] {
    mutex guard;
    condition_variable changed;
    word set;
    thread("setter", [&] {
      if (locks_to_set) {
        const std::unique_lock held(guard);
        set.store(1, memory_order_relaxed);
      } else {
        set.store(1, memory_order_relaxed);
      }
      changed.notify_one();
    });
    thread("waiter", [&] {
      std::unique_lock held(guard);
      if (!checks_first) return changed.wait(held);
      while (set.load(memory_order_relaxed) == 0) changed.wait(held);
    });
    join();
  });
}

TEST(condition, a_guarded_predicate_loses_no_notification) {
  EXPECT_EQ(handing_over(true, true), "");
}

TEST(condition, a_notification_to_nobody_is_lost) {
  EXPECT_NE(handing_over(false, true).find("sleeps on a condition variable"), std::string::npos);
}

TEST(condition, a_predicate_set_without_the_lock_loses_one) {
  EXPECT_NE(handing_over(true, false).find("sleeps on a condition variable"), std::string::npos);
}

TEST(condition, may_wake_spuriously) {
  auto bounds = unbounded;
  bounds.spurious = 1;
  const auto waits_once = [] {
    mutex guard;
    condition_variable changed;
    word set;
    thread("setter", [&] {
      const std::unique_lock held(guard);
      set.store(1, memory_order_relaxed);
      changed.notify_one();
    });
    thread("waiter", [&] {
      std::unique_lock held(guard);
      if (set.load(memory_order_relaxed) == 0) changed.wait(held);
      require(set.load(memory_order_relaxed) == 1, "set after the wait");
    });
    join();
  };
  EXPECT_EQ(failure(waits_once), "");
  EXPECT_NE(failure(waits_once, bounds), "");
}

TEST(mutex_order, opposite_orders_deadlock) {
  EXPECT_NE(failure([] {
              mutex a, b;
              thread("ab", [&] {
                const std::unique_lock first(a);
                const std::unique_lock second(b);
              });
              thread("ba", [&] {
                const std::unique_lock first(b);
                const std::unique_lock second(a);
              });
              join();
            }).find("wants a mutex"),
            std::string::npos);
}

TEST(spinning, ends_when_what_it_looks_at_changes) {
  EXPECT_EQ(failure([] {
              word flag;
              thread("spinner", [&] {
                while (flag.load(memory_order_acquire) == 0) platform_base::yield();
              });
              thread("setter", [&] { flag.store(1, memory_order_release); });
              join();
            }),
            "");
}

TEST(spinning, for_what_never_comes_is_found) {
  EXPECT_NE(failure([] {
              word flag;
              thread("spinner", [&] {
                while (flag.load(memory_order_acquire) == 0) platform_base::yield();
              });
              join();
            }).find("waits for a change"),
            std::string::npos);
}

TEST(spinning, by_the_clock_alone_is_found) {
  EXPECT_EQ(failure([] {
              thread("spinner", [&] {
                while (platform_base::now() < time_point::max()) {
                }
              });
              join();
            }),
            "livelock: no end after so many steps");
}

// --- the search ----------------------------------------------------------------------------------

TEST(search, a_failure_comes_with_its_schedule) {
  const auto end = engine(unbounded).explore([] {
    word x, y;
    std::uint32_t a = 9, b = 9;
    thread("left", [&] {
      x.store(1, memory_order_release);
      a = y.load(memory_order_acquire);
    });
    thread("right", [&] {
      y.store(1, memory_order_release);
      b = x.load(memory_order_acquire);
    });
    join();
    require(a + b > 0, "one sees the other");
  });
  EXPECT_EQ(end.failure, "required: one sees the other");
  EXPECT_FALSE(end.complete);
  std::string text;
  for (const auto& line : end.trace) text += line + '\n';
  EXPECT_NE(text.find("reads a stale value"), std::string::npos) << text;
  EXPECT_NE(text.find("litmus_test.cpp"), std::string::npos) << text;
}

TEST(search, finds_at_random_what_it_finds_exhaustively) {
  const auto drawn = [](std::uint64_t seed) {
    auto bounds = unbounded;
    bounds.runs = 500;
    bounds.seed = seed;
    return parking(memory_order_release, true, bounds);
  };
  EXPECT_NE(drawn(1), "");
  EXPECT_EQ(drawn(1), drawn(1));
}

TEST(search, the_bounds_bound) {
  // Without a stale read and without a preemption, store buffering is not seen.
  for (const auto& [bounds, found] : {std::pair(limits{.preemptions = 2, .stale = 0}, false),
                                      std::pair(limits{.preemptions = 0, .stale = 1}, true)}) {
    EXPECT_EQ(!parking(memory_order_release, true, bounds).empty(), found);
  }
}

}  // namespace
}  // namespace annulus::model
