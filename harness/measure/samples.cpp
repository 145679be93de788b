#include "measure/samples.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/core/restarted.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <cerrno>
#include <cstring>
#include <map>
#include <span>
#include <string_view>
#include <utility>

#include "base/bounded_file.hpp"
#include "base/error.hpp"
#include "base/json_fields.hpp"
#include "base/sha256.hpp"
#include "measure/axis.hpp"
#include "measure/matrix.hpp"

namespace annulus::harness {
namespace {

constexpr std::uint64_t most_file_bytes = std::uint64_t{256} << 20U;
constexpr std::uint64_t most_text_bytes = std::uint64_t{64} << 10U;

void check_key(const json& key) {
  const auto is_value = [](const json& value) {
    return value.is_boolean() || value.is_number() ||
           (value.is_string() && is_word(value.get<std::string>()));
  };
  if (!key.is_object() || key.empty()) throw error("its key must be an object of axis values");
  for (const auto& [axis, value] : key.items()) {
    if (is_word(axis) && is_value(value)) continue;
    throw error("its key must have a word, a number or a truth for each axis");
  }
}

bool same_axes(const json& one, const json& other) {
  return one.size() == other.size() &&
         std::all_of(one.items().begin(), one.items().end(),
                     [&](const auto& axis) { return other.contains(axis.key()); });
}

const json& object_at(const json& line, std::string_view field) {
  const auto at = line.find(field);
  if (at == line.end() || !at->is_object()) {
    throw error(fmt::format("its {} must be an object", field));
  }
  return *at;
}

// Of the line without the checksum itself: enough to tell an edit, and no more is claimed.
std::string checksum_of(const json& line) {
  sha256 digest;
  const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace);
  digest.update(std::as_bytes(std::span(text)));
  return digest.hex().substr(0, 16);
}

void check_sum(const json& line) {
  json rest = line;
  rest.erase("check");
  if (text_of(line, "check", 64) != checksum_of(rest)) {
    throw error("it was changed after it had been written: its checksum differs");
  }
}

sample sample_from(const json& line) {
  if (!line.is_object()) throw error("it is no JSON object");
  check_sum(line);
  sample out;
  out.cell = whole_number(line, "cell", most_turns);
  out.key = object_at(line, "key");
  check_key(out.key);
  out.repetition = static_cast<int>(whole_number(line, "repetition", most_repetitions));
  out.is_roof = line.value("roof", json(false)) == true;
  out.spec = object_at(line, "spec");
  if (line.contains("fitness")) out.fitness = object_at(line, "fitness");
  if (line.contains("result")) out.result = result_from_json(line["result"]);
  if (line.contains("error")) out.error = text_of(line, "error", most_text_bytes);
  if (line.contains("skipped")) out.skipped = text_of(line, "skipped", most_text_bytes);
  if (out.result.has_value() + out.error.has_value() + out.skipped.has_value() != 1) {
    throw error("it must have a result, an error or why it was skipped");
  }
  return out;
}

json json_of(const sample& value) {
  json line{{"cell", value.cell}, {"key", value.key}, {"repetition", value.repetition}};
  if (value.is_roof) line["roof"] = true;
  line["spec"] = value.spec;
  if (!value.fitness.is_null()) line["fitness"] = value.fitness;
  if (value.result) line["result"] = to_json(*value.result);
  if (value.error) line["error"] = *value.error;
  if (value.skipped) line["skipped"] = *value.skipped;
  line["check"] = checksum_of(line);
  return line;
}

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view what, int code) {
  throw error(
      fmt::format("{} cannot be {}: {}", pipeline::escaped(file), what, std::strerror(code)));
}

}  // namespace

sample_file read_samples(const std::filesystem::path& file) {
  const std::string text = read_bounded(file, most_file_bytes, pipeline::escaped(file));
  sample_file out;
  for (std::size_t number = 1; out.whole_bytes < text.size(); ++number) {
    const std::size_t end = text.find('\n', out.whole_bytes);
    out.torn = end == std::string::npos;
    if (out.torn) break;
    const auto line = std::string_view(text).substr(out.whole_bytes, end - out.whole_bytes);
    const json parsed = parse_bounded(line);
    out.torn = end + 1 == text.size() && parsed.is_discarded();
    if (out.torn) break;
    try {
      sample found = sample_from(parsed);
      if (!out.samples.empty() && !same_axes(out.samples.front().key, found.key)) {
        throw error("its key has other axes than that of line 1");
      }
      out.samples.push_back(std::move(found));
    } catch (const error& failed) {
      throw error(fmt::format("{}, line {}: this is no sample: {}", pipeline::escaped(file), number,
                              failed.what()));
    }
    out.whole_bytes = end + 1;
  }
  return out;
}

sample_writer::sample_writer(const std::filesystem::path& file, std::uint64_t whole_bytes)
    : file_(file), fd_(detail::restarted([&] {
        return open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
      })) {
  if (fd_.get() < 0) refuse(file_, "opened", errno);
  if (detail::restarted([&] { return ftruncate(fd_.get(), static_cast<off_t>(whole_bytes)); }) != 0)
    refuse(file_, "cut", errno);
}

void sample_writer::append(const sample& value) {
  const std::string line =
      json_of(value).dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
  for (std::string_view left = line; !left.empty();) {
    const ssize_t written = write(fd_.get(), left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) refuse(file_, "written", errno);
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  if (detail::restarted([&] { return fsync(fd_.get()); }) != 0)
    refuse(file_, "made durable", errno);
}

bool sample::is_marked() const {
  return fitness.is_object() && !fitness.value("marks", json::array()).empty();
}

std::vector<cell_samples> by_cell(const std::vector<sample>& samples) {
  std::map<std::size_t, std::map<int, const sample*>> latest;
  for (const sample& each : samples) latest[each.cell][each.repetition] = &each;
  std::vector<cell_samples> out;
  for (const auto& [cell, repetitions] : latest) {
    cell_samples& at = out.emplace_back();
    at.cell = cell;
    for (const auto& [repetition, each] : repetitions) {
      at.key = each->key;
      at.is_roof = each->is_roof;
      if (each->result)
        (each->is_marked() ? at.marked : at.results).emplace(repetition, *each->result);
      if (each->error) at.errors.push_back(*each->error);
      if (each->skipped) at.skipped = *each->skipped;
    }
  }
  return out;
}

}  // namespace annulus::harness
