// How an end that does not block is told that it can go on: the base of coroutines and eventfds.
#pragma once

namespace annulus {

/// Something to be called once, from the thread that made progress possible: the other end's, or
/// one that closes or cancels. `notify` must not throw and may call the ring again, also to arm
/// anew. Keep a waker alive until it was called or `disarm` returned true.
class waker {
 public:
  using callback = void (*)(waker&) noexcept;
  explicit constexpr waker(callback called) noexcept : notify_(called) {}
  waker(const waker&) = delete;
  waker& operator=(const waker&) = delete;
  ~waker() = default;

  void notify() noexcept { notify_(*this); }

 private:
  callback notify_;
};

}  // namespace annulus
