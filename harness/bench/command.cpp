#include "command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>

#include "cli/exit_status.hpp"
#include "cli/options.hpp"
#include "cli/output_file.hpp"
#include "cli/support.hpp"
#include "environment.hpp"
#include "report.hpp"
#include "result_set.hpp"
#include "run.hpp"
#include "sizes.hpp"
#include "topology.hpp"

namespace annulus::bench {
namespace {

using cli::failure;
using cli::usage_error;

struct options {
  std::vector<std::string> shapes;
  std::vector<std::string> channels;
  std::vector<std::string> sizes;
  std::vector<std::string> cpus;
  std::string repetitions = "9";
  std::string seconds = "0.1";
  std::string out = "-";
  bool as_json = false;
  bool save = false;
};

template <class Names>
std::string listed(const Names& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

double parse_seconds(const std::string& text) {
  constexpr double least = 0.001;
  constexpr double most = 60;
  double value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || stopped != end || !(value >= least && value <= most)) {
    throw usage_error(fmt::format(
        "--seconds-per-measurement must be a number from {} to {}, not '{}'", least, most, text));
  }
  return value;
}

// The nearest two CPUs that are two cores, unless told otherwise.
harness::cpu_pair choose_cpus(const std::vector<std::string>& given) {
  const auto machine = harness::this_machine();
  if (!given.empty()) {
    if (given.size() != 2) {
      throw usage_error(fmt::format("--cpus needs two CPUs, such as 0,1, not {}", given.size()));
    }
    constexpr std::uint64_t most = 1U << 20U;
    const harness::cpu_pair pair{static_cast<int>(cli::parse_count(given[0], "--cpus", 0, most)),
                                 static_cast<int>(cli::parse_count(given[1], "--cpus", 0, most))};
    std::vector<int> known;
    for (const auto& at : machine.cpus) known.push_back(at.number);
    for (const int number : {pair.producer, pair.consumer}) {
      if (std::find(known.begin(), known.end(), number) == known.end()) {
        throw usage_error(fmt::format("--cpus names CPU {}; those that may be used are {}", number,
                                      listed(known)));
      }
    }
    if (pair.producer == pair.consumer) {
      throw usage_error(
          fmt::format("--cpus needs two different CPUs, not {} twice", pair.producer));
    }
    return pair;
  }
  return harness::nearest_pair(machine);
}

std::vector<std::size_t> parse_sizes(const suite& what, const std::vector<std::string>& given) {
  std::vector<std::size_t> sizes;
  for (const auto& text : given) {
    const auto size = harness::parse_size(text, what.size_option, what.least_size, what.most_size);
    if (std::find(sizes.begin(), sizes.end(), size) == sizes.end()) sizes.push_back(size);
  }
  return sizes;
}

// Empty: all of them.
std::set<std::string> parse_names(const std::vector<std::string>& given, std::string_view option,
                                  const std::vector<std::string>& known) {
  for (const auto& name : given) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw usage_error(
          fmt::format("{} names '{}', but there are only {}", option, name, listed(known)));
    }
  }
  const auto& kept = given.empty() ? known : given;
  return {kept.begin(), kept.end()};
}

std::vector<cell> plan_cells(const options& given, const offer& from) {
  const auto& [what, contenders] = from;
  std::vector<std::string> shapes;
  for (const auto& each : what.shapes) shapes.emplace_back(each.name);
  std::vector<std::string> channels;
  for (const auto& each : contenders) {
    const bool known = std::find(channels.begin(), channels.end(), each.channel) != channels.end();
    if (!known && each.whose != side::roof) channels.push_back(each.channel);
  }
  const auto wanted_shapes = parse_names(given.shapes, "--shape", shapes);
  const auto wanted_channels = parse_names(given.channels, what.channel_option, channels);
  const auto sizes = parse_sizes(what, given.sizes);
  const bool streams =
      std::any_of(wanted_shapes.begin(), wanted_shapes.end(),
                  [](const auto& name) { return name.size() == 1 && name <= "e"; });
  std::vector<cell> cells;
  for (const auto& each : contenders) {
    const bool roof = each.whose == side::roof;
    const bool beside_streams = each.shape == "roof" && streams;
    if (!wanted_shapes.contains(each.shape) && !beside_streams) continue;
    if (!roof && !wanted_channels.contains(each.channel)) continue;
    if (!each.any_size) {
      cells.push_back({each, what.judged_size, 0, {}});
      continue;
    }
    for (const std::size_t size : sizes) cells.push_back({each, size, 0, {}});
  }
  return cells;
}

harness::json environment_of(const harness::topology& machine, const std::filesystem::path& root) {
  return {{"machine", describe_machine(machine, root)},
          {"build", to_json(harness::this_build(root))}};
}

// A result set: written once, never changed.
void keep(const suite& what, const std::string& as_json, const harness::topology& machine,
          const harness::json& environment, const std::filesystem::path& root) {
  const auto where =
      harness::make_result_directory(root / "results", machine_slug(machine), "bench-" + what.name);
  harness::write_durably(where / (what.name + ".json"), as_json);
  harness::write_durably(where / harness::environment_name, environment.dump(2) + "\n");
  harness::write_durably(where / harness::topology_name, machine.xml);
  fmt::print(stderr, "annulus: kept in {}\n", cli::here(where));
}

void measure(const options& given, const offer& from) {
  constexpr std::uint64_t least = 9;
  constexpr std::uint64_t most = 1000;
  auto cells = plan_cells(given, from);
  const plan how{
      choose_cpus(given.cpus), parse_seconds(given.seconds),
      static_cast<int>(cli::parse_count(given.repetitions, "--repetitions", least, most))};
  cli::output_file out(given.out);
  if (given.save) harness::prepare_directory(cli::checkout() / "results");
  const auto meanwhile = [&] {
    const cli::live_line line;
    return run(cells, how, [&line](std::size_t done, std::size_t all) {
      line.show(fmt::format("{} of {} measurements", done, all));
    });
  }();
  const auto root = cli::checkout();
  const auto machine = harness::this_machine();
  const auto environment = environment_of(machine, root);
  const std::string as_json = to_json(from.what, cells, how, meanwhile, environment).dump(2) + "\n";
  const std::string text = given.as_json ? as_json : to_text(from.what, cells, how, meanwhile);
  if (given.save) keep(from.what, as_json, machine, environment, root);
  if (const auto problem = out.write(std::as_bytes(std::span(text)))) {
    throw failure(fmt::format("output {} cannot be written: {}", given.out, problem.message()));
  }
  out.commit();
}

void add(CLI::App& app, const offer& from) {
  const suite& what = from.what;
  CLI::App* command = app.add_subcommand(what.name, what.description);
  const auto given = std::make_shared<options>();
  given->sizes = what.sizes;
  command->add_option("--shape", given->shapes, what.shape_help)
      ->delimiter(',')
      ->type_name("A,B,…");
  command->add_option(what.channel_option, given->channels, what.channel_help)
      ->delimiter(',')
      ->type_name("NAME,…");
  command->add_option(what.size_option, given->sizes, what.size_help)
      ->delimiter(',')
      ->type_name("SIZE,…")
      ->capture_default_str();
  command->add_option("--repetitions", given->repetitions, "Repetitions of each cell, at least 9")
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--seconds-per-measurement", given->seconds,
                   "About how long one repetition lasts")
      ->type_name("S")
      ->capture_default_str();
  command->add_option("--cpus", given->cpus, "The producer's CPU and the consumer's")
      ->delimiter(',')
      ->type_name("A,B");
  command->add_flag("--json", given->as_json, "Every repetition as JSON instead of a table");
  command->add_flag("--save", given->save,
                    "Also keep every repetition in results/<machine>/<time>-bench-" + what.name);
  command->add_option("--out", given->out, "Write there instead of standard output")
      ->type_name("FILE");
  command->footer(what.examples);
  command->callback([given, &from] {
    cli::reporting([&] {
      try {
        measure(*given, from);
      } catch (const failed_run& problem) {
        throw failure(problem.what());
      }
    });
  });
}

}  // namespace

int command(int argc, char** argv, const std::vector<offer>& offers) {
  CLI::App app("Micro-benchmarks of the rings and of the pipe", "annulus bench");
  app.require_subcommand(1);
  std::string examples;
  for (const offer& each : offers) {
    add(app, each);
    examples += each.what.examples + "\n";
  }
  app.footer(examples);
  return cli::exit_status(app, [&] { app.parse(argc, argv); });
}

}  // namespace annulus::bench
