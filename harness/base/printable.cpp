#include "base/printable.hpp"

#include <annulus/pipeline/escaped.hpp>

namespace annulus::harness {

std::string printable(std::string_view text) {
  std::string out;
  for (;;) {
    const auto end = text.find('\\');
    out += pipeline::escaped(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\\';
    text.remove_prefix(end + 1);
  }
}

}  // namespace annulus::harness
