// Every crash of one trace: at each step, each disk that is legal then, and again inside recovery.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "directory.hpp"
#include "promise.hpp"
#include "reopening.hpp"

namespace annulus::crash {

/// How far to look.
struct bounds {
  std::size_t states = 4096;      ///< at most, at a crash point
  std::size_t inner_states = 64;  ///< at most, at a crash point inside recovery
  double inner = 1;               ///< the share of disks whose recovery is crashed too
  bool process_crashes = true;    ///< also kill only the process, then lose power in recovery
  std::size_t every = 1;          ///< visit one in so many crash points, by chance
};

struct tally {
  std::uint64_t workloads = 0;
  std::uint64_t points = 0;        ///< crash points
  std::uint64_t inner_points = 0;  ///< crash points inside recovery
  std::uint64_t states = 0;        ///< (crash point, disk) pairs
  std::uint64_t inner_states = 0;
  std::uint64_t opened = 0;  ///< different disks, each opened twice, read, appended to, and walked
  std::uint64_t violations = 0;
  std::string first{};  ///< the first violation

  tally& operator+=(const tally& other);
};

/// Changes a trace as a defect in the log would have.
using mutation = std::function<void(trace&)>;

/// Checks traces of one kind of log. Remembers what each disk has led to, so that a further trace
/// costs only what is new in it. One thread at a time.
class checker {
 public:
  checker(log_shape shape, const bounds& limits, std::uint64_t seed,
          recording_files::sites sites = recording_files::sites::no);

  /// Goes through a trace; `mutate` is applied to it, and to those of the recoveries. With
  /// `stop_at_first`, only up to the first violation.
  tally explore(trace steps, const mutation& mutate = {}, bool stop_at_first = false);

  /// Whether crashes inside recovery are looked at; as the bounds say by default.
  void inner(double share) { limits_.inner = share; }

  /// The traces of all recoveries so far.
  void each_recovery(const std::function<void(const trace&)>& visit) const;

 private:
  using key = std::pair<std::uint64_t, std::uint64_t>;
  struct hash {
    std::size_t operator()(const key& of) const noexcept { return of.first; }
  };
  static key key_of(const image& content);

  const reopening& outcome_of(const image& content);
  // The disks that a crash may leave.
  std::vector<image> states_of(const disk& now, std::size_t limit);
  void judge(const std::vector<image>& states, const promise& owed);
  void judge_recovery(disk from, trace steps, promise owed);
  void violation(const std::string& why, const std::string& when);
  [[nodiscard]] bool done() const { return stop_at_first_ && count_.violations > 0; }

  const log_shape shape_;
  bounds limits_;
  const recording_files::sites sites_;
  std::mt19937_64 random_;
  scratch directory_;
  std::unordered_map<key, reopening, hash> known_;

  tally count_;
  const mutation* mutate_ = nullptr;
  bool stop_at_first_ = false;
  std::string when_;
};

/// "step 12 of 40, behind write to file 2 at 512, 80 bytes"
std::string describe(const trace& steps, std::size_t point);

}  // namespace annulus::crash
