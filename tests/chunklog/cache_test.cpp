// A reader in the middle of a copy from the cache: what it copies stays in the ring, and the writer
// has the ring back when it is done.
#include <fcntl.h>
#include <sys/mman.h>

#include <array>
#include <csignal>
#include <thread>

#include "core.hpp"
#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

/// Memory whose first writer is held up until it is let go.
class held_memory {
 public:
  held_memory() {
    memory_ = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED || ::pipe(come_.data()) != 0 || ::pipe(go_.data()) != 0) {
      throw std::system_error(errno, std::system_category());
    }
    current = this;
    struct sigaction on_fault {};
    on_fault.sa_sigaction = &hold_up;
    on_fault.sa_flags = SA_SIGINFO;
    ::sigaction(SIGSEGV, &on_fault, &before_);
  }
  held_memory(const held_memory&) = delete;
  held_memory& operator=(const held_memory&) = delete;
  ~held_memory() {
    ::sigaction(SIGSEGV, &before_, nullptr);
    for (const int fd : {come_[0], come_[1], go_[0], go_[1]}) ::close(fd);
    ::munmap(memory_, bytes);
  }

  [[nodiscard]] bytes_span span() const { return {static_cast<std::byte*>(memory_), bytes}; }
  void await_writer() {
    char token = 0;
    EXPECT_EQ(::read(come_[0], &token, 1), 1);
  }
  void let_go() { EXPECT_EQ(::write(go_[1], "g", 1), 1); }

  static constexpr std::size_t bytes = 4096;

 private:
  // Only calls that a handler may make.
  static void hold_up(int signal, siginfo_t* info, void* /*context*/) {
    const auto* const at = static_cast<std::byte*>(info->si_addr);
    const auto* const begin = static_cast<std::byte*>(current->memory_);
    char token = 'c';
    if (at < begin || at >= begin + bytes || ::write(current->come_[1], &token, 1) != 1 ||
        ::read(current->go_[0], &token, 1) != 1 ||
        ::mprotect(current->memory_, bytes, PROT_READ | PROT_WRITE) != 0) {
      ::sigaction(signal, &current->before_, nullptr);
    }
  }

  static inline held_memory* current = nullptr;
  void* memory_ = nullptr;
  std::array<int, 2> come_{}, go_{};
  struct sigaction before_ {};
};

std::unique_ptr<log_core> open_core(const std::filesystem::path& path, const options& how) {
  auto files = open_files(path, how);
  EXPECT_TRUE(files.ok()) << files.message;
  return std::make_unique<log_core>(std::move(files), how);
}

TEST(cache, the_ring_comes_back_once_the_reader_has_let_go) {
  using namespace std::chrono_literals;
  const scratch dir;
  auto how = limited(1 << 24, 4096);
  how.ring_bytes = std::size_t{64} << 10U;
  how.cache_bytes = how.ring_bytes / 2;
  const auto core = open_core(dir.log(), how);
  const auto text = payload(1, 1000);
  const auto part = view_of(text);
  const auto append = [&](const until& limit) { return core->append({&part, 1}, limit); };
  ASSERT_TRUE(append({}).ok());
  ASSERT_TRUE(core->flush().ok());

  held_memory to;
  std::jthread reader([&] { EXPECT_GT(core->state().cache.copy(0, 0, to.span()), 0U); });
  to.await_writer();
  // Until the ring is full, all of it is written, and all of it is kept for that reader.
  for (;;) {
    const auto done = append(until(until::clock::now()));
    if (!done.ok()) {
      EXPECT_EQ(done.error, errc::timed_out) << done.message;
      break;
    }
  }
  ASSERT_TRUE(core->flush().ok());
  ASSERT_EQ(append(until(until::clock::now())).error, errc::timed_out);
  to.let_go();
  // The minutes are for a hang.
  const auto done = append(until(until::clock::now() + 2min));
  EXPECT_TRUE(done.ok()) << done.message << '\n' << core->describe();
}

}  // namespace
}  // namespace annulus::chunklog::test
