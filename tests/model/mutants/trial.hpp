// Compiles the scenarios against the mutated headers, and runs them on one mutant after another.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace annulus::mutants {

/// What a header's mutants are tried on: rings, as bits (scenarios/rings.hpp), and perhaps the
/// pipe; or one theme alone.
struct ring_set {
  std::string_view name;
  std::string_view bits;
  bool pipes;
  std::string_view theme{};
};
inline constexpr ring_set lock_free{"lock_free", "0x1f", false};
inline constexpr ring_set locking{"locking", "0x1c0", true};
inline constexpr ring_set combining{"combining", "0", false, "combining"};

/// How one mutant ended. `undecided`: a search took longer than its time limit.
enum class verdict { killed, survived, undecided };
struct outcome {
  verdict end = verdict::survived;
  std::string detail{};  ///< theme/scenario: why, or the theme that took too long
};

/// A directory of programs, one a theme and ring set. The programs are gone with it.
class trial {
 public:
  /// `headers`: the file below include/annulus and its text with all mutants in place.
  trial(std::filesystem::path source, std::filesystem::path scratch,
        const std::map<std::string, std::string>& headers);
  trial(const trial&) = delete;
  trial& operator=(const trial&) = delete;
  ~trial();

  /// Each call compiles one program; throws std::runtime_error with the compiler's words.
  [[nodiscard]] std::vector<std::function<void()>> compilations(const ring_set& rings) const;

  /// Runs theme after theme until one fails. Number 0 is what is shipped. Thread-safe.
  [[nodiscard]] outcome run(int mutant, const ring_set& rings) const;

 private:
  [[nodiscard]] std::filesystem::path program(const ring_set& rings, std::string_view theme) const;

  std::filesystem::path source_;
  std::filesystem::path scratch_;
};

}  // namespace annulus::mutants
