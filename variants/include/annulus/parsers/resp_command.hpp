// What a Redis client sends: commands, as arrays of bulk strings or inline.
#pragma once

#include <annulus/bytes/algorithms.hpp>
#include <annulus/bytes/sequence_reader.hpp>
#include <annulus/parsers/parse_result.hpp>
#include <annulus/parsers/resp_error.hpp>
#include <annulus/parsers/resp_tokenizer.hpp>
#include <cassert>
#include <cstddef>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace annulus {

/// Parses commands, of which arguments are places in the bytes given, not copies; nothing of a
/// command is consumed before it is whole. An inline command is a line, ended by LF or CR LF, of
/// words between spaces, which may be quoted as Redis has it: "..." with \n \r \t \b \a \xHH and
/// \ before any other byte, '...' with \' only. Only if it holds a quote are its arguments copied.
/// Empty commands (a blank line, *0, *-1) are passed over, as Redis does. Memory: 16 bytes an
/// argument and a line, kept for the next command, so that none is allocated in the steady state.
/// Cost and strictness as resp_tokenizer. Not for two threads at once.
class resp_command_parser {
 public:
  /// Throws as resp_tokenizer.
  explicit resp_command_parser(const resp_limits& limits = {}) : tokenizer_(limits) {}

  /// The next command of `bytes`, which begin behind what was consumed. After `message`, its
  /// arguments can be asked for until the next call, with the same `bytes`; there is one at least.
  /// The error is a resp_errc or std::errc::not_enough_memory.
  template <byte_sequence S>
  parse_result parse(const S& bytes) noexcept {
    if (std::exchange(whole_, false)) begin();
    sequence_reader in(bytes);
    begin_ = 0;
    in.skip(parsed_);
    parse_status status{};
    try {
      do {
        status = error_ ? parse_status::error : step(in);
      } while (status == parse_status::message && !whole_);
    } catch (const std::bad_alloc&) {
      error_ = std::make_error_code(std::errc::not_enough_memory);
      status = parse_status::error;
    }
    parsed_ = in.position() - begin_;
    switch (status) {
      case parse_status::need_more:
        return {status, begin_, annulus::length(bytes), tokenizer_.missing(in.remaining()), {}};
      case parse_status::message:
        return {status, in.position(), in.position(), 0, {}};
      default:
        return {parse_status::error, 0, in.position(), 0, error_};
    }
  }

  /// The number of arguments, the command's name included.
  [[nodiscard]] std::size_t size() const noexcept { return arguments_.size(); }
  /// Whether it came as a line.
  [[nodiscard]] bool is_inline() const noexcept { return form_ == form::line; }

  /// Calls `visit` with the bytes of argument `i`: a part of `bytes`, or a bytes_view if it had to
  /// be copied. Both calls must return the same type. Precondition: i < size(), and `bytes` is what
  /// parse() was given. As `subsequence`.
  template <byte_sequence S, class Visit>
  decltype(auto) visit_argument(const S& bytes, std::size_t i, Visit&& visit) const {
    assert(i < size());
    const auto& where = arguments_[i];
    if (is_copied_) return visit(bytes_view(copied_).subspan(where.offset, where.length));
    return visit(annulus::subsequence(bytes, begin_ + where.offset, where.length));
  }
  /// The bytes of argument `i`. O(1).
  [[nodiscard]] std::size_t argument_size(std::size_t i) const noexcept {
    assert(i < size());
    return arguments_[i].length;
  }
  /// Argument `i` as a string. Preconditions as above.
  template <byte_sequence S>
  [[nodiscard]] std::string argument_text(const S& bytes, std::size_t i) const {
    return visit_argument(bytes, i, [](const auto& argument) {
      std::string text(annulus::length(argument), '\0');
      annulus::copy_to(argument, std::as_writable_bytes(std::span(text)));
      return text;
    });
  }
  /// Whether argument `i` is `word`, but for the case of its letters; `word` must be of upper case,
  /// as command names are. Preconditions as above. O(word.size()).
  template <byte_sequence S>
  [[nodiscard]] bool argument_is(const S& bytes, std::size_t i, std::string_view word) const {
    if (argument_size(i) != word.size()) return false;
    return visit_argument(bytes, i, [word](const auto& argument) {
      sequence_reader in(argument);
      for (const auto letter : word) {
        const auto byte = std::to_integer<unsigned char>(in.next().value_or(std::byte{}));
        const auto upper = byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte;
        if (upper != static_cast<unsigned char>(letter)) return false;
      }
      return true;
    });
  }

  /// Forgets what came before: the next byte begins a command.
  void reset() noexcept {
    tokenizer_.reset();
    begin();
    whole_ = false;
    error_.clear();
  }

 private:
  enum class form { unknown, array, line };

  void begin() noexcept {
    arguments_.clear();
    copied_.clear();
    is_copied_ = false;
    form_ = form::unknown;
    parsed_ = scanned_ = 0;
  }
  parse_status fail(resp_errc reason) noexcept {
    error_ = reason;
    return parse_status::error;
  }

  template <byte_sequence S>
  parse_status step(sequence_reader<S>& in) {
    if (form_ == form::unknown) {
      const auto first = in.peek();
      if (!first) return parse_status::need_more;
      form_ = *first == std::byte{'*'} ? form::array : form::line;
    }
    const auto status = form_ == form::array ? read_element(in) : read_inline(in);
    if (whole_ && arguments_.empty()) {  // an empty command
      whole_ = false;
      begin();
      begin_ = in.position();
    }
    return status;
  }

  template <byte_sequence S>
  parse_status read_element(sequence_reader<S>& in) {
    resp_token token;
    const auto status = tokenizer_.next(in, token);
    if (status == parse_status::error) error_ = tokenizer_.error();
    if (status != parse_status::message) return status;
    // The only token outside an array is the command's own array.
    if (token.depth > 0) {
      if (token.type != resp_type::bulk_string) return fail(resp_errc::not_a_command);
      arguments_.push_back({token.text.offset - begin_, token.text.length});
    }
    whole_ = token.last;
    return status;
  }

  template <byte_sequence S>
  parse_status read_inline(sequence_reader<S>& in) {
    const auto n = in.distance_to(std::byte{'\n'}, scanned_);
    const auto& limits = tokenizer_.limits();
    if (n.value_or(in.remaining()) > limits.line) return fail(resp_errc::line_too_long);
    if (!n) {
      scanned_ = in.remaining();
      return parse_status::need_more;
    }
    const auto line = annulus::subsequence(in.sequence(), in.position(), *n);
    is_copied_ = annulus::find_any(line, bytes_of("\"'")).has_value();
    if (!(is_copied_ ? split_quoted(line) : split_plain(line)))
      return fail(resp_errc::unbalanced_quotes);
    if (arguments_.size() > limits.elements) return fail(resp_errc::too_many_elements);
    in.skip(*n + 1);
    whole_ = true;
    return parse_status::message;
  }

  static bool is_space(std::byte byte) noexcept {
    return byte == std::byte{' '} || (byte >= std::byte{'\t'} && byte <= std::byte{'\r'});
  }

  template <byte_sequence S>
  bool split_plain(const S& line) {
    sequence_reader in(line);
    std::size_t first = 0;
    const auto end_word = [&](std::size_t end) {
      if (end > first) arguments_.push_back({first, end - first});
      first = end + 1;
    };
    while (const auto byte = in.next()) {
      if (is_space(*byte)) end_word(in.position() - 1);
    }
    end_word(in.position());
    return true;
  }

  // False if a quote is not closed, or a word goes on behind its closing quote.
  template <byte_sequence S>
  bool split_quoted(const S& line) {
    sequence_reader in(line);
    for (;;) {
      while (in.peek() && is_space(*in.peek())) in.skip(1);
      if (in.at_end()) return true;
      const auto first = copied_.size();
      if (!copy_word(in)) return false;
      arguments_.push_back({first, copied_.size() - first});
    }
  }
  template <byte_sequence S>
  bool copy_word(sequence_reader<S>& in) {
    while (in.peek() && !is_space(*in.peek())) {
      const auto byte = *in.next();
      if (byte != std::byte{'"'} && byte != std::byte{'\''}) {
        copied_.push_back(byte);
      } else {
        return copy_quoted(in, byte) && (in.at_end() || is_space(*in.peek()));
      }
    }
    return true;
  }
  template <byte_sequence S>
  bool copy_quoted(sequence_reader<S>& in, std::byte quote) {
    while (const auto byte = in.next()) {
      if (*byte == quote) return true;
      if (*byte == std::byte{'\\'}) {
        if (!copy_escaped(in, quote)) return false;
      } else {
        copied_.push_back(*byte);
      }
    }
    return false;
  }
  // What stands behind a backslash.
  template <byte_sequence S>
  bool copy_escaped(sequence_reader<S>& in, std::byte quote) {
    if (quote == std::byte{'\''}) {
      copied_.push_back(in.advance_past(bytes_of("'")) ? quote : std::byte{'\\'});
      return true;
    }
    const auto letter = in.next();
    if (!letter) return false;
    auto ahead = in;
    if (*letter == std::byte{'x'}) {
      const auto high = digit_value(ahead.next().value_or(std::byte{}));
      const auto low = digit_value(ahead.next().value_or(std::byte{}));
      if (high < 16 && low < 16) {
        copied_.push_back(static_cast<std::byte>(16 * high + low));
        in = ahead;
        return true;
      }
    }
    constexpr std::string_view letters = "nrtba";
    constexpr std::string_view meanings = "\n\r\t\b\a";
    const auto known = letters.find(std::to_integer<char>(*letter));
    copied_.push_back(known == letters.npos ? *letter : static_cast<std::byte>(meanings[known]));
    return true;
  }

  resp_tokenizer tokenizer_;
  std::vector<extent> arguments_;  // in copied_, or in the command
  std::vector<std::byte> copied_;
  bool is_copied_ = false;
  bool whole_ = false;  // the last call returned a command
  form form_ = form::unknown;
  std::size_t begin_ = 0;    // of the command, in what was last given
  std::size_t parsed_ = 0;   // bytes of the command that need not be looked at again
  std::size_t scanned_ = 0;  // bytes of the line that are known to hold no LF
  std::error_code error_{};
};

}  // namespace annulus
