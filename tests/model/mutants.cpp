// Makes mutants of the shipped headers, one edit each, and sees which of them the model checker
// kills. Run by ./annulus mutants; writes the matrix into docs/verification.md.
#include <sys/wait.h>
#include <toml++/toml.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;
using std::string;

const fs::path source = ANNULUS_SOURCE;
const fs::path checker = ANNULUS_CHECKER;
const string compiler = ANNULUS_COMPILER;

struct mutant {
  string file;
  std::size_t line = 0;
  string code;      // the line as it is, to know it by when lines move
  string mutation;  // what is changed
  string text;      // the whole file, changed
  string verdict{};
  string detail{};
};

string read(const fs::path& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& path, const string& text) {
  std::ofstream out(path);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

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

// --- where and how to change ---------------------------------------------------------------------

class mutator {
 public:
  explicit mutator(string file)
      : file_(std::move(file)),
        text_(read(source / "variants/include/annulus" / file_)),
        code_(code_only(text_)) {}

  std::vector<mutant> all() {
    weaken_orders();
    drop_statements();
    force_conditions();
    return std::move(found_);
  }

 private:
  void change(std::size_t from, std::size_t length, const string& by, string mutation) {
    const auto start = text_.rfind('\n', from) + 1;
    auto line = text_.substr(start, text_.find('\n', from) - start);
    line.erase(0, line.find_first_not_of(' '));
    if (const auto comment = line.find("  //"); comment != string::npos) line.erase(comment);
    const auto number = 1 + static_cast<std::size_t>(std::count(
                                text_.begin(), text_.begin() + static_cast<long>(from), '\n'));
    found_.push_back({file_, number, line, std::move(mutation),
                      text_.substr(0, from) + by + text_.substr(from + length)});
  }

  // Every memory order, one step weaker and relaxed.
  void weaken_orders() {
    static const std::map<string, std::vector<string>> weaker_load{
        {"seq_cst", {"acquire", "relaxed"}}, {"acquire", {"relaxed"}}},
        weaker_store{{"seq_cst", {"release", "relaxed"}}, {"release", {"relaxed"}}},
        weaker_update{{"seq_cst", {"acq_rel", "relaxed"}},
                      {"acq_rel", {"acquire", "release", "relaxed"}},
                      {"acquire", {"relaxed"}},
                      {"release", {"relaxed"}}};
    static const std::regex order("std::memory_order_(\\w+)|Platform::publish");
    for (auto at = std::sregex_iterator(code_.begin(), code_.end(), order);
         at != std::sregex_iterator(); ++at) {
      const auto from = static_cast<std::size_t>(at->position());
      const auto operation = operation_before(from);
      const auto name = (*at)[1].matched ? (*at)[1].str() : string("seq_cst");
      const auto& weaker = operation == "load"    ? weaker_load
                           : operation == "store" ? weaker_store
                                                  : weaker_update;
      const auto to = weaker.find(name);
      if (to == weaker.end()) continue;  // relaxed already
      for (const auto& each : to->second) {
        change(from, static_cast<std::size_t>(at->length()), "std::memory_order_" + each,
               at->str() + " → " + each);
      }
    }
  }

  // The member function whose argument the order at `from` is.
  [[nodiscard]] string operation_before(std::size_t from) const {
    static const std::regex call(
        "(?:\\.|->)(load|store|exchange|fetch_\\w+|compare_exchange_\\w+)\\(");
    const auto start = from - std::min<std::size_t>(from, 200);
    const auto before = code_.substr(start, from - start);
    string name;
    for (auto at = std::sregex_iterator(before.begin(), before.end(), call);
         at != std::sregex_iterator(); ++at) {
      name = (*at)[1].str();
    }
    return name;
  }

  // Wakes, nudges, notifications, barriers, bumps, announcements, transitions.
  void drop_statements() {
    static const std::regex call(
        "\\b(wake|nudge|nudge_reader|nudge_writer|notify|notify_one|notify_all|futex_wake|rouse|"
        "light_barrier|heavy_barrier|announce|close_writer|close_reader|lose_writer|lose_reader|"
        "fail|published|wait_until_empty|emplace|end_peek)\\(|"
        "epoch_\\.fetch_add|epoch_ = epoch_|target_\\.store|minimum_\\.store|word_\\.fetch_or|"
        "waker_\\.exchange|occupied_\\.store|taken_ = |armed_ = |error_ = |head_\\.store|"
        "index\\.store|index->store|_wants_ = ");
    std::size_t dropped_to = 0;
    for (auto at = std::sregex_iterator(code_.begin(), code_.end(), call);
         at != std::sregex_iterator(); ++at) {
      const auto from = static_cast<std::size_t>(at->position());
      if (from < dropped_to) continue;  // inside a statement that is dropped already
      const auto statement = statement_around(from);
      if (!statement) continue;
      const auto [begin, end] = *statement;
      const auto returns = code_.compare(begin, 7, "return ") == 0;
      change(begin, end - begin, returns ? "return {};" : ";", "dropped: " + squeezed(begin, end));
      dropped_to = end;
    }
  }

  // Re-checks and the conditions of wakes.
  void force_conditions() {
    const std::vector<std::pair<std::regex, string>> rules{
        {std::regex("if \\(ready\\((\\w|\\.)*\\)\\)"), "if (false)"},
        {std::regex("if \\(!ready\\((\\w|\\.)*\\)\\)"), "if (true)"},
        {std::regex("if \\(epoch_ != ticket\\)"), "if (false)"},
        {std::regex("if \\(limit\\.cancelled\\(\\)\\)"), "if (false)"},
        {std::regex("if \\(limit\\.expired<Platform>\\(\\)\\)"), "if (false)"},
        {std::regex("if \\(stopped\\)"), "if (false)"},
        {std::regex("index >= target_\\.load"), "index > target_.load"},
        {std::regex("index >= minimum_\\.load"), "index > minimum_.load"},
        {std::regex(">= ring_\\.(reader|writer)_wants_"), "> ring_.$1_wants_"},
        {std::regex("at_\\.horizon >= index"), "at_.horizon > index"},
        {std::regex("head - index\\) >= 0"), "head - index) > 0"},
        {std::regex("index \\+ n < smooth"), "index + n <= smooth + 1"},
        {std::regex("smooth = 0"), "smooth = smooth"},
        {std::regex(" \\|\\| refused\\(\\)"), ""},
        {std::regex(" \\|\\|\\s+core\\(\\)\\.status\\.writer_is_closed\\(\\)"), ""},
        {std::regex(" \\|\\| core\\(\\)\\.status\\.reader_refusal\\(\\)"), ""},
        {std::regex("& claimed\\) != 0"), "& failed) != 0"},
        {std::regex("ended_ = closed"), "ended_ = core().status.writer_is_closed()"},
        {std::regex("if \\(!std::exchange\\(taken_, false\\)\\)"), "if (true)"},
        {std::regex("if \\(core\\(\\)\\.status\\.(writer|reader)_is_closed\\(\\)\\)"),
         "if (false)"},
    };
    for (const auto& [pattern, by] : rules) {
      for (auto at = std::sregex_iterator(code_.begin(), code_.end(), pattern);
           at != std::sregex_iterator(); ++at) {
        const auto changed = at->format(by);
        change(static_cast<std::size_t>(at->position()), static_cast<std::size_t>(at->length()),
               changed, changed.empty() ? "dropped: " + at->str() : at->str() + " → " + changed);
      }
    }
  }

  // [begin, end) of the statement that holds `inside`, or nothing if that is a declaration or a
  // definition.
  [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> statement_around(
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
  [[nodiscard]] std::size_t after_headers(std::size_t begin, std::size_t limit) const {
    static const std::regex header(
        "^(if constexpr|if|for|while) \\(|^else |^case [^:]*:|^\\w+:\\s");
    for (;;) {
      std::smatch found;
      const auto rest = code_.substr(begin, limit - begin);
      if (!std::regex_search(rest, found, header)) return begin;
      auto at = begin + static_cast<std::size_t>(found.length());
      if (found.str().ends_with('(')) {
        for (int depth = 1; depth > 0; ++at)
          depth += code_[at] == '(' ? 1 : code_[at] == ')' ? -1 : 0;
      }
      if (at > limit) return begin;
      begin = code_.find_first_not_of(" \n", at);
    }
  }

  [[nodiscard]] string squeezed(auto begin, auto end) const {
    const auto from = static_cast<std::size_t>(begin);
    const auto text = text_.substr(from, static_cast<std::size_t>(end) - from);
    return std::regex_replace(text, std::regex("\\s+"), " ");
  }

  string file_;
  string text_;
  string code_;
  std::vector<mutant> found_;
};

// --- running -------------------------------------------------------------------------------------

struct group {
  string rings;  // which, as bits (scenarios/rings.hpp)
  std::vector<string> themes;
};

// The themes that kill most come first.
const std::vector<string> all_themes{"wake",  "close", "arm",         "coalescing", "limit",
                                     "error", "index", "destruction", "shared",     "reset"};
const group lock_free{"0xf", all_themes};
const group locking{"0x1c0", all_themes};

const std::vector<std::pair<string, group>> headers{
    {"ring_core.hpp", lock_free},  {"basic_writer.hpp", lock_free}, {"basic_reader.hpp", lock_free},
    {"basic_ring.hpp", lock_free}, {"waiting.hpp", lock_free},      {"waiting_room.hpp", lock_free},
    {"rest.hpp", lock_free},       {"status.hpp", lock_free},       {"monitor.hpp", locking},
    {"locked_ring.hpp", locking},  {"pipe.hpp", locking},
};

int run(const string& command) {
  const auto status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

string quoted(const fs::path& path) {
  return "'" + path.string() + "'";
}

// Compiles and runs theme after theme until one fails.
void judge(mutant& each, const group& by, const fs::path& scratch) {
  const auto include = scratch / "include";
  fs::remove_all(scratch);
  fs::create_directories(scratch);
  fs::copy(source / "variants/include", include, fs::copy_options::recursive);
  write(include / "annulus" / each.file, each.text);
  const auto tests = source / "tests/model";
  for (const auto& theme : by.themes) {
    const auto program = scratch / theme, log = scratch / "log";
    const auto compile =
        compiler + " -std=c++20 -O1 -w -DANNULUS_MODEL_RINGS=" + by.rings +
        " -DANNULUS_MODEL_THEME='<scenarios/" + theme +
        ".hpp>' -DANNULUS_MODEL_SCENARIOS=" + theme + "_scenarios -I" + quoted(include) + " -I" +
        quoted(tests / "shadow") + " -I" + quoted(tests) + " " + quoted(tests / "mutant.cpp") +
        " " + quoted(checker) + " -lnuma -o " + quoted(program) + " >" + quoted(log) + " 2>&1";
    if (run(compile) != 0) {
      each.verdict = "does not compile";
      each.detail = read(log).substr(0, 400);
      return;
    }
    const auto status = run("timeout 120 " + quoted(program) + " >" + quoted(log) + " 2>/dev/null");
    if (status == 0) continue;
    each.verdict = "killed";
    each.detail = theme + "/" + (status == 1 ? read(log) : status == 124 ? "no end" : "crash");
    std::erase(each.detail, '\n');
    return;
  }
  each.verdict = "survived";
}

// --- reporting -----------------------------------------------------------------------------------

/// What is known of a survivor: why no scenario can tell it from the original.
std::map<std::tuple<string, string, string>, string> explanations() {
  std::map<std::tuple<string, string, string>, string> known;
  const auto file = toml::parse_file((source / "tests/model/survivors.toml").string());
  if (const auto* list = file["survivor"].as_array()) {
    for (const auto& each : *list) {
      const auto& entry = *each.as_table();
      const auto text = [&](const char* key) { return entry[key].value_or(string()); };
      known[{text("file"), text("code"), text("mutation")}] = text("why");
    }
  }
  return known;
}

string cell(string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != string::npos; at += 2)
    text.replace(at, 1, "\\|");
  return text;
}

int report(const std::vector<mutant>& all, bool into_document) {
  const auto known = explanations();
  std::map<string, int> counts;
  std::ostringstream table, survivors;
  table << "| file | line | code | mutation | verdict |\n|---|---|---|---|---|\n";
  int unexplained = 0;
  for (const auto& each : all) {
    const auto why = known.find({each.file, each.code, each.mutation});
    auto verdict = each.verdict;
    if (verdict == "survived") {
      if (why != known.end()) {
        verdict = "equivalent";
        survivors << "- `" << each.file << "`, `" << each.code << "`, " << each.mutation << ": "
                  << why->second << '\n';
      } else {
        ++unexplained;
        std::cerr << "annulus: survivor without an argument in tests/model/survivors.toml: "
                  << each.file << ":" << each.line << ": " << each.code << "  [" << each.mutation
                  << "]\n";
      }
    }
    ++counts[verdict];
    table << "| " << each.file << " | " << each.line << " | `" << cell(each.code) << "` | "
          << cell(each.mutation) << " | " << cell(verdict)
          << (each.verdict == "killed" ? ": " + cell(each.detail) : "") << " |\n";
  }
  std::ostringstream text;
  text << all.size() << " mutants:";
  for (const auto& [verdict, n] : counts) text << ' ' << n << ' ' << verdict << ',';
  auto summary = text.str();
  summary.back() = '.';
  std::cout << summary << '\n';
  if (into_document) {
    const auto path = source / "docs/verification.md";
    const string begin = "<!-- mutants: begin -->\n", end = "<!-- mutants: end -->";
    auto document = read(path);
    const auto from = document.find(begin), to = document.find(end);
    if (from == string::npos || to == string::npos) {
      throw std::runtime_error("docs/verification.md has no markers for the matrix");
    }
    document.replace(from + begin.size(), to - from - begin.size(),
                     summary + "\n\n" + table.str() +
                         "\nThe survivors, and why each is equivalent:\n\n" + survivors.str());
    write(path, document);
  }
  return unexplained == 0 ? 0 : 1;
}

int usage() {
  std::cerr << "annulus: usage: mutants [--list] [--file HEADER]... [--jobs N]\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) try {
  bool list = false;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::vector<string> files;
  for (int i = 1; i < argc; ++i) {
    const string option = argv[i];
    if (option == "--list") {
      list = true;
    } else if (option == "--file" && i + 1 < argc) {
      files.emplace_back(argv[++i]);
    } else if (option == "--jobs" && i + 1 < argc && std::atoi(argv[i + 1]) > 0) {
      jobs = static_cast<unsigned>(std::atoi(argv[++i]));
    } else {
      return usage();
    }
  }
  for (const auto& each : files) {
    if (std::none_of(headers.begin(), headers.end(),
                     [&](const auto& h) { return h.first == each; })) {
      std::cerr << "annulus: " << each << " is no header that mutants are made of\n";
      return 2;
    }
  }

  std::vector<mutant> all;
  std::vector<const group*> groups;
  for (const auto& [file, by] : headers) {
    if (!files.empty() && std::find(files.begin(), files.end(), file) == files.end()) continue;
    for (auto& each : mutator(file).all()) {
      all.push_back(std::move(each));
      groups.push_back(&by);
    }
  }
  if (list) {
    for (const auto& each : all) {
      std::cout << each.file << ":" << each.line << ": " << each.code << "  [" << each.mutation
                << "]\n";
    }
    std::cout << all.size() << " mutants\n";
    return 0;
  }

  // The matrix means nothing unless every theme passes on what is shipped.
  for (const auto* by : {&lock_free, &locking}) {
    mutant original{"waiting.hpp", 0, "", "none",
                    read(source / "variants/include/annulus/waiting.hpp")};
    judge(original, *by,
          fs::temp_directory_path() / ("annulus-original-" + std::to_string(getpid())));
    if (original.verdict != "survived") {
      std::cerr << "annulus: the shipped headers do not pass: " << original.detail << '\n';
      return 1;
    }
  }

  const auto scratch = fs::temp_directory_path() / ("annulus-mutants-" + std::to_string(getpid()));
  std::atomic<std::size_t> next = 0;
  {
    std::vector<std::jthread> workers;
    for (unsigned worker = 0; worker < jobs; ++worker) {
      workers.emplace_back([&, worker] {
        for (std::size_t i = 0; (i = next++) < all.size();) {
          judge(all[i], *groups[i], scratch / std::to_string(worker));
          std::ostringstream line;
          line << i + 1 << '/' << all.size() << ' ' << all[i].file << ':' << all[i].line << " ["
               << all[i].mutation << "] " << all[i].verdict << ' ' << all[i].detail << '\n';
          std::cerr << line.str();
        }
      });
    }
  }
  fs::remove_all(scratch);
  return report(all, files.empty());
} catch (const std::exception& error) {
  std::cerr << "annulus: " << error.what() << '\n';
  return 1;
}
