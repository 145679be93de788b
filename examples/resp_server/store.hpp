// Keys and values, within a budget.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "budget.hpp"

namespace resp_server {

/// A value, which counts for as long as anybody has it.
struct value {
  explicit value(charge paid) : bytes(paid.bytes(), '\0'), held(std::move(paid)) {}
  std::string bytes;
  charge held;
};

/// Values are shared, so that an answer may still send one that has been replaced.
class store {
 public:
  /// Keys and values take of `memory`, by their sizes and `entry_bytes` each.
  explicit store(budget& memory) noexcept : memory_(memory) {}

  /// None if there is no such key.
  [[nodiscard]] std::shared_ptr<value> get(std::string_view key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : found->second.second;
  }
  /// A value of `size` bytes to be written over, in place of the one before. None if that would
  /// exceed the budget; the one before stays. Throws std::bad_alloc.
  [[nodiscard]] std::string* set(std::string_view key, std::size_t size) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
      charge name(memory_);
      if (!name.ask(key.size() + entry_bytes)) return nullptr;
      auto made = make(size);
      if (made == nullptr) return nullptr;
      entries_.emplace(key, entry(std::move(name), made));
      return &made->bytes;
    }
    auto& old = found->second.second;
    // An answer has it, and sends it as it is.
    if (old.use_count() > 1) {
      auto made = make(size);
      if (made == nullptr) return nullptr;
      old = std::move(made);
    } else if (!resize(*old, size)) {
      return nullptr;
    }
    return &old->bytes;
  }

 private:
  using entry = std::pair<charge, std::shared_ptr<value>>;
  static constexpr std::size_t entry_bytes = 128;

  struct hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::shared_ptr<value> make(std::size_t size) {
    charge paid(memory_);
    return paid.ask(size) ? std::make_shared<value>(std::move(paid)) : nullptr;
  }
  // Memory of the same order of size is written to again.
  static bool resize(value& old, std::size_t size) {
    const auto before = old.held.bytes();
    if (!old.held.ask(size)) return false;
    const auto room = old.bytes.capacity();
    if (size <= room && room / 2 <= size) {
      old.bytes.resize(size);
      return true;
    }
    try {
      old.bytes = std::string(size, '\0');
    } catch (const std::bad_alloc&) {
      old.held.set(before);
      throw;
    }
    return true;
  }

  budget& memory_;
  std::unordered_map<std::string, entry, hash, std::equal_to<>> entries_;
};

}  // namespace resp_server
