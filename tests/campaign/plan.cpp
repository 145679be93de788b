#include "plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <stdexcept>

#include "damage.hpp"

namespace annulus::campaign {
namespace {

using random_source = std::mt19937_64;

constexpr std::array content_names{"random", "zeros", "records", "ones"};
constexpr std::uint64_t cases_of_one_object = 8;

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || stopped != end) {
    throw std::runtime_error(fmt::format("'{}' is not a number", text));
  }
  return value;
}

// The two sides of a separator.
std::pair<std::string_view, std::string_view> halves(std::string_view text, char at) {
  const auto where = text.find(at);
  if (where == std::string_view::npos) {
    throw std::runtime_error(fmt::format("'{}' has no '{}'", text, at));
  }
  return {text.substr(0, where), text.substr(where + 1)};
}

void set(stored_plan& stored, std::string_view key, std::string_view value) {
  if (key == "block") {
    stored.block = number_of(value);
  } else if (key == "size") {
    stored.size = number_of(value);
  } else if (key == "older") {
    stored.older_size = number_of(value);
  } else if (key == "seed") {
    stored.seed = number_of(value);
  } else if (key == "content") {
    const auto* const found = std::ranges::find(content_names, value);
    if (found == content_names.end()) {
      throw std::runtime_error(fmt::format("there is no content '{}'", value));
    }
    stored.content = static_cast<content_kind>(found - content_names.begin());
  } else {
    throw std::runtime_error(fmt::format("'{}' is unknown", key));
  }
}

template <class Value, std::size_t N>
Value one_of(const std::array<Value, N>& values, random_source& random) {
  return values[random() % N];
}

// Empty, a byte, about one block, whole blocks, anything; never so many blocks that a case is slow.
std::uint64_t random_size(std::uint64_t block, random_source& random) {
  switch (random() % 8) {
    case 0:
      return random() % 3;
    case 1:
      return block - 1 + random() % 3;
    case 2:
    case 3:
      return block * (1 + random() % 12);
    default:
      return random() % (block * 24);
  }
}

stored_plan random_stored(random_source& random, std::span<const pipeline::sink_kind> sinks) {
  constexpr std::array<std::pair<unsigned, unsigned>, 16> geometries{{{1, 1},
                                                                      {1, 1},
                                                                      {2, 1},
                                                                      {2, 1},
                                                                      {2, 2},
                                                                      {2, 2},
                                                                      {3, 1},
                                                                      {3, 2},
                                                                      {4, 2},
                                                                      {1, 2},
                                                                      {1, 3},
                                                                      {2, 3},
                                                                      {2, 4},
                                                                      {3, 3},
                                                                      {5, 3},
                                                                      {6, 4}}};
  constexpr std::array<std::uint64_t, 8> blocks{1, 7, 64, 100, 500, 1000, 4096, 65536};
  stored_plan stored;
  stored.sink = sinks[random() % sinks.size()];
  std::tie(stored.data, stored.parity) = one_of(geometries, random);
  stored.block = one_of(blocks, random);
  stored.size = random_size(stored.block, random);
  // Of the same size more often than not: else it is told apart too easily.
  stored.older_size = random() % 3 == 0 ? random_size(stored.block, random) : stored.size;
  stored.content = static_cast<content_kind>(std::max<std::uint64_t>(random() % 6, 2) - 2);
  stored.seed = random() % 1'000'000;
  return stored;
}

}  // namespace

std::string to_text(const case_plan& plan) {
  const auto& stored = plan.stored;
  auto text = fmt::format("{} {}+{} block={} size={} older={} content={} seed={}",
                          pipeline::to_string(stored.sink), stored.data, stored.parity,
                          stored.block, stored.size, stored.older_size,
                          content_names[static_cast<std::size_t>(stored.content)], stored.seed);
  for (const auto& each : plan.operations) {
    text += fmt::format(" {}@{}#{}", each.name, each.disk, each.number);
  }
  return text;
}

case_plan parse_plan(std::string_view text) {
  case_plan plan;
  std::istringstream parts{std::string(text)};
  std::string sink;
  std::string shape;
  parts >> sink >> shape;
  const auto kind = pipeline::parse_sink(sink);
  if (!kind || kind == pipeline::sink_kind::null) {
    throw std::runtime_error(fmt::format("a case begins with dir or chunks, not '{}'", sink));
  }
  plan.stored.sink = *kind;
  const auto [data, parity] = halves(shape, '+');
  plan.stored.data = static_cast<unsigned>(number_of(data));
  plan.stored.parity = static_cast<unsigned>(number_of(parity));
  for (std::string word; parts >> word;) {
    if (const auto value = word.find('='); value != std::string::npos) {
      set(plan.stored, word.substr(0, value), word.substr(value + 1));
      continue;
    }
    const auto [name, place] = halves(word, '@');
    const auto [disk, number] = halves(place, '#');
    if (!is_operation(name)) {
      throw std::runtime_error(fmt::format("there is no operation '{}'", name));
    }
    plan.operations.push_back(
        {std::string(name), static_cast<unsigned>(number_of(disk)), number_of(number)});
  }
  return plan;
}

case_plan random_plan(std::uint64_t seed, std::uint64_t number,
                      std::span<const pipeline::sink_kind> sinks) {
  // seed_seq spreads seeds that lie close together.
  std::seed_seq of_object{seed, std::uint64_t{1}, number / cases_of_one_object};
  random_source object(of_object);
  case_plan plan{.stored = random_stored(object, sinks), .operations = {}};

  std::seed_seq of_case{seed, std::uint64_t{2}, number};
  random_source random(of_case);
  const auto disks = plan.stored.disks();
  // Most cases hurt no more than must be survived: there is most to demand of them.
  const auto most = random() % 4 == 0 ? disks : plan.stored.parity;
  std::vector<unsigned> chosen(disks);
  for (unsigned i = 0; i < disks; ++i) chosen[i] = i;
  for (unsigned i = disks; i > 1; --i) std::swap(chosen[i - 1], chosen[random() % i]);
  chosen.resize(1 + random() % most);
  const auto names = operation_names();
  const auto more = random() % 3;
  for (std::size_t i = 0; i < chosen.size() + more; ++i) {
    const auto disk = i < chosen.size() ? chosen[i] : chosen[random() % chosen.size()];
    plan.operations.push_back({names[random() % names.size()], disk, random() % 1'000'000'000});
  }
  return plan;
}

}  // namespace annulus::campaign
