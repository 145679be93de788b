#include <cmath>

#include "fixtures.hpp"
#include "report/held_back.hpp"
#include "report/measured.hpp"
#include "suites/common/load.hpp"

namespace annulus::harness {
namespace {

constexpr double mb = 1e6;
constexpr std::uint64_t kib = 1U << 10U;

// Rings under a load, and a queue that is none of ours.
class loaded_suite final : public suite {
 public:
  loaded_suite()
      : suite({.name = "loaded",
               .description = "Messages under a load",
               .axes = {{"ring", "What bytes go through",
                         words({"pipe", "mutex", "futex", "spsc", "queue"}), "futex"},
                        {"ring_size", "What it holds", sizes(), 64 * kib},
                        {"write", "Bytes of a write", sizes(), 4 * kib},
                        {"read", "Bytes of a read", sizes(), 4 * kib},
                        {"load", "How it is driven",
                         patterns({"closed"}, "a load",
                                  [](auto text) { return bench::parse_load(text).has_value(); }),
                         "closed"}},
               .metrics = {{bytes_per_second, "MB/s", better::higher, 1e-6},
                           {cpu_per_gib, "CPU-s/GiB", better::lower},
                           {stall_p99, "stall p99 µs", better::lower},
                           {stall_p999, "stall p99.9 µs", better::lower}}}) {}
  [[nodiscard]] std::vector<std::string> shown(const json& /*key*/) const override {
    return {bytes_per_second};
  }
  [[nodiscard]] std::string role(const json& key) const override {
    return key.at("ring") == "queue" ? "peer" : "ring";
  }
  [[nodiscard]] double seconds(const json& /*key*/) const override { return 1; }
  [[nodiscard]] cell_result run(const cell_request& /*cell*/) const override { return {}; }
};

const loaded_suite& loaded() {
  static const loaded_suite only;
  return only;
}

json ring_key(const std::string& ring, std::uint64_t size, std::uint64_t message,
              const std::string& load) {
  return {
      {"ring", ring}, {"ring_size", size}, {"write", message}, {"read", message}, {"load", load}};
}

advice_request asking(std::uint64_t message, const std::string& load) {
  // Keys tell cells apart whatever the order of their axes.
  return {
      &loaded(),
      {{"load", load}, {"read", message}, {"write", message}, {"ring", "futex"}, {"ring_size", 1}}};
}

struct ring_figures {
  double rate_mb = 0;
  double cpu = 1;
  double p99 = 100;
  double p999 = 1000;
};

// Cells with six samples each, which spread by `spread` around the figures.
class measured_rings {
 public:
  cell_samples& add(const json& key, const ring_figures& given, double spread = 0.001,
                    int repetitions = 6) {
    cell_samples& cell = all_.emplace_back();
    cell.cell = all_.size() - 1;
    cell.key = key;
    for (int at = 1; at <= repetitions; ++at) {
      const double off = 1 + spread * (at - (repetitions + 1) / 2.0);
      cell_result& result = cell.results[at];
      result.verified = true;
      result.metrics = {{bytes_per_second, given.rate_mb * mb * off},
                        {cpu_per_gib, given.cpu * off},
                        {stall_p99, given.p99 * off},
                        {stall_p999, given.p999 * off}};
    }
    return cell;
  }
  // At the request that most tests ask for.
  cell_samples& add(const std::string& ring, std::uint64_t size, const ring_figures& given,
                    double spread = 0.001) {
    return add(ring_key(ring, size, 4 * kib, paced), given, spread);
  }
  [[nodiscard]] advice advised(const advice_request& asked = asking(4 * kib, paced)) const {
    auto out = advise(asked, all_);
    if (!out) throw error("there is no advice");
    return *std::move(out);
  }
  [[nodiscard]] std::string choice(const advice_request& asked = asking(4 * kib, paced)) const {
    return advised(asked).best().label();
  }
  [[nodiscard]] const std::vector<cell_samples>& all() const { return all_; }
  [[nodiscard]] std::vector<cell_samples>& all() { return all_; }

  static constexpr auto paced = "open:200MB/s+stall:4ms/40ms";

 private:
  std::vector<cell_samples> all_;
};

bool has_sentence(const std::vector<std::string>& sentences, const std::string& one) {
  return std::find(sentences.begin(), sentences.end(), one) != sentences.end();
}

TEST(advice, is_what_reaches_the_rate_with_the_least_stall) {
  measured_rings from;
  from.add("mutex", 64 * kib, {.rate_mb = 150, .cpu = 0.1, .p99 = 100});
  from.add("mutex", 1024 * kib, {.rate_mb = 200, .p99 = 9000});
  from.add("futex", 64 * kib, {.rate_mb = 199, .p99 = 40000});
  from.add("futex", 1024 * kib, {.rate_mb = 199, .p99 = 5000});
  from.add("queue", 1024 * kib, {.rate_mb = 200, .p99 = 10});
  const auto found = from.advised();
  EXPECT_EQ(found.best().label(), "futex 1MiB") << "a peer is none of ours";
  EXPECT_EQ(found.best().from, origin::measured);
  EXPECT_NEAR(found.best().figures.at(bytes_per_second).median, 199 * mb, 1);
  EXPECT_EQ(found.best().cells, std::vector<std::size_t>{3});
  ASSERT_EQ(found.rings.size(), 2U);
  EXPECT_EQ(found.rings[1].label(), "mutex 1MiB");
  EXPECT_EQ(found.why, "3 of 4 rings and sizes reach the rate; of 3 it has the best stall p99 µs");
}

TEST(advice, of_ties_is_what_takes_less_cpu_and_then_what_is_smaller) {
  measured_rings from;
  from.add("mutex", 64 * kib, {.rate_mb = 200, .cpu = 2, .p99 = 5000});
  from.add("spsc", 4096 * kib, {.rate_mb = 200, .cpu = 1, .p99 = 5150});
  from.add("futex", 1024 * kib, {.rate_mb = 200, .cpu = 1.01, .p99 = 5050});
  EXPECT_EQ(from.choice(), "futex 1MiB");
  // Intervals that meet are a tie, but not of medians that lie far apart.
  from.add("spsc", 64 * kib, {.rate_mb = 200, .cpu = 0.5, .p99 = 7000}, 0.2);
  EXPECT_EQ(from.choice(), "futex 1MiB");
  from.add("pipe", 64 * kib, {.rate_mb = 200, .cpu = 0.5, .p99 = 6000}, 0.2);
  EXPECT_EQ(from.choice(), "pipe");
  // Three samples have no interval.
  measured_rings few;
  for (const auto& [ring, stall] : {std::pair{"futex", 5000.0}, {"spsc", 6000.0}})
    few.add(ring_key(ring, 64 * kib, 4 * kib, measured_rings::paced),
            {.rate_mb = 200, .cpu = stall == 6000 ? 0.5 : 1, .p99 = stall}, 0.2, 3);
  EXPECT_EQ(few.choice(), "futex 64KiB");
}

TEST(advice, looks_at_no_difference_that_the_producer_or_the_stop_makes) {
  constexpr auto steady = "open:200MB/s";
  measured_rings from;
  for (const char* const load : {steady, measured_rings::paced}) {
    from.add(ring_key("spsc", 64 * kib, 4 * kib, load), {.rate_mb = 200, .cpu = 2, .p99 = 2});
    from.add(ring_key("futex", 64 * kib, 4 * kib, load), {.rate_mb = 200, .cpu = 1, .p99 = 21});
    from.add(ring_key("mutex", 64 * kib, 4 * kib, load), {.rate_mb = 200, .cpu = 0.5, .p99 = 199});
    from.add(ring_key("pipe", 64 * kib, 4 * kib, load), {.rate_mb = 200, .cpu = 0.1, .p99 = 299});
  }
  EXPECT_EQ(from.choice(asking(4 * kib, steady)), "futex 64KiB");
  EXPECT_EQ(from.choice(), "mutex 64KiB") << "a twentieth of the 4 ms";
}

TEST(advice, is_not_decided_by_a_percentile_that_one_preemption_makes_up) {
  measured_rings from;
  from.add("spsc", 64 * kib, {.rate_mb = 200, .cpu = 2, .p99 = 500, .p999 = 600});
  from.add("futex", 64 * kib, {.rate_mb = 200, .cpu = 1, .p99 = 500, .p999 = 4000});
  EXPECT_EQ(from.choice(), "futex 64KiB");
}

TEST(advice, learns_nothing_from_rings_that_hold_a_stop_of_those_that_do_not) {
  measured_rings from;
  for (const char* const ring : {"mutex", "futex"}) {
    for (const unsigned size : {512U, 4096U})
      from.add(ring_key(ring, size * kib, 4 * kib, "open:100MB/s+stall:4ms/40ms"),
               {.rate_mb = 100, .p99 = 50});
  }
  // 800 kB come during a stop at 200 MB/s, and 400 kB at 100 MB/s.
  EXPECT_EQ(from.choice(asking(4 * kib, "open:100MB/s+stall:4ms/40ms")), "futex 512KiB");
  const auto found = from.advised();
  EXPECT_EQ(found.best().size, 4096 * kib);
  EXPECT_EQ(found.best().from, origin::nearest);
}

TEST(advice, without_a_rate_is_what_is_fastest) {
  measured_rings from;
  const auto closed = asking(4 * kib, "closed");
  const auto add = [&](const std::string& ring, const ring_figures& given) {
    from.add(ring_key(ring, 64 * kib, 4 * kib, "closed"), given);
  };
  add("mutex", {.rate_mb = 900, .cpu = 0.1, .p99 = 1});
  add("futex", {.rate_mb = 2000, .cpu = 2, .p99 = 900});
  add("spsc", {.rate_mb = 1950, .cpu = 1, .p99 = 9000});
  const auto found = from.advised(closed);
  EXPECT_EQ(found.best().label(), "spsc 64KiB");
  EXPECT_TRUE(has_sentence(found.changes,
                           "if CPU matters more: mutex 64KiB, CPU-s/GiB 0.100 instead of 1.00, "
                           "but MB/s 900 instead of 1950"))
      << json(found.changes);
}

TEST(advice, comes_as_near_as_it_can_where_none_reaches_the_rate) {
  measured_rings from;
  from.add("mutex", 64 * kib, {.rate_mb = 100, .p99 = 100});
  from.add("futex", 64 * kib, {.rate_mb = 150, .p99 = 90000});
  const auto found = from.advised();
  EXPECT_EQ(found.best().label(), "futex 64KiB");
  EXPECT_FALSE(found.best().reaches_rate);
  EXPECT_NE(to_text(found, {}, from.all()).find("No ring reaches the rate"), std::string::npos);
  // What a slow consumer takes is all that can arrive.
  measured_rings slow;
  for (const char* const ring : {"mutex", "futex"})
    slow.add(ring_key(ring, 64 * kib, 4 * kib, "open:200MB/s+slow:150MB/s"), {.rate_mb = 149});
  EXPECT_TRUE(slow.advised(asking(4 * kib, "open:200MB/s+slow:150MB/s")).best().reaches_rate);
}

TEST(advice, is_interpolated_between_neighbours_in_logarithms) {
  measured_rings from;
  for (const char* const ring : {"mutex", "futex"}) {
    const double worse = ring == std::string("mutex") ? 2 : 1;
    for (const auto& [message, rate, stall] :
         {std::tuple{1U, 100U, 100.0}, {16U, 100U, 400.0}, {1U, 400U, 900.0}, {16U, 400U, 3600.0}})
      from.add(ring_key(ring, 64 * kib, message * kib, "open:" + std::to_string(rate) + "MB/s"),
               {.rate_mb = rate * 0.98, .cpu = 1, .p99 = stall * worse});
  }
  const auto one = from.advised(asking(4 * kib, "open:100MB/s"));
  EXPECT_EQ(one.best().label(), "futex 64KiB");
  EXPECT_EQ(one.best().from, origin::interpolated);
  EXPECT_EQ(one.best().cells.size(), 2U);
  EXPECT_NEAR(one.best().figures.at(stall_p99).median, 200, 0.1);
  EXPECT_TRUE(one.best().figures.at(stall_p99).has_interval());
  const auto both = from.advised(asking(4 * kib, "open:200MB/s"));
  EXPECT_EQ(both.best().cells.size(), 4U);
  EXPECT_NEAR(both.best().figures.at(stall_p99).median, 600, 0.1);
  EXPECT_NEAR(both.best().figures.at(bytes_per_second).median, 196 * mb, mb / 10)
      << "of a rate, the part that arrives is what is interpolated";
  EXPECT_FALSE(advise(asking(4 * kib, "open:100MB/s+stall:4ms/40ms"), from.all()))
      << "words are not interpolated";
}

TEST(advice, at_the_edge_is_that_of_a_place_within_a_factor_of_two) {
  measured_rings from;
  for (const char* const ring : {"mutex", "futex"})
    from.add(ring, 64 * kib,
             {.rate_mb = 200, .p99 = ring == std::string("mutex") ? 5000.0 : 500.0});
  const auto near = from.advised(asking(8 * kib, measured_rings::paced));
  EXPECT_EQ(near.best().label(), "futex 64KiB");
  EXPECT_EQ(near.best().from, origin::nearest);
  EXPECT_TRUE(advise(asking(2 * kib, measured_rings::paced), from.all()));
  EXPECT_FALSE(advise(asking(9 * kib, measured_rings::paced), from.all()));
}

TEST(advice, does_not_interpolate_rings_that_hold_less_than_two_writes) {
  measured_rings from;
  for (const char* const ring : {"mutex", "futex"}) {
    for (const unsigned message : {16U, 64U}) {
      from.add(ring_key(ring, 32 * kib, message * kib, "closed"), {.rate_mb = 2000});
      from.add(ring_key(ring, 64 * kib, message * kib, "closed"), {.rate_mb = 1000});
    }
  }
  const auto found = from.advised(asking(32 * kib, "closed"));
  EXPECT_EQ(found.best().size, 64 * kib);
  EXPECT_TRUE(has_sentence(
      found.skipped,
      "futex 32KiB: it does not hold twice what is written at once, and was not measured there"));
  EXPECT_EQ(from.advised(asking(16 * kib, "closed")).best().size, 32 * kib);
}

TEST(advice, prefers_what_was_measured_there) {
  measured_rings from;
  for (const unsigned message : {1U, 2U, 4U, 8U}) {
    from.add(ring_key("futex", 64 * kib, message * kib, measured_rings::paced),
             {.rate_mb = 200, .p99 = 500});
    from.add(ring_key("mutex", 64 * kib, message * kib, measured_rings::paced),
             {.rate_mb = 200, .p99 = message == 4 ? 100.0 : 5000.0});
  }
  EXPECT_EQ(from.choice(), "mutex 64KiB");
  // The nearest two of what is left.
  std::erase_if(from.all(), [](const cell_samples& each) { return each.key["write"] == 4 * kib; });
  const auto found = from.advised();
  EXPECT_EQ(found.best().label(), "futex 64KiB");
  EXPECT_EQ(found.best().cells, (std::vector<std::size_t>{2, 6}));
}

TEST(advice, says_what_would_change_it) {
  measured_rings from;
  for (const unsigned size : {64U, 1024U, 4096U}) {
    const double stall = size == 64 ? 40000 : 1000;
    from.add("futex", size * kib, {.rate_mb = 200, .cpu = 2, .p99 = stall});
    from.add("mutex", size * kib, {.rate_mb = 200, .cpu = 1, .p99 = stall * 2});
  }
  for (const unsigned rate : {100U, 400U, 800U}) {
    const auto load = "open:" + std::to_string(rate) + "MB/s+stall:4ms/40ms";
    const double kept = rate == 800 ? 500 : rate;
    from.add(ring_key("futex", 1024 * kib, 4 * kib, load), {.rate_mb = kept, .p99 = 1000});
    from.add(ring_key("mutex", 1024 * kib, 4 * kib, load), {.rate_mb = kept, .p99 = 2000});
  }
  for (const char* const ring : {"futex", "mutex"})
    from.add(ring_key(ring, 1024 * kib, 64 * kib, measured_rings::paced),
             {.rate_mb = 200, .p99 = ring == std::string("mutex") ? 1000.0 : 2000.0});
  const auto found = from.advised();
  EXPECT_EQ(found.best().label(), "futex 1MiB");
  EXPECT_EQ(json(found.changes),
            json({"from 1MiB to 4MiB the size of futex changes nothing",
                  "with futex 64KiB: stall p99 µs 40000 instead of 1000",
                  "if CPU matters more: mutex 64KiB, CPU-s/GiB 1.00 instead of 2.00, but "
                  "stall p99 µs 80000 instead of 1000",
                  "at messages of 64KiB: mutex 1MiB", "down to a rate of 100MB/s nothing changes",
                  "at a rate of 800MB/s no ring reaches the rate"}));
}

TEST(advice, leaves_out_what_cannot_be_and_says_why) {
  measured_rings from;
  from.add("futex", 2 * kib, {.rate_mb = 200, .p99 = 10});
  from.add("futex", 64 * kib, {.rate_mb = 200, .p99 = 1000});
  from.add("mutex", 64 * kib, {.rate_mb = 200, .p99 = 10}).results[1].verified = false;
  from.add("pipe", 2 * kib, {.rate_mb = 200, .p99 = 5000});
  cell_samples& failed = from.add("spsc", 64 * kib, {});
  failed.results.clear();
  failed.errors = {"disk full"};
  const auto found = from.advised();
  EXPECT_EQ(found.best().label(), "futex 64KiB");
  EXPECT_EQ(found.rings.back().label(), "pipe") << "it has no size";
  EXPECT_EQ(json(found.skipped),
            json({"futex 2KiB: it is smaller than what is written at once, 4KiB",
                  "mutex 64KiB: what arrived was not verified", "spsc 64KiB: disk full"}));
}

TEST(advice, counts_samples_in_bad_company_only_if_there_are_no_others) {
  measured_rings from;
  from.add("futex", 64 * kib, {.rate_mb = 200, .p99 = 1000});
  from.add("mutex", 64 * kib, {.rate_mb = 200, .p99 = 5000});
  cell_samples& busy = from.add("spsc", 64 * kib, {.rate_mb = 200, .p99 = 10});
  std::swap(busy.results, busy.marked);
  EXPECT_EQ(from.choice(), "futex 64KiB");
  EXPECT_FALSE(from.advised().marked);
  std::swap(from.all()[0].results, from.all()[0].marked);
  const auto found = from.advised();  // mutex alone would be no choice
  EXPECT_EQ(found.best().label(), "spsc 64KiB");
  EXPECT_TRUE(found.marked);
  EXPECT_NE(to_text(found, {}, from.all()).find("Too little was measured in good company"),
            std::string::npos);
  EXPECT_EQ(to_json(found, {}).at("bad_company"), true);
}

TEST(advice, needs_a_choice) {
  measured_rings from;
  EXPECT_FALSE(advise(asking(4 * kib, measured_rings::paced), from.all()));
  from.add("futex", 64 * kib, {.rate_mb = 200});
  from.add("futex", 1024 * kib, {.rate_mb = 200});
  EXPECT_FALSE(advise(asking(4 * kib, measured_rings::paced), from.all())) << "one ring is none";
  from.add("mutex", 64 * kib, {.rate_mb = 200});
  EXPECT_TRUE(advise(asking(4 * kib, measured_rings::paced), from.all()));
}

TEST(advice, names_its_evidence) {
  measured_rings from;
  from.add("futex", 64 * kib, {.rate_mb = 200, .p99 = 40, .p999 = 3600});
  from.add("mutex", 64 * kib, {.rate_mb = 200, .p999 = 9000});
  const auto found = from.advised();
  const auto text =
      to_text(found, {"results/m/run", "there-4cpu", "1a2b3c", "here-2cpu", false}, from.all());
  for (const char* const part :
       {"messages of 4KiB, load open:200MB/s+stall:4ms/40ms: futex 64KiB\n",
        "| ring  | size  | known    | ", " stall p99.9 µs | ", " | 3600 [3591-3605] | ",
        "Evidence: measured, from 1 cell of results/m/run (revision 1a2b3c), 6 repetitions each, "
        "on "
        "ANOTHER machine, there-4cpu, and not on this one, here-2cpu."})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  const auto data = to_json(found, {"results/m/run", "here-2cpu", "1a2b3c", "", true});
  EXPECT_EQ(data.at("advice").at("ring"), "futex");
  EXPECT_EQ(data.at("advice").at("ring_size"), 64 * kib);
  EXPECT_EQ(data.at("advice").at("figures").at(stall_p999).at("n"), 6);
  EXPECT_EQ(data.at("measured_now"), true);
  EXPECT_FALSE(data.contains("this_machine"));
  EXPECT_NE(to_text(found, {"r", "m", "v", "", true}, from.all()).find("Evidence: measured now"),
            std::string::npos);
}

// A smooth world: futex is best for small messages and mutex for large ones.
measured_rings smooth() {
  measured_rings out;
  for (unsigned message = 1; message <= 64; message *= 2) {
    out.add(ring_key("futex", 1024 * kib, message * kib, "closed"), {.rate_mb = 1000});
    out.add(ring_key("mutex", 1024 * kib, message * kib, "closed"),
            {.rate_mb = 1000 * std::pow(message / 8.0, 0.5)});
  }
  return out;
}

TEST(advice, held_back_is_judged_by_what_was_measured_there) {
  measured_rings world = smooth();
  const auto found = hold_back(loaded(), world.all(), 20);
  EXPECT_EQ(found.size(), 7U) << "there are no more";
  for (const held_back& each : found) EXPECT_TRUE(each.is_good()) << each.request << each.chosen;
  EXPECT_EQ(hold_back(loaded(), world.all(), 3).size(), 3U);
  // One request that is unlike its neighbours.
  for (cell_samples& each : world.all()) {
    if (each.key["write"] != 2 * kib || each.key["ring"] != "mutex") continue;
    for (auto& [repetition, result] : each.results) result.metrics[bytes_per_second] = 2000 * mb;
  }
  const auto again = hold_back(loaded(), world.all(), 20);
  const auto odd = std::find_if(again.begin(), again.end(), [](const held_back& each) {
    return each.request == "messages of 2KiB, load closed";
  });
  ASSERT_NE(odd, again.end());
  EXPECT_FALSE(odd->is_good());
  EXPECT_FALSE(odd->is_tie);
  EXPECT_EQ(odd->from, origin::interpolated);
  EXPECT_EQ(odd->chosen, "futex 1MiB");
  EXPECT_EQ(odd->best, "mutex 1MiB");
  EXPECT_EQ(odd->by->name, bytes_per_second);
  EXPECT_NEAR(odd->behind, 0.5, 0.001);
}

TEST(advice, held_back_that_cannot_be_told_from_the_best_is_good) {
  measured_rings world;
  for (unsigned message = 1; message <= 4; message *= 2) {
    const bool odd = message == 2;
    world.add(ring_key("futex", 64 * kib, message * kib, "closed"), {.rate_mb = 1000}, 0.3);
    world.add(ring_key("mutex", 64 * kib, message * kib, "closed"), {.rate_mb = odd ? 1200.0 : 500},
              0.3);
  }
  const auto verdict_on = [&] {
    const auto found = hold_back(loaded(), world.all(), 20);
    const auto odd = std::find_if(found.begin(), found.end(), [](const held_back& each) {
      return each.request == "messages of 2KiB, load closed";
    });
    EXPECT_EQ(found.size(), 3U);
    return std::pair(*odd, to_text(found));
  };
  const auto& [odd, text] = verdict_on();
  EXPECT_TRUE(odd.is_tie);
  EXPECT_NEAR(odd.behind, 1.0 / 6, 0.001);
  EXPECT_TRUE(odd.is_good());
  EXPECT_NE(text.find("16.7 % behind by MB/s, but the intervals meet"), std::string::npos) << text;
  EXPECT_NE(text.find("3 of 3 are good, 1 of these since intervals meet"), std::string::npos)
      << text;
  // Further apart nobody takes the worse one, whatever the intervals.
  for (auto& [repetition, result] : world.all()[3].results) result.metrics[bytes_per_second] *= 1.2;
  EXPECT_FALSE(verdict_on().first.is_good());
}

TEST(advice, held_back_that_misses_the_rate_is_bad) {
  measured_rings world;
  for (const unsigned rate : {100U, 200U, 400U}) {
    const auto load = "open:" + std::to_string(rate) + "MB/s";
    world.add(ring_key("futex", 64 * kib, 4 * kib, load),
              {.rate_mb = rate == 200 ? 150.0 : rate, .p999 = 100});
    world.add(ring_key("mutex", 64 * kib, 4 * kib, load), {.rate_mb = rate * 1.0, .p999 = 900});
  }
  const auto found = hold_back(loaded(), world.all(), 20);
  ASSERT_EQ(found.size(), 3U);
  std::size_t missed = 0;
  for (const held_back& each : found) missed += each.missed_rate && !each.is_good() ? 1 : 0;
  EXPECT_EQ(missed, 1U);
  const auto text = to_text(found);
  EXPECT_NE(text.find("MISSED: does not reach the rate"), std::string::npos) << text;
  EXPECT_EQ(to_json(found).at("of"), 3);
}

TEST(advice, takes_the_fallback_of_an_axis_that_a_set_lacks) {
  const temporary_directory directory;
  auto samples = fixed_samples();
  for (sample& each : samples) each.key.erase("memory");
  write_run(directory / "older", samples);
  const auto found = load_measured(directory / "older", fake_suites());
  for (const cell_samples& each : found.cells) EXPECT_EQ(each.key.at("memory"), "any");
}

}  // namespace
}  // namespace annulus::harness
