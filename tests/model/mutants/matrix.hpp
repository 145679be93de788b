// The kill matrix, and the arguments for what survives.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mutator.hpp"
#include "trial.hpp"

namespace annulus::mutants {

struct row {
  mutant what;
  outcome how;
};

/// Why a survivor is equivalent to what is shipped, from tests/model/survivors.toml; found by file,
/// line of code and mutation. Empty if there is no argument.
class arguments {
 public:
  explicit arguments(const std::filesystem::path& file);
  [[nodiscard]] std::string why(const mutant& survivor) const;

 private:
  struct entry {
    std::string file, code, mutation, why;
  };
  std::vector<entry> entries_;
};

/// How many were killed, are equivalent, survived or ran out of time.
struct score {
  int killed = 0, equivalent = 0, survived = 0, undecided = 0;
};
score count(const std::vector<row>& rows, const arguments& known);

/// In words, then a table with a row for each mutant, then the arguments.
std::string document(const std::vector<row>& rows, const arguments& known);
std::string summary(const score& of);

/// Puts `text` between the markers of `path`. Throws std::runtime_error if it has none.
void put_into(const std::filesystem::path& path, const std::string& text);

}  // namespace annulus::mutants
