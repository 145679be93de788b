// The log's source as text: which function a line belongs to, and which call in it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace annulus::crash {

/// The functions of a folder of source files in this repository's format, where indentation tells
/// where each begins and ends. Names by it stay when lines move.
class source_index {
 public:
  explicit source_index(const std::filesystem::path& folder);

  /// "chunk_store::roll" for "drain.cpp:312"; the line itself where there is no function.
  [[nodiscard]] std::string function(const std::string& line) const;

  /// Whether a function begins there, and goes on below.
  [[nodiscard]] bool is_first(const std::string& line) const;

  /// The call of `callee` that is at a line: its function, and which one it is where there are
  /// several, as in "chunk_store::roll#2". Throws std::runtime_error if there is none: a call of
  /// something else that the compiler has made a jump looks like that.
  [[nodiscard]] std::string call(const std::string& line, const std::string& callee) const;

  /// What a caller names the function that holds a line: the last part of its name. A lambda has
  /// that of its variable, and `in_lambda` says that the line is in one.
  [[nodiscard]] std::string callee(const std::string& line, bool in_lambda) const;

  /// Each call of the file-system seam that changes something, as "chunk_store::roll#2: remove".
  /// Throws std::runtime_error if one is not in a function that is known here.
  [[nodiscard]] std::vector<std::string> seam_calls() const;

 private:
  struct body {
    std::string name;
    int first = 0;                   // line, from 1
    std::vector<std::string> lines;  // of the text from its opening brace on
  };

  void read(const std::filesystem::path& file);
  [[nodiscard]] const body* at(const std::string& line) const;
  static int number_of(const std::string& line);
  // Which of the calls in it is at a line, from 1; 0: there is only one.
  static int ordinal(const body& of, int line, const std::string& callee);

  std::map<std::string, std::vector<body>> bodies_;  // by file, in their order
  std::vector<std::string> texts_;                   // the files as they are
};

}  // namespace annulus::crash
