// Space that is reserved for a chunk: it changes no size, and goes back when the chunk is done
// with.
#include <sys/stat.h>

#include "damaged.hpp"
#include "support.hpp"
#include "watchdog.hpp"

namespace annulus::chunklog::test {
namespace {

constexpr std::uint64_t reserved_chunk = std::uint64_t{1} << 20U;
constexpr std::uint64_t reserved_record = 10'000;  // with its header
constexpr std::uint64_t records_in_a_chunk = reserved_chunk / reserved_record;

std::uint64_t reserved_bytes(const std::filesystem::path& file) {
  struct stat of {};
  EXPECT_EQ(::stat(file.c_str(), &of), 0) << file;
  return static_cast<std::uint64_t>(of.st_blocks) * 512;
}

/// Counts what is asked for, and can refuse it.
class allocating : public passing_files {
 public:
  explicit allocating(bool refuses = false) : refuses_(refuses) {}
  std::error_code allocate(int fd, std::uint64_t bytes) override {
    asked_.push_back(bytes);
    if (refuses_) return std::make_error_code(std::errc::operation_not_supported);
    return passing_files::allocate(fd, bytes);
  }
  /// By the log's own thread: of a log that is closed.
  [[nodiscard]] const std::vector<std::uint64_t>& asked() const { return asked_; }

 private:
  bool refuses_;
  std::vector<std::uint64_t> asked_;
};

options reserving(file_system& files) {
  auto how = limited(reserved_chunk, 4096);
  how.preallocate = true;
  how.files = &files;
  return how;
}

records append_large(chunk_log& log, std::uint64_t count) {
  records all;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto text = payload(i, reserved_record - record_layout::header_bytes);
    all.emplace_back(must_append(log, text), text);
  }
  return all;
}

TEST(preallocate, leaves_chunks_of_their_records_size) {
  const scratch dir;
  allocating files;
  records all;
  {
    auto log = must_open(dir.log(), reserving(files));
    const watchdog guard(*log);
    all = append_large(*log, records_in_a_chunk + 3);
    ASSERT_TRUE(log->writer().flush().ok());
    // While the log is open: of the chunk that it has left, and of the one that it writes.
    EXPECT_EQ(std::filesystem::file_size(dir.log() / "0000.chunk"),
              records_in_a_chunk * reserved_record);
    EXPECT_EQ(std::filesystem::file_size(dir.log() / "0001.chunk"), 3 * reserved_record);
    ASSERT_TRUE(log->close().ok());
  }
  EXPECT_EQ(files.asked(), (std::vector{reserved_chunk, reserved_chunk}));
  EXPECT_EQ(std::filesystem::file_size(dir.log() / "0000.chunk"),
            records_in_a_chunk * reserved_record);
  EXPECT_EQ(std::filesystem::file_size(dir.log() / "0001.chunk"), 3 * reserved_record);
  EXPECT_LT(reserved_bytes(dir.log() / "0001.chunk"), reserved_chunk / 2);
  EXPECT_EQ(reread(dir.log()), all);
}

TEST(preallocate, of_a_log_that_was_never_closed_is_no_damage) {
  const scratch dir;
  allocating files;
  auto log = must_open(dir.log(), reserving(files));
  const watchdog guard(*log);
  auto all = append_large(*log, 3);
  ASSERT_TRUE(log->writer().flush().ok());
  // The space beyond the end, as the process leaves it that dies.
  std::filesystem::create_directory(dir / "dead");
  for (const auto* const name : {"0000.chunk", "ledger.state"}) {
    spill(dir / "dead" / name, slurp(dir.log() / name));
  }
  const auto chunk = dir / "dead" / "0000.chunk";
  {
    const auto place = files.open_directory(dir / "dead");
    const auto file = files.open(place.fd.get(), "0000.chunk", O_RDWR);
    ASSERT_FALSE(files.allocate(file.fd.get(), reserved_chunk));
  }
  ASSERT_GE(reserved_bytes(chunk), reserved_chunk);

  auto again = chunk_log::open(dir / "dead", reserving(files));
  ASSERT_TRUE(again.ok()) << again.message;
  EXPECT_EQ(again.found.torn_bytes, 0U) << again.found.notes;
  EXPECT_EQ(again.found.next_id, 4U);
  all.emplace_back(must_append(*again.log, "and on"), "and on");
  ASSERT_TRUE(again.log->close().ok());
  EXPECT_EQ(drain(*again.log), all);
  again.log.reset();
  EXPECT_EQ(std::filesystem::file_size(chunk),
            3 * reserved_record + record_layout::header_bytes + 6);
  EXPECT_LT(reserved_bytes(chunk), reserved_chunk / 2);
  EXPECT_EQ(reread(dir / "dead"), all);
}

TEST(preallocate, that_is_refused_is_not_asked_for_again) {
  const scratch dir;
  allocating files(true);
  records all;
  {
    auto log = must_open(dir.log(), reserving(files));
    const watchdog guard(*log);
    all = append_large(*log, records_in_a_chunk + 3);
    ASSERT_TRUE(log->close().ok());
  }
  EXPECT_EQ(files.asked().size(), 1U);
  EXPECT_EQ(reread(dir.log()), all);
}

}  // namespace
}  // namespace annulus::chunklog::test
