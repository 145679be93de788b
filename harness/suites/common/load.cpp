#include "suites/common/load.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace annulus::bench {
namespace {

using namespace std::chrono_literals;
using duration = load::duration;

struct unit {
  std::string_view name;
  std::uint64_t factor;
};
// Of two that divide a quantity, the first one spells it.
constexpr std::array byte_units{unit{"GiB", 1U << 30U},
                                unit{"GB", 1'000'000'000},
                                unit{"MiB", 1U << 20U},
                                unit{"MB", 1'000'000},
                                unit{"KiB", 1U << 10U},
                                unit{"KB", 1000},
                                unit{"B", 1}};
constexpr std::array time_units{unit{"s", 1'000'000'000}, unit{"ms", 1'000'000}, unit{"us", 1000},
                                unit{"ns", 1}};
constexpr std::uint64_t most_bytes = 100'000'000'000;
constexpr std::uint64_t most_time = 10'000'000'000;

std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const unit> units,
                                            std::uint64_t most) {
  std::uint64_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [behind, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc{} || number == 0) return std::nullopt;
  const std::string_view name(behind, static_cast<std::size_t>(end - behind));
  for (const unit& each : units) {
    if (name == each.name && number <= most / each.factor) return number * each.factor;
  }
  return std::nullopt;
}

std::optional<duration> parse_time(std::string_view text) {
  const auto found = parse_quantity(text, time_units, most_time);
  if (!found) return std::nullopt;
  return duration(static_cast<duration::rep>(*found));
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  return parse_quantity(text, byte_units, most_bytes);
}

std::string spelled(std::uint64_t value, std::span<const unit> units) {
  const auto at = std::find_if(units.begin(), units.end(),
                               [value](const unit& each) { return value % each.factor == 0; });
  return std::to_string(value / at->factor) + std::string(at->name);
}
std::string spelled(duration value) {
  return spelled(static_cast<std::uint64_t>(value.count()), time_units);
}
std::string spelled(std::uint64_t bytes) {
  return spelled(bytes, byte_units);
}

struct split_text {
  std::string_view left;
  std::string_view right;
};

// At the first `mark`; without one, all is on the left.
split_text split(std::string_view text, char mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

bool read_producer(std::string_view text, load& out) {
  if (text == "closed") return true;
  const auto [kind, what] = split(text, ':');
  const auto [amount, time] = split(what, '/');
  const auto bytes = parse_bytes(amount);
  if (!bytes) return false;
  if (kind == "open" && time == "s") {
    out.rate = *bytes;
    return true;
  }
  const auto every = parse_time(time);
  if (kind != "burst" || !every) return false;
  out.burst = *bytes;
  out.every = *every;
  return true;
}

bool read_consumer(std::string_view text, load& out) {
  const auto [kind, what] = split(text, ':');
  const auto [amount, time] = split(what, '/');
  if (kind == "slow") {
    const auto bytes = parse_bytes(amount);
    out.drain = bytes.value_or(0);
    return bytes && time == "s";
  }
  const auto stall = parse_time(amount);
  const auto period = parse_time(time);
  if ((kind != "stall" && kind != "jitter") || !stall || !period || *stall >= *period) return false;
  out.stall = *stall;
  out.period = *period;
  out.random = kind == "jitter";
  return true;
}

// A number that looks drawn, always the same for the same `number`: splitmix64.
constexpr std::uint64_t drawn(std::uint64_t number) noexcept {
  std::uint64_t z = (number + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

duration time_of(std::uint64_t bytes, std::uint64_t a_second) noexcept {
  return duration(
      static_cast<duration::rep>(static_cast<double>(bytes) * 1e9 / static_cast<double>(a_second)));
}

}  // namespace

duration load::due(std::uint64_t position) const noexcept {
  if (rate != 0) return time_of(position, rate);
  return every * static_cast<duration::rep>(position / burst);
}

double load::paced_rate() const noexcept {
  if (rate != 0) return static_cast<double>(rate);
  return static_cast<double>(burst) / std::chrono::duration<double>(every).count();
}

double load::seconds() const noexcept {
  constexpr double least = 0.5;
  constexpr int periods = 12;
  if (!is_paced() && !is_stopped()) return 0.1;
  return std::max(least, std::chrono::duration<double>(std::max(every, period)).count() * periods);
}

std::optional<load> parse_load(std::string_view text) {
  load out;
  const auto [first, second] = split(text, '+');
  if (read_producer(first, out)) {
    if (second.data() == nullptr || read_consumer(second, out)) return out;
    return std::nullopt;
  }
  out = {};
  if (second.data() != nullptr || !read_consumer(first, out)) return std::nullopt;
  return out;
}

std::string to_string(const load& value) {
  std::string out;
  if (value.rate != 0) out = "open:" + spelled(value.rate) + "/s";
  if (value.burst != 0) out = "burst:" + spelled(value.burst) + "/" + spelled(value.every);
  if (!value.is_stopped()) return out.empty() ? "closed" : out;
  if (!out.empty()) out += "+";
  if (value.drain != 0) return out + "slow:" + spelled(value.drain) + "/s";
  return out + (value.random ? "jitter:" : "stall:") + spelled(value.stall) + "/" +
         spelled(value.period);
}

// When the stall of a period begins: it ends within the same.
duration stop_schedule::stall_in(std::int64_t period) const noexcept {
  const auto begin = how_.period * period;
  const auto room = how_.period - how_.stall;
  if (!how_.random) return begin + std::min(how_.period / 2, room);
  const auto lot = drawn((seed_ << 32U) + static_cast<std::uint64_t>(period));
  return begin +
         duration(static_cast<duration::rep>(lot % static_cast<std::uint64_t>(room.count())));
}

duration stop_schedule::drained(duration now, std::uint64_t bytes) noexcept {
  // That the thread woke late is made up for, a lack of bytes is not.
  constexpr duration forgiven = 1ms;
  const duration left = std::max(duration{}, ready_ - now);
  ready_ = std::max(ready_, now - forgiven) + time_of(bytes, how_.drain);
  return left;
}

duration stop_schedule::before_read(duration now, std::uint64_t bytes) noexcept {
  if (how_.drain != 0) return drained(now, bytes);
  if (how_.stall.count() == 0) return {};
  const auto begin = stall_in(now / how_.period);
  const auto end = begin + how_.stall;
  return now < begin || now >= end ? duration{} : end - now;
}

}  // namespace annulus::bench
