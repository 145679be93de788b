#include "source.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <stdexcept>

namespace annulus::crash {
namespace {

std::size_t indentation(const std::string& line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

bool ends_with_any_of(const std::string& line, const std::string& ends) {
  return !line.empty() && ends.find(line.back()) != std::string::npos;
}

std::regex calls_of(const std::string& callee) {
  return std::regex("\\b" + callee + "\\(");
}

long matches_in(const std::string& text, const std::regex& what) {
  return std::distance(std::sregex_iterator(text.begin(), text.end(), what), {});
}

}  // namespace

source_index::source_index(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) read(entry.path());
  }
}

void source_index::read(const std::filesystem::path& file) {
  static const std::regex type("^(class|struct) (\\w+)[^;]*\\{$");
  static const std::regex aside("^ *(//|#|\\}|namespace |template |using |public:|private:|$)");
  static const std::regex name("([\\w:~]+)\\(");
  std::vector<std::string> lines;
  std::ifstream in(file);
  auto& text = texts_.emplace_back();
  for (std::string line; std::getline(in, line);) {
    text += line + '\n';
    lines.push_back(std::move(line));
  }

  auto& found = bodies_[file.filename().string()];
  std::string of_type;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::smatch parts;
    if (std::regex_match(lines[i], parts, type)) {
      of_type = parts[2].str() + "::";
      continue;
    }
    if (lines[i] == "};") of_type.clear();
    const std::size_t inset = of_type.empty() ? 0 : 2;
    if (indentation(lines[i]) != inset || std::regex_search(lines[i], aside)) continue;
    auto brace = i;
    while (brace + 1 < lines.size() && !ends_with_any_of(lines[brace], ";{}")) ++brace;
    if (!std::regex_search(lines[i], parts, name) || lines[brace].ends_with(';')) {
      i = brace;  // a declaration, or a variable
      continue;
    }
    auto end = brace;
    if (lines[brace].ends_with('{')) {
      const auto last = std::string(inset, ' ') + "}";
      while (end + 1 < lines.size() && lines[end] != last && lines[end] != last + ";") ++end;
    }
    body one{of_type + parts[1].str(), static_cast<int>(i) + 1, {}};
    for (auto at = i; at <= end; ++at) one.lines.push_back(lines[at]);
    // A signature is no call.
    for (auto at = i; at <= brace; ++at) {
      auto& line = one.lines[at - i];
      const auto opening = at == brace ? line.find(" {") : std::string::npos;
      line.erase(0, std::min(opening, line.size()));
    }
    found.push_back(std::move(one));
    i = end;
  }
}

int source_index::number_of(const std::string& line) {
  return std::stoi(line.substr(line.find(':') + 1));
}

const source_index::body* source_index::at(const std::string& line) const {
  const auto file = bodies_.find(line.substr(0, line.find(':')));
  if (file == bodies_.end()) return nullptr;
  const auto number = number_of(line);
  for (const auto& one : file->second) {
    if (number >= one.first && number < one.first + static_cast<int>(one.lines.size())) return &one;
  }
  return nullptr;
}

int source_index::ordinal(const body& of, int line, const std::string& callee) {
  const auto calls = calls_of(callee);
  long before = 0;
  long all = 0;
  for (std::size_t i = 0; i < of.lines.size(); ++i) {
    const auto here = matches_in(of.lines[i], calls);
    all += here;
    if (of.first + static_cast<int>(i) <= line) before += here;
  }
  if (all == 0) throw std::runtime_error(of.name + " does not call " + callee);
  return all < 2 ? 0 : static_cast<int>(std::max(before, 1L));
}

std::string source_index::function(const std::string& line) const {
  const auto* const of = at(line);
  return of == nullptr ? line : of->name;
}

bool source_index::is_first(const std::string& line) const {
  const auto* const of = at(line);
  return of != nullptr && of->first == number_of(line) && of->lines.size() > 1;
}

std::string source_index::call(const std::string& line, const std::string& callee) const {
  const auto* const of = at(line);
  if (of == nullptr) return line;
  const auto which = ordinal(*of, number_of(line), callee);
  return which == 0 ? of->name : of->name + "#" + std::to_string(which);
}

std::string source_index::callee(const std::string& line, bool in_lambda) const {
  const auto* const of = at(line);
  if (of == nullptr) return line;
  if (in_lambda) {
    static const std::regex variable("(\\w+) = \\[");
    for (auto i = number_of(line) - of->first; i >= 0; --i) {
      std::smatch parts;
      if (std::regex_search(of->lines[static_cast<std::size_t>(i)], parts, variable)) {
        return parts[1];
      }
    }
  }
  const auto last = of->name.rfind(':');
  return last == std::string::npos ? of->name : of->name.substr(last + 1);
}

std::vector<std::string> source_index::seam_calls() const {
  static const std::regex seam(
      "files_?(\\(\\))?(\\.|->)(sync_data|sync_directory|truncate|remove|rename|write)\\(");
  std::set<std::string> all;
  for (const auto& [file, functions] : bodies_) {
    for (const auto& of : functions) {
      for (std::size_t i = 0; i < of.lines.size(); ++i) {
        std::smatch parts;
        if (!std::regex_search(of.lines[i], parts, seam)) continue;
        const auto line = file + ":" + std::to_string(of.first + static_cast<int>(i));
        all.insert(call(line, parts[3]) + ": " + parts[3].str());
      }
    }
  }
  // One that is in no function here, or shares its line, would not be asked for.
  long written = 0;
  for (const auto& text : texts_) written += matches_in(text, seam);
  if (written != static_cast<long>(all.size())) {
    throw std::runtime_error("of " + std::to_string(written) + " calls of the seam, " +
                             std::to_string(all.size()) + " can be told apart");
  }
  return {all.begin(), all.end()};
}

}  // namespace annulus::crash
