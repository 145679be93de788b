#include "run.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sizes.hpp"

namespace annulus::bench {
namespace {

constexpr auto amount_counter = "amount";

std::string name_of(const cell& at) {
  return fmt::format("{}/{}/{}", at.what.shape, at.what.channel,
                     harness::format_size(at.ring_size));
}

std::uint64_t scaled(std::uint64_t amount, double factor) {
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(amount) * factor));
}

// The amount that keeps the cell busy for as long as asked for.
std::uint64_t calibrated(const cell& at, setup given) {
  constexpr std::uint64_t first = 1 << 14;
  constexpr double enough = 0.1;  // of the time asked for, for its rate to be trusted
  constexpr double most_growth = 16;
  given.amount = first;
  for (;;) {
    const auto tried = at.what.run(given);
    const double factor = given.seconds / std::max(tried.seconds, 1e-9);
    if (factor * enough <= 1) {
      return std::max<std::uint64_t>(1, scaled(tried.amount, factor));
    }
    given.amount = scaled(tried.amount, std::min(factor, most_growth));
  }
}

// Keeps every repetition, where the reporters of the library print them.
class collector : public benchmark::BenchmarkReporter {
 public:
  explicit collector(std::map<std::string, cell*> cells) : cells_(std::move(cells)) {}

  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    // Aggregates are ours to make, see statistics.hpp.
    for (const Run& each : runs) {
      if (each.run_type != Run::RT_Iteration || each.error_occurred) continue;
      cell& at = *cells_.at(each.run_name.function_name);
      for (const auto& [name, value] : each.counters) {
        if (name == amount_counter) {
          at.amount = static_cast<std::uint64_t>(value.value);
        } else {
          at.metrics[name].push_back(value.value);
        }
      }
    }
  }

 private:
  std::map<std::string, cell*> cells_;
};

void start_library(int repetitions) {
  std::array words{std::string("annulus bench"),
                   std::string("--benchmark_enable_random_interleaving=true"),
                   fmt::format("--benchmark_repetitions={}", repetitions)};
  std::array<char*, words.size() + 1> arguments{};
  std::transform(words.begin(), words.end(), arguments.begin(),
                 [](std::string& word) { return word.data(); });
  int count = static_cast<int>(words.size());
  benchmark::Initialize(&count, arguments.data());
}

}  // namespace

disturbance run(std::vector<cell>& cells, const plan& how,
                const std::function<void(std::size_t, std::size_t)>& progress) {
  start_library(how.repetitions);
  std::map<std::string, cell*> by_name;
  std::size_t done = 0;
  std::string first_problem;
  const auto all = cells.size() * static_cast<std::size_t>(how.repetitions);
  for (cell& at : cells) {
    by_name[name_of(at)] = &at;
    const auto body = [&, amount = std::uint64_t{0}](benchmark::State& state) mutable {
      setup given{how.cpus, at.ring_size, amount, how.seconds};
      for (auto _ : state) {
        if (!first_problem.empty()) {
          state.SkipWithError("not measured, since another failed");
          break;
        }
        try {
          if (at.what.timed_by_amount && amount == 0) given.amount = amount = calibrated(at, given);
          const auto measured = at.what.run(given);
          state.SetIterationTime(measured.seconds);
          state.counters[amount_counter] = static_cast<double>(measured.amount);
          for (const auto& [name, value] : measured.metrics) state.counters[name] = value;
        } catch (const std::exception& problem) {
          first_problem = fmt::format("{}: {}", name_of(at), problem.what());
          state.SkipWithError(problem.what());
          break;
        }
      }
      progress(++done, all);
    };
    benchmark::RegisterBenchmark(name_of(at).c_str(), body)->Iterations(1)->UseManualTime();
  }
  collector kept(std::move(by_name));
  const auto before = usage_now(how.cpus);
  benchmark::RunSpecifiedBenchmarks(&kept);
  const auto after = usage_now(how.cpus);
  benchmark::ClearRegisteredBenchmarks();
  if (!first_problem.empty()) throw failed_run(first_problem);
  return between(before, after);
}

}  // namespace annulus::bench
