#include "report/reference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <vector>

#include "measure/matrix.hpp"
#include "measure/statistics.hpp"

namespace annulus::harness {
namespace {

// `text` as lines of a comment.
std::string comment(std::string_view text) {
  constexpr std::size_t width = 100;
  std::string out;
  while (!text.empty()) {
    std::size_t end = text.size() <= width ? text.size() : text.rfind(' ', width);
    if (end == std::string_view::npos) end = std::min(text.find(' '), text.size());
    out += fmt::format("# {}\n", text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string toml_value(const axis& of, const json& value) {
  return of.values.derivable ? fmt::format("\"{}\"", of.values.text(value)) : value.dump();
}

std::string sizes_of(const suite& of, const axis& without) {
  std::vector<std::string> names;
  for (const axis& each : of.axes()) {
    if (each.values.derivable && each.name != without.name) names.push_back(each.name);
  }
  names.insert(names.end(), of.traits().quantities.begin(), of.traits().quantities.end());
  return names.empty() ? ""
                       : fmt::format(", or a multiple of another one (of {}), such as \"2 x {}\"",
                                     fmt::join(names, ", "), names.front());
}

std::string axis_reference(const suite& of, const axis& each) {
  const std::string fallback = toml_value(each, each.fallback);
  return comment(fmt::format("{}. Allowed: {}{}{}. Default: {}.", each.help, each.values.allowed,
                             each.unit.empty() ? "" : ", in " + each.unit,
                             each.values.derivable ? sizes_of(of, each) : "", fallback)) +
         fmt::format("{} = [{}]\n", each.name, fallback);
}

}  // namespace

std::string matrix_reference(const suite& of) {
  const suite_traits& traits = of.traits();
  const auto key = [](std::string_view what, std::string_view line) {
    return '\n' + comment(what) + std::string(line) + '\n';
  };
  std::string out = comment(fmt::format("Every key of a matrix of the suite {}. {}.", traits.name,
                                        traits.description)) +
                    comment(
                        "What is measured is the cross product of the axes, each turn in a process "
                        "of its own, in random order. An "
                        "unknown key, and a value that is not listed here, is an error.");
  out += key("Both or, in old matrices of the suite pipeline, neither.",
             fmt::format("schema = {}\nsuite = \"{}\"", schema, traits.name));
  out += key("Required; names the run's directory: lower-case letters, digits and '-'.",
             "name = \"example\"");
  out += key("For readers. Default: empty.", "description = \"\"");
  out +=
      key(fmt::format("Turns of each cell, 1 to {}; fewer than {} give no interval. Default: {}.",
                      most_repetitions, least_for_interval, matrix().repetitions),
          fmt::format("repetitions = {}", matrix().repetitions));
  out +=
      key("Go on until every 95 % interval reaches at most this far to either side of its median, "
          "or the time is over: "
          "\"0.1%\" to \"100%\", and \"1s\" to \"24h\", in s, min or h. Both or neither. Default: "
          "neither.",
          "# until = \"5%\"\n# budget = \"10min\"");
  out += key("Of the random order. Default: a fresh one for each run, recorded in its env.json.",
             "# seed = 42");
  if (traits.reads_input) {
    out +=
        key("The file that every cell reads, relative to the current directory; --input overrides "
            "it. Default: generated "
            "bytes.",
            "# input = \"corpus/object.bin\"");
  }
  out += key("Each axis is a list of at least one value; \"all\" stands for all words there are.",
             "[axes]");
  for (const axis& each : of.axes()) out += '\n' + axis_reference(of, each);
  const axis& first = of.axes().front();
  const std::string filter =
      fmt::format("{} = [{}]", first.name, toml_value(first, first.fallback));
  out += key("Only cells of which every axis named in one of these tables has one of its values.",
             fmt::format("# [[only]]\n# {}", filter));
  out += key("None of those that one of these tables fits.",
             fmt::format("# [[except]]\n# {}", filter));
  return out;
}

}  // namespace annulus::harness
