#include "report/why.hpp"

#include "fixtures.hpp"
#include "report/table.hpp"

namespace annulus::harness {
namespace {

constexpr double mb = 1e6;
constexpr std::uint64_t mib = 1U << 20U;
constexpr std::uint64_t kib = 1U << 10U;

// A pair through a ring of 2 MiB, at a quarter of what bare copying gives, with a little of
// everything and too much of nothing.
clues pair() {
  clues out{.how = {.ring_size = 2 * mib, .piece = 64 * kib}, .cpus = 2};
  out.figures = {{bytes_per_second, 1000 * mb},  {cpu_per_gib, 1.0},
                 {"user_seconds_per_gib", 0.9},  {"system_seconds_per_gib", 0.1},
                 {"page_faults_per_gib", 100},   {"involuntary_switches_per_gib", 10},
                 {"wakes_per_gib", 200},         {"writer_waiting_percent", 5},
                 {"reader_waiting_percent", 5},  {"writer_spinning_percent", 1},
                 {"reader_spinning_percent", 1}, {stall_p999, 100}};
  out.roofs = {{"roof", {{bytes_per_second, 4000 * mb}, {cpu_per_gib, 0.5}}}};
  return out;
}

// A put into 12 rings by one thread, of whose CPU time no part takes a third.
clues put() {
  clues out = pair();
  out.how = {.ring_size = 2 * mib,
             .piece = 131104,
             .rings = 12,
             .share = 1.0 / 8,
             .threads = 13,
             .copies = true,
             .stores = true};
  out.cpus = 16;
  out.figures[cpu_per_gib] = 2;
  out.figures["system_seconds_per_gib"] = 0.4;
  const auto part = [](double rate, double cpu, double system) {
    return std::map<std::string, double>{
        {bytes_per_second, rate}, {cpu_per_gib, cpu}, {"system_seconds_per_gib", system}};
  };
  out.roofs = {{"roof", part(1500 * mb, 1.0, 0.1)},
               {encoding_alone, part(5000 * mb, 0.3, 0)},
               {hashing_alone, part(3000 * mb, 0.5, 0)},
               {sink_alone, part(2500 * mb, 0.5, 0.3)}};
  return out;
}

using changes = std::map<std::string, double>;

why found_in(clues from, const changes& what = {}) {
  for (const auto& [name, value] : what) from.figures[name] = value;
  const auto found = why_of(from);
  EXPECT_TRUE(found);
  return found.value_or(why{});
}
cause cause_in(const clues& from, const changes& what = {}) {
  return found_in(from, what).what;
}

TEST(why_of, names_its_causes) {
  EXPECT_EQ(to_string(cause::spinning_in_a_crowd), "spinning_in_a_crowd");
  EXPECT_EQ(to_string(cause::page_faults), "page_faults");
  EXPECT_EQ(to_string(cause::hashing), "hashing");
  EXPECT_EQ(to_string(cause::nothing_stands_out), "nothing_stands_out");
}

TEST(why_of, says_if_nothing_stands_out) {
  const auto pairs = found_in(pair());
  EXPECT_EQ(pairs.what, cause::nothing_stands_out);
  EXPECT_EQ(pairs.sentence,
            "nothing stands out: 0.25 of the roof, the writer waits 5 % of its time and the reader "
            "5 %");
  const auto puts = found_in(put());
  EXPECT_EQ(puts.what, cause::nothing_stands_out);
  EXPECT_TRUE(puts.sentence.starts_with("nothing stands out: hashing 25 %, the sink 25 %"))
      << puts.sentence;
}

TEST(why_of, is_nothing_where_nothing_is_known) {
  clues from = pair();
  for (const char* const name : {"writer_waiting_percent", "reader_waiting_percent"})
    from.figures.erase(name);
  EXPECT_FALSE(why_of(from));
  from.figures[bytes_per_second] = 3900 * mb;  // what its roof says needs no counts
  EXPECT_EQ(why_of(from)->what, cause::copying);
  from.figures.erase(cpu_per_gib);
  EXPECT_FALSE(why_of(from));
  EXPECT_FALSE(why_of({}));
}

TEST(why_of, page_faults_need_first_touches_and_the_kernels_time) {
  const double pages = 1U << 18U;  // in a GiB
  const auto found =
      found_in(pair(), {{"page_faults_per_gib", pages}, {"system_seconds_per_gib", 0.6}});
  EXPECT_EQ(found.what, cause::page_faults);
  EXPECT_EQ(found.sentence,
            "page faults: 262144 a GiB, one for each 4 KiB that are moved, and the kernel takes "
            "60 % of the CPU time");
  EXPECT_EQ(
      cause_in(pair(), {{"page_faults_per_gib", pages / 8}, {"system_seconds_per_gib", 0.25}}),
      cause::page_faults);
  EXPECT_NE(
      cause_in(pair(), {{"page_faults_per_gib", pages / 8.1}, {"system_seconds_per_gib", 0.25}}),
      cause::page_faults);
  EXPECT_NE(cause_in(pair(), {{"page_faults_per_gib", pages}, {"system_seconds_per_gib", 0.24}}),
            cause::page_faults);
}

TEST(why_of, page_faults_count_where_nobody_waits_for_the_sink) {
  clues from = put();
  const changes many{{"page_faults_per_gib", 1U << 19U}, {"system_seconds_per_gib", 1}};
  EXPECT_EQ(cause_in(from, many), cause::page_faults);
  from.figures["writer_waiting_percent"] = 60;
  EXPECT_EQ(cause_in(from, many), cause::sink);
}

TEST(why_of, page_faults_of_the_sink_are_its_own) {
  clues from = put();
  const changes many{{"page_faults_per_gib", 1U << 19U}, {"system_seconds_per_gib", 1}};
  EXPECT_EQ(cause_in(from, many), cause::page_faults);
  from.roofs.at(sink_alone)["page_faults_per_gib"] = 1U << 19U;
  EXPECT_NE(cause_in(from, many), cause::page_faults);
}

TEST(why_of, a_crowd_has_more_threads_than_cpus_and_spins) {
  clues from = pair();
  from.how.rings = 12;
  from.how.threads = 24;
  const changes spinning{{"writer_waiting_percent", 90},
                         {"writer_spinning_percent", 90},
                         {"reader_waiting_percent", 20},
                         {"reader_spinning_percent", 10}};
  const auto found = found_in(from, spinning);
  EXPECT_EQ(found.what, cause::spinning_in_a_crowd);
  EXPECT_EQ(found.sentence,
            "spinning in a crowd: 24 threads on 2 CPUs spend 50 % of their time in waits that do "
            "not sleep, and are preempted 10 times a GiB");
  from.cpus = 24;
  EXPECT_NE(cause_in(from, spinning), cause::spinning_in_a_crowd);
  from.how.share_a_cpu = true;
  EXPECT_EQ(cause_in(from, spinning), cause::spinning_in_a_crowd);
  from.how.share_a_cpu = false;
  from.cpus = 0;
  EXPECT_NE(cause_in(from, spinning), cause::spinning_in_a_crowd);
  from.cpus = 2;
  changes asleep = spinning;
  asleep["writer_spinning_percent"] = 89;
  EXPECT_NE(cause_in(from, asleep), cause::spinning_in_a_crowd);
}

TEST(why_of, a_crowd_of_drains_counts_each_of_them) {
  clues from = put();
  from.cpus = 2;
  // 12 of 13 threads.
  EXPECT_EQ(cause_in(from, {{"reader_waiting_percent", 55}, {"reader_spinning_percent", 55}}),
            cause::spinning_in_a_crowd);
  EXPECT_NE(cause_in(from, {{"reader_waiting_percent", 53}, {"reader_spinning_percent", 53}}),
            cause::spinning_in_a_crowd);
}

TEST(why_of, a_ring_is_too_small_for_a_piece_if_both_ends_wait) {
  clues from = pair();
  from.how.ring_size = 64 * kib;
  from.how.piece = mib;
  const changes both{{"writer_waiting_percent", 42}, {"reader_waiting_percent", 38}};
  const auto found = found_in(from, both);
  EXPECT_EQ(found.what, cause::ring_too_small);
  EXPECT_EQ(found.ring_size, 2 * mib);
  EXPECT_EQ(found.sentence,
            "a ring too small: 1MiB are handed over at once and 64KiB fit, so that both ends wait, "
            "42 % and 38 % of their time; 2MiB would do");
  EXPECT_NE(cause_in(from, {{"writer_waiting_percent", 42}, {"reader_waiting_percent", 9}}),
            cause::ring_too_small);
  from.how.piece = 64 * kib;
  EXPECT_NE(cause_in(from, both), cause::ring_too_small);
}

TEST(why_of, a_ring_is_too_small_for_a_stall_that_shows) {
  clues from = pair();
  from.how.load = "open:200MB/s+stall:4ms/40ms";  // 781 KiB in a stall
  from.how.ring_size = 64 * kib;
  const changes late{{bytes_per_second, 200 * mb},
                     {"writer_waiting_percent", 9},
                     {"reader_waiting_percent", 80},
                     {stall_p999, 3900}};
  const auto found = found_in(from, late);
  EXPECT_EQ(found.what, cause::ring_too_small);
  EXPECT_EQ(found.ring_size, mib);
  EXPECT_EQ(found.sentence,
            "a ring too small: load open:200MB/s+stall:4ms/40ms brings 781 KiB while nothing is "
            "drained and 64KiB fit, so that p99.9 of a write is 3.9 ms; 1MiB would do");
  changes in_time = late;
  in_time[stall_p999] = 399;
  EXPECT_EQ(cause_in(from, in_time), cause::schedule);
  from.how.ring_size = 2 * mib;
  EXPECT_EQ(cause_in(from, late), cause::schedule);
}

TEST(why_of, a_closed_loop_that_is_stalled_needs_both_ends_to_wait) {
  clues from = pair();
  from.how.load = "jitter:4ms/40ms";
  // 1000 MB/s in 90 % of the time: 4.4 MB in a stall.
  const auto found =
      found_in(from, {{"writer_waiting_percent", 10}, {"reader_waiting_percent", 30}});
  EXPECT_EQ(found.what, cause::ring_too_small);
  EXPECT_EQ(found.ring_size, 8 * mib);
  EXPECT_NE(cause_in(from, {{"writer_waiting_percent", 10}, {"reader_waiting_percent", 9}}),
            cause::ring_too_small);
}

TEST(why_of, a_ring_is_too_small_for_a_burst_that_waits) {
  clues from = pair();
  from.how.load = "burst:4MiB/40ms";
  const changes slow{{bytes_per_second, 100 * mb}, {"writer_waiting_percent", 10}};
  EXPECT_EQ(found_in(from, slow).ring_size, 8 * mib);
  EXPECT_EQ(cause_in(from, {{bytes_per_second, 100 * mb}, {"writer_waiting_percent", 9}}),
            cause::schedule);
}

TEST(why_of, a_sink_keeps_the_writer_waiting) {
  clues slow = pair();
  slow.how.load = "slow:50MB/s";
  const changes waits{{bytes_per_second, 50 * mb}, {"writer_waiting_percent", 93}};
  const auto consumer = found_in(slow, waits);
  EXPECT_EQ(consumer.what, cause::sink);
  EXPECT_EQ(consumer.sentence,
            "the sink: what fills the rings waits 93 % of its time for what drains them, which "
            "waits 5 %; 50 MB/s come through, under load slow:50MB/s");
  EXPECT_NE(cause_in(slow, {{"writer_waiting_percent", 49}}), cause::sink);
  EXPECT_NE(cause_in(pair(), waits), cause::sink);  // who drains it has nothing else to do
  const auto stored = found_in(put(), {{"writer_waiting_percent", 50}});
  EXPECT_EQ(stored.what, cause::sink);
  EXPECT_NE(stored.sentence.find("one thread that does nothing else gives it 2500 MB/s"),
            std::string::npos)
      << stored.sentence;
}

TEST(why_of, a_schedule_is_kept) {
  clues from = pair();
  from.how.load = "open:200MB/s";
  const auto found = found_in(from, {{bytes_per_second, 199 * mb}});
  EXPECT_EQ(found.what, cause::schedule);
  EXPECT_EQ(found.sentence,
            "the producer's schedule: 199 MB/s of the 200 MB/s that load open:200MB/s makes");
  EXPECT_EQ(cause_in(from, {{bytes_per_second, 180 * mb}}), cause::schedule);
  EXPECT_NE(cause_in(from, {{bytes_per_second, 179 * mb}}), cause::schedule);
  from.how.rings = 4;  // each pair has its own
  from.how.threads = 8;
  EXPECT_EQ(cause_in(from, {{bytes_per_second, 800 * mb}}), cause::schedule);
  EXPECT_NE(cause_in(from, {{bytes_per_second, 400 * mb}}), cause::schedule);
}

TEST(why_of, copying_is_what_comes_near_bare_copying) {
  const auto found = found_in(pair(), {{bytes_per_second, 3000 * mb}});
  EXPECT_EQ(found.what, cause::copying);
  EXPECT_EQ(found.sentence,
            "copying: 3000 MB/s, 0.75 of the 4000 MB/s at which the bytes are copied in and out "
            "with nothing else between");
  EXPECT_EQ(cause_in(pair(), {{bytes_per_second, 2667 * mb}}), cause::copying);
  EXPECT_NE(cause_in(pair(), {{bytes_per_second, 2666 * mb}}), cause::copying);
  clues in_place = pair();
  in_place.how.copies = false;
  EXPECT_NE(cause_in(in_place, {{bytes_per_second, 3000 * mb}}), cause::copying);
}

TEST(why_of, wakes_take_the_kernels_time_or_both_ends) {
  const auto found = found_in(pair(), {{"system_seconds_per_gib", 0.25}, {"wakes_per_gib", 4096}});
  EXPECT_EQ(found.what, cause::wakes);
  EXPECT_EQ(found.sentence,
            "wakes: 4096 a GiB, one for each 256 KiB; the writer sleeps 4 % of its time and the "
            "reader 4 %, and the kernel's part in that is 25 % of the CPU time");
  EXPECT_NE(cause_in(pair(), {{"system_seconds_per_gib", 0.25}, {"wakes_per_gib", 0}}),
            cause::wakes);
  EXPECT_NE(cause_in(pair(), {{"system_seconds_per_gib", 0.24}}), cause::wakes);
  const auto asleep = [](double writer, double reader) {
    return cause_in(pair(),
                    {{"writer_waiting_percent", writer}, {"reader_waiting_percent", reader}});
  };
  EXPECT_EQ(asleep(30, 11), cause::wakes);
  EXPECT_NE(asleep(30, 10.9), cause::wakes);  // of which it spins one
}

TEST(why_of, wakes_of_a_put_are_what_reading_and_sinks_do_not_cost) {
  EXPECT_EQ(cause_in(put(), {{"system_seconds_per_gib", 0.9}}), cause::wakes);
  EXPECT_NE(cause_in(put(), {{"system_seconds_per_gib", 0.89}}), cause::wakes);
}

TEST(why_of, the_largest_part_is_named_from_a_third_on) {
  const auto with = [](const char* role, double cpu) {
    clues out = put();
    out.roofs.at(role)[cpu_per_gib] = cpu;
    return found_in(out);
  };
  EXPECT_EQ(with(hashing_alone, 0.67).what, cause::hashing);
  EXPECT_TRUE(with(hashing_alone, 0.67)
                  .sentence.starts_with("hashing: of the 2 CPU-s/GiB, hashing 34 %, the sink 25 %, "
                                        "copying 18 %, encoding 15 %"))
      << with(hashing_alone, 0.67).sentence;
  EXPECT_NE(with(hashing_alone, 0.66).what, cause::hashing);
  EXPECT_EQ(with(encoding_alone, 0.7).what, cause::encoding);
  EXPECT_EQ(with(sink_alone, 0.7).what, cause::sink);
}

TEST(why_of, copying_of_a_put_is_what_is_left) {
  clues from = put();
  from.figures[cpu_per_gib] = 3;
  from.roofs.at("roof")[cpu_per_gib] = 0.9;
  // 3 - 0.9 - 0.5 of the sink, less 1 % of 13 threads for 1.07 s
  EXPECT_EQ(cause_in(from), cause::copying);
  EXPECT_NE(cause_in(from, {{"reader_spinning_percent", 10}}), cause::copying);
  from.how.copies = false;
  EXPECT_NE(cause_in(from), cause::copying);
}

// A producer that is to make 2 GB/s.
class scheduled : public fake_suite {
 public:
  [[nodiscard]] std::optional<traffic> traffic_of(const json& /*key*/) const override {
    return traffic{.load = "open:2000MB/s", .ring_size = 2 * mib, .piece = 64 * kib};
  }
};

TEST(why, stands_in_the_table_of_a_suite_that_knows) {
  const temporary_directory where;
  write_run(where / "run", fixed_samples());
  const scheduled knows;
  const auto found = make_table(where / "run", {&knows});
  const auto cells = to_json(found).at("sections").at(0).at("cells");
  EXPECT_FALSE(cells.at(0).contains("why"));  // mutex: 1000 MB/s, and nothing was counted
  EXPECT_EQ(cells.at(1).at("why"),
            json({{"cause", "schedule"},
                  {"sentence",
                   "the producer's schedule: 2000 MB/s of the 2000 MB/s that load open:2000MB/s "
                   "makes"}}));
  EXPECT_FALSE(cells.at(3).contains("why"));  // a roof
  const std::string list = "\nWhat bounds them:\n\n- futex: the producer's schedule: 2000 MB/s of";
  EXPECT_NE(to_markdown(found, true).find(list), std::string::npos) << to_markdown(found, true);
  EXPECT_EQ(to_markdown(found).find("What bounds them"), std::string::npos);
  const auto silent = make_table(where / "run", fake_suites());
  EXPECT_EQ(to_json(silent).dump().find("\"why\""), std::string::npos);
  EXPECT_EQ(to_markdown(silent, true), to_markdown(silent));
}

}  // namespace
}  // namespace annulus::harness
