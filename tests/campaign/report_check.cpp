#include "report_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

namespace annulus::campaign {
namespace {

std::string shown(const std::string& text) {
  constexpr std::size_t most = 300;
  return pipeline::escaped(std::string_view(text).substr(0, most));
}

// Each line by the command itself, none of them with what only a terminal or a programmer reads.
std::string fault_of_sentences(const std::string& text) {
  std::istringstream lines(text);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    if (!line.starts_with("annulus: ")) return "a line does not begin with 'annulus: '";
    if (std::ranges::any_of(line, [](unsigned char c) { return c < 0x20 || c == 0x7F; })) {
      return "a control character";
    }
    for (const auto* const jargon :
         {"bad_alloc", "std::", "json.exception", "basic_string", "filesystem error", "vector::"}) {
      if (line.find(jargon) != std::string::npos) return fmt::format("'{}' is no word", jargon);
    }
  }
  return count == 0 ? "no sentence" : "";
}

bool is_json(const std::string& text) {
  return nlohmann::json::accept(text);
}

}  // namespace

std::vector<finding> check_report(const run_result& result, const std::string& what, bool json) {
  if (result.hung) return {{violation::hang, what + " does not end"}};
  if (result.status < 0) {
    return {{violation::signal, fmt::format("{} is killed by signal {}", what, -result.status)}};
  }
  std::vector<finding> found;
  if (result.status > 1) {
    found.push_back({violation::bad_status, fmt::format("{} ends with status {}: {}", what,
                                                        result.status, shown(result.err))});
  }
  if (result.status != 0) {
    if (const auto fault = fault_of_sentences(result.err); !fault.empty()) {
      found.push_back(
          {violation::bad_sentence, fmt::format("{}: {}: {}", what, fault, shown(result.err))});
    }
  }
  // A failure may come before there is anything to print.
  if (json && (result.status == 0 || !result.out.empty()) && !is_json(result.out)) {
    found.push_back({violation::bad_json, fmt::format("{}: {}", what, shown(result.out))});
  }
  return found;
}

}  // namespace annulus::campaign
