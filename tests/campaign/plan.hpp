// What a case is: an object, and what is done to its disks. A line of text says it all.
#pragma once

#include <annulus/pipeline/object.hpp>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace annulus::campaign {

enum class content_kind : std::uint8_t { random, zeros, records, ones };

/// What is stored before anything is hurt.
struct stored_plan {
  pipeline::sink_kind sink = pipeline::sink_kind::dir;
  unsigned data = 2, parity = 1;
  std::uint64_t block = 500, size = 5000, older_size = 5000;
  content_kind content = content_kind::random;
  std::uint64_t seed = 1;  ///< of the contents

  [[nodiscard]] unsigned disks() const noexcept { return data + parity; }
  bool operator==(const stored_plan&) const = default;
};

/// One change: `name@disk#number`. All that the name leaves open is drawn from the number.
struct operation {
  std::string name;
  unsigned disk = 0;
  std::uint64_t number = 0;
  bool operator==(const operation&) const = default;
};

struct case_plan {
  stored_plan stored;
  std::vector<operation> operations;
  bool operator==(const case_plan&) const = default;
};

/// "dir 2+1 block=500 size=5000 older=5000 content=random seed=1 flip@0#17", and back. Throws
/// std::runtime_error that says what is wrong.
std::string to_text(const case_plan& plan);
case_plan parse_plan(std::string_view text);

/// Case `number` of a campaign. A few consecutive ones share what is stored, so that it need not be
/// stored for each.
case_plan random_plan(std::uint64_t seed, std::uint64_t number,
                      std::span<const pipeline::sink_kind> sinks);

}  // namespace annulus::campaign
