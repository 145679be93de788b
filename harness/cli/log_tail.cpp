#include <fmt/format.h>
#include <poll.h>

#include <annulus/chunklog/tail.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <array>
#include <cerrno>
#include <limits>
#include <memory>

#include "cli/log_command.hpp"
#include "cli/options.hpp"
#include "cli/standard_streams.hpp"
#include "cli/stop_on_signal.hpp"

namespace annulus::cli {
namespace {

constexpr auto log_tail_examples = R"(Examples:
  annulus log tail queue                      the last ten records
  annulus log tail queue -n 3 --follow        the last three, and each one that comes
  annulus log tail queue --from 1 --json | jq -r .text
  annulus log tail queue --from 7 -n 1 --raw > payload

A line a record: ID, bytes, payload with what cannot be printed as \xNN, cut after 256 bytes.
The log may be open for writing: a record is shown when it is whole in its file, which may be before
it is durable. Nothing is acknowledged. Damage is told on standard error, and the records behind it
are shown. Exit status 0, or 1 if there was damage.)";

constexpr std::uint64_t default_last = 10;
constexpr std::size_t most_shown = 256;
constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

struct log_tail_arguments {
  std::string directory, from, last;
  bool follow = false, raw = false, hex = false, json = false;
};

std::string hex_of(bytes_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const auto byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[std::to_integer<unsigned>(byte) >> 4U];
    text += digits[std::to_integer<unsigned>(byte) & 0xFU];
  }
  return text;
}

std::string escaped(bytes_view bytes) {
  std::string text;
  for (const auto byte : bytes) {
    const auto c = static_cast<char>(byte);
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else if (c >= ' ' && c <= '~') {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", std::to_integer<unsigned>(byte));
    }
  }
  return text;
}

void print_record(const chunklog::tail_record& record, const log_tail_arguments& given) {
  if (given.raw) {
    return print_text(
        {reinterpret_cast<const char*>(record.payload.data()), record.payload.size()});
  }
  std::string line;
  if (given.json) {
    // nlohmann says whether it is UTF-8, by throwing.
    harness::json object{{"id", record.id}, {"bytes", record.payload.size()}};
    const std::string text(reinterpret_cast<const char*>(record.payload.data()),
                           record.payload.size());
    object["text"] = text;
    try {
      line = object.dump(-1, ' ', true);
    } catch (const nlohmann::json::type_error&) {
      object.erase("text");
      object["hex"] = hex_of(record.payload);
      line = object.dump();
    }
  } else if (given.hex) {
    line = fmt::format("{}  {}  {}", record.id, record.payload.size(), hex_of(record.payload));
  } else {
    const auto shown = std::min(record.payload.size(), most_shown);
    line = fmt::format("{}  {}  {}{}", record.id, record.payload.size(),
                       escaped(record.payload.first(shown)),
                       shown < record.payload.size() ? "..." : "");
  }
  line += '\n';
  print_text(line);
}

// Waits for a change of the log; false: for a signal.
bool changed(const chunklog::change_watch& watch, const stop_on_signal& signals) {
  std::array<pollfd, 2> ends{{{watch.fd(), POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
  while (poll(ends.data(), ends.size(), -1) < 0 && errno == EINTR) {
  }
  return ends[1].revents == 0;
}

// Shows what there is, up to `left` records or a signal. Returns how often there was damage.
std::uint64_t show(chunklog::log_tail& tail, const log_tail_arguments& given, std::uint64_t& left) {
  std::uint64_t damages = 0;
  while (left > 0 && !harness::interruption::pending()) {
    const auto record = tail.next();
    if (record.error == chunklog::errc::corrupt_record ||
        record.error == chunklog::errc::missing_data) {
      flush_output();
      warn(record.message);
      ++damages;
      continue;
    }
    if (record.error == chunklog::errc::cancelled) break;
    expect_ok(record);
    if (!record.found()) break;
    print_record(record, given);
    --left;
  }
  flush_output();
  return damages;
}

void run(const log_tail_arguments& given) {
  if (given.raw + given.hex + given.json > 1) {
    throw usage_error("only one of --raw, --hex and --json can be given");
  }
  chunklog::tail_options how;
  auto left = no_limit;
  if (!given.from.empty()) how.from = parse_count(given.from, "--from", 0, no_limit);
  if (!given.last.empty()) {
    const auto records = parse_count(given.last, "-n", 0, no_limit);
    how.last = records;
    if (how.from && !given.follow) left = records;
  }
  const stop_on_signal signals;
  how.stop = signals.token();
  std::optional<chunklog::change_watch> watch;
  if (given.follow) {
    auto opened = chunklog::change_watch::open(given.directory);
    expect_ok(opened);
    watch = std::move(opened.watch);
  }
  auto opened = chunklog::log_tail::open(given.directory, how);
  expect_ok(opened);
  auto damages = show(*opened.tail, given, left);
  while (watch && changed(*watch, signals)) {
    watch->reset();
    damages += show(*opened.tail, given, left);
  }
  if (!watch && harness::interruption::pending()) throw failure("interrupted");
  if (damages > 0) {
    throw failure(fmt::format("log {} has {}", pipeline::escaped(given.directory),
                              count_of(damages, "damaged place")));
  }
}

}  // namespace

void add_log_tail(CLI::App& log) {
  auto* command =
      log.add_subcommand("tail", "Print a chunk log's last records, or those that come");
  const auto given = std::make_shared<log_tail_arguments>();
  command->add_option("DIR", given->directory, "The log's directory")->required();
  command->add_option("--from", given->from, "Begin with this record instead of the last ones")
      ->type_name("ID");
  command
      ->add_option("-n,--records", given->last,
                   fmt::format("How many records; {} without --from, else all", default_last))
      ->type_name("N");
  command->add_flag("-f,--follow", given->follow, "Wait for records until interrupted");
  command->add_flag("--raw", given->raw, "Print payloads as they are, one behind the other");
  command->add_flag("--hex", given->hex, "Print payloads in hexadecimal, whole");
  command->add_flag("--json", given->json,
                    "Print a JSON object a record: id, bytes, and text or, if it is no UTF-8, hex");
  command->footer(log_tail_examples);
  command->callback([given] { reporting([&] { run(*given); }); });
}

}  // namespace annulus::cli
