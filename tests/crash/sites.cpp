#include "sites.hpp"

#include <dlfcn.h>
#include <execinfo.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>

namespace annulus::crash {
namespace {

using frames = std::vector<void*>;
using lines = std::vector<std::string>;

struct known_sites {
  std::mutex mutex;
  std::map<frames, int> numbers;
  std::vector<frames> by_number;
};

known_sites& known() {
  static known_sites all;
  return all;
}

// Two of them are the recorder's own; the log's chains are shorter than the rest.
constexpr std::size_t depth = 12;

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  if (!pipe) throw std::runtime_error("addr2line cannot be run");
  std::string text;
  std::array<char, 4096> part{};
  while (const auto n = std::fread(part.data(), 1, part.size(), pipe.get())) {
    text.append(part.data(), n);
  }
  return text;
}

// With inlining, one address stands for several lines, the innermost first.
lines lines_of(void* frame) {
  Dl_info where{};
  if (::dladdr(frame, &where) == 0 || where.dli_fname == nullptr) return {};
  // The call is before the address that it returns to.
  const auto offset = reinterpret_cast<std::uintptr_t>(frame) -
                      reinterpret_cast<std::uintptr_t>(where.dli_fbase) - 1;
  std::ostringstream command;
  command << "addr2line -i -e '" << where.dli_fname << "' 0x" << std::hex << offset;
  std::istringstream text(output_of(command.str()));
  constexpr std::string_view sources = "chunklog/src/";
  lines found;
  for (std::string line; std::getline(text, line);) {
    const auto at = line.find(sources);
    if (at == std::string::npos) continue;
    line.erase(0, at + sources.size());
    found.push_back(line.substr(0, line.find(' ')));
  }
  return found;
}

}  // namespace

int calling_site() {
  std::array<void*, depth> stack{};
  const auto n = ::backtrace(stack.data(), static_cast<int>(stack.size()));
  const frames chain(stack.begin(), stack.begin() + n);
  const std::scoped_lock hold(known().mutex);
  const auto next = static_cast<int>(known().by_number.size()) + 1;
  const auto [at, added] = known().numbers.emplace(chain, next);
  if (added) known().by_number.push_back(chain);
  return at->second;
}

std::vector<std::string> log_lines(int site) {
  frames chain;
  {
    const std::scoped_lock hold(known().mutex);
    chain = known().by_number.at(static_cast<std::size_t>(site) - 1);
  }
  static std::map<void*, lines> resolved;
  lines all;
  for (auto* const frame : chain) {
    auto at = resolved.find(frame);
    if (at == resolved.end()) at = resolved.emplace(frame, lines_of(frame)).first;
    all.insert(all.end(), at->second.begin(), at->second.end());
  }
  return all;
}

}  // namespace annulus::crash
