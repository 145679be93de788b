// A coroutine that nobody awaits.
#pragma once

#include <coroutine>
#include <exception>

namespace annulus {

/// What a coroutine returns that goes its own way: `detached_task serve(connection& client)`. It
/// starts within the call, goes on within whatever resumes it, and frees itself at its end.
///
/// It has no handle: nobody learns of its end or can stop it but by what it shares with others. All
/// that it refers to must outlive it, the captures of a lambda too; one that is never resumed is
/// never freed. An exception that leaves its body ends the process (std::terminate); one in copying
/// its arguments or allocating its frame is the caller's. Thread-safe as far as what it does is.
/// O(1), one allocation. Source: fire_and_forget of C++/WinRT.
struct detached_task {
  struct promise_type {
    detached_task get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

}  // namespace annulus
