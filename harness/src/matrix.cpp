#include "matrix.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <array>
#include <charconv>
#include <sstream>

#include "bounded_file.hpp"
#include "error.hpp"
#include "printable.hpp"
#include "sizes.hpp"

namespace annulus::harness {
namespace {

constexpr std::array<std::string_view, 3> sinks{"null", "dir", "chunks"};
constexpr std::array<std::string_view, 2> modes{"serial", "parallel"};
constexpr std::array<std::string_view, 3> hands{"copy", "copy-in", "in-place"};
constexpr std::array<std::string_view, 7> placements{
    "none", "same-pu", "same-core", "shared-l2", "shared-l3", "same-node", "cross-node"};
constexpr std::array<std::string_view, 5> memories{"any", "producer", "consumer", "third",
                                                   "interleaved"};
constexpr std::array<std::string_view, 6> top_keys{"name", "description", "repetitions",
                                                   "seed", "input",       "axes"};
constexpr std::array<std::string_view, 11> axis_keys{"ring",      "sink",      "mode",  "hand",
                                                     "ring_size", "read_size", "block", "geometry",
                                                     "placement", "memory",    "sync"};

// How an offending value reads in a message: as in the file, short.
std::string shown(const toml::node& value) {
  if (const auto text = value.value_exact<std::string>())
    return fmt::format("\"{}\"", printable(*text));
  if (const auto number = value.value_exact<std::int64_t>()) return fmt::format("{}", *number);
  if (const auto real = value.value_exact<double>()) return fmt::format("{}", *real);
  if (const auto truth = value.value_exact<bool>()) return *truth ? "true" : "false";
  if (value.is_array()) return "a list";
  return value.is_table() ? "a table" : "a date or time";
}

// One key of the file, with all that an error about it has to name.
class entry {
 public:
  entry(std::string_view source, std::string key, const toml::node& value)
      : source_(source), key_(std::move(key)), value_(&value) {}

  [[nodiscard]] std::string where() const {
    return fmt::format("{}, line {}: {}", source_, value_->source().begin.line, key_);
  }
  [[noreturn]] void refuse(std::string_view allowed) const {
    throw bad_input(fmt::format("{} must be {}, but is {}", where(), allowed, shown(*value_)));
  }
  [[nodiscard]] entry element(const toml::node& value) const { return {source_, key_, value}; }
  [[nodiscard]] const toml::node& value() const { return *value_; }

  [[nodiscard]] std::string text(std::string_view allowed = "a string") const {
    const auto found = value_->value_exact<std::string>();
    if (!found) refuse(allowed);
    return *found;
  }
  [[nodiscard]] std::int64_t number(std::int64_t least, std::int64_t most,
                                    std::string_view allowed) const {
    const auto found = value_->value_exact<std::int64_t>();
    if (!found || *found < least || *found > most) refuse(allowed);
    return *found;
  }

 private:
  std::string_view source_;
  std::string key_;
  const toml::node* value_;
};

std::string one_of(const entry& at, std::span<const std::string_view> allowed) {
  const std::string choices = fmt::format("one of {}", fmt::join(allowed, ", "));
  std::string found = at.text(choices);
  if (std::find(allowed.begin(), allowed.end(), found) == allowed.end()) at.refuse(choices);
  return found;
}

bool is_node(std::string_view text) {
  constexpr std::string_view prefix = "node:";
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  unsigned short number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc{} && end == text.data() + text.size();
}

std::string memory_home(const entry& at) {
  const std::string choices = fmt::format("one of {}, node:N", fmt::join(memories, ", "));
  std::string found = at.text(choices);
  if (std::find(memories.begin(), memories.end(), found) == memories.end() && !is_node(found)) {
    at.refuse(choices);
  }
  return found;
}

std::uint64_t size(const entry& at) {
  constexpr std::string_view allowed =
      "a size: a whole number of bytes from 1, or a string such as \"64KiB\" or \"2MiB\"";
  if (at.value().is_integer()) {
    return static_cast<std::uint64_t>(
        at.number(1, std::numeric_limits<std::int64_t>::max(), allowed));
  }
  return parse_size(at.text(allowed), at.where());
}

bool truth(const entry& at) {
  const auto found = at.value().value_exact<bool>();
  if (!found) at.refuse("true or false");
  return *found;
}

// Reads the axis `key` into `out`, unless the file does not name it.
template <class Value, class Read>
void read_axis(const toml::table& axes, std::string_view source, std::string_view key,
               std::vector<Value>& out, Read read) {
  const toml::node* value = axes.get(key);
  if (value == nullptr) return;
  const entry at(source, fmt::format("axes.{}", key), *value);
  const toml::array* list = value->as_array();
  if (list == nullptr || list->empty()) at.refuse("a list of at least one value");
  out.clear();
  std::vector<std::string> seen;
  for (const toml::node& element : *list) {
    const entry item = at.element(element);
    out.push_back(read(item));
    const std::string text = shown(element);
    if (std::find(seen.begin(), seen.end(), text) != seen.end()) {
      throw bad_input(
          fmt::format("{} must name each value once, but repeats {}", item.where(), text));
    }
    seen.push_back(text);
  }
}

void refuse_unknown_keys(const toml::table& table, std::string_view source, std::string_view prefix,
                         std::span<const std::string_view> known) {
  for (const auto& [key, value] : table) {
    if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
      throw bad_input(fmt::format("{}, line {}: there is no key {}{}, only {}", source,
                                  key.source().begin.line, prefix, printable(key.str()),
                                  fmt::join(known, ", ")));
    }
  }
}

void read_axes(const toml::table& axes, std::string_view source,
               std::span<const std::string_view> rings, matrix_axes& out) {
  const auto chosen = [](std::span<const std::string_view> allowed) {
    return [allowed](const entry& at) { return one_of(at, allowed); };
  };
  refuse_unknown_keys(axes, source, "axes.", axis_keys);
  const toml::node* const ring = axes.get("ring");
  if (ring != nullptr && ring->value_exact<std::string>() == "all") {
    out.ring.assign(rings.begin(), rings.end());
  } else {
    read_axis(axes, source, "ring", out.ring, chosen(rings));
  }
  read_axis(axes, source, "sink", out.sink, chosen(sinks));
  read_axis(axes, source, "mode", out.mode, chosen(modes));
  read_axis(axes, source, "hand", out.hand, chosen(hands));
  read_axis(axes, source, "ring_size", out.ring_size, size);
  read_axis(axes, source, "read_size", out.read_size, size);
  read_axis(axes, source, "block", out.block, size);
  read_axis(axes, source, "geometry", out.shards, [](const entry& at) {
    return parse_geometry(at.text("a string such as \"8+4\""), at.where());
  });
  read_axis(axes, source, "placement", out.placement, chosen(placements));
  read_axis(axes, source, "memory", out.memory, memory_home);
  read_axis(axes, source, "sync", out.sync, truth);
}

std::string directory_name(const entry& at) {
  constexpr std::string_view allowed = "lower-case letters, digits and '-'";
  std::string name = at.text(allowed);
  const bool good = std::all_of(name.begin(), name.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-';
  });
  if (name.empty() || !good) at.refuse(allowed);
  return name;
}

template <class Range>
toml::array list_of(const Range& values) {
  toml::array list;
  for (const auto& value : values) list.push_back(value);
  return list;
}

toml::array sizes_of(const std::vector<std::uint64_t>& values) {
  toml::array list;
  for (const std::uint64_t value : values) list.push_back(format_size(value));
  return list;
}

// Cells times repetitions; any number above most_turns if they are more than that.
std::uint64_t turns_of(const matrix& of) {
  const auto& axes = of.axes;
  std::uint64_t turns = static_cast<std::uint64_t>(of.repetitions);
  for (const std::size_t values :
       {axes.ring.size(), axes.sink.size(), axes.mode.size(), axes.hand.size(),
        axes.ring_size.size(), axes.read_size.size(), axes.block.size(), axes.shards.size(),
        axes.placement.size(), axes.memory.size(), axes.sync.size()}) {
    turns = std::min(turns * values, most_turns + 1);
  }
  return turns;
}

}  // namespace

geometry parse_geometry(std::string_view text, std::string_view option) {
  geometry found{0, 0};
  const char* const end = text.data() + text.size();
  const auto data = std::from_chars(text.data(), end, found.data);
  if (data.ec == std::errc{} && data.ptr != end && *data.ptr == '+') {
    const auto parity = std::from_chars(data.ptr + 1, end, found.parity);
    const auto in_range = [](int count) { return count >= 1 && count <= 255; };
    if (parity.ec == std::errc{} && parity.ptr == end && in_range(found.data) &&
        in_range(found.parity) && found.data + found.parity <= 256) {
      return found;
    }
  }
  throw bad_input(
      fmt::format("{} must be K+M, data and parity shards from 1 to 255 and at most 256 "
                  "together, but is \"{}\"",
                  option, printable(text)));
}

std::string format_geometry(const geometry& value) {
  return fmt::format("{}+{}", value.data, value.parity);
}

matrix parse_matrix(std::string_view text, std::string_view source,
                    std::span<const std::string_view> rings) {
  if (toml_nests_deeper(text, most_nesting)) {
    throw bad_input(fmt::format("{}: it nests deeper than {} levels", source, most_nesting));
  }
  toml::table file;
  try {
    file = toml::parse(text, source);
  } catch (const toml::parse_error& failed) {
    throw bad_input(fmt::format("{}, line {}: this is not TOML: {}", source,
                                failed.source().begin.line, printable(failed.description())));
  }
  refuse_unknown_keys(file, source, "", top_keys);
  const auto find = [&](std::string_view key) -> std::optional<entry> {
    const toml::node* value = file.get(key);
    if (value == nullptr) return std::nullopt;
    return entry(source, std::string(key), *value);
  };
  matrix out;
  const auto name = find("name");
  if (!name) throw bad_input(fmt::format("{}: the key name is missing", source));
  out.name = directory_name(*name);
  if (const auto at = find("description")) out.description = at->text();
  if (const auto at = find("repetitions")) {
    out.repetitions = static_cast<int>(at->number(1, 10000, "a whole number from 1 to 10000"));
  }
  if (const auto at = find("seed")) {
    out.seed = static_cast<std::uint64_t>(
        at->number(0, std::numeric_limits<std::int64_t>::max(), "a whole number from 0"));
  }
  if (const auto at = find("input")) out.input = at->text("the path of a file");
  if (const auto at = find("axes")) {
    if (!at->value().is_table()) at->refuse("a table, [axes]");
    read_axes(*at->value().as_table(), source, rings, out.axes);
  }
  if (turns_of(out) > most_turns) {
    throw bad_input(
        fmt::format("{}: its axes and repetitions make more than {} turns", source, most_turns));
  }
  return out;
}

matrix load_matrix(const std::filesystem::path& file, std::span<const std::string_view> rings) {
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20U;
  const auto name = pipeline::escaped(file);
  return parse_matrix(read_bounded(file, most_bytes, "the matrix " + name), name, rings);
}

std::string to_toml(const matrix& value) {
  toml::table top;
  top.insert("name", value.name);
  top.insert("description", value.description);
  top.insert("repetitions", value.repetitions);
  if (value.seed) top.insert("seed", static_cast<std::int64_t>(*value.seed));
  if (value.input) {
    top.insert("input",
               (value.input->is_absolute() ? value.input->filename() : *value.input).string());
  }
  toml::table axes;
  axes.insert("ring", list_of(value.axes.ring));
  axes.insert("sink", list_of(value.axes.sink));
  axes.insert("mode", list_of(value.axes.mode));
  axes.insert("hand", list_of(value.axes.hand));
  axes.insert("ring_size", sizes_of(value.axes.ring_size));
  axes.insert("read_size", sizes_of(value.axes.read_size));
  axes.insert("block", sizes_of(value.axes.block));
  toml::array shards;
  for (const geometry& shape : value.axes.shards) shards.push_back(format_geometry(shape));
  axes.insert("geometry", std::move(shards));
  axes.insert("placement", list_of(value.axes.placement));
  axes.insert("memory", list_of(value.axes.memory));
  toml::array sync;
  for (const bool on : value.axes.sync) sync.push_back(on);
  axes.insert("sync", std::move(sync));
  top.insert("axes", std::move(axes));
  std::ostringstream out;
  out << top << '\n';
  return std::move(out).str();
}

}  // namespace annulus::harness
