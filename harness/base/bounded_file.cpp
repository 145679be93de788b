#include "base/bounded_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/core/restarted.hpp>
#include <annulus/core/unique_fd.hpp>
#include <annulus/pipeline/json_depth.hpp>
#include <array>
#include <cerrno>

#include "base/error.hpp"
#include "base/sizes.hpp"
#include "base/system_words.hpp"

namespace annulus::harness {
namespace {

[[noreturn]] void refuse(std::string_view what, std::string_view why) {
  throw error(fmt::format("{} cannot be read: {}", what, why));
}

[[noreturn]] void refuse_errno(std::string_view what) {
  refuse(what, in_words(std::error_code(errno, std::generic_category())));
}

// Behind a string of TOML that begins at `at`, or the end of the text.
std::size_t behind_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string_view three = quote == '"' ? R"(""")" : "'''";
  const bool is_long = text.substr(at).starts_with(three);
  const std::string_view close = is_long ? three : three.substr(0, 1);
  for (at += close.size(); at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text.substr(at).starts_with(close)) {
      return at + close.size();
    } else if (!is_long && text[at] == '\n') {
      return at;  // not TOML, which the parser says better
    }
  }
  return text.size();
}

}  // namespace

std::string read_bounded(int fd, std::uint64_t most, std::string_view what) {
  std::string text;
  std::array<char, 1U << 16U> piece{};
  for (;;) {
    const auto n = ::read(fd, piece.data(), piece.size());
    if (n == 0) return text;
    if (n < 0 && errno != EINTR) refuse_errno(what);
    if (n < 0) continue;
    text.append(piece.data(), static_cast<std::size_t>(n));
    if (text.size() > most) {
      refuse(what, fmt::format("it has more than {}, the most that is read", format_size(most)));
    }
  }
}

std::string read_bounded(const std::filesystem::path& file, std::uint64_t most,
                         std::string_view what) {
  const unique_fd fd(detail::restarted(
      [&] { return ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); }));
  if (!fd) refuse_errno(what);
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) refuse_errno(what);
  if (S_ISDIR(info.st_mode)) refuse(what, "it is a directory");
  if (!S_ISREG(info.st_mode)) refuse(what, "it is no regular file");
  return read_bounded(fd.get(), most, what);
}

json parse_bounded(std::string_view text) {
  if (pipeline::nests_deeper(text, most_nesting)) return json(json::value_t::discarded);
  return json::parse(text, nullptr, false);
}

bool toml_nests_deeper(std::string_view text, unsigned most) noexcept {
  unsigned brackets = 0;
  unsigned dots = 0;  // of the key that is being read
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = behind_string(text, at);
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '[' || c == '{') ++brackets;
    if ((c == ']' || c == '}') && brackets > 0) --brackets;
    if (c == '.') ++dots;
    if (c == '=' || c == ',' || c == '\n') dots = 0;
    if (brackets + dots > most) return true;
    ++at;
  }
  return false;
}

}  // namespace annulus::harness
