#include "trial.hpp"

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "files.hpp"

namespace annulus::mutants {
namespace {

namespace fs = std::filesystem;
using std::string;

// The quickest searches first.
std::vector<std::string_view> themes(const ring_set& rings) {
  if (!rings.theme.empty()) return {rings.theme};
  std::vector<std::string_view> all{"error", "index", "reset", "destruction", "limit",  "shared",
                                    "arm",   "close", "wake",  "coalescing",  "batches"};
  if (rings.pipes) all.emplace_back("pipelines");
  return all;
}

constexpr int seconds_per_theme = 900;

string quoted(const fs::path& path) {
  return "'" + path.string() + "'";
}

int execute(const string& command) {
  const auto status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

trial::trial(fs::path source, fs::path scratch, const std::map<string, string>& headers)
    : source_(std::move(source)), scratch_(std::move(scratch)) {
  const auto include = scratch_ / "include";
  fs::create_directories(scratch_);
  for (const auto* const of : {"variants/include", "chunklog/include"}) {
    fs::copy(source_ / of, include, fs::copy_options::recursive);
  }
  for (const auto& [file, text] : headers) write(include / "annulus" / file, text);
}

trial::~trial() {
  std::error_code ignored;
  fs::remove_all(scratch_, ignored);
}

fs::path trial::program(const ring_set& rings, std::string_view theme) const {
  return scratch_ / (string(rings.name) + "-" + string(theme));
}

std::vector<std::function<void()>> trial::compilations(const ring_set& rings) const {
  std::vector<std::function<void()>> all;
  for (const auto theme : themes(rings)) {
    all.emplace_back([this, rings, theme] {
      const auto made = program(rings, theme);
      const auto log = fs::path(made).concat(".log");
      const auto tests = source_ / "tests/model";
      const auto command =
          string(ANNULUS_COMPILER " -std=c++20 -O2 -w -DANNULUS_MODEL_RINGS=")
              .append(rings.bits)
              .append(" -DANNULUS_MODEL_THEME='<scenarios/")
              .append(theme)
              .append(".hpp>' -DANNULUS_MODEL_SCENARIOS=")
              .append(theme)
              .append("_scenarios -include " + quoted(tests / "mutants/active.hpp") + " -I" +
                      quoted(scratch_ / "include") + " -I" + quoted(tests / "shadow") + " -I" +
                      quoted(tests) + " " + quoted(tests / "mutants/scenarios.cpp") +
                      " '" ANNULUS_CHECKER "' -lnuma -o " + quoted(made) + " >" + quoted(log) +
                      " 2>&1");
      if (execute(command) != 0) {
        throw std::runtime_error("the mutants do not compile: " + read(log).substr(0, 1000));
      }
    });
  }
  return all;
}

outcome trial::run(int mutant, const ring_set& rings) const {
  for (const auto theme : themes(rings)) {
    const auto made = program(rings, theme);
    const auto log = fs::path(made).concat("." + std::to_string(mutant));
    const auto status =
        execute("timeout " + std::to_string(seconds_per_theme) + " " + quoted(made) + " " +
                std::to_string(mutant) + " >" + quoted(log) + " 2>/dev/null");
    if (status == 0) continue;
    if (status == 124) return {verdict::undecided, string(theme)};
    auto why = status == 1 ? read(log) : "crash";
    std::erase(why, '\n');
    return {verdict::killed, string(theme) + "/" + why};
  }
  return {};
}

}  // namespace annulus::mutants
