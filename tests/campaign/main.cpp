// `annulus_campaign`: hurts stored objects in every way for as long as is wanted, and judges what
// the command makes of it.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <thread>

#include "campaign.hpp"
#include "kill_rounds.hpp"

namespace annulus::campaign {
namespace {

struct request {
  campaign_options how{.command = ANNULUS_COMMAND};
  std::string sink = "both";
  std::string plan, plans;
  std::int64_t one_case = -1;
  double seconds = 20;
  double gib = 4;
};

void print_as_it_goes(campaign_options& how) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  how.say = [terminal](const std::string& line) {
    if (terminal) fmt::print(stderr, "\r\033[K");
    fmt::print("{}\n", line);
    std::fflush(stdout);
  };
  if (!terminal) return;
  how.progress = [total = how.cases](std::uint64_t cases, std::uint64_t violating) {
    if (cases % 10 != 0) return;
    fmt::print(stderr, "\r{} of {} cases, {} violating\033[K", cases, total, violating);
    std::fflush(stderr);
  };
}

void add_options(CLI::App& app, request& of) {
  auto& how = of.how;
  app.add_option("--command", how.command, "The annulus to judge")->capture_default_str();
  app.add_option("--cases", how.cases, "How many")->capture_default_str();
  app.add_option("--seed", how.seed, "Of all cases")->capture_default_str();
  app.add_option("--case", of.one_case, "Only the one of this number");
  app.add_option("--minutes", how.minutes, "Begin no further case after so long");
  app.add_option("--sink", of.sink, "dir, chunks or both")
      ->check(CLI::IsMember({"dir", "chunks", "both"}))
      ->capture_default_str();
  app.add_option("--jobs", how.jobs, "Cases at a time")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--limit", of.seconds, "Seconds after which a command counts as hung")
      ->capture_default_str();
  app.add_option("--memory", of.gib, "GiB of addresses that a command may have; 0: no limit")
      ->capture_default_str();
  app.add_option("--shrink", how.shrunk_each, "How many violations of each kind are made small")
      ->capture_default_str();
  app.add_option("--keep", how.keep, "Leave the disks of those here, as they were hurt");
  app.add_option("--replay", of.plan, "Only this case, as a violation prints it");
  app.add_option("--regressions", of.plans, "Only the cases of this file, one a line");
}

process_limits limits_of(const request& of) {
  return {std::chrono::milliseconds(static_cast<std::int64_t>(of.seconds * 1000)),
          static_cast<std::uint64_t>(of.gib * (1U << 30U))};
}

int conduct(request& of) {
  auto& how = of.how;
  if (of.sink != "both") how.sinks = {*pipeline::parse_sink(of.sink)};
  how.limits = limits_of(of);
  if (of.one_case >= 0) {
    how.first = static_cast<std::uint64_t>(of.one_case);
    how.cases = 1;
    how.jobs = 1;
  }
  print_as_it_goes(how);
  const auto result = !of.plan.empty()    ? replay({parse_plan(of.plan)}, how)
                      : !of.plans.empty() ? replay(read_plans(of.plans), how)
                                          : run_campaign(how);
  how.say(table_of(result));
  return result.violating == 0 ? 0 : 1;
}

struct kill_request {
  std::string what = "all";
  std::uint64_t rounds = 300;
  std::int64_t one_round = -1;
};

void add_options(CLI::App& app, kill_request& of) {
  app.add_option("--what", of.what, "put-get, put-heal, put-put, heal-get, or all")
      ->check(CLI::IsMember({"put-get", "put-heal", "put-put", "heal-get", "all"}))
      ->capture_default_str();
  app.add_option("--rounds", of.rounds, "Of each; put-put also three times as many without a kill")
      ->capture_default_str();
  app.add_option("--round", of.one_round, "Only the one of this number");
}

// True if nothing was violated.
bool rounds_of(kill_options how, bool kill) {
  how.kill = kill;
  if (!kill) how.rounds = how.rounds * 10 / 3;
  const auto count = run_rounds(how);
  fmt::print(
      "{}{}: {} rounds, {} commands killed, {} puts acknowledged, {} rounds end with the older "
      "version; {} rounds violate\n",
      to_string(how.what), kill ? "" : " without kills", count.rounds, count.killed,
      count.acknowledged, count.older, count.violations);
  std::fflush(stdout);
  return count.violations == 0;
}

int conduct(const request& of, const kill_request& kill) {
  kill_options how{.command = of.how.command, .seed = of.how.seed, .rounds = kill.rounds};
  how.limits = limits_of(of);
  how.say = [](const std::string& line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  };
  if (kill.one_round >= 0) {
    how.first = static_cast<std::uint64_t>(kill.one_round);
    how.rounds = 1;
  }
  bool good = true;
  for (const auto what : all_meetings()) {
    if (kill.what != "all" && kill.what != to_string(what)) continue;
    how.what = what;
    good = rounds_of(how, true) && good;
    if (what == meeting::put_and_put) good = rounds_of(how, false) && good;
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace annulus::campaign

int main(int argc, char** argv) {
  CLI::App app("Hurts stored objects in every way, and judges what the command makes of it.",
               "annulus_campaign");
  annulus::campaign::request of;
  of.how.jobs = std::max(1U, std::thread::hardware_concurrency());
  add_options(app, of);
  annulus::campaign::kill_request kill;
  auto* const rounds = app.add_subcommand(
      "kill", "Kills commands that meet on one object; the options before it count, too");
  add_options(*rounds, kill);
  try {
    app.parse(argc, argv);
    return rounds->parsed() ? annulus::campaign::conduct(of, kill) : annulus::campaign::conduct(of);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "annulus_campaign: {}\n", error.what());
    return 1;
  }
}
