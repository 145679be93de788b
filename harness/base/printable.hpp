// Text of unknown authors, on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace annulus::harness {

/// `text` as one line that no terminal obeys: as pipeline::escaped, but what has been escaped
/// before stays as it is.
std::string printable(std::string_view text);

}  // namespace annulus::harness
