// `annulus mutants`: breaks the shipped headers in every small way, sees which of the mutants the
// model checker kills, and writes the matrix into docs/verification.md.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "files.hpp"
#include "matrix.hpp"
#include "mutator.hpp"
#include "trial.hpp"

namespace annulus::mutants {
namespace {

const std::filesystem::path source = ANNULUS_SOURCE;

struct header {
  std::string name;
  const ring_set* rings;
};

const std::vector<header>& headers() {
  static const std::vector<header> all{
      {"core/ring_core.hpp", &lock_free},
      {"core/basic_writer.hpp", &lock_free},
      {"core/basic_reader.hpp", &lock_free},
      {"basic_ring.hpp", &lock_free},
      {"core/waiting.hpp", &lock_free},
      {"core/status.hpp", &lock_free},
      {"core/rest.hpp", &lock_free},
      {"core/status.hpp", &lock_free},
      {"core/shared_status.hpp", &lock_free},
      {"core/monitor.hpp", &locking},
      {"core/locked_end.hpp", &locking},
      {"core/locked_ring.hpp", &locking},
      {"pipe.hpp", &locking},
      {"segment_ring/core.hpp", &locking},
      {"segment_ring/writer.hpp", &locking},
      {"segment_ring/reader.hpp", &locking},
      {"pipelines/pipe_core.hpp", &locking},
      {"pipelines/spinning_seat.hpp", &locking},
      {"pipelines/pipe_writer.hpp", &locking},
      {"pipelines/pipe_reader.hpp", &locking},
      {"pipelines/segment_stock.hpp", &locking},
      {"pipelines/occupancy.hpp", &locking},
      {"chunklog/combining.hpp", &combining},
  };
  return all;
}

// Of the rings, or of the chunk log.
std::filesystem::path path_of(const std::string& header) {
  const auto of_rings = source / "variants/include/annulus" / header;
  return exists(of_rings) ? of_rings : source / "chunklog/include/annulus" / header;
}

std::vector<std::string> header_names() {
  std::vector<std::string> names;
  for (const auto& each : headers()) names.push_back(each.name);
  return names;
}

// Does `work(0)` to `work(n - 1)` on `jobs` threads. Throws the first exception that one threw.
void in_parallel(std::size_t n, unsigned jobs, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;  // only handed out: relaxed, joining publishes the results
  std::exception_ptr failed;
  std::mutex guard;
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < jobs; ++i) {
      workers.emplace_back([&] {
        try {
          for (std::size_t each = 0; (each = next.fetch_add(1, std::memory_order_relaxed)) < n;)
            work(each);
        } catch (...) {
          next.store(n, std::memory_order_relaxed);
          const std::lock_guard held(guard);
          if (!failed) failed = std::current_exception();
        }
      });
    }
  }
  if (failed) std::rethrow_exception(failed);
}

void say(const std::string& line) {
  fmt::print(stderr, "{}\n", line);
}

int run(bool list, const std::vector<std::string>& only, unsigned jobs) {
  std::vector<row> rows;
  std::vector<const ring_set*> rings;
  std::map<std::string, std::string> schemata;
  for (const auto& [name, set] : headers()) {
    if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
    const mutator made(name, read(path_of(name)), static_cast<int>(rows.size()) + 1);
    schemata[name] = made.schemata();
    for (const auto& each : made.mutants()) {
      rows.push_back({each, {}});
      rings.push_back(set);
    }
  }
  if (list) {
    for (const auto& [what, how] : rows)
      fmt::print("{}:{}: {}  [{}]\n", what.file, what.line, what.code, what.mutation);
    fmt::print("{} mutants\n", rows.size());
    return 0;
  }

  const auto scratch =
      std::filesystem::temp_directory_path() / fmt::format("annulus-mutants-{}", getpid());
  const trial programs(source, scratch, schemata);
  std::vector<std::function<void()>> compilations;
  for (const auto* set : {&lock_free, &locking, &combining}) {
    if (std::find(rings.begin(), rings.end(), set) == rings.end()) continue;
    for (auto& each : programs.compilations(*set)) compilations.push_back(std::move(each));
  }
  say(fmt::format("compiling {} programs with {} mutants in each", compilations.size(),
                  rows.size()));
  in_parallel(compilations.size(), jobs, [&](std::size_t i) { compilations[i](); });

  // The matrix means nothing unless every theme passes with no mutant on.
  say("running what is shipped");
  const std::vector<const ring_set*> used{&lock_free, &locking, &combining};
  in_parallel(used.size(), jobs, [&](std::size_t i) {
    if (std::find(rings.begin(), rings.end(), used[i]) == rings.end()) return;
    const auto shipped = programs.run(0, *used[i]);
    if (shipped.end != verdict::survived)
      throw std::runtime_error("the shipped headers do not pass: " + shipped.detail);
  });

  in_parallel(rows.size(), jobs, [&](std::size_t i) {
    rows[i].how = programs.run(rows[i].what.number, *rings[i]);
    static constexpr const char* words[]{"killed", "survived", "undecided"};
    say(fmt::format("{}/{} {}:{} [{}] {} {}", i + 1, rows.size(), rows[i].what.file,
                    rows[i].what.line, rows[i].what.mutation,
                    words[static_cast<int>(rows[i].how.end)], rows[i].how.detail));
  });

  const arguments known(source / "tests/model/survivors.toml");
  const auto result = count(rows, known);
  for (const auto& [what, how] : rows) {
    if (how.end == verdict::survived && known.why(what).empty()) {
      say(
          fmt::format("annulus: survivor without an argument in tests/model/survivors.toml: {}:{}: "
                      "{}  [{}]",
                      what.file, what.line, what.code, what.mutation));
    }
  }
  if (only.empty()) put_into(source / "docs/verification.md", document(rows, known));
  fmt::print("{}\n", summary(result));
  return result.survived + result.undecided == 0 ? 0 : 1;
}

}  // namespace
}  // namespace annulus::mutants

int main(int argc, char** argv) {
  CLI::App app(
      "Changes each memory order, re-check, wake and notification of the shipped headers, "
      "and has the model checker find it",
      "annulus mutants");
  bool list = false;
  std::vector<std::string> only;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  app.add_flag("--list", list, "Print the mutants and run none");
  app.add_option("--file", only, "Only those of this header; the document stays as it is")
      ->check(CLI::IsMember(annulus::mutants::header_names()));
  app.add_option("--jobs", jobs, "How many at once")
      ->check(CLI::Range(1U, 1024U))
      ->capture_default_str();
  app.footer(
      "Examples:\n"
      "  annulus mutants                      all, into docs/verification.md\n"
      "  annulus mutants --file core/waiting.hpp   those of one header");
  try {
    app.parse(argc, argv);
    return annulus::mutants::run(list, only, jobs);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "annulus: {}\n", error.what());
    return 1;
  }
}
