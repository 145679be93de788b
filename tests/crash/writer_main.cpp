// A process that appends, acknowledges and syncs until it is killed: `annulus_crash_writer LOG
// PROGRESS ROUND SEED CHUNK_BYTES RECORD_BYTES`. Writes a byte to its standard output behind each
// call, and what has been promised into PROGRESS.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "killed_writer.hpp"

namespace annulus::crash {
namespace {

int fail(const std::string& message) {
  std::fprintf(stderr, "annulus_crash_writer: %s\n", message.c_str());
  return 1;
}

int run(char** argv) {
  const unique_fd file(::open(argv[2], O_RDWR | O_CLOEXEC));
  void* const mapped =
      ::mmap(nullptr, sizeof(progress), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (mapped == MAP_FAILED) return fail("no progress file");
  auto& done = *static_cast<progress*>(mapped);
  const auto round = static_cast<lives>(std::atoi(argv[3]));
  std::mt19937_64 random(std::strtoull(argv[4], nullptr, 10));
  chunklog::options how;
  how.chunk_bytes = std::strtoull(argv[5], nullptr, 10);
  const auto most = std::strtoull(argv[6], nullptr, 10);

  auto opened = chunklog::chunk_log::open(argv[1], how);
  if (!opened.ok()) return fail(opened.message);
  auto& log = *opened.log;
  auto last = opened.found.next_id - 1;
  auto delivered = opened.found.acknowledged;
  // One step at a time is announced, done and said to be done: a kill can fall between any two.
  const auto step = [] {
    const char byte = '.';
    return ::write(STDOUT_FILENO, &byte, 1) == 1;
  };
  for (;;) {
    chunklog::status result;
    switch (random() % 8) {
      case 0: {
        const auto acknowledged = delivered;
        const auto appended = last;
        result = log.writer().sync();
        if (!result.ok()) break;
        done.confirmed.store(appended);
        done.gone.store(acknowledged);
        break;
      }
      case 1:
        result = log.writer().flush();
        break;
      case 2:
      case 3:
        // Half of what is appended is acknowledged, so that chunks come and go.
        if (delivered + 20 < last) {
          const auto record = log.reader().next();
          result = record;
          if (!result.ok()) break;
          delivered = record.id;
          done.acknowledging.store(delivered);
          result = log.reader().acknowledge(delivered);
        }
        break;
      default:
        done.appending.store(last + 1);
        const auto one = log.writer().append(
            view_of(payload_of(last + 1, round, size_of_killed(last + 1, most))));
        result = one;
        last = one.id;
    }
    if (!result.ok()) return fail(result.message);
    if (!step()) return fail("nobody listens");
  }
}

}  // namespace
}  // namespace annulus::crash

int main(int argc, char** argv) {
  return argc == 7 ? annulus::crash::run(argv) : 2;
}
