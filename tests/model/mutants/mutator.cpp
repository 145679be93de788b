#include "mutator.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <stdexcept>

namespace annulus::mutants {
namespace {

using std::string;

// The text with comments and strings blanked, every other character where it was.
string code_only(string text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '/' && text[i + 1] == '/') {
      while (i < text.size() && text[i] != '\n') text[i++] = ' ';
    } else if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) text[i] = '_';
    }
  }
  return text;
}

string on(int number) {
  return "annulus::mutated(" + std::to_string(number) + ")";
}

string squeezed(const string& text) {
  const auto start = std::min(text.find_first_not_of(" \n"), text.size());
  return std::regex_replace(text.substr(start), std::regex("\\s+"), " ");
}

auto matches(const string& text, const std::regex& pattern) {
  return std::vector<std::smatch>(std::sregex_iterator(text.begin(), text.end(), pattern), {});
}

std::size_t at(const std::smatch& found) {
  return static_cast<std::size_t>(found.position());
}

// A re-check or the condition of a wake: what becomes of the match, and the same with the mutant in
// it behind `@`.
struct rule {
  std::regex pattern;
  string changed;
  string with;
};

const std::vector<rule>& rules() {
  static const std::vector<rule> all{
      {std::regex("if \\((ready\\((\\w|\\.)*\\))\\)"), "if (false)", "if (!@ && $1)"},
      {std::regex("if \\((!ready\\((\\w|\\.)*\\))\\)"), "if (true)", "if (@ || $1)"},
      {std::regex("if \\((epoch_ != ticket)\\)"), "if (false)", "if (!@ && $1)"},
      {std::regex("if \\((limit\\.cancelled\\(\\))\\)"), "if (false)", "if (!@ && $1)"},
      {std::regex("if \\((limit\\.expired<Platform>\\(\\))\\)"), "if (false)", "if (!@ && $1)"},
      {std::regex("if \\((stopped)\\)"), "if (false)", "if (!@ && $1)"},
      {std::regex("if \\((core\\(\\)\\.status\\.(writer|reader)_is_closed\\(\\))\\)"), "if (false)",
       "if (!@ && $1)"},
      {std::regex("if \\((!std::exchange\\(taken_, false\\))\\)"), "if (true)", "if (@ || $1)"},
      // a > b as a >= b + 1
      {std::regex("index >= (target_|minimum_)\\.load"), "index > $1.load", "index >= @ + $1.load"},
      {std::regex(">= ring_\\.(reader|writer)_wants_"), "> ring_.$1_wants_",
       ">= @ + ring_.$1_wants_"},
      {std::regex("at_\\.horizon >= index"), "at_.horizon > index", "at_.horizon >= @ + index"},
      {std::regex("head - index\\) >= 0"), "head - index) > 0", "head - index) >= @"},
      {std::regex("index \\+ n < smooth"), "index + n < smooth + 2", "index + n < 2 * @ + smooth"},
      {std::regex("(\\n +)smooth = 0"), "smooth = smooth", "$1smooth = @ ? smooth : 0"},
      {std::regex(" \\|\\| (refused\\(\\))"), "", " || (!@ && $1)"},
      {std::regex(" \\|\\|(\\s+)(core\\(\\)\\.status\\.writer_is_closed\\(\\))"), "",
       " ||$1(!@ && $2)"},
      {std::regex(" \\|\\| (core\\(\\)\\.status\\.reader_refusal\\(\\))"), "", " || (!@ && $1)"},
      {std::regex("& claimed\\) != 0"), "& failed) != 0", "& (@ ? failed : claimed)) != 0"},
      {std::regex("ended_ = closed"), "ended_ = core().status.writer_is_closed()",
       "ended_ = @ ? core().status.writer_is_closed() : closed"},
  };
  return all;
}

}  // namespace

mutator::mutator(string file, string text, int first)
    : file_(std::move(file)), text_(std::move(text)), code_(code_only(text_)), next_(first) {
  weaken_orders();
  drop_statements();
  force_conditions();
}

int mutator::add(std::size_t at, string mutation) {
  const auto start = text_.rfind('\n', at) + 1;
  auto line = text_.substr(start, text_.find('\n', at) - start);
  line.erase(0, line.find_first_not_of(' '));
  if (const auto comment = line.find("  //"); comment != string::npos) line.erase(comment);
  const auto newlines =
      std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  mutants_.push_back(
      {next_, file_, 1 + static_cast<std::size_t>(newlines), std::move(line), std::move(mutation)});
  return next_++;
}

// Every memory order, one step weaker and relaxed.
void mutator::weaken_orders() {
  using steps = std::map<string, std::vector<string>>;
  static const steps weaker_load{{"seq_cst", {"acquire", "relaxed"}}, {"acquire", {"relaxed"}}},
      weaker_store{{"seq_cst", {"release", "relaxed"}}, {"release", {"relaxed"}}},
      weaker_update{{"seq_cst", {"acq_rel", "relaxed"}},
                    {"acq_rel", {"acquire", "release", "relaxed"}},
                    {"acquire", {"relaxed"}},
                    {"release", {"relaxed"}}};
  static const std::regex order("std::memory_order_(\\w+)|Platform::publish");
  for (const auto& found : matches(code_, order)) {
    const auto operation = operation_before(at(found));
    const auto& weaker = operation == "load"    ? weaker_load
                         : operation == "store" ? weaker_store
                                                : weaker_update;
    const auto to = weaker.find(found[1].matched ? found[1].str() : "seq_cst");
    if (to == weaker.end()) continue;  // relaxed already
    string by = "(";
    for (const auto& each : to->second) {
      by += on(add(at(found), found.str() + " → " + each)) + " ? std::memory_order_" + each + " : ";
    }
    edits_.push_back({at(found), found.str().size(), by + found.str() + ")"});
  }
}

// The member function whose argument the order at `from` is.
string mutator::operation_before(std::size_t from) const {
  static const std::regex call(
      "(?:\\.|->)(load|store|exchange|fetch_\\w+|compare_exchange_\\w+)\\(");
  const auto start = from - std::min<std::size_t>(from, 200);
  const auto before = code_.substr(start, from - start);
  const auto calls = matches(before, call);
  return calls.empty() ? string() : calls.back()[1].str();
}

// Wakes, nudges, notifications, barriers, bumps, announcements, transitions.
void mutator::drop_statements() {
  static const std::regex call(
      "\\b(wake|nudge|nudge_reader|nudge_writer|notify|notify_one|notify_all|futex_wake|rouse|"
      "light_barrier|heavy_barrier|announce|close_writer|close_reader|lose_writer|lose_reader|"
      "fail|published|wait_until_empty|emplace|end_peek)\\(|"
      "epoch_\\.fetch_add|epoch_ = epoch_|target_\\.store|minimum_\\.store|word_\\.fetch_or|"
      "waker_\\.exchange|occupied_\\.store|taken_ = |armed_ = |error_ = |head_\\.store|"
      "index\\.store|index->store|_wants_ = ");
  std::size_t dropped_to = 0;
  for (const auto& found : matches(code_, call)) {
    if (at(found) < dropped_to) continue;  // inside a statement that is dropped already
    const auto statement = statement_around(at(found));
    if (!statement) continue;
    const auto [begin, end] = *statement;
    const auto returns = code_.compare(begin, 7, "return ") == 0;
    const auto number = add(begin, "dropped: " + squeezed(text_.substr(begin, end - begin)));
    edits_.push_back(
        {begin, 0, "{ if (" + (returns ? on(number) + ") return {}; " : "!" + on(number) + ") ")});
    edits_.push_back({end, 0, " }"});
    dropped_to = end;
  }
}

void mutator::force_conditions() {
  for (const auto& [pattern, changed, with] : rules()) {
    for (const auto& found : matches(code_, pattern)) {
      const auto from = found.format(changed);
      const auto number =
          add(at(found) + found.str().find_first_not_of(" \n"),
              changed.empty() ? "dropped: " + found.str() : squeezed(found.str()) + " → " + from);
      edits_.push_back({at(found), found.str().size(),
                        std::regex_replace(found.format(with), std::regex("@"), on(number))});
    }
  }
}

// [begin, end) of the statement that holds `inside`, or nothing if that is a declaration or a
// definition.
std::optional<std::pair<std::size_t, std::size_t>> mutator::statement_around(
    std::size_t inside) const {
  auto begin = inside;
  for (int depth = 0; begin > 0; --begin) {
    const auto c = code_[begin - 1];
    if (c == ')') ++depth;
    if (c == '(' && --depth < 0) {
      // Within the parentheses of a call, go on to its left; of a condition, leave it.
      const auto word = code_.substr(begin >= 5 ? begin - 5 : 0, 4);
      if (word.ends_with("if ") || word.ends_with("for ") || word == "hile") return std::nullopt;
      depth = 0;
      continue;
    }
    if (depth == 0 && (c == ';' || c == '{' || c == '}')) break;
  }
  begin = after_headers(code_.find_first_not_of(" \n", begin), inside);
  auto end = inside;
  for (int depth = 0; end < code_.size(); ++end) {
    const auto c = code_[end];
    if (c == '(' || (c == '{' && depth > 0)) ++depth;
    if (c == ')' || (c == '}' && depth > 0)) --depth;
    if (depth <= 0 && c == '{' && code_[end + 1] != '}') return std::nullopt;
    if (depth < 0) return std::nullopt;
    if (depth <= 0 && c == ';') break;
  }
  static const std::regex declaration(
      "^(const|auto|static|using|friend|explicit|\\[\\[|bool |if |[\\w:]+\\*? \\w+ =)");
  const auto text = code_.substr(begin, end - begin);
  if (std::regex_search(text, declaration)) return std::nullopt;
  return std::pair(begin, end + 1);
}

// Behind `if (…)`, `for (…)` and `else` before `limit`.
std::size_t mutator::after_headers(std::size_t begin, std::size_t limit) const {
  static const std::regex header("^(if constexpr|if|for|while) \\(|^else |^case [^:]*:|^\\w+:\\s");
  for (;;) {
    std::smatch found;
    const auto rest = code_.substr(begin, limit - begin);
    if (!std::regex_search(rest, found, header)) return begin;
    auto end = begin + found.str().size();
    if (found.str().ends_with('(')) {
      for (int depth = 1; depth > 0; ++end)
        depth += code_[end] == '(' ? 1 : code_[end] == ')' ? -1 : 0;
    }
    if (end > limit) return begin;
    begin = code_.find_first_not_of(" \n", end);
  }
}

string mutator::schemata() const {
  auto edits = edits_;
  std::stable_sort(edits.begin(), edits.end(),
                   [](const edit& a, const edit& b) { return a.from < b.from; });
  string text;
  std::size_t done = 0;
  for (const auto& each : edits) {
    if (each.from < done) throw std::logic_error("two mutants of " + file_ + " overlap");
    text.append(text_, done, each.from - done).append(each.by);
    done = each.from + each.length;
  }
  return text.append(text_, done);
}

}  // namespace annulus::mutants
