// The chunked decoder on anything: however it arrives it sees the same, and it agrees with a
// decoder written from the grammar of RFC 9112 as regular expressions would have it, slow and
// whole.
#include <gtest/gtest.h>

#include <annulus/parsers/chunked.hpp>
#include <optional>
#include <string>

#include "fuzz/differential.hpp"
#include "parsers/chunked_support.hpp"

namespace annulus::fuzz {
namespace {

using testing::form;

constexpr chunked_limits small{.body = 100, .header = 24, .trailer = 40, .excess = 40};

// A recursive-descent reading of section 7.1, for a whole body in one string.
class reference {
 public:
  explicit reference(std::string_view text) : left_(text) {}

  // What `decoded` would write down, or nothing if the text is no whole body.
  std::optional<std::string> decoded() {
    std::string body;
    for (;;) {
      const auto size = chunk_size();
      if (!size || !extensions() || !take("\r\n")) return {};
      if (*size == 0) break;
      if (*size > left_.size()) return {};
      body += left_.substr(0, *size);
      left_.remove_prefix(*size);
      if (!take("\r\n")) return {};
    }
    std::string fields;
    while (!take("\r\n")) {
      const auto name = token();
      if (name.empty() || !take(":")) return {};
      const auto end = left_.find('\r');
      if (end == left_.npos) return {};
      auto value = left_.substr(0, end);
      for (const char c : value) {
        if (!is_text(c)) return {};
      }
      left_.remove_prefix(end);
      if (!take("\r\n")) return {};
      while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
      while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
      fields += "[" + std::string(name) + "|" + std::string(value) + "]";
    }
    return "{" + body + "}" + fields + " end " + std::string(left_);
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t'; }
  static bool is_text(char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7F');
  }
  bool take(std::string_view expected) {
    if (!left_.starts_with(expected)) return false;
    left_.remove_prefix(expected.size());
    return true;
  }
  std::string_view take_while(std::string_view of) {
    const auto found = left_.substr(0, left_.find_first_not_of(of));
    left_.remove_prefix(found.size());
    return found;
  }
  std::string_view token() {
    return take_while(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  }
  std::optional<std::size_t> chunk_size() {
    auto digits = take_while("0123456789abcdefABCDEF");
    if (digits.empty()) return {};
    while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
    if (digits.size() > 15) return {};  // longer than any limit
    return std::stoull(std::string(digits), nullptr, 16);
  }
  bool extensions() {
    for (;;) {
      const auto before = left_;
      take_while(" \t");
      if (!take(";")) {
        left_ = before;
        return true;
      }
      take_while(" \t");
      if (token().empty()) return false;
      const auto behind = left_;
      take_while(" \t");
      if (!take("=")) {
        left_ = behind;
        continue;
      }
      take_while(" \t");
      if (!(take("\"") ? quoted() : !token().empty())) return false;
    }
  }
  bool quoted() {
    while (!left_.empty()) {
      if (take("\"")) return true;
      take("\\");
      if (left_.empty() || !is_text(left_.front())) return false;
      left_.remove_prefix(1);
    }
    return false;
  }

  std::string_view left_;
};

// Whatever the text is, as a body cut into chunks it comes back.
void code_and_decode(std::string_view body) {
  draw drawn(body);
  vector_sink sink;
  buffer_writer out(sink);
  for (auto left = body; !left.empty();) {
    const auto part = left.substr(0, 1 + drawn.below(40));
    out.write_hex(part.size());
    out.write("\r\n");
    out.write(part);
    out.write("\r\n");
    left.remove_prefix(part.size());
  }
  out.write("0\r\n\r\n");
  out.flush();
  const auto coded = testing::text_of(sink.written());
  ASSERT_EQ(testing::decoded(coded, arrivals(coded), form::chain),
            "{" + std::string(body) + "} end ");
}

}  // namespace

void check(std::string_view text) {
  const auto portions = arrivals(text);
  for (const auto& limits : {small, chunked_limits{}}) {
    const auto whole = testing::decoded(text, {}, form::span, limits);
    for (const auto in : testing::forms)
      ASSERT_EQ(testing::decoded(text, portions, in, limits), whole);
  }
  // The default limits lie beyond any input.
  const auto ended = testing::decoded(text);
  chunked_decoder decoder;
  auto last = decoder.next(bytes_of(text));
  for (std::size_t at = last.consumed;
       last.status == chunked_status::body || last.status == chunked_status::trailer;
       at += last.consumed)
    last = decoder.next(bytes_of(text.substr(at)));
  const auto expected = reference(text).decoded();
  ASSERT_EQ(expected.has_value(), last.status == chunked_status::end) << ended;
  if (expected) ASSERT_EQ(ended, *expected);
  code_and_decode(text);
}

}  // namespace annulus::fuzz
