#include "samples.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string_view>

#include "error.hpp"

namespace annulus::harness {
namespace {

sample sample_from(const json& line) {
  sample out;
  line.at("cell").get_to(out.cell);
  out.key = line.at("key");
  line.at("repetition").get_to(out.repetition);
  out.spec = line.at("spec");
  if (line.contains("result")) out.result = line["result"];
  if (line.contains("error")) out.error = line["error"].get<std::string>();
  if (line.contains("skipped")) out.skipped = line["skipped"].get<std::string>();
  return out;
}

json json_of(const sample& value) {
  json line{{"cell", value.cell},
            {"key", value.key},
            {"repetition", value.repetition},
            {"spec", value.spec}};
  if (value.result) line["result"] = *value.result;
  if (value.error) line["error"] = *value.error;
  if (value.skipped) line["skipped"] = *value.skipped;
  return line;
}

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view what, int code) {
  throw error(fmt::format("{} cannot be {}: {}", file.string(), what, std::strerror(code)));
}

}  // namespace

sample_file read_samples(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) throw error(fmt::format("{} cannot be read", file.string()));
  sample_file out;
  for (std::size_t number = 1; out.whole_bytes < text.size(); ++number) {
    const std::size_t end = text.find('\n', out.whole_bytes);
    out.torn = end == std::string::npos;
    if (out.torn) break;
    const auto line = std::string_view(text).substr(out.whole_bytes, end - out.whole_bytes);
    try {
      out.samples.push_back(sample_from(json::parse(line)));
    } catch (const json::exception& failed) {
      out.torn = end + 1 == text.size() && !json::accept(line);
      if (out.torn) break;
      throw error(
          fmt::format("{}, line {}: this is no sample: {}", file.string(), number, failed.what()));
    }
    out.whole_bytes = end + 1;
  }
  return out;
}

sample_writer::sample_writer(const std::filesystem::path& file, std::uint64_t whole_bytes)
    : file_(file), fd_(open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644)) {
  if (fd_.get() < 0) refuse(file_, "opened", errno);
  if (ftruncate(fd_.get(), static_cast<off_t>(whole_bytes)) != 0) refuse(file_, "cut", errno);
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
  if (fsync(fd_.get()) != 0) refuse(file_, "made durable", errno);
}

std::vector<cell_results> by_cell(const std::vector<sample>& samples) {
  std::map<std::size_t, std::map<int, const sample*>> latest;
  for (const sample& each : samples) latest[each.cell][each.repetition] = &each;
  std::vector<cell_results> out;
  for (const auto& [cell, repetitions] : latest) {
    cell_results& at = out.emplace_back();
    at.cell = cell;
    for (const auto& [repetition, each] : repetitions) {
      at.key = each->key;
      if (each->result) at.results.push_back(*each->result);
      if (each->error) at.errors.push_back(*each->error);
      if (each->skipped) at.skipped = *each->skipped;
    }
  }
  return out;
}

}  // namespace annulus::harness
