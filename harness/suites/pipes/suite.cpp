#include "suites/pipes/suite.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "suites/common/micro.hpp"
#include "suites/common/usage.hpp"
#include "suites/pipes/contenders.hpp"

namespace annulus::suites {
namespace {

using harness::better;
using harness::json;

constexpr std::uint64_t kib = 1U << 10U;

std::vector<harness::axis> pipes_axes() {
  using namespace harness;
  axis placement = placement_axis();
  placement.fallback = "nearest";
  return {
      {"shape",
       "What the two ends do: no-touch (segments allocated, flushed, read, no byte touched), "
       "copy-in (segments copied "
       "in, a word of each looked at), checksum (segments made, copied in and checked in place), "
       "parse (RESP commands "
       "SET with values of 64 B, parsed and checked)",
       words({bench::no_touch::name, bench::copy_in::name, bench::checksum::name,
              bench::parse::name}),
       bench::copy_in::name},
      {"channel", "What the bytes go through: the pipe, or the futex ring",
       words({"pipe", "futex"}), "pipe"},
      // At most so large that one segment can be read while another one is written.
      {"segment_size", "Bytes of a segment of the pipe, and of a write to the ring",
       sizes(4 * kib, bench::pipe_buffering / 2), 64 * kib},
      placement,
  };
}

std::vector<harness::metric> pipes_metrics() {
  using namespace bench;
  std::vector<harness::metric> out{
      {harness::bytes_per_second, "GB/s", better::higher, 1e-9},
      {writes_per_second, "M ops/s", better::higher, 1e-6},
      {operation_ns, "ns/op", better::lower},
      {locks_per_operation, "locks/op", better::lower},
      {kernel_calls, "kernel calls/M ops", better::lower},
      {allocations_per_million, "allocations/M ops", better::lower},
      {harness::cpu_per_gib, "CPU-s/GiB", better::lower},
  };
  for (auto more : {usage_metrics(), ring_count_metrics()})
    out.insert(out.end(), more.begin(), more.end());
  return out;
}

class pipes final : public harness::suite {
 public:
  pipes()
      : suite({.name = "pipes",
               .description = "The pipe by the size of its segments, with the futex ring beside it",
               .axes = pipes_axes(),
               .metrics = pipes_metrics(),
               .table = {.section = "shape", .rows = {"channel"}, .across = "segment_size"},
               .note = "An operation is one segment allocated or written, and flushed; of parse, "
                       "one command.\n"
                       "What was checked: in copy-in a word of each segment, in checksum and parse "
                       "every byte, in no-touch none."}),
        all_(bench::pipes_contenders()) {}

  [[nodiscard]] std::string unavailable(const json& key) const override {
    if (find(key) != nullptr) return "";
    return fmt::format("{} takes no part in shape {}", key.at("channel").get<std::string>(),
                       key.at("shape").get<std::string>());
  }
  [[nodiscard]] std::vector<std::string> shown(const json& key) const override {
    using namespace bench;
    std::vector<std::string> out;
    if (key.at("shape") == parse::name) out.emplace_back(writes_per_second);
    for (const auto* const name :
         {harness::bytes_per_second, operation_ns, kernel_calls, allocations_per_million})
      out.emplace_back(name);
    if (key.at("channel") == "pipe") out.emplace_back(locks_per_operation);
    return out;
  }
  [[nodiscard]] double seconds(const json& /*key*/) const override { return 0.15; }
  [[nodiscard]] harness::cell_result run(const harness::cell_request& cell) const override {
    if (const auto why = unavailable(cell.key); !why.empty()) throw harness::bad_input(why);
    bench::setup given;
    given.producer_cpus = cell.producer_cpus;
    given.consumer_cpus = cell.consumer_cpus;
    given.ring_size = cell.number("segment_size");
    given.amount = cell.amount;
    return bench::measure(*find(cell.key), given);
  }

 private:
  [[nodiscard]] const bench::contender* find(const json& key) const {
    return bench::find(all_, key.at("shape").get<std::string>(),
                       key.at("channel").get<std::string>());
  }

  std::vector<bench::contender> all_;
};

}  // namespace

const harness::suite& pipes_suite() {
  static const pipes all;
  return all;
}

}  // namespace annulus::suites
