// Finds what can be changed in a header, and writes it with all changes in place.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace annulus::mutants {

/// One change to one header. Its number, from 1, is what turns it on.
struct mutant {
  int number = 0;
  std::string file;
  std::size_t line = 0;
  std::string code;      ///< the line as it is, to know it by when lines move
  std::string mutation;  ///< what is changed
};

/// Weakens every memory order, drops every statement that wakes, announces, notifies or closes, and
/// forces every re-check of one header.
class mutator {
 public:
  /// Mutants are numbered from `first`.
  mutator(std::string file, std::string text, int first);

  [[nodiscard]] const std::vector<mutant>& mutants() const noexcept { return mutants_; }

  /// The header with all mutants in it, each behind `annulus::mutated(number)`, every line where it
  /// was. Throws std::logic_error if two changes overlap.
  [[nodiscard]] std::string schemata() const;

 private:
  struct edit {
    std::size_t from;
    std::size_t length;
    std::string by;
  };

  void weaken_orders();
  void drop_statements();
  void force_conditions();

  int add(std::size_t at, std::string mutation);
  [[nodiscard]] std::string operation_before(std::size_t from) const;
  [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> statement_around(
      std::size_t inside) const;
  [[nodiscard]] std::size_t after_headers(std::size_t begin, std::size_t limit) const;

  std::string file_;
  std::string text_;
  std::string code_;  // the text with comments and strings blanked
  int next_;
  std::vector<mutant> mutants_;
  std::vector<edit> edits_;
};

}  // namespace annulus::mutants
