// Making, finding and taking a shared ring, and all that is refused.
#include <sys/socket.h>

#include <filesystem>
#include <future>

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

TEST_F(shared_file, is_refused_if_it_is_no_ring_or_another_one) {
  const auto made = shared_ring::create(path_, 10'000);
  using flat_yield_writer = flat_yield::writer;
  expect_refusal<flat_yield_writer>(made.fd(), errc::not_a_shared_ring, "waiting of the file is");
  expect_refusal<shared_mirror_ring::writer>(made.fd(), errc::not_a_shared_ring,
                                             "storage of the file is \"flat\"");
  const auto size = fs::file_size(path_);
  fs::resize_file(path_, size - 1);
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "is shorter than the");
  fs::resize_file(path_, 10);
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring,
                                "file of 10 bytes is shorter than a header");
  fs::resize_file(path_, 0);
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "file of 0 bytes");
  fs::resize_file(path_, size);
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "file begins with 0");
}

TEST_F(shared_file, is_refused_if_its_header_is_damaged) {
  const auto made = shared_ring::create(path_, 10'000);
  patch(offsetof(shared_header, capacity), std::uint64_t{0});
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "capacity of the file is 0");
  patch(offsetof(shared_header, capacity), ~std::uint64_t{0});
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "capacity of the file is 184");
  patch(offsetof(shared_header, capacity), std::uint64_t{1} << 30);
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "of a ring of 1073741824");
  patch(offsetof(shared_header, capacity), std::uint64_t{10'000});
  patch(offsetof(shared_header, pid_namespace), std::uint64_t{1});
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "PID namespace");
  patch(offsetof(shared_header, block_bytes), std::uint32_t{7});
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "have 7 bytes");
  patch(offsetof(shared_header, version), std::uint32_t{99});
  expect_refusal<shared_writer>(made.fd(), errc::not_a_shared_ring, "is 99, not 1");
}

TEST(shared_descriptor, is_refused_if_it_is_no_file) {
  expect_refusal<shared_writer>(-1, std::make_error_code(std::errc::bad_file_descriptor), "-1");
  const auto socket = owned(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  expect_refusal<shared_writer>(socket.get(), errc::not_a_shared_ring, "is shorter than a header");
}

TEST(shared_memory, cannot_be_truncated) {
  const auto ring = shared_ring::create(1000);
  EXPECT_NE(ftruncate(ring.fd(), 0), 0);
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

TEST(portable_error, keeps_codes_that_mean_something_everywhere) {
  const auto crossed = [](std::error_code error) { return std::error_code(portable_error(error)); };
  for (const std::error_code error :
       {std::error_code{}, make_error_code(errc::timed_out),
        std::make_error_code(std::errc::io_error), std::error_code(5, std::system_category())}) {
    EXPECT_EQ(crossed(error), error) << error;
  }
  const strange_category known(true), unknown(false);
  EXPECT_EQ(crossed({77, known}), std::make_error_code(std::errc::io_error));
  EXPECT_EQ(crossed({77, unknown}), errc::foreign_error);
}

}  // namespace
}  // namespace annulus::shared_tests
