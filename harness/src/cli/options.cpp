#include "options.hpp"

#include <fmt/format.h>

#include <charconv>

namespace annulus::cli {

void add_disks(CLI::App& command, std::string& disks, const std::string& help) {
  command.add_option("--disks", disks, help)->required()->type_name("D0,D1,…");
}

std::vector<std::filesystem::path> parse_disks(const std::string& text) {
  std::vector<std::filesystem::path> disks;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    if (end == at) {
      throw usage_error(
          fmt::format("--disks needs a path before and after each comma, not '{}'", text));
    }
    disks.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return disks;
}

std::uint64_t parse_count(const std::string& text, std::string_view option, std::uint64_t least,
                          std::uint64_t most) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || stopped != end || value < least || value > most) {
    throw usage_error(fmt::format("{} must be a whole number from {} to {}, not '{}'", option,
                                  least, most, text));
  }
  return value;
}

}  // namespace annulus::cli
