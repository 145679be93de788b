#include "sites.hpp"

#include <dlfcn.h>
#include <execinfo.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <set>
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

// The lines of the log that each frame is at; with inlining, several, the innermost first. All are
// asked for at once, since addr2line reads all that it needs of the program anew each time.
std::map<void*, lines> lines_of(const std::set<void*>& asked) {
  // The frames of a program or library, by the address in it that is asked for.
  std::map<std::string, std::map<std::uintptr_t, void*>> modules;
  std::map<void*, lines> found;
  for (auto* const frame : asked) {
    found[frame];
    Dl_info where{};
    if (::dladdr(frame, &where) == 0 || where.dli_fname == nullptr) continue;
    // The call is before the address that it returns to.
    modules[where.dli_fname][reinterpret_cast<std::uintptr_t>(frame) -
                             reinterpret_cast<std::uintptr_t>(where.dli_fbase) - 1] = frame;
  }
  for (const auto& [module, addresses] : modules) {
    std::ostringstream command;
    command << "addr2line -a -i -e '" << module << "'" << std::hex;
    for (const auto& [address, frame] : addresses) command << " 0x" << address;
    std::istringstream text(output_of(command.str()));
    constexpr std::string_view sources = "chunklog/src/";
    lines* of_frame = nullptr;
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with("0x")) {
        of_frame = &found.at(addresses.at(std::stoull(line, nullptr, 16)));
        continue;
      }
      const auto at = line.find(sources);
      if (at == std::string::npos || of_frame == nullptr) continue;
      line.erase(0, at + sources.size());
      of_frame->push_back(line.substr(0, line.find(' ')));
    }
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
  static std::map<void*, lines> resolved;
  frames chain;
  std::set<void*> unresolved;
  {
    const std::scoped_lock hold(known().mutex);
    chain = known().by_number.at(static_cast<std::size_t>(site) - 1);
    const auto is_new = [](void* frame) { return !resolved.contains(frame); };
    if (std::any_of(chain.begin(), chain.end(), is_new)) {
      for (const auto& each : known().by_number) {
        std::copy_if(each.begin(), each.end(), std::inserter(unresolved, unresolved.end()), is_new);
      }
    }
  }
  if (!unresolved.empty()) resolved.merge(lines_of(unresolved));
  lines all;
  for (auto* const frame : chain) {
    const auto& of_frame = resolved.at(frame);
    all.insert(all.end(), of_frame.begin(), of_frame.end());
  }
  return all;
}

}  // namespace annulus::crash
