// What a log owes at one moment, by the marks in a trace.
#pragma once

#include <algorithm>
#include <limits>
#include <sstream>
#include <string>

#include "reopening.hpp"
#include "trace.hpp"

namespace annulus::crash {

/// In a crash of the system, what was written and not synced may be lost; of the process, it is
/// not.
enum class dies { system, process };

class promise {
 public:
  void apply(const event& step) {
    switch (step.what) {
      case event::kind::appending:
        may_hold_ = std::max(may_hold_, step.number);
        break;
      case event::kind::appended:
        must_hold_ = std::max(must_hold_, step.number);
        break;
      case event::kind::written:
        must_keep_ = std::max(must_keep_, step.number);
        break;
      case event::kind::acknowledging:
        may_be_gone_ = std::max(may_be_gone_, step.number);
        break;
      case event::kind::acknowledged:
        must_be_gone_ = std::max(must_be_gone_, step.number);
        break;
      case event::kind::dropping:
        may_be_gone_ = std::max(may_be_gone_, step.number);
        break;
      case event::kind::reopened:
        must_hold_ = must_keep_ = may_hold_ = step.number;
        second_life_from_ = step.number + 1;
        break;
      default:
        break;
    }
  }

  /// What is wrong with what was found; empty if nothing is.
  [[nodiscard]] std::string broken_by(const outcome& found, dies who = dies::system) const {
    std::ostringstream why;
    const auto written = who == dies::process ? must_keep_ : 0;
    const auto last = found.next_id - 1;
    if (!found.ok()) {
      why << found.fault;
    } else if (last < must_hold_) {
      why << "records up to " << must_hold_ << " were confirmed, those behind " << last
          << " are lost";
    } else if (last < written) {
      why << "records up to " << written << " were written, those behind " << last << " are lost";
    } else if (last > may_hold_) {
      why << "record " << last << " was never appended, or was given up; the last is " << may_hold_;
    } else if (found.acknowledged < must_be_gone_) {
      why << "record " << found.acknowledged + 1 << " comes back, though up to " << must_be_gone_
          << " were durably acknowledged";
    } else if (found.acknowledged > may_be_gone_) {
      why << "record " << found.acknowledged << " is gone, though only those up to " << may_be_gone_
          << " were acknowledged or dropped";
    } else {
      for (std::size_t i = 0; i < found.records.size(); ++i) {
        const auto id = found.acknowledged + 1 + i;
        const auto life = id < second_life_from_ ? first_life : second_life;
        if ((found.records[i] & life) == 0) {
          why << "record " << id << " has the payload of the other life of the log";
          break;
        }
      }
    }
    return why.str();
  }

 private:
  std::uint64_t must_hold_ = 0;
  std::uint64_t must_keep_ = 0;
  std::uint64_t may_hold_ = 0;
  std::uint64_t must_be_gone_ = 0;
  std::uint64_t may_be_gone_ = 0;
  std::uint64_t second_life_from_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace annulus::crash
