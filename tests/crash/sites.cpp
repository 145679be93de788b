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
#include <vector>

namespace annulus::crash {
namespace {

using frames = std::vector<void*>;

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

std::string run(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  if (!pipe) throw std::runtime_error("addr2line cannot be run");
  std::string text;
  std::array<char, 4096> part{};
  while (const auto n = std::fread(part.data(), 1, part.size(), pipe.get())) {
    text.append(part.data(), n);
  }
  return text;
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

std::string describe_site(int site) {
  frames chain;
  {
    const std::scoped_lock hold(known().mutex);
    chain = known().by_number.at(static_cast<std::size_t>(site) - 1);
  }
  std::ostringstream command;
  command << "addr2line -i -e /proc/" << ::getpid() << "/exe" << std::hex;
  for (auto* const frame : chain) {
    Dl_info where{};
    ::dladdr(frame, &where);
    // The call is before the address that it returns to.
    command << " 0x"
            << reinterpret_cast<std::uintptr_t>(frame) -
                   reinterpret_cast<std::uintptr_t>(where.dli_fbase) - 1;
  }
  std::istringstream lines(run(command.str()));
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    const auto source = line.find("chunklog/src/");
    if (source == std::string::npos) continue;
    auto place = line.substr(source + 13);
    place = place.substr(0, place.find(' '));
    result += (result.empty() ? "" : " < ") + place;
  }
  return result;
}

}  // namespace annulus::crash
