// The memory of a shared ring: a header, what both ends share, and the bytes, in one file that each
// process maps.
#pragma once

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/core/flat_storage.hpp>
#include <annulus/core/mirrored_storage.hpp>
#include <annulus/core/pages.hpp>
#include <annulus/core/process_identity.hpp>
#include <annulus/core/restarted.hpp>
#include <annulus/core/ring_core.hpp>
#include <annulus/core/shared_platform.hpp>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace annulus {

/// The bytes once; a piece that crosses their end is two spans.
struct shared_flat {
  static constexpr std::string_view name = flat_storage::name;
  static constexpr std::size_t copies = 1;
  using storage = flat_storage;
  static std::size_t rounded(std::size_t capacity) noexcept { return capacity; }
};

/// The bytes twice in a row, by mapping them twice. The capacity is rounded up to whole pages.
struct shared_mirror {
  static constexpr std::string_view name = mirrored_storage::name;
  static constexpr std::size_t copies = 2;
  class storage {
   public:
    explicit storage(bytes_span memory) noexcept : memory_(memory) {}
    [[nodiscard]] std::size_t capacity() const noexcept { return memory_.size(); }
    [[nodiscard, gnu::always_inline]] span_pair<std::byte> at(std::size_t offset,
                                                              std::size_t n) const noexcept {
      return {{memory_.data() + offset, n}, {}};
    }

   private:
    bytes_span memory_;
  };
  static std::size_t rounded(std::size_t capacity) noexcept {
    return pages::round_up(capacity, pages::base_bytes());
  }
};

/// What the file begins with, written once, before anyone attaches.
struct shared_preamble {
  static constexpr std::uint64_t expected_magic = 0x31676E69726E6E61;  // "annring1"
  static constexpr std::uint32_t expected_version = 2;
  using label = std::array<char, 48>;

  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t block_bytes;  // of header and core: another build may lay them out in another way
  std::uint64_t capacity;
  std::uint64_t pid_namespace;
  label storage;
  label waiting;

  static label labelled(std::string_view text) noexcept {
    label made{};
    std::copy_n(text.begin(), std::min(text.size(), made.size() - 1), made.begin());
    return made;
  }
};

struct shared_header {
  shared_preamble made;
  std::atomic<std::uint64_t> writer;    // a process_identity, once it has attached
  std::atomic<std::uint64_t> reader;    // likewise
  std::atomic<std::uint32_t> arrivals;  // a futex, bumped when either of them changes
};

/// A mapping of such a file. Neither movable nor copyable.
template <class Layout, class Waiting>
class shared_region {
  struct block {
    shared_header header;
    ring_core<Waiting, shared_platform> core;
  };
  static_assert(std::is_trivially_destructible_v<block>, "nobody destroys it");

 public:
  /// Makes `file`, a new and empty memfd that can be sealed, a ring of `capacity` bytes, all of
  /// them allocated and never to be taken away, so that no later access can fail. Throws
  /// std::system_error: errc::bad_capacity or the kernel's reason.
  static void format(int file, std::size_t capacity) {
    capacity = Layout::rounded(checked_capacity(capacity));
    allocate(file, file_bytes(capacity));
    if (fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
      throw std::system_error(pages::last_error(), "sealing a shared ring");
    const pages_of front(file, sizeof(block));
    auto* const fresh = new (front.address) block{};
    fresh->header.made = {.magic = shared_preamble::expected_magic,
                          .version = shared_preamble::expected_version,
                          .block_bytes = sizeof(block),
                          .capacity = capacity,
                          .pid_namespace = pid_namespace(),
                          .storage = shared_preamble::labelled(Layout::name),
                          .waiting = shared_preamble::labelled(Waiting::name)};
  }

  /// Maps the ring in `file`, which may be closed afterwards. Throws std::system_error:
  /// errc::not_a_shared_ring with what is wrong, or the kernel's reason.
  explicit shared_region(int file)
      : capacity_(checked(file)), pages_(file, data_offset(), data_bytes(capacity_)) {}
  shared_region(const shared_region&) = delete;
  shared_region& operator=(const shared_region&) = delete;
  ~shared_region() = default;

  [[nodiscard]] shared_header& header() const noexcept { return contents().header; }
  [[nodiscard]] ring_core<Waiting, shared_platform>& core() const noexcept {
    return contents().core;
  }
  /// Of capacity bytes, with their mirror image behind them if the layout has one.
  [[nodiscard]] bytes_span data() const noexcept {
    return {static_cast<std::byte*>(pages_.address) + data_offset(), capacity_};
  }

 private:
  // Pages of the file in one run: the front, and behind it the data once or twice.
  struct pages_of {
    pages_of(int file, std::size_t front, std::size_t data = 0)
        : length(front + Layout::copies * data) {
      address =
          mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (address == MAP_FAILED) refuse();
      for (std::size_t copy = 0; copy < Layout::copies; ++copy) {
        // The first with the front before it.
        const auto from = copy == 0 ? 0 : front;
        auto* const to = static_cast<std::byte*>(address) + from + copy * data;
        if (mmap(to, front - from + data, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
                 static_cast<off_t>(from)) == MAP_FAILED) {
          const auto error = errno;
          munmap(address, length);
          errno = error;
          refuse();
        }
        if (data == 0) break;
      }
    }
    pages_of(const pages_of&) = delete;
    pages_of& operator=(const pages_of&) = delete;
    ~pages_of() { munmap(address, length); }

    [[noreturn]] void refuse() const {
      throw std::system_error(
          pages::last_error(),
          "shared ring memory of " + std::to_string(length) + " bytes cannot be mapped");
    }

    void* address = nullptr;
    std::size_t length;
  };

  static std::size_t data_offset() noexcept {
    return pages::round_up(sizeof(block), pages::base_bytes());
  }
  static std::size_t data_bytes(std::size_t capacity) noexcept {
    return pages::round_up(capacity, pages::base_bytes());
  }
  static std::size_t file_bytes(std::size_t capacity) noexcept {
    return data_offset() + data_bytes(capacity);
  }

  // The kernel gives up all that one call has done if a signal comes meanwhile. So that signals
  // which come again and again cannot hold it up for ever, it is asked for less after each.
  static void allocate(int file, std::size_t bytes) {
    auto piece = bytes;
    for (std::size_t done = 0; done < bytes;) {
      const auto n = std::min(piece, bytes - done);
      const auto error = posix_fallocate(file, static_cast<off_t>(done), static_cast<off_t>(n));
      if (error == EINTR) {
        piece = std::max(n / 2, pages::base_bytes());
      } else if (error != 0) {
        throw std::system_error(error, std::generic_category(),
                                "shared ring of " + std::to_string(bytes) + " bytes");
      } else {
        done += n;
      }
    }
  }

  [[noreturn]] static void refuse(const std::string& why) {
    throw std::system_error(make_error_code(errc::not_a_shared_ring), why);
  }
  [[noreturn]] static void refuse_descriptor(int file) {
    throw std::system_error(pages::last_error(), "shared ring descriptor " + std::to_string(file));
  }
  static void require_label(const char* field, const shared_preamble::label& found,
                            std::string_view wanted) {
    const auto expected = shared_preamble::labelled(wanted);
    if (found == expected) return;
    refuse(std::string(field) + " of the file is \"" + printable(found) + "\", not \"" +
           expected.data() + "\"");
  }
  static std::string printable(const shared_preamble::label& found) {
    std::string text(found.begin(), std::find(found.begin(), found.end(), '\0'));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return text;
  }

  // Whether `file` may be mapped: behind the end of one that is shortened meanwhile, a load is a
  // signal and no error. Only memory can be sealed against that, and hugetlbfs has signals of its
  // own.
  static void require_sealed(int file) {
    struct stat seen {};
    struct statfs on {};
    if (fstat(file, &seen) != 0 || fstatfs(file, &on) != 0) refuse_descriptor(file);
    if (!S_ISREG(seen.st_mode) || on.f_type != TMPFS_MAGIC)
      refuse("descriptor " + std::to_string(file) + " is no memory file");
    const int seals = fcntl(file, F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0)
      refuse("file can be shortened while it is mapped: it has no F_SEAL_SHRINK");
  }

  // The capacity, once everything about the file is as it should be. Of a copy, since a peer may
  // change it at any time.
  static std::size_t checked(int file) {
    require_sealed(file);
    struct stat seen {};
    if (fstat(file, &seen) != 0) refuse_descriptor(file);
    const auto bytes = static_cast<std::size_t>(std::max<off_t>(seen.st_size, 0));
    shared_preamble header{};
    if (bytes < sizeof(block)) {
      refuse("file of " + std::to_string(bytes) + " bytes is shorter than a header of " +
             std::to_string(sizeof(block)));
    }
    if (detail::restarted([&] { return pread(file, &header, sizeof header, 0); }) != sizeof header)
      refuse_descriptor(file);
    if (header.magic != shared_preamble::expected_magic) {
      refuse("file begins with " + std::to_string(header.magic) + ", not " +
             std::to_string(shared_preamble::expected_magic));
    }
    if (header.version != shared_preamble::expected_version) {
      refuse("layout version of the file is " + std::to_string(header.version) + ", not " +
             std::to_string(shared_preamble::expected_version));
    }
    require_label("storage", header.storage, Layout::name);
    require_label("waiting", header.waiting, Waiting::name);
    if (header.block_bytes != sizeof(block)) {
      refuse("header and core of the file have " + std::to_string(header.block_bytes) +
             " bytes, not " + std::to_string(sizeof(block)));
    }
    const auto capacity = static_cast<std::size_t>(header.capacity);
    if (capacity == 0 || capacity > max_capacity || capacity != Layout::rounded(capacity))
      refuse("capacity of the file is " + std::to_string(capacity));
    if (bytes < file_bytes(capacity)) {
      refuse("file of " + std::to_string(bytes) + " bytes is shorter than the " +
             std::to_string(file_bytes(capacity)) + " of a ring of " + std::to_string(capacity));
    }
    if (header.pid_namespace != pid_namespace())
      refuse("file was made in another PID namespace, where processes have other numbers");
    return capacity;
  }

  [[nodiscard]] block& contents() const noexcept {
    return *std::launder(static_cast<block*>(pages_.address));
  }

  std::size_t capacity_;
  pages_of pages_;
};

}  // namespace annulus
