// What the memory tests share: a stream through a ring, and the kernel's settings.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "../conformance/suite.hpp"

namespace annulus::testing {

/// Sends `total` bytes through a ring in pieces of odd sizes, and checks each.
template <class Ring>
void expect_stream(Ring& ring, std::size_t total) {
  sizes pieces(7);
  std::vector<std::byte> to(ring.capacity());
  for (std::uint64_t sent = 0, received = 0; received < total;) {
    const auto n = pieces.next(1, ring.capacity());
    sent += ring.writer().try_write(pattern_bytes(sent, n)).bytes;
    const auto got = ring.reader().try_read({to.data(), pieces.next(1, to.size())});
    ASSERT_TRUE(matches(bytes_view(to).first(got.bytes), received)) << "at byte " << received;
    received += got.bytes;
  }
}

/// The error that `make()` throws, "none" if none.
template <class F>
std::string refusal_of(F make, std::error_code expected) {
  try {
    make();
    return "none";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), expected) << error.what();
    return error.what();
  }
}

inline std::size_t pages_there(const memory_report& report) {
  std::size_t sum = 0;
  for (const auto& [node, pages] : report.pages_on_node) sum += pages;
  return sum;
}

/// Keeps the other tests that count huge pages waiting, also those of another build.
class huge_page_lock {
 public:
  huge_page_lock() : file_(open("/proc/sys/vm/nr_hugepages", O_RDONLY | O_CLOEXEC)) {
    if (file_ >= 0) flock(file_, LOCK_EX);
  }
  huge_page_lock(const huge_page_lock&) = delete;
  huge_page_lock& operator=(const huge_page_lock&) = delete;
  ~huge_page_lock() {
    if (file_ >= 0) close(file_);
  }

 private:
  int file_;
};

/// The text of a kernel setting; empty if this kernel does not have it.
inline std::string setting(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}
inline std::size_t number_in(const std::string& path) {
  std::size_t value = 0;
  std::ifstream(path) >> value;
  return value;
}
/// "madvise" of "always [madvise] never"
inline std::string chosen_in(const std::string& path) {
  const auto text = setting(path);
  const auto from = text.find('[');
  return from == std::string::npos ? "" : text.substr(from + 1, text.find(']') - from - 1);
}

/// Changes a kernel setting where we may, and puts it back.
class changed_setting {
 public:
  changed_setting(std::string path, const std::string& before, const std::string& value)
      : path_(std::move(path)), before_(before) {
    std::ofstream(path_) << value;
  }
  changed_setting(const changed_setting&) = delete;
  changed_setting& operator=(const changed_setting&) = delete;
  ~changed_setting() { std::ofstream(path_) << before_; }

 private:
  std::string path_, before_;
};

}  // namespace annulus::testing
