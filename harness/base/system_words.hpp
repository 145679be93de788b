// What the operating system refuses, in words that say which limit was met.
#pragma once

#include <cerrno>
#include <new>
#include <string>
#include <system_error>

namespace annulus::harness {

/// errno as an error code.
inline std::error_code last_error() noexcept {
  return {errno, std::generic_category()};
}

/// The error's own message, and the limit behind it where there is one: on processes and threads,
/// open files, memory, the size of a file.
std::string in_words(std::error_code problem);

/// "memory ran out: …", with what is in use and the limit.
std::string memory_ran_out();

/// The sentence for an exception of the standard library.
std::string in_words(const std::system_error& problem);

}  // namespace annulus::harness
