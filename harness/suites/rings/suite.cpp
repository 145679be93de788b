#include "suites/rings/suite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <system_error>

#include "base/error.hpp"
#include "base/sizes.hpp"
#include "machine/placement.hpp"
#include "suites/common/micro.hpp"
#include "suites/common/usage.hpp"
#include "suites/rings/any_stream.hpp"
#include "suites/rings/axes.hpp"
#include "suites/rings/contenders.hpp"
#include "suites/rings/idle.hpp"
#include "suites/rings/set_up.hpp"

namespace annulus::suites {
namespace {

using bench::contender;
using harness::axis;
using harness::better;
using harness::json;

constexpr std::array common_axes{"shape", "ring", "placement", "memory"};

std::vector<contender> all_contenders() {
  auto all = bench::our_contenders();
  for (auto more : {bench::peer_contenders(), bench::roof_contenders()})
    std::move(more.begin(), more.end(), std::back_inserter(all));
  return all;
}

std::vector<harness::metric> rings_metrics() {
  using namespace bench;
  std::vector<harness::metric> out{
      {harness::bytes_per_second, "GB/s", better::higher, 1e-9},
      {writes_per_second, "M writes/s", better::higher, 1e-6},
      {kernel_calls, "kernel calls/M writes", better::lower},
      {harness::cpu_per_gib, "CPU-s/GiB", better::lower},
      {"stall_p50_us", "stall p50 µs", better::lower},
      {harness::stall_p99, "stall p99 µs", better::lower},
      {harness::stall_p999, "stall p99.9 µs", better::lower},
      {"stall_max_us", "stall max µs", better::lower},
      {"handover_p50_us", "handed over p50 µs", better::lower},
      {"handover_p99_us", "handed over p99 µs", better::lower},
      {"handover_p99.9_us", "handed over p99.9 µs", better::lower},
      {"handover_max_us", "handed over max µs", better::lower},
      {"late_p50_us", "overslept p50 µs"},
      {"late_p99_us", "overslept p99 µs"},
      {"late_p99.9_us", "overslept p99.9 µs"},
      {"late_max_us", "overslept max µs"},
      {round_trip_p50, "p50 ns", better::lower},
      {round_trip_p99, "p99 ns", better::lower},
      {round_trip_p999, "p99.9 ns", better::lower},
      {reader_cpu, "% CPU, empty", better::lower},
      {writer_cpu, "% CPU, full", better::lower},
      {setup_us, "µs", better::lower},
      {touched_us, "µs with every page touched", better::lower},
  };
  for (auto more : {usage_metrics(), ring_count_metrics()})
    out.insert(out.end(), more.begin(), more.end());
  return out;
}

class rings final : public harness::suite {
 public:
  rings() : rings(all_contenders()) {}

  [[nodiscard]] std::string unavailable(const json& key) const override {
    const shape_info& shape = shape_of(word(key, "shape"));
    const contender* const what = bench::find(all_, std::string(shape.name), word(key, "ring"));
    if (what == nullptr)
      return fmt::format("{} takes no part in shape {}", word(key, "ring"), shape.name);
    for (const axis& each : axes()) {
      const bool used = holds(common_axes, each.name) || holds(shape.uses, each.name);
      if (used || key.at(each.name) == each.fallback) continue;
      return fmt::format("shape {} does not use {}, which must be {}", shape.name, each.name,
                         each.values.text(each.fallback));
    }
    if (key.at("pairs") != 1 && word(key, "placement") != "none")
      return fmt::format("{} pairs are not pinned, so that placement must be none",
                         key.at("pairs").dump());
    return shape.name == bench::shape_flow ? impossible_flow(*what, key) : "";
  }

  [[nodiscard]] std::vector<std::string> shown(const json& key) const override {
    auto out = shape_of(word(key, "shape")).shown;
    if (role(key) != "ring") std::erase(out, bench::kernel_calls);  // which only rings count
    return out;
  }

  [[nodiscard]] std::vector<json> roofs(const json& key) const override {
    const std::string shape = word(key, "shape");
    if (role(key) == "roof") return {};
    if (shape == bench::shape_f)
      return {roof_of(key, shape, "two-lines"), roof_of(key, shape, "one-line")};
    const auto copied = roof_of(key, bench::shape_roof, "two-core-copy");
    const auto payload = roof_of(key, bench::shape_roof, "payload");
    if (shape == bench::shape_flow) return {copied, payload};
    if (!holds(std::array{"a", "b", "c", "d", "e"}, shape)) return {};
    return {copied, roof_of(key, bench::shape_roof, "one-core-copy"), payload};
  }

  [[nodiscard]] std::optional<harness::traffic> traffic_of(const json& key) const override {
    const shape_info& shape = shape_of(word(key, "shape"));
    const bool streams = !shape.shown.empty() && shape.shown.front() == harness::bytes_per_second;
    if (!streams || role(key) == "roof") return std::nullopt;
    const bench::setup how = setup_of({.suite = "rings", .key = key});
    return harness::traffic{.load = to_string(how.how),
                            .ring_size = how.ring_size,
                            .piece = piece_of(shape.name, how),
                            .rings = how.pairs,
                            .share = 1.0 / static_cast<double>(how.pairs),
                            .threads = 2 * how.pairs,
                            .share_a_cpu = word(key, "placement") == "same-pu",
                            .copies = !how.in_place};
  }

  [[nodiscard]] double seconds(const json& key) const override {
    constexpr double around = 0.05;  // warming up and comparing
    const std::string shape = word(key, "shape");
    if (shape == bench::shape_h) return 2 + around;
    if (shape == bench::shape_g) return 0.6 + around;
    const auto how = bench::parse_load(word(key, "load"));
    const double one = how ? how->seconds() : 0.1;
    return (key.at("pairs") == 1 ? one : std::max(0.5, one)) + around;
  }

  [[nodiscard]] std::string role(const json& key) const override {
    const contender* const what = bench::find(all_, word(key, "shape"), word(key, "ring"));
    if (what == nullptr) return "";
    constexpr std::array names{"ring", "peer", "roof"};
    return names.at(static_cast<std::size_t>(what->whose));
  }

  [[nodiscard]] harness::cell_result run(const harness::cell_request& cell) const override {
    if (const auto why = unavailable(cell.key); !why.empty()) throw harness::bad_input(why);
    harness::bind_memory(cell.memory_nodes, cell.word("memory") == "interleaved"
                                                ? harness::spread::interleave
                                                : harness::spread::bind);
    return bench::measure(*bench::find(all_, cell.word("shape"), cell.word("ring")),
                          setup_of(cell));
  }

 private:
  explicit rings(std::vector<contender> all)
      : suite({.name = "rings",
               .description =
                   "The rings alone, with the packaged queues and the machine's limits beside them",
               .axes = rings_axes(all),
               .metrics = rings_metrics(),
               .table = {.section = "shape", .rows = {"ring"}, .across = "ring_size"},
               .note = "Every byte that went through a ring or a peer was compared with what had "
                       "been sent.\n"
                       "A peer is measured in the shapes that it can do: queues of items where all "
                       "messages are of "
                       "64 bytes or of one."}),
        all_(std::move(all)) {}

  static std::string word(const json& key, const char* axis) {
    return key.at(axis).get<std::string>();
  }

  template <class List>
  static bool holds(const List& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  }

  [[nodiscard]] json roof_of(json key, const std::string& shape, const std::string& ring) const {
    const shape_info& of = shape_of(shape);
    for (const axis& each : axes()) {
      if (!holds(common_axes, each.name) && !holds(of.uses, each.name))
        key[each.name] = each.fallback;
    }
    key["shape"] = shape;
    key["ring"] = ring;
    return key;
  }

  // What a writer hands over at once. Shapes a to d say so themselves.
  static std::uint64_t piece_of(std::string_view shape, const bench::setup& how) {
    using namespace bench;
    if (shape == shape_a::name || shape == shape_b::name) return shape_a::writes[0];
    if (shape == shape_c::name) return shape_c::writes[0];
    return shape == shape_d::name ? shape_d::writes[1] : how.write;
  }

  [[nodiscard]] std::string impossible_flow(const contender& what, const json& key) const {
    const auto size = [&](const char* axis) { return key.at(axis).get<std::uint64_t>(); };
    const auto text = [&](const char* axis) { return harness::format_size(size(axis)); };
    for (const char* const axis : {"write", "read"}) {
      if (size(axis) % what.unit != 0)
        return fmt::format("{} moves units of {} bytes, of which {} {} is no multiple",
                           what.channel, what.unit, axis, text(axis));
    }
    if (const auto why = impossible_hand(what, key); !why.empty()) return why;
    const auto how = bench::parse_load(word(key, "load")).value_or(bench::load{});
    constexpr double most_writes = 1e7;
    if (how.is_paced() && how.paced_rate() / static_cast<double>(size("write")) > most_writes) {
      return fmt::format(
          "load {} makes more than ten million writes of {} a second, which cannot be timed one by "
          "one",
          word(key, "load"), text("write"));
    }
    if (const auto why = not_adaptable(what, key); !why.empty()) return why;
    return impossible_pages(what, key);
  }

  // Measured all the same it would be another strategy under this one's name.
  static std::string lacking_copies(const std::string& pair) {
    const auto copies = parse_copy_pair(pair);
    if (!copies || (has_copy_strategy(copies->in) && has_copy_strategy(copies->out))) return "";
    return fmt::format("copies {}: this processor has no such way of its own", pair);
  }

  [[nodiscard]] std::string not_adaptable(const contender& what, const json& key) const {
    if (!what.in_place && key.at("batch") != 1)
      return fmt::format("{} publishes every write", what.channel);
    if (what.adapts) return lacking_copies(word(key, "copies"));
    for (const char* const axis : {"copies", "patience"}) {
      const json& own = find_axis(axes(), axis)->fallback;
      if (key.at(axis) != own) return fmt::format("{} takes no {} but its own", what.channel, axis);
    }
    return "";
  }

  static std::string impossible_hand(const contender& what, const json& key) {
    if (word(key, "hand") == "copy") return "";
    if (!what.in_place) return fmt::format("{} has no memory to work in", what.channel);
    const auto size = [&](const char* axis) { return key.at(axis).get<std::uint64_t>(); };
    if (size("write") + size("read") <= size("ring_size")) return "";
    return fmt::format(
        "in place, a write and a read must fit in the ring together, but {} and {} are more than "
        "{}",
        harness::format_size(size("write")), harness::format_size(size("read")),
        harness::format_size(size("ring_size")));
  }

  // Whether there is such memory is found out by taking it.
  static std::string impossible_pages(const contender& what, const json& key) {
    if (word(key, "pages") == "default" || word(key, "pages") == "cold") return "";
    if (!what.try_memory) return fmt::format("{} knows no memory policy", what.channel);
    try {
      what.try_memory(key.at("ring_size").get<std::uint64_t>(), policy_of(word(key, "pages")));
    } catch (const std::system_error& problem) {
      return fmt::format("pages {} cannot be had: {}", word(key, "pages"), problem.what());
    }
    return "";
  }

  std::vector<contender> all_;
};

}  // namespace

const harness::suite& rings_suite() {
  static const rings all;
  return all;
}

}  // namespace annulus::suites
