// What the harness throws. Each message is one sentence.
#pragma once

#include <stdexcept>

namespace annulus::harness {

/// Something could not be done: a file, a process, the machine.
struct error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What the user asked for makes no sense; the message names the thing, what is allowed, and the
/// value.
struct bad_input : error {
  using error::error;
};

}  // namespace annulus::harness
