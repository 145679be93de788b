// Making, finding and taking a shared ring, and all that is refused.
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <future>
#include <memory>
#include <utility>

#include "process.hpp"

namespace annulus::shared_tests {
namespace {

namespace fs = std::filesystem;

static_assert(ring_writer<shared_writer> && ring_reader<shared_reader>);
static_assert(!armable<shared_writer> && !armable<shared_reader>);

/// A name for a file that is removed at the end.
class shared_file : public ::testing::Test {
 protected:
  shared_file() {
    std::string name = "/dev/shm/annulus-test-XXXXXX";
    const auto file = owned(mkostemp(name.data(), O_CLOEXEC), "mkostemp");
    path_ = name;
    fs::remove(path_);
  }
  ~shared_file() override { fs::remove(path_); }

  /// Changes the bytes at `offset` of the file.
  template <class T>
  void patch(std::size_t offset, T value) const {
    const auto file = owned(::open(path_.c_str(), O_RDWR | O_CLOEXEC), "open");
    ASSERT_EQ(pwrite(file.get(), &value, sizeof value, static_cast<off_t>(offset)),
              static_cast<ssize_t>(sizeof value));
  }

  fs::path path_;
};

template <class End>
void expect_refusal(int file, std::error_code code, const std::string& part) {
  try {
    const auto end = End::attach(file);
    FAIL() << "attached";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST_F(shared_file, is_a_ring_by_name) {
  const auto made = shared_ring::create(path_, 1000);
  auto writer = shared_writer::attach(made.fd());
  auto reader = shared_reader::attach(shared_ring::open(path_).fd());
  EXPECT_EQ(writer.capacity(), 1000U);
  ASSERT_FALSE(write_all(writer, 700).end);
  writer.close();
  const auto got = read_all(reader);
  EXPECT_EQ(got.bytes, 700U);
  EXPECT_TRUE(got.right);
  EXPECT_THROW((void)shared_ring::create(path_, 1000), std::system_error) << "the name is taken";
}

TEST_F(shared_file, leaves_nothing_behind_when_it_cannot_be_made) {
  EXPECT_THROW((void)shared_ring::create(path_, 0), std::system_error);
  EXPECT_THROW((void)shared_ring::create(path_, max_capacity + 1), std::system_error);
  for (const auto& entry : fs::directory_iterator(path_.parent_path()))
    EXPECT_NE(entry.path().string().rfind(path_.string(), 0), 0U) << entry.path();
  EXPECT_THROW((void)shared_ring::open(path_), std::system_error);
}

TEST_F(shared_file, goes_with_the_ring_that_made_it) {
  auto made = std::make_unique<shared_ring>(shared_ring::create(path_, 1000));
  const auto moved = std::make_unique<shared_ring>(std::move(*made));
  made.reset();
  auto writer = shared_writer::attach(shared_ring::open(path_).fd());
  fs::remove(path_);
  const auto other = shared_ring::create(path_, 1000);
  { const auto gone = std::move(*moved); }
  EXPECT_NO_THROW((void)shared_ring::open(path_)) << "the name is another ring's by now";
}

TEST_F(shared_file, says_that_the_ring_behind_it_is_gone) {
  fs::create_symlink("/proc/self/fd/1000000", path_);
  try {
    (void)shared_ring::open(path_);
    FAIL() << "opened";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_NE(std::string(error.what()).find("has ended or let go of it"), std::string::npos);
  }
}

TEST_F(shared_file, stays_when_a_forked_child_lets_go_of_its_copy) {
  auto made = std::make_unique<shared_ring>(shared_ring::create(path_, 1000));
  const auto child = fork();
  if (child == 0) {
    made.reset();
    _exit(0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_NO_THROW((void)shared_ring::open(path_));
}

TEST_F(shared_file, is_refused_if_it_is_another_ring) {
  const auto made = shared_ring::create(path_, 10'000);
  using flat_yield_writer = flat_yield::writer;
  expect_refusal<flat_yield_writer>(made.fd(), errc::not_a_shared_ring, "waiting of the file is");
  expect_refusal<shared_mirror_ring::writer>(made.fd(), errc::not_a_shared_ring,
                                             "storage of the file is \"flat\"");
}

TEST_F(shared_file, is_refused_if_its_header_is_damaged) {
  const auto made = shared_ring::create(path_, 10'000);
  patch(offsetof(shared_preamble, capacity), std::uint64_t{0});
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "capacity of the file is 0");
  patch(offsetof(shared_preamble, capacity), ~std::uint64_t{0});
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "capacity of the file is 184");
  patch(offsetof(shared_preamble, capacity), std::uint64_t{1} << 30);
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "of a ring of 1073741824");
  patch(offsetof(shared_preamble, capacity), std::uint64_t{10'000});
  patch(offsetof(shared_preamble, pid_namespace), std::uint64_t{1});
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "PID namespace");
  patch(offsetof(shared_preamble, block_bytes), std::uint32_t{7});
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "have 7 bytes");
  patch(offsetof(shared_preamble, waiting), std::array{'\033', '[', '2', 'J', '\n', '\0'});
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "is \"?[2J?\", not");
  patch(offsetof(shared_preamble, version), std::uint32_t{99});
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "is 99, not 2");
  patch(offsetof(shared_preamble, magic), std::uint64_t{0});
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "file begins with 0");
}

// A file that can be shortened would be a signal in whoever has mapped it.
TEST_F(shared_file, is_refused_if_somebody_could_shorten_it) {
  const auto ring = shared_ring::create(10'000);
  const auto size = static_cast<std::size_t>(lseek(ring.fd(), 0, SEEK_END));
  std::vector<std::byte> bytes(size);
  ASSERT_EQ(pread(ring.fd(), bytes.data(), size, 0), static_cast<ssize_t>(size));
  const auto by_path = owned(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open");
  const auto unsealed = owned(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd");
  for (const auto* copy : {&by_path, &unsealed}) {
    ASSERT_EQ(pwrite(copy->get(), bytes.data(), size, 0), static_cast<ssize_t>(size));
    expect_refusal<shared_writer>(copy->get(), errc::not_a_shared_ring, "F_SEAL_SHRINK");
  }
  ASSERT_EQ(fcntl(unsealed.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  EXPECT_NO_THROW((void)shared_writer::attach(unsealed.get()));
}

TEST(shared_descriptor, is_refused_if_it_is_too_short) {
  const auto of_bytes = [](std::size_t n) {
    auto file = owned(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd_create");
    EXPECT_EQ(ftruncate(file.get(), static_cast<off_t>(n)), 0);
    EXPECT_EQ(fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
    return file;
  };
  expect_refusal<shared_writer>(of_bytes(0).get(), errc::not_a_shared_ring, "file of 0 bytes");
  expect_refusal<shared_writer>(of_bytes(10).get(), errc::not_a_shared_ring,
                                "file of 10 bytes is shorter than a header");
  const auto ring = shared_ring::create(10'000);
  const auto size = static_cast<std::size_t>(lseek(ring.fd(), 0, SEEK_END));
  std::vector<std::byte> bytes(size - 1);
  const auto cut = of_bytes(size - 1);
  ASSERT_EQ(pread(ring.fd(), bytes.data(), size - 1, 0), static_cast<ssize_t>(size - 1));
  ASSERT_EQ(pwrite(cut.get(), bytes.data(), size - 1, 0), static_cast<ssize_t>(size - 1));
  expect_refusal<shared_writer>(cut.get(), errc::not_a_shared_ring, "is shorter than the");
}

TEST(shared_descriptor, is_refused_if_it_is_no_file) {
  expect_refusal<shared_writer>(-1, std::make_error_code(std::errc::bad_file_descriptor), "-1");
  const auto socket = owned(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  expect_refusal<shared_writer>(socket.get(), errc::not_a_shared_ring, "is no memory file");
}

TEST(shared_memory, cannot_be_shortened_while_it_is_used) {
  const auto ring = shared_ring::create(1000);
  EXPECT_NE(ftruncate(ring.fd(), 0), 0);
  EXPECT_EQ(errno, EPERM);
}

// What a profiler or the timer of a user interface does to any program.
TEST(shared_memory, is_allocated_though_signals_come_again_and_again) {
  struct sigaction how {};
  struct sigaction before {};
  how.sa_handler = [](int) {};
  how.sa_flags = SA_RESTART;
  ASSERT_EQ(sigaction(SIGALRM, &how, &before), 0);
  const itimerval often{{0, 500}, {0, 500}};
  const itimerval never{};
  ASSERT_EQ(setitimer(ITIMER_REAL, &often, nullptr), 0);
  for (int i = 0; i < 3; ++i) EXPECT_NO_THROW((void)shared_ring::create(std::size_t{64} << 20));
  ASSERT_EQ(setitimer(ITIMER_REAL, &never, nullptr), 0);
  ASSERT_EQ(sigaction(SIGALRM, &before, nullptr), 0);
}

TEST(shared_memory, rounds_a_mirrored_capacity_up_to_pages) {
  const auto ring = shared_mirror_ring::create(1000);
  auto writer = shared_mirror_ring::writer::attach(ring.fd());
  EXPECT_EQ(writer.capacity(), pages::base_bytes());
  ASSERT_FALSE(writer.reserve(writer.capacity()).error);
  ASSERT_FALSE(writer.commit(writer.capacity() - 1));
  auto reader = shared_mirror_ring::reader::attach(ring.fd());
  ASSERT_FALSE(reader.peek(1).error);
  ASSERT_FALSE(reader.consume(writer.capacity() - 1));
  const auto room = writer.reserve(writer.capacity());
  EXPECT_EQ(room.memory.first.size(), writer.capacity()) << "one span, wherever it begins";
}

TEST(shared_end, attaches_once) {
  const auto ring = shared_ring::create(1000);
  {
    auto writer = shared_writer::attach(ring.fd());
    expect_refusal<shared_writer>(
        ring.fd(), errc::end_taken,
        "writer of the shared ring is that of process " + std::to_string(getpid()));
    EXPECT_FALSE(write_all(writer, 10).end) << "the refused one took nothing away";
    writer.close();
  }
  expect_refusal<shared_writer>(ring.fd(), errc::end_taken, "writer of the shared ring");
  auto reader = shared_reader::attach(ring.fd());
  expect_refusal<shared_reader>(ring.fd(), errc::end_taken, "reader of the shared ring");
  EXPECT_EQ(read_all(reader).end, errc::end_of_stream);
}

TEST(shared_end, may_be_destroyed_while_no_peer_has_come) {
  const auto ring = shared_ring::create(1000);
  { const auto writer = shared_writer::attach(ring.fd()); }
  auto reader = shared_reader::attach(ring.fd());
  EXPECT_EQ(read_all(reader).end, errc::peer_died);
}

TEST(shared_end, that_is_destroyed_open_wakes_the_other) {
  const auto ring = shared_ring::create(1000);
  auto reader = shared_reader::attach(ring.fd());
  auto waiting = std::async(std::launch::async, [&] { return read_all(reader).end; });
  { const auto writer = shared_writer::attach(ring.fd()); }
  EXPECT_EQ(waiting.get(), errc::peer_died);
}

TEST(shared_end, keeps_to_the_process_that_has_a_number_now) {
  // A peer of this number that started at another time: the number has been used again since.
  const auto ring = shared_ring::create(1000);
  const shared_region<shared_flat, park_waiting> region(ring.fd());
  region.header().writer =
      process_identity(process_identity::self().word() + (std::uint64_t{1} << 22)).word();
  auto reader = shared_reader::attach(ring.fd());
  EXPECT_EQ(read_all(reader).end, errc::peer_died);
}

class strange_category final : public std::error_category {
 public:
  explicit strange_category(bool known) : known_(known) {}
  [[nodiscard]] const char* name() const noexcept override { return "strange"; }
  [[nodiscard]] std::string message(int) const override { return "strange"; }
  [[nodiscard]] std::error_condition default_error_condition(int value) const noexcept override {
    if (known_) return std::errc::io_error;
    return {value, *this};
  }

 private:
  bool known_;
};

std::error_code crossed(std::error_code error) {
  return std::error_code(portable_error(portable_error(error).word()));
}
TEST(portable_error, keeps_codes_that_mean_something_everywhere) {
  for (const std::error_code error :
       {make_error_code(errc::timed_out), make_error_code(errc::corrupted),
        std::make_error_code(std::errc::io_error), std::error_code(5, std::system_category())}) {
    EXPECT_EQ(crossed(error), error) << error;
  }
  const strange_category known(true), unknown(false);
  EXPECT_EQ(crossed({77, known}), std::make_error_code(std::errc::io_error));
  EXPECT_EQ(crossed({77, unknown}), errc::foreign_error);
}
TEST(portable_error, is_an_error_that_ends_a_stream_whatever_was_written) {
  EXPECT_EQ(crossed({}), errc::foreign_error);
  EXPECT_EQ(crossed(errc::would_block), errc::foreign_error);
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::error_code error = portable_error(random());
    EXPECT_TRUE(error);
    EXPECT_NE(error, errc::would_block);
    EXPECT_FALSE(error.message().empty());
  }
}

}  // namespace
}  // namespace annulus::shared_tests
