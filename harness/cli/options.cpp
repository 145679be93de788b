#include "cli/options.hpp"

#include <fmt/format.h>

#include <annulus/pipeline/escaped.hpp>
#include <charconv>

#include "base/system_words.hpp"

namespace annulus::cli {
namespace {

using pipeline::escaped;

}  // namespace

void add_disks(CLI::App& command, std::string& disks, const std::string& help) {
  command.add_option("--disks", disks, help)->required()->type_name("D0,D1,…");
}

std::vector<std::filesystem::path> parse_disks(const std::string& text) {
  std::vector<std::filesystem::path> disks;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    if (end == at) {
      throw usage_error(
          fmt::format("--disks needs a path before and after each comma, not '{}'", escaped(text)));
    }
    disks.push_back(local_path(text.substr(at, end - at), "disk"));
    at = end + 1;
  }
  return disks;
}

std::filesystem::path local_path(const std::string& text, std::string_view what) {
  if (text.find("://") != std::string::npos) {
    throw usage_error(
        fmt::format("{} {} is a URL, but only local paths are supported", what, escaped(text)));
  }
  return text;
}

std::uint64_t parse_count(const std::string& text, std::string_view option, std::uint64_t least,
                          std::uint64_t most) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || stopped != end || value < least || value > most) {
    throw usage_error(fmt::format("{} must be a whole number from {} to {}, not '{}'", option,
                                  least, most, escaped(text)));
  }
  return value;
}

void throw_ours() {
  try {
    throw;
  } catch (const pipeline::error& problem) {
    if (problem.kind() == pipeline::error_kind::bad_argument) throw usage_error(problem.what());
    throw failure(problem.what());
  } catch (const harness::bad_input& problem) {
    throw usage_error(problem.what());
  } catch (const harness::error& problem) {
    throw failure(problem.what());
  } catch (const std::system_error& problem) {
    throw failure(harness::in_words(problem));
  }
}

}  // namespace annulus::cli
