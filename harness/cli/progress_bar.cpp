#include "cli/progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "cli/standard_streams.hpp"

namespace annulus::cli {

bool has_live_terminal() {
  const char* const kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

void live_line::show(std::string_view text) const {
  if (shown_) draw(fmt::format("\r\033[K{}", printable(text)));
}

progress_bar::progress_bar(std::string what, bool wanted)
    : what_(std::move(what)), shown_(wanted && has_live_terminal()) {
}

progress_bar::~progress_bar() {
  if (drawn_) draw("\r\033[K");
}

void progress_bar::update(std::uint64_t done, std::optional<std::uint64_t> total) {
  using namespace std::chrono_literals;
  if (!shown_) return;
  const auto now = clock::now();
  if (now - last_ < 100ms) return;
  last_ = now;
  const auto seconds = std::chrono::duration<double>(now - start_).count();
  const auto rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  auto line = fmt::format("{} {}", what_, human_bytes(done));
  if (total && *total > 0) {
    constexpr std::size_t width = 24;
    const auto share = std::min(1.0, static_cast<double>(done) / static_cast<double>(*total));
    const auto filled = static_cast<std::size_t>(share * width);
    const auto left = rate > 0 ? static_cast<double>(*total - std::min(done, *total)) / rate : 0;
    line = fmt::format("{} [{}{}] {:3.0f} % of {}", what_, std::string(filled, '#'),
                       std::string(width - filled, '.'), 100 * share, human_bytes(*total));
    draw(fmt::format("\r{}  {:.0f} MB/s  {:.0f} s left\033[K", line, rate / 1e6, left));
  } else {
    draw(fmt::format("\r{}  {:.0f} MB/s\033[K", line, rate / 1e6));
  }
  drawn_ = true;
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array units{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} {}", bytes, units[0])
                   : fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace annulus::cli
