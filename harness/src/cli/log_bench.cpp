#include <fmt/format.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <charconv>
#include <memory>

#include "environment.hpp"
#include "log_bench/report.hpp"
#include "log_bench/run.hpp"
#include "log_command.hpp"
#include "output_file.hpp"
#include "progress_bar.hpp"
#include "result_set.hpp"
#include "scratch.hpp"
#include "sizes.hpp"
#include "standard_streams.hpp"
#include "stop_on_signal.hpp"
#include "support.hpp"
#include "system_words.hpp"

namespace annulus::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto log_bench_examples = R"(Rows:
  memory       payloads copied into a ring and compared there in full
  descriptors  where the payloads lie, through the same ring, as in the seed's memory rows
  disk         through a chunk log that syncs nothing, as in the seed's disk rows; beside the machine's roof
  durable      the same with the syncs that the log makes by default
  commits      records confirmed on disk to threads and to coroutines, beside one fdatasync a record

Examples:
  annulus log bench                                        all of it, in some three minutes
  annulus log bench --rows memory --repetitions 9
  annulus log bench --rows disk --sizes 128 --directory /mnt/nvme
  annulus log bench --rows commits --producers 1,8,64,256
  annulus log bench --save                                 keep every repetition in results/)";

struct log_bench_arguments {
  std::string directory;
  std::vector<std::string> rows{log_bench::memory_rows, log_bench::descriptor_rows,
                                log_bench::disk_rows, log_bench::durable_rows,
                                log_bench::commit_rows};
  std::vector<std::string> sizes{"128", "256", "512", "1024", "2048", "4096"};
  std::vector<std::string> producers{"1", "64"};
  std::string records = "2000000";
  std::string most_bytes = "256MiB";
  std::string memory_records = "10000000";
  std::string commit_seconds = "1";
  std::string repetitions = "5";
  std::string placement = "pair";
  std::string append = "batches";
  std::string out = "-";
  bool json = false;
  bool save = false;
};

std::set<std::string> parse_rows(const std::vector<std::string>& given) {
  const auto known = log_bench_arguments{}.rows;
  for (const auto& row : given) {
    if (std::find(known.begin(), known.end(), row) == known.end()) {
      throw usage_error(fmt::format("--rows names '{}', but there are only {}",
                                    pipeline::escaped(row), fmt::join(known, ", ")));
    }
  }
  return {given.begin(), given.end()};
}

double parse_seconds(const std::string& text) {
  constexpr double least = 0.001;
  constexpr double most = 60;
  double value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || stopped != end || !(value >= least && value <= most)) {
    throw usage_error(fmt::format("--commit-seconds must be a number from {} to {}, not '{}'",
                                  least, most, pipeline::escaped(text)));
  }
  return value;
}

// In the order given, each once.
template <class Value, class Parse>
std::vector<Value> parse_list(const std::vector<std::string>& given, Parse parse) {
  std::vector<Value> out;
  for (const auto& text : given) {
    const auto value = static_cast<Value>(parse(text));
    if (std::find(out.begin(), out.end(), value) == out.end()) out.push_back(value);
  }
  return out;
}

constexpr std::uint64_t most_records = std::uint64_t{1} << 32U;
constexpr std::uint64_t most_record_bytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t most_producers = 1024;
constexpr std::uint64_t most_row_bytes = std::uint64_t{1} << 40U;
constexpr std::uint64_t most_repetitions = 1000;

log_bench::plan plan_from(const log_bench_arguments& given) {
  log_bench::plan out;
  out.rows = parse_rows(given.rows);
  out.sizes = parse_list<std::size_t>(given.sizes, [](const auto& text) {
    return harness::parse_size(text, "--sizes", 1, most_record_bytes);
  });
  out.producers = parse_list<unsigned>(given.producers, [](const auto& text) {
    return parse_count(text, "--producers", 1, most_producers);
  });
  out.disk_records = parse_count(given.records, "--records", 1, most_records);
  out.most_disk_bytes = harness::parse_size(given.most_bytes, "--most-bytes", 1, most_row_bytes);
  out.memory_records = parse_count(given.memory_records, "--memory-records", 1, most_records);
  out.commit_seconds = parse_seconds(given.commit_seconds);
  out.repetitions =
      static_cast<int>(parse_count(given.repetitions, "--repetitions", 1, most_repetitions));
  if (given.placement != "pair" && given.placement != "none") {
    throw usage_error(fmt::format("--placement is 'pair' or 'none', not '{}'",
                                  pipeline::escaped(given.placement)));
  }
  if (given.append != "batches" && given.append != "each") {
    throw usage_error(
        fmt::format("--append is 'batches' or 'each', not '{}'", pipeline::escaped(given.append)));
  }
  out.in_batches = given.append == "batches";
  out.placed = given.placement == "pair";
  out.cpus = harness::nearest_pair(harness::this_machine());
  return out;
}

// Where files go, and what is removed with it.
harness::scratch_directory make_scratch(const log_bench_arguments& given) {
  const fs::path parent = given.directory.empty() ? default_work() : fs::path(given.directory);
  if (!given.directory.empty() && !fs::is_directory(parent)) {
    throw usage_error(fmt::format("--directory names {}, which is no directory",
                                  pipeline::escaped(given.directory)));
  }
  return harness::scratch_directory(parent / fmt::format("log-bench-{}", getpid()));
}

void refuse_lack_of_space(const log_bench::plan& what) {
  const auto needed = log_bench::disk_bytes(what);
  const auto there = fs::space(what.directory).available;
  if (there < needed) {
    throw failure(fmt::format("{} are needed for the largest row, and {} are free",
                              human_bytes(needed), human_bytes(there)));
  }
}

void keep(const std::string& as_json, const harness::topology& machine,
          const harness::json& environment) {
  const auto where =
      harness::make_result_directory(checkout() / "results", machine_slug(machine), "log-bench");
  harness::write_durably(where / "log.json", as_json);
  harness::write_durably(where / harness::environment_name, environment.dump(2) + "\n");
  harness::write_durably(where / harness::topology_name, machine.xml);
  warn(fmt::format("kept in {}", here(where)));
}

void bench(const log_bench_arguments& given) {
  auto what = plan_from(given);
  const stop_on_signal signals;
  local_path(given.out, "--out");
  output_file out(given.out);
  if (given.save) harness::prepare_directory(checkout() / "results");
  const auto scratch = make_scratch(given);
  what.directory = scratch.path();
  refuse_lack_of_space(what);
  const auto found = [&] {
    const live_line line;
    return log_bench::run(what, signals.token(), [&line](std::size_t done, std::size_t all) {
      line.show(fmt::format("{} of {} measurements", done, all));
    });
  }();
  const auto machine = harness::this_machine();
  const harness::json environment{{"machine", describe_machine(machine, what.directory)},
                                  {"build", to_json(harness::this_build(checkout()))}};
  const auto file_system = harness::filesystem_of(what.directory);
  const auto as_json = to_json(what, found, file_system, environment).dump(2) + "\n";
  const auto text = given.json ? as_json : to_text(what, found, file_system);
  if (given.save) keep(as_json, machine, environment);
  if (const auto problem = out.write(std::as_bytes(std::span(text)))) {
    throw failure(fmt::format("output {} cannot be written: {}", pipeline::escaped(given.out),
                              harness::in_words(problem)));
  }
  out.commit();
}

}  // namespace

void add_log_bench(CLI::App& log) {
  auto* command = log.add_subcommand(
      "bench", "Measure the log: the seed's table, what it leaves out, and durable rates");
  const auto given = std::make_shared<log_bench_arguments>();
  command->add_option("--rows", given->rows, "What to measure")
      ->delimiter(',')
      ->type_name("NAME,…")
      ->capture_default_str();
  command->add_option("--sizes", given->sizes, "Bytes of a record's payload")
      ->delimiter(',')
      ->type_name("SIZE,…")
      ->capture_default_str();
  command->add_option("--records", given->records, "Records of a row that is stored")
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--most-bytes", given->most_bytes,
                   "Payload of a row that is stored, at most: of long records it has fewer")
      ->type_name("SIZE")
      ->capture_default_str();
  command
      ->add_option("--memory-records", given->memory_records,
                   "Records of a row that stays in memory")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--producers", given->producers, "Producers that wait for confirmations")
      ->delimiter(',')
      ->type_name("N,…")
      ->capture_default_str();
  command
      ->add_option("--commit-seconds", given->commit_seconds,
                   "How long a repetition of the confirmations lasts")
      ->type_name("S")
      ->capture_default_str();
  command->add_option("--repetitions", given->repetitions, "Repetitions of each row")
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--placement", given->placement,
                   "Disk rows: 'pair' keeps the appender and the reader on one of the nearest two "
                   "CPUs and the log's own thread on the other; 'none' leaves them to the kernel")
      ->type_name("pair|none")
      ->capture_default_str();
  command
      ->add_option("--append", given->append,
                   "Disk rows: records are appended in 'batches' of 16 KiB, or 'each' by a call")
      ->type_name("batches|each")
      ->capture_default_str();
  command
      ->add_option("--directory", given->directory,
                   "Where files go meanwhile; by default build/work, or TMPDIR")
      ->type_name("DIR");
  command->add_flag("--json", given->json, "Every repetition as JSON instead of tables");
  command->add_flag("--save", given->save,
                    "Also keep every repetition in results/<machine>/<time>-log-bench");
  command->add_option("--out", given->out, "Write there instead of standard output")
      ->type_name("FILE");
  command->footer(log_bench_examples);
  command->callback([given] { reporting([&] { bench(*given); }); });
}

}  // namespace annulus::cli
