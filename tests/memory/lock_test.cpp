// What may not be locked is an error that says how much may.
#include <sys/resource.h>

#include <cstdio>

#include "fixtures.hpp"

namespace annulus::testing {
namespace {

// In a child: without root's leave to lock all, and with a limit of 64 KiB. Says why it refused.
template <class Storage>
[[noreturn]] void lock_beyond_the_limit() {
  const rlimit limit{65536, 65536};
  if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0) _exit(2);
  if (geteuid() == 0 && setuid(65534) != 0) _exit(3);
  try {
    {
      const Storage fits(49152, {.lock = true});  // also if mirrored: a page counts once
      if (fits.memory().locked_bytes != 49152) _exit(4);
    }
    const Storage storage(131072, {.lock = true});
  } catch (const std::system_error& error) {
    std::fputs(error.what(), stderr);
    _exit(error.code() == std::errc::not_enough_memory ? 0 : 5);
  }
  _exit(6);
}

constexpr auto sentence =
    "ring memory of 131072 bytes cannot be locked; RLIMIT_MEMLOCK is 65536 bytes: Cannot allocate "
    "memory";

TEST(lock, beyond_the_limit_flat) {
  EXPECT_EXIT(lock_beyond_the_limit<flat_storage>(), ::testing::ExitedWithCode(0), sentence);
}

TEST(lock, beyond_the_limit_mirrored) {
  EXPECT_EXIT(lock_beyond_the_limit<mirrored_storage>(), ::testing::ExitedWithCode(0), sentence);
}

}  // namespace
}  // namespace annulus::testing
