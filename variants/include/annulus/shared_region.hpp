// The memory of a shared ring: a header, what both ends share, and the bytes, in one file that each
// process maps.
#pragma once

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <annulus/pages.hpp>
#include <annulus/process_identity.hpp>
#include <annulus/ring_core.hpp>
#include <annulus/shared_platform.hpp>
#include <annulus/storage.hpp>
#include <array>
#include <atomic>
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

/// What the file begins with. The first five fields are written once, before anyone attaches.
struct shared_header {
  static constexpr std::uint64_t expected_magic = 0x31676E69726E6E61;  // "annring1"
  static constexpr std::uint32_t expected_version = 1;
  using label = std::array<char, 48>;

  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t block_bytes;  // of header and core: another build may lay them out in another way
  std::uint64_t capacity;
  std::uint64_t pid_namespace;
  label storage;
  label waiting;
  std::atomic<std::uint64_t> writer;    // a process_identity, once it has attached
  std::atomic<std::uint64_t> reader;    // likewise
  std::atomic<std::uint32_t> arrivals;  // a futex, bumped when either of them changes

  static label labelled(std::string_view text) noexcept {
    label made{};
    std::copy_n(text.begin(), std::min(text.size(), made.size() - 1), made.begin());
    return made;
  }
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
  /// Makes `file`, which is new and empty, a ring of `capacity` bytes, all of them allocated, so
  /// that no later access can fail. Throws std::system_error: errc::bad_capacity or the kernel's
  /// reason.
  static void format(int file, std::size_t capacity) {
    capacity = Layout::rounded(checked_capacity(capacity));
    const auto bytes = file_bytes(capacity);
    if (const auto error = posix_fallocate(file, 0, static_cast<off_t>(bytes))) {
      throw std::system_error(error, std::generic_category(),
                              "shared ring of " + std::to_string(bytes) + " bytes");
    }
    const pages_of front(file, sizeof(block));
    auto* const fresh = new (front.address) block{};
    fresh->header.capacity = capacity;
    fresh->header.version = shared_header::expected_version;
    fresh->header.block_bytes = sizeof(block);
    fresh->header.pid_namespace = pid_namespace();
    fresh->header.storage = shared_header::labelled(Layout::name);
    fresh->header.waiting = shared_header::labelled(Waiting::name);
    fresh->header.magic = shared_header::expected_magic;
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

  [[noreturn]] static void refuse(const std::string& why) {
    throw std::system_error(make_error_code(errc::not_a_shared_ring), why);
  }
  static void require_label(const char* what, const shared_header::label& found,
                            std::string_view wanted) {
    const auto expected = shared_header::labelled(wanted);
    if (found == expected) return;
    const std::string_view text(found.data(), found.size());
    refuse(std::string(what) + " of the file is \"" + std::string(text.substr(0, text.find('\0'))) +
           "\", not \"" + expected.data() + "\"");
  }

  // The capacity, once everything about the file is as it should be.
  static std::size_t checked(int file) {
    struct stat seen {};
    if (fstat(file, &seen) != 0) {
      throw std::system_error(pages::last_error(),
                              "shared ring descriptor " + std::to_string(file));
    }
    const auto bytes = static_cast<std::size_t>(std::max<off_t>(seen.st_size, 0));
    if (!S_ISREG(seen.st_mode) || bytes < sizeof(block)) {
      refuse("file of " + std::to_string(bytes) + " bytes is shorter than a header of " +
             std::to_string(sizeof(block)));
    }
    const pages_of front(file, sizeof(block));
    const auto& header = static_cast<const block*>(front.address)->header;
    if (header.magic != shared_header::expected_magic) {
      refuse("file begins with " + std::to_string(header.magic) + ", not " +
             std::to_string(shared_header::expected_magic));
    }
    if (header.version != shared_header::expected_version) {
      refuse("layout version of the file is " + std::to_string(header.version) + ", not " +
             std::to_string(shared_header::expected_version));
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
