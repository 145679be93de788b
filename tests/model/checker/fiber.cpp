#include "fiber.hpp"

#include <cstdlib>

namespace annulus::model {
namespace {
fiber* entering = nullptr;
}

fiber::fiber(std::size_t stack_bytes)
    : stack_(std::make_unique_for_overwrite<std::byte[]>(stack_bytes)), bytes_(stack_bytes) {
}

void fiber::start(std::function<void()> body) {
  body_ = std::move(body);
  getcontext(&entry_);
  entry_.uc_stack.ss_sp = stack_.get();
  entry_.uc_stack.ss_size = bytes_;
  entry_.uc_link = nullptr;
  makecontext(&entry_, &fiber::enter, 0);
  fresh_ = true;
}

void fiber::enter() {
  entering->body_();
  std::abort();  // the body switches away for good
}

void fiber::switch_to(fiber& next) {
  if (_setjmp(state_) != 0) return;
  if (!next.fresh_) _longjmp(next.state_, 1);
  next.fresh_ = false;
  entering = &next;
  setcontext(&next.entry_);
}

}  // namespace annulus::model
