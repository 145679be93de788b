#include "suites/rings/axes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "measure/suite.hpp"
#include "suites/common/load_axis.hpp"
#include "suites/rings/any_stream.hpp"
#include "suites/rings/idle.hpp"
#include "suites/rings/set_up.hpp"
#include "suites/rings/steady.hpp"

namespace annulus::suites {
namespace {

using namespace harness;

constexpr std::uint64_t kib = 1U << 10U;
constexpr std::uint64_t mib = 1U << 20U;
// What a ring has by itself.
constexpr auto ring_patience =
    std::chrono::duration_cast<std::chrono::duration<std::uint64_t, std::micro>>(
        std_platform::patience);

std::vector<std::string> channels_of(const std::vector<bench::contender>& all, bool roofs) {
  std::vector<std::string> out;
  for (const bench::contender& each : all) {
    const bool known = std::find(out.begin(), out.end(), each.channel) != out.end();
    if (!known && (each.whose == bench::side::roof) == roofs) out.push_back(each.channel);
  }
  return out;
}

std::string shapes_help() {
  std::string out = "What the two ends do:";
  for (const shape_info& each : all_shapes()) {
    if (each.name != bench::shape_roof) out += fmt::format(" {} ({}),", each.name, each.title);
  }
  out.pop_back();
  return out;
}

value_kind shape_names() {
  std::vector<std::string> names;
  for (const shape_info& each : all_shapes()) {
    if (each.name != bench::shape_roof) names.emplace_back(each.name);
  }
  return with_hidden(words(std::move(names)), {bench::shape_roof});
}

// Combinations of policies stand for themselves: "all" are the rings that one would choose from.
value_kind ring_names(const std::vector<bench::contender>& all) {
  value_kind out = with_hidden(words(channels_of(all, false)), channels_of(all, true));
  std::erase_if(out.all, [](const json& name) {
    return name.get<std::string>().find('+') != std::string::npos;
  });
  return out;
}

}  // namespace

const std::vector<shape_info>& all_shapes() {
  using namespace bench;
  static const std::vector<shape_info> shapes{
      {"a", "64 B writes, 64 KiB reads", {bytes_per_second, writes_per_second}, {"ring_size"}},
      {"b", "64 B writes and reads", {bytes_per_second, writes_per_second}, {"ring_size"}},
      {"c", "4 KiB writes and reads", {bytes_per_second, kernel_calls}, {"ring_size"}},
      {"d", "32 B + 128 KiB writes, 64 KiB reads", {bytes_per_second}, {"ring_size"}},
      {"e", "as d, in place on both ends", {bytes_per_second}, {"ring_size"}},
      {"f", "one byte there and back", {round_trip_p50, round_trip_p99, round_trip_p999}, {}},
      {"g",
       "64 KiB blocks at 1 GiB/s, a consumer that stalls 2 ms every 50 ms",
       {bytes_per_second, cpu_per_gib, stall_p99, stall_p999},
       {"ring_size"}},
      {"h", "waiting for 1 s", {reader_cpu, writer_cpu}, {}},
      {"steady", "4 KiB writes and reads, neither full nor empty", {kernel_calls}, {"ring_size"}},
      {"setup", "the memory of a ring made, and given back", {setup_us, touched_us}, {"ring_size"}},
      {"flow",
       "any writes, reads and load",
       {bytes_per_second, cpu_per_gib, stall_p99, stall_p999},
       {"ring_size", "write", "read", "hand", "pairs", "pages", "batch", "off", "copies",
        "patience", "load"}},
      {"roof", "the limits of this machine", {bytes_per_second}, {"ring_size", "pairs"}},
  };
  return shapes;
}

const shape_info& shape_of(std::string_view name) {
  const auto& all = all_shapes();
  const auto at = std::find_if(all.begin(), all.end(),
                               [name](const shape_info& each) { return each.name == name; });
  if (at == all.end()) throw bad_input(fmt::format("there is no shape {}", printable(name)));
  return *at;
}

std::vector<axis> rings_axes(const std::vector<bench::contender>& all) {
  axis placement = placement_axis();
  placement.fallback = "nearest";
  const auto size = [](std::uint64_t least, std::uint64_t most) { return sizes(least, most); };
  return {
      {"shape", shapes_help(), shape_names(), "a"},
      {"ring",
       "What the bytes go through: a ring, a packaged queue, for the shape flow also a storage "
       "under a waiting policy, or for the shape setup a kind of memory",
       ring_names(all), "futex"},
      // At least four of the steady shape's messages.
      {"ring_size", "Capacity of the ring", size(16 * kib, 1024 * mib), 2 * mib},
      placement,
      memory_axis(),
      {"write", "flow: bytes of a write", size(1, 64 * mib), 64 * kib},
      {"read", "flow: bytes of a read", size(1, 64 * mib), 64 * kib},
      {"hand",
       "flow: how bytes pass through the ring: copied in and out (copy), or made and checked in "
       "its own memory "
       "(in-place)",
       words({"copy", "in-place"}), "copy"},
      {"pairs",
       "flow: producers and consumers at once, each pair with a ring of its own; more than one are "
       "not pinned",
       counts(1, 64), 1},
      {"pages",
       "flow: memory of the ring: as a ring has it by itself, there from the start and of "
       "transparent huge pages if it is large (default), touched first while the clock runs "
       "(cold), "
       "base pages (base), reserved huge pages if there are any (huge), or never swapped (locked)",
       words({"default", "cold", "base", "huge", "locked"}), "default"},
      {"batch",
       "flow: writes between two flushes of a writer that is corked; 1: every write is published",
       counts(1, 4096), 1},
      {"off", "flow: bytes that what is written and read lies off a cache line", counts(0, 63), 0},
      {"copies",
       "flow: how a ring copies large pieces, in and out: as it finds best while it runs (auto), "
       "or one strategy for both ends or each",
       words({"auto", "memcpy", "loop", "rep", "nontemporal", "memcpy:loop", "nontemporal:loop",
              "nontemporal:memcpy"}),
       "auto"},
      {"patience",
       "flow: for how many microseconds an end that sleeps may wait for half a ring rather than be "
       "woken for less",
       counts(0, 1000), ring_patience.count()},
      bench::load_axis("flow: ", ""),
  };
}

memory_policy policy_of(const std::string& pages) {
  if (pages == "cold") return {};
  auto out = memory_policy::usual();
  if (pages == "huge") out.huge = huge_pages::attempt;
  if (pages == "base") out.huge = huge_pages::never;
  out.lock = pages == "locked";
  return out;
}

bench::setup setup_of(const cell_request& cell) {
  const std::string shape = cell.word("shape");
  bench::setup out;
  out.producer_cpus = cell.producer_cpus;
  out.consumer_cpus = cell.consumer_cpus;
  out.ring_size = cell.number("ring_size");
  out.write = cell.number("write");
  out.read = cell.number("read");
  out.in_place = cell.word("hand") == "in-place";
  out.pairs = cell.number("pairs");
  out.pages = policy_of(cell.word("pages"));
  out.cold = cell.word("pages") == "cold";
  out.batch = cell.number("batch");
  out.off = cell.number("off");
  out.copies = parse_copy_pair(cell.word("copies"));  // nothing: auto
  if (const auto patience = cell.number("patience"); patience != ring_patience.count())
    out.patience = std::chrono::microseconds(patience);
  out.how = bench::parse_load(cell.word("load")).value_or(bench::load{});
  if (shape == bench::shape_e) {
    // Hash and shard are reserved at once. Neither end asks for more than half of the ring, so that
    // one can fill while the other checks.
    out.in_place = true;
    out.write = std::min(bench::round_bytes<bench::shape_d>, out.ring_size / 2);
    out.read = std::min(bench::shape_d::read, out.ring_size / 2);
  }
  if (shape == bench::shape_g) out.how = bench::parse_load("open:1GiB/s+stall:2ms/50ms").value();
  out.seconds = out.pairs > 1 ? std::max(0.5, out.how.seconds()) : out.how.seconds();
  out.amount = cell.amount;
  if (out.amount != 0) return out;
  if (out.how.is_paced()) {
    const double rate = out.how.drain == 0
                            ? out.how.paced_rate()
                            : std::min(out.how.paced_rate(), static_cast<double>(out.how.drain));
    out.amount = static_cast<std::uint64_t>(std::llround(rate * out.seconds));
  }
  if (shape == bench::shape_h) out.amount = 1000;
  return out;
}

}  // namespace annulus::suites
