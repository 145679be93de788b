#include "base/system_words.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <annulus/pipeline/escaped.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "base/sizes.hpp"

namespace annulus::harness {
namespace {

// "the limit is 1024 (ulimit -n)", or nothing where there is none.
template <class Show>
std::string limit_of(__rlimit_resource which, const char* option, Show show) {
  rlimit at{};
  if (getrlimit(which, &at) != 0 || at.rlim_cur == RLIM_INFINITY) return "";
  return fmt::format("the limit is {} (ulimit {})", show(at.rlim_cur), option);
}

std::string plain(rlim_t value) {
  return fmt::format("{}", value);
}

std::string address_space() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return format_size(pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
}

std::string with(std::string_view what, const std::string& limit) {
  return limit.empty() ? std::string(what) : fmt::format("{}; {}", what, limit);
}

}  // namespace

std::string memory_ran_out() {
  return with(fmt::format("memory ran out: {} of address space are in use", address_space()),
              limit_of(RLIMIT_AS, "-v", format_size));
}

std::string in_words(std::error_code problem) {
  if (problem.category() != std::generic_category() &&
      problem.category() != std::system_category()) {
    return problem.message();
  }
  switch (problem.value()) {
    case EAGAIN:
      return with("the kernel starts no further process or thread for this user",
                  limit_of(RLIMIT_NPROC, "-u", plain));
    case ENOMEM:
      return memory_ran_out();
    case EMFILE:
      return with("too many files are open", limit_of(RLIMIT_NOFILE, "-n", plain));
    case EFBIG:
      return with("the file would be too large", limit_of(RLIMIT_FSIZE, "-f", format_size));
    default:
      return problem.message();
  }
}

std::string in_words(const std::system_error& problem) {
  if (const auto* const file = dynamic_cast<const std::filesystem::filesystem_error*>(&problem)) {
    return fmt::format("{}: {}", pipeline::escaped(file->path1()), in_words(file->code()));
  }
  const auto words = in_words(problem.code());
  if (words == problem.code().message()) return problem.what();
  // What it was about stands in front of the message.
  std::string_view about = problem.what();
  const auto message = problem.code().message();
  if (about.ends_with(message)) about.remove_suffix(message.size());
  return fmt::format("{}{}", about, words);
}

}  // namespace annulus::harness
