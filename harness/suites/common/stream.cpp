#include "suites/common/stream.hpp"

#include <optional>
#include <system_error>

#include "measure/suite.hpp"
#include "suites/common/duel.hpp"
#include "suites/common/usage.hpp"

namespace annulus::bench {
namespace {

end_stats since(end_stats before, const end_stats& after) noexcept {
  end_stats out = after;
  out.waits -= before.waits;
  out.parks -= before.parks;
  out.wakes -= before.wakes;
  out.kernel_calls -= before.kernel_calls;
  out.barriers -= before.barriers;
  out.stalled -= before.stalled;
  out.slept -= before.slept;
  for (std::size_t i = 0; i < out.occupancy.size(); ++i) out.occupancy[i] -= before.occupancy[i];
  return out;
}

ring_stats counted_by(std::span<flow> pairs) {
  ring_stats sum;
  for (const flow& each : pairs) {
    const ring_stats one = each.counted();
    sum.writer += one.writer;
    sum.reader += one.reader;
  }
  return sum;
}

// One run of some flows: what its threads share.
class race {
 public:
  race(const setup& given, std::uint64_t amount, std::span<flow> pairs)
      : given_(given),
        pairs_(pairs),
        start_(whole_blocks<warming>(given.cold ? 1 : given.ring_size)),
        end_(start_ + amount),
        seen_(pairs.size()),
        finished_(pairs.size()) {}

  measurement run(std::uint64_t writes) {
    std::vector<party> ends;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      ends.push_back({given_.producer_cpus, [this, i](start_line& line) { produce(i, line); }});
      ends.push_back({given_.consumer_cpus, [this, i](start_line& line) { consume(i, line); }});
    }
    together(ends);
    const usage spent = usage::now(counters_) - before_;
    for (const auto each : seen_) refuse_corruption(each);
    measurement out;
    out.seconds = seconds_between(released_, *std::max_element(finished_.begin(), finished_.end()));
    out.amount = end_ - start_;
    out.bytes = out.amount * pairs_.size();
    const auto calls = static_cast<double>(writes * pairs_.size());
    out.metrics[harness::bytes_per_second] = static_cast<double>(out.bytes) / out.seconds;
    out.metrics[writes_per_second] = calls / out.seconds;
    add_usage(out.metrics, spent, out.bytes);
    if (counts()) add_counts(out, calls);
    out.memory = memory();
    return out;
  }

 private:
  [[nodiscard]] bool counts() const { return static_cast<bool>(pairs_.front().counted); }

  void add_counts(measurement& to, double writes) {
    const ring_stats now = counted_by(pairs_);
    const ring_stats counted{since(counted_.writer, now.writer),
                             since(counted_.reader, now.reader)};
    const double seconds = to.seconds * static_cast<double>(pairs_.size());
    add_ring_counts(to.metrics, counted, to.bytes, seconds, seconds);
    to.metrics[kernel_calls] =
        static_cast<double>(counted.writer.kernel_calls + counted.reader.kernel_calls) / writes *
        1e6;
    to.counted = counted;
  }

  // Nothing where the kernel does not tell, as in some containers.
  [[nodiscard]] std::optional<memory_report> memory() const {
    if (!pairs_.front().memory) return std::nullopt;
    try {
      return pairs_.front().memory();
    } catch (const std::system_error&) {
      return std::nullopt;
    }
  }

  void produce(std::size_t i, start_line& line) {
    flow& mine = pairs_[i];
    const bool leads = i == 0;
    buffer source(mine.source_bytes);
    mine.warm_in(0, start_);
    leads ? (void)line.lead() : line.follow();
    if (mine.before) mine.before(start_, source);
    if (leads) {
      if (counts()) counted_ = counted_by(pairs_);
      before_ = usage::now(counters_);
      released_ = line.lead();
    } else {
      line.follow();
    }
    mine.produce(start_, end_, source);
  }

  void consume(std::size_t i, start_line& line) {
    flow& mine = pairs_[i];
    buffer target(mine.target_bytes);
    std::uint64_t seen = mine.warm_out(0, start_);
    line.follow();
    line.follow();
    seen |= mine.consume(start_, end_, target);
    finished_[i] = clock::now();
    seen_[i] = seen;
  }

  const setup& given_;
  std::span<flow> pairs_;
  const std::uint64_t start_;
  const std::uint64_t end_;
  std::vector<std::uint64_t> seen_;
  std::vector<clock::time_point> finished_;
  clock::time_point released_;
  const harness::hardware_counters counters_;  // made before the threads
  usage before_;
  ring_stats counted_;
};

}  // namespace

void refuse_corruption(std::uint64_t seen) {
  if (seen != 0) throw corruption("the bytes that arrived are not those that were sent");
}

measurement timed_flow(const setup& given, std::uint64_t amount, std::uint64_t writes,
                       std::span<flow> pairs) {
  return race(given, amount, pairs).run(writes);
}

}  // namespace annulus::bench
