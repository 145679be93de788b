// Which room of the harness knows of which, read from its includes.
#include <algorithm>
#include <array>
#include <regex>

#include "support.hpp"

namespace annulus::harness {
namespace {

namespace fs = std::filesystem;

// Each knows those before it and none behind it.
constexpr std::array<std::string_view, 6> rooms{"base",   "machine", "measure",
                                                "suites", "report",  "cli"};

std::size_t floor_of(const fs::path& file) {
  const auto room = file.begin()->string();
  return static_cast<std::size_t>(std::find(rooms.begin(), rooms.end(), room) - rooms.begin());
}

// "rings" of suites/rings/suite.hpp; empty for what lies in no folder of suites/.
std::string suite_of(const fs::path& file) {
  const fs::path inside = file.lexically_relative("suites");
  return file.begin()->string() == "suites" && inside.has_parent_path() ? inside.begin()->string()
                                                                        : "";
}

// What is wrong with what `file`, by its path from harness/, includes.
std::vector<std::string> complaints(const fs::path& file, const std::string& text) {
  static const std::regex include("(?:^|\n)[ \t]*#[ \t]*include[ \t]*\"([^\"]*)\"");
  std::vector<std::string> out;
  for (std::sregex_iterator at(text.begin(), text.end(), include), end; at != end; ++at) {
    const fs::path other = (*at)[1].str();
    const std::string what = file.string() + " includes " + other.string();
    if (floor_of(other) == rooms.size()) {
      out.push_back(what + ", which is no path from harness/");
    } else if (floor_of(other) > floor_of(file)) {
      out.push_back(what + ", which is a room above it");
    } else if (const auto suite = suite_of(other); !suite.empty() && suite != "common" &&
                                                   suite != suite_of(file) &&
                                                   !suite_of(file).empty()) {
      out.push_back(what + ", which is another suite");
    }
  }
  return out;
}

TEST(rooms, include_downward_only) {
  const fs::path root = ANNULUS_HARNESS;
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const auto kind = entry.path().extension();
    if (kind != ".cpp" && kind != ".hpp") continue;
    ++files;
    for (const auto& each : complaints(fs::relative(entry.path(), root), read(entry.path())))
      ADD_FAILURE() << each;
  }
  EXPECT_GT(files, 100U);
}

TEST(rooms, are_told_apart) {
  const auto said = [](const char* file, const char* other) {
    const auto found = complaints(
        file, "#pragma once\n#include <vector>\n# include \"" + std::string(other) + "\"\n");
    return found.empty() ? "" : found.at(0).substr(found.at(0).find(", which "));
  };
  EXPECT_EQ(said("measure/plan.cpp", "machine/topology.hpp"), "");
  EXPECT_EQ(said("measure/plan.cpp", "measure/plan.hpp"), "");
  EXPECT_EQ(said("machine/topology.cpp", "measure/axis.hpp"), ", which is a room above it");
  EXPECT_EQ(said("suites/rings/suite.cpp", "report/table.hpp"), ", which is a room above it");
  EXPECT_EQ(said("base/json.hpp", "json.hpp"), ", which is no path from harness/");
  EXPECT_EQ(said("base/json.hpp", "../base/error.hpp"), ", which is no path from harness/");
  EXPECT_EQ(said("suites/rings/suite.cpp", "suites/log/suite.hpp"), ", which is another suite");
  EXPECT_EQ(said("suites/common/payload.cpp", "suites/log/suite.hpp"), ", which is another suite");
  EXPECT_EQ(said("suites/rings/suite.cpp", "suites/common/payload.hpp"), "");
  EXPECT_EQ(said("suites/rings/peers/ck.hpp", "suites/rings/suite.hpp"), "");
  EXPECT_EQ(said("suites/registry.cpp", "suites/log/suite.hpp"), "");
  EXPECT_EQ(said("report/table.cpp", "suites/registry.hpp"), "");
}

}  // namespace
}  // namespace annulus::harness
