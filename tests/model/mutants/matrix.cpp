#include "matrix.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <stdexcept>

#include "files.hpp"

namespace annulus::mutants {
namespace {

using std::string;

string cell(string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != string::npos; at += 2)
    text.replace(at, 1, "\\|");
  return text;
}

string verdict_cell(const row& each, const arguments& known) {
  switch (each.how.end) {
    case verdict::killed:
      return "killed: " + cell(each.how.detail);
    case verdict::undecided:
      return "undecided: " + each.how.detail + " took too long";
    case verdict::survived:
      break;
  }
  return known.why(each.what).empty() ? "survived" : "equivalent";
}

}  // namespace

arguments::arguments(const std::filesystem::path& file) {
  const auto parsed = toml::parse_file(file.string());
  const auto* const list = parsed["survivor"].as_array();
  if (list == nullptr) return;
  for (const auto& each : *list) {
    const auto* const table = each.as_table();
    if (table == nullptr) {
      throw std::runtime_error(fmt::format("{}, line {}: a survivor must be a table", file.string(),
                                           each.source().begin.line));
    }
    const auto text = [&](const char* key) { return (*table)[key].value_or(string()); };
    entries_.push_back({text("file"), text("code"), text("mutation"), text("why")});
  }
}

string arguments::why(const mutant& survivor) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const entry& each) {
    return each.file == survivor.file && each.code == survivor.code &&
           each.mutation == survivor.mutation;
  });
  return found == entries_.end() ? string() : found->why;
}

score count(const std::vector<row>& rows, const arguments& known) {
  score of;
  for (const auto& each : rows) {
    switch (each.how.end) {
      case verdict::killed:
        ++of.killed;
        break;
      case verdict::undecided:
        ++of.undecided;
        break;
      case verdict::survived:
        ++(known.why(each.what).empty() ? of.survived : of.equivalent);
        break;
    }
  }
  return of;
}

string summary(const score& of) {
  return fmt::format("{} mutants: {} killed, {} equivalent, {} survived, {} undecided.",
                     of.killed + of.equivalent + of.survived + of.undecided, of.killed,
                     of.equivalent, of.survived, of.undecided);
}

string document(const std::vector<row>& rows, const arguments& known) {
  string text = summary(count(rows, known)) +
                "\n\n| file | line | code | mutation | verdict |\n|---|---|---|---|---|\n";
  string why;
  for (const auto& each : rows) {
    const auto& [number, file, line, code, mutation] = each.what;
    text += fmt::format("| {} | {} | `{}` | {} | {} |\n", file, line, cell(code), cell(mutation),
                        verdict_cell(each, known));
    if (each.how.end != verdict::survived) continue;
    why += fmt::format("- `{}`, line {}, `{}`, {}: {}\n", file, line, code, mutation,
                       known.why(each.what));
  }
  return text + "\nThe survivors, and why each is equivalent:\n\n" + why;
}

void put_into(const std::filesystem::path& path, const string& text) {
  const string begin = "<!-- mutants: begin -->\n", end = "<!-- mutants: end -->";
  auto whole = read(path);
  const auto from = whole.find(begin), to = whole.find(end);
  if (from == string::npos || to == string::npos) {
    throw std::runtime_error(path.string() + " has no markers for the matrix");
  }
  whole.replace(from + begin.size(), to - from - begin.size(), text);
  write(path, whole);
}

}  // namespace annulus::mutants
