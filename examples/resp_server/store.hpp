// Keys and values, within a bound on memory.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace resp_server {

/// Values are shared, so that an answer may still send one that has been replaced.
class store {
 public:
  using value = std::shared_ptr<std::string>;

  /// Keys and values together take at most `limit` bytes, by their sizes and `entry_bytes` each.
  explicit store(std::size_t limit) noexcept : limit_(limit) {}

  /// None if there is no such key.
  [[nodiscard]] value get(std::string_view key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : found->second;
  }
  /// A value of `size` bytes to be written over, in place of the one before. None if that would
  /// exceed the limit; the one before stays. Throws std::bad_alloc.
  [[nodiscard]] std::string* set(std::string_view key, std::size_t size) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
      const auto more = key.size() + size + entry_bytes;
      if (more > limit_ - used_) return nullptr;
      auto& made = *entries_.emplace(key, make(size)).first->second;
      used_ += more;
      return &made;
    }
    auto& old = found->second;
    const auto others = used_ - old->size();
    if (size > limit_ - others) return nullptr;
    // Memory of the same order of size is written to again, unless an answer has it.
    if (old.use_count() == 1 && size <= old->capacity() && old->capacity() / 2 <= size) {
      old->resize(size);
    } else {
      old = make(size);
    }
    used_ = others + size;
    return old.get();
  }

 private:
  static constexpr std::size_t entry_bytes = 128;

  struct hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  static value make(std::size_t size) { return std::make_shared<std::string>(size, '\0'); }

  const std::size_t limit_;
  std::size_t used_ = 0;
  std::unordered_map<std::string, value, hash, std::equal_to<>> entries_;
};

}  // namespace resp_server
