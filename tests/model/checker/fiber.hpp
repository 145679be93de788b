// Stackful coroutines on one OS thread.
#pragma once

#include <ucontext.h>

#include <csetjmp>
#include <cstddef>
#include <functional>
#include <memory>

namespace annulus::model {

/// A stack and a place to continue from. The first entry is makecontext's, every later switch is a
/// _setjmp/_longjmp pair: swapcontext would make a system call each time. A fiber that is started
/// anew is abandoned where it stood, and nothing on its stack is destroyed.
class fiber {
 public:
  fiber() = default;  // the caller's own stack
  explicit fiber(std::size_t stack_bytes);

  /// The next switch to this fiber calls `body`, which must not return.
  void start(std::function<void()> body);
  void switch_to(fiber& next);

 private:
  static void enter();

  std::jmp_buf state_{};
  ucontext_t entry_{};
  std::unique_ptr<std::byte[]> stack_;
  std::size_t bytes_ = 0;
  std::function<void()> body_;
  bool fresh_ = false;
};

}  // namespace annulus::model
