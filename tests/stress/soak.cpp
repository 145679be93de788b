// `annulus soak`: every ring under stress for its share of the minutes, then a table.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <annulus/all.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "rounds.hpp"
#include "support/rings.hpp"

namespace annulus::stress {
namespace {

using clock = std::chrono::steady_clock;

struct row {
  std::string_view name;
  totals sum;
};

// Soaks one ring until `end`, with a line of progress every minute.
template <class Ring>
row soak(std::uint64_t seed, clock::time_point end) {
  constexpr auto name = variant<Ring>.name;
  journal book;
  const watchdog watching(book);
  totals sum;
  auto next = clock::now() + std::chrono::minutes(1);
  run_rounds<Ring>(seed, book, sum, [&](const totals& so_far) {
    const auto now = clock::now();
    if (now >= next) {
      fmt::print("{}: {} rounds, {} MiB checked\n", name, so_far.rounds, so_far.bytes >> 20);
      std::fflush(stdout);
      next = now + std::chrono::minutes(1);
    }
    return now >= end && so_far.rounds > 0;
  });
  fmt::print("{}: done after {} rounds, {} MiB checked{}{}\n", name, sum.rounds, sum.bytes >> 20,
             sum.mismatch.empty() ? "" : ", WRONG: ", sum.mismatch);
  std::fflush(stdout);
  return {name, sum};
}

void print_table(const std::vector<row>& rows) {
  fmt::print("\n{:<14}{:>9}{:>10}{:>16}{:>12}{:>12}{:>12}{:>14}  {}\n", "ring", "rounds", "streams",
             "bytes checked", "waits", "parks", "wakes", "kernel calls", "verdict");
  for (const auto& [name, sum] : rows) {
    auto both = sum.stats.writer;
    both += sum.stats.reader;
    fmt::print("{:<14}{:>9}{:>10}{:>16}{:>12}{:>12}{:>12}{:>14}  {}\n", name, sum.rounds,
               sum.streams, sum.bytes, both.waits, both.parks, both.wakes, both.kernel_calls,
               sum.mismatch.empty() ? "ok" : sum.mismatch);
  }
}

// Runs the named rings, or all that are registered, each for the same share of the time.
template <class... Rings>
bool soak_all(ring_list<Rings...>, const std::vector<std::string>& only, double minutes,
              std::uint64_t seed) {
  const auto wanted = [&](std::string_view name) {
    const auto is_it = [&](std::string_view each) { return each == name; };
    if (only.empty()) {
      return std::ranges::any_of(all_rings::infos, is_it,
                                 [](const auto& each) { return each.name; });
    }
    return std::ranges::any_of(only, is_it);
  };
  const auto rings = (std::size_t{0} + ... + std::size_t{wanted(variant<Rings>.name)});
  const auto share = std::chrono::duration_cast<clock::duration>(
      std::chrono::duration<double, std::ratio<60>>(minutes / static_cast<double>(rings)));
  fmt::print("{} rings, {:.1f} minutes each, seed {}\n", rings,
             minutes / static_cast<double>(rings), seed);
  std::fflush(stdout);
  std::vector<row> rows;
  const auto run = [&]<class Ring>(std::type_identity<Ring>) {
    if (wanted(variant<Ring>.name)) rows.push_back(soak<Ring>(seed, clock::now() + share));
  };
  (run(std::type_identity<Rings>{}), ...);
  print_table(rows);
  return std::all_of(rows.begin(), rows.end(),
                     [](const row& each) { return each.sum.mismatch.empty(); });
}

template <class... Rings>
std::vector<std::string> names(ring_list<Rings...>) {
  return {std::string(variant<Rings>.name)...};
}

}  // namespace
}  // namespace annulus::stress

int main(int argc, char** argv) {
  using annulus::testing::tested_rings;
  CLI::App app("Stresses every ring with two threads and checks every byte", "annulus soak");
  double minutes = 60;
  std::uint64_t seed = 1;
  std::vector<std::string> rings;
  app.add_option("--minutes", minutes, "Minutes in all, shared by the rings")
      ->check([](const std::string& text) {
        double value = 0;
        const auto positive = CLI::detail::lexical_cast(text, value) && value > 0;
        return positive ? std::string() : "must be a positive number, not " + text;
      })
      ->capture_default_str();
  app.add_option("--seed", seed, "Seed of the rounds")->capture_default_str();
  app.add_option("--ring", rings, "Only these; else all that are registered")
      ->check(CLI::IsMember(annulus::stress::names(tested_rings{})));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return annulus::stress::soak_all(tested_rings{}, rings, minutes, seed) ? 0 : 1;
}
