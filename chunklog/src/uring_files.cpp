#include <liburing.h>

#include <algorithm>
#include <annulus/chunklog/passing_files.hpp>
#include <annulus/chunklog/uring_files.hpp>
#include <array>
#include <cerrno>
#include <mutex>
#include <utility>

#include "gatherer.hpp"

namespace annulus::chunklog {
namespace {

std::error_code code(int negative) {
  return {-negative, std::system_category()};
}

/// One operation at a time.
class kernel_ring {
 public:
  kernel_ring() : error_(io_uring_queue_init(entries, &ring_, 0)) {}
  kernel_ring(const kernel_ring&) = delete;
  kernel_ring& operator=(const kernel_ring&) = delete;
  ~kernel_ring() {
    if (error_ == 0) io_uring_queue_exit(&ring_);
  }
  [[nodiscard]] int error() const noexcept { return error_; }

  /// What the system call would have returned, or minus the error. Interruptions are retried.
  template <class Prepare>
  int run(Prepare prepare) {
    for (;;) {
      auto* const entry = io_uring_get_sqe(&ring_);
      prepare(entry);
      int got = io_uring_submit_and_wait(&ring_, 1);
      io_uring_cqe* done = nullptr;
      // Submitted it is; only the wait can have been interrupted.
      if (got >= 0 || got == -EINTR) {
        while ((got = io_uring_wait_cqe(&ring_, &done)) == -EINTR) {
        }
      }
      if (got < 0) return got;
      const int result = done->res;
      io_uring_cqe_seen(&ring_, done);
      if (result != -EINTR && result != -EAGAIN) return result;
    }
  }

 private:
  static constexpr unsigned entries = 4;
  io_uring ring_{};
  int error_;
};

class uring_files final : public passing_files {
 public:
  explicit uring_files(std::unique_ptr<kernel_ring> first) { idle_.push_back(std::move(first)); }

  transfer read(int fd, bytes_span to, std::uint64_t offset) override {
    const lease ring(*this);
    if (!ring) return behind_.read(fd, to, offset);
    transfer done;
    while (done.bytes < to.size()) {
      const auto rest = to.subspan(done.bytes, std::min(to.size() - done.bytes, most_bytes));
      const int got = ring->run([&](io_uring_sqe* entry) {
        io_uring_prep_read(entry, fd, rest.data(), static_cast<unsigned>(rest.size()),
                           offset + done.bytes);
      });
      if (got < 0) done.error = code(got);
      if (got <= 0) break;
      done.bytes += static_cast<std::size_t>(got);
    }
    return done;
  }

  transfer write(int fd, std::span<const bytes_view> parts, std::uint64_t offset) override {
    const lease ring(*this);
    if (!ring) return behind_.write(fd, parts, offset);
    transfer done;
    gatherer pending(parts);
    for (auto pieces = pending.next(); !pieces.empty(); pieces = pending.next()) {
      const int put = ring->run([&](io_uring_sqe* entry) {
        io_uring_prep_writev(entry, fd, pieces.data(), static_cast<unsigned>(pieces.size()),
                             offset + done.bytes);
      });
      // A regular file takes at least a byte or says why not; 0 would loop for ever.
      if (put <= 0) {
        done.error = put < 0 ? code(put) : std::make_error_code(std::errc::io_error);
        break;
      }
      done.bytes += static_cast<std::size_t>(put);
      pending.written(static_cast<std::size_t>(put));
    }
    return done;
  }

  std::error_code sync_data(int fd) override {
    const lease ring(*this);
    if (!ring) return behind_.sync_data(fd);
    const int result = ring->run(
        [&](io_uring_sqe* entry) { io_uring_prep_fsync(entry, fd, IORING_FSYNC_DATASYNC); });
    return result < 0 ? code(result) : std::error_code{};
  }

 private:
  // io_uring counts an operation's bytes in 32 bits.
  static constexpr std::size_t most_bytes = std::size_t{1} << 30U;

  /// A ring that is this thread's for the time of a call; none when the kernel gives no more.
  class lease {
   public:
    explicit lease(uring_files& owner) : owner_(owner), ring_(owner.take()) {}
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() {
      if (ring_) owner_.give_back(std::move(ring_));
    }
    [[nodiscard]] explicit operator bool() const noexcept { return ring_ != nullptr; }
    kernel_ring* operator->() const noexcept { return ring_.get(); }

   private:
    uring_files& owner_;
    std::unique_ptr<kernel_ring> ring_;
  };

  std::unique_ptr<kernel_ring> take() {
    {
      const std::scoped_lock hold(mutex_);
      if (!idle_.empty()) {
        auto ring = std::move(idle_.back());
        idle_.pop_back();
        return ring;
      }
    }
    auto fresh = std::make_unique<kernel_ring>();
    return fresh->error() == 0 ? std::move(fresh) : nullptr;
  }
  void give_back(std::unique_ptr<kernel_ring> ring) {
    const std::scoped_lock hold(mutex_);
    idle_.push_back(std::move(ring));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<kernel_ring>> idle_;  // guarded by the mutex
};

}  // namespace

made_uring_files make_uring_files() {
  auto first = std::make_unique<kernel_ring>();
  if (first->error() != 0) return {nullptr, code(first->error())};
  return {std::make_unique<uring_files>(std::move(first)), {}};
}

}  // namespace annulus::chunklog
