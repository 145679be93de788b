// Where a run of a scenario could have gone another way.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace annulus::model {

/// The stack of choices of one run. Exhaustively: each run repeats the choices of the one before up
/// to the last that has an untried alternative, and takes that. At random: each choice is drawn.
class choices {
 public:
  /// Draws from now on instead of searching.
  void randomise(std::uint64_t seed) {
    random_ = true;
    generator_.seed(seed);
    stack_.clear();
    next_ = 0;
    // How readily this run leaves the beaten path, which is alternative 0.
    constexpr std::uint32_t odds[] = {2, 4, 8, 16, 32};
    odds_ = odds[generator_() % std::size(odds)];
  }

  /// One of `n` alternatives; 0 is the least surprising one. With `even`, each is as likely as the
  /// others.
  std::uint32_t choose(std::uint32_t n, bool even) {
    if (n == 1) return 0;
    if (next_ < stack_.size()) return stack_[next_++].taken;
    stack_.push_back({n, random_ ? draw(n, even) : 0});
    ++next_;
    return stack_.back().taken;
  }

  /// Rewinds, so that the next run repeats this one.
  void repeat() { next_ = 0; }

  /// Rewinds to the next untried alternative. False if there is none.
  bool advance() {
    stack_.resize(next_);
    next_ = 0;
    while (!stack_.empty() && stack_.back().taken + 1 == stack_.back().of) stack_.pop_back();
    if (stack_.empty()) return false;
    ++stack_.back().taken;
    return true;
  }

 private:
  struct choice {
    std::uint32_t of;
    std::uint32_t taken;
  };

  std::uint32_t draw(std::uint32_t n, bool even) {
    const auto value = static_cast<std::uint32_t>(generator_());
    if (even) return value % n;
    if (value % odds_ != 0) return 0;
    return 1 + static_cast<std::uint32_t>(generator_()) % (n - 1);
  }

  std::vector<choice> stack_;
  std::size_t next_ = 0;
  bool random_ = false;
  std::uint32_t odds_ = 2;
  std::mt19937_64 generator_;
};

}  // namespace annulus::model
