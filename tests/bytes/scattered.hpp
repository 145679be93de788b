// The same bytes lying in one piece, two or many, each piece in memory of its own, so that
// AddressSanitizer sees a step beyond any.
#pragma once

#include <algorithm>
#include <annulus/bytes/byte_sequence.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace annulus::testing {

using buffers = std::vector<std::vector<std::byte>>;

/// A view of a part of a list of small buffers: a stand-in for a pipe's chain of segments.
class chain {
 public:
  class iterator {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = bytes_view;
    using difference_type = std::ptrdiff_t;
    iterator() = default;
    iterator(const buffers* all, std::size_t index, std::size_t start, std::size_t left)
        : all_(all), index_(index), start_(start), left_(left) {}
    bytes_view operator*() const {
      const bytes_view here = bytes_view(all_->at(index_)).subspan(start_);
      return here.first(std::min(left_, here.size()));
    }
    iterator& operator++() {
      left_ -= (**this).size();
      start_ = 0;
      ++index_;
      return *this;
    }
    iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    // Only the end has nothing left.
    friend bool operator==(const iterator& a, const iterator& b) { return a.left_ == b.left_; }

   private:
    const buffers* all_ = nullptr;
    std::size_t index_ = 0;
    std::size_t start_ = 0;
    std::size_t left_ = 0;
  };

  chain(const buffers& all, std::size_t offset, std::size_t n) : all_(&all), size_(n) {
    while (index_ < all.size() && offset >= all[index_].size()) offset -= all[index_++].size();
    start_ = offset;
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] iterator begin() const { return {all_, index_, start_, size_}; }
  [[nodiscard]] iterator end() const { return {}; }
  [[nodiscard]] chain slice(std::size_t offset, std::size_t n) const {
    auto part = *this;
    part.start_ += offset;
    while (part.index_ < all_->size() && part.start_ >= (*all_)[part.index_].size())
      part.start_ -= (*all_)[part.index_++].size();
    part.size_ = n;
    return part;
  }

 private:
  const buffers* all_;
  std::size_t index_ = 0;
  std::size_t start_ = 0;
  std::size_t size_;
};

/// Bytes cut at the given places, which may repeat (an empty piece) and need not be sorted.
class scattered {
 public:
  explicit scattered(std::string_view text, std::vector<std::size_t> cuts = {}) {
    for (auto& cut : cuts) cut = std::min(cut, text.size());
    std::sort(cuts.begin(), cuts.end());
    cuts.push_back(text.size());
    std::size_t begin = 0;
    for (const auto end : cuts) {
      const auto piece = bytes_of(text.substr(begin, end - begin));
      buffers_.emplace_back(piece.begin(), piece.end());
      begin = end;
    }
    size_ = text.size();
  }
  [[nodiscard]] annulus::testing::chain chain() const { return {buffers_, 0, size_}; }
  /// Precondition: at most one cut.
  [[nodiscard]] span_pair<const std::byte> pair() const {
    return {buffers_.at(0), buffers_.size() > 1 ? bytes_view(buffers_.at(1)) : bytes_view()};
  }
  /// Precondition: no cut.
  [[nodiscard]] bytes_view span() const { return buffers_.at(0); }

 private:
  buffers buffers_;
  std::size_t size_ = 0;
};

/// Calls `check` with the text as a span, as two spans cut at `cuts[0]` and as a chain cut at all.
template <class Check>
void in_all_forms(std::string_view text, const std::vector<std::size_t>& cuts, Check check) {
  check(scattered(text).span());
  check(scattered(text, {cuts.empty() ? 0 : cuts.front()}).pair());
  check(scattered(text, cuts).chain());
}

template <byte_sequence S>
std::string text_of(const S& s) {
  std::string text;
  for (const bytes_view piece : pieces(s)) {
    for (const auto byte : piece) text.push_back(static_cast<char>(byte));
  }
  return text;
}

}  // namespace annulus::testing
