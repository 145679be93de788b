// RESP2, the protocol of Redis, as a stream of values: scalars and the beginnings of arrays.
#pragma once

#include <annulus/bytes/algorithms.hpp>
#include <annulus/bytes/sequence_reader.hpp>
#include <annulus/parsers/parse_result.hpp>
#include <annulus/parsers/resp_error.hpp>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace annulus {

/// What a peer may make a parser take, each 1 or more. The defaults are Redis's.
struct resp_limits {
  std::size_t line = std::size_t{64} << 10;   ///< bytes of a simple string, error or inline command
  std::size_t bulk = std::size_t{512} << 20;  ///< bytes of a bulk string
  std::size_t elements = std::size_t{1} << 20;  ///< of an array or arguments of a command
  std::size_t depth = 32;                       ///< arrays within arrays; at most 65536
  std::size_t message = std::size_t{1} << 30;   ///< bytes of a whole message, all framing included
};

/// Throws std::system_error(resp_errc::bad_limits), naming the limit, its bounds and its value.
inline void check(const resp_limits& limits) {
  constexpr std::size_t most = std::size_t{1} << 62;  // so that no sum of two overflows
  const auto bounded = [](const char* name, std::size_t value, std::size_t highest) {
    if (value >= 1 && value <= highest) return;
    throw std::system_error(make_error_code(resp_errc::bad_limits),
                            std::string("resp_limits::") + name + " is " + std::to_string(value) +
                                ", must be 1 to " + std::to_string(highest));
  };
  bounded("line", limits.line, most);
  bounded("bulk", limits.bulk, most);
  bounded("elements", limits.elements, most);
  bounded("depth", limits.depth, 65536);
  bounded("message", limits.message, most);
}

enum class resp_type { simple_string, error, integer, bulk_string, null_bulk, array, null_array };

/// A scalar, or the beginning of an array, whose elements follow.
struct resp_token {
  resp_type type{};
  extent text{};           ///< of a simple string, error or bulk string: where, in what was given
  std::int64_t value = 0;  ///< of an integer; of an array its number of elements
  std::size_t depth = 0;   ///< the number of arrays around it
  bool last = false;       ///< whether the message ends with it
};

/// Takes RESP apart, one token a call, in memory that the limits bound (8 bytes a level of nesting,
/// allocated once). Copies no text. A line is looked at once while it comes in and once when it is
/// whole, the payload of a bulk string never; so bytes that come one by one cost as many steps as
/// bytes that come at once, besides a step a call for each piece that an unfinished line lies in.
/// Strict: CR LF ends every line, lengths have no sign or leading zero besides -1. Any split of the
/// bytes gives the same tokens and the same error. No call throws. Not for two threads at once.
/// Source: Redis serialization protocol specification, RESP2.
class resp_tokenizer {
 public:
  /// Throws as `check`, and std::bad_alloc.
  explicit resp_tokenizer(const resp_limits& limits = {}) : limits_(limits) {
    check(limits_);
    open_.reserve(limits_.depth);
  }

  /// The next token of `bytes`, which begin behind what was consumed. `token` is set exactly if the
  /// status is `message`. The header of a bulk string is consumed before its payload is whole.
  template <byte_sequence S>
  parse_result next(const S& bytes, resp_token& token) noexcept {
    sequence_reader in(bytes);
    const auto status = next(in, token);
    if (status == parse_status::error) return {status, 0, in.position(), 0, error_};
    if (status == parse_status::need_more)
      return {status, in.position(), annulus::length(bytes), missing(in.remaining()), {}};
    return {status, in.position(), in.position(), 0, {}};
  }
  /// The same from where `in` is, moving it past what is consumed. After an error, the place of
  /// `in` is near what is wrong.
  template <byte_sequence S>
  parse_status next(sequence_reader<S>& in, resp_token& token) noexcept {
    if (error_) return parse_status::error;
    if (!payload_) {
      const auto status = read_line(in, token);
      if (status != parse_status::message || !payload_) return status;
    }
    return read_payload(in, token);
  }

  /// How many more bytes the token needs at least, if so many are there and are too few.
  [[nodiscard]] std::size_t missing(std::size_t there) const noexcept {
    return payload_ && *payload_ + 2 > there ? *payload_ + 2 - there : 1;
  }
  /// The error that all further calls return, if there was one.
  [[nodiscard]] std::error_code error() const noexcept { return error_; }
  [[nodiscard]] const resp_limits& limits() const noexcept { return limits_; }
  /// Forgets what came before: the next byte begins a message.
  void reset() noexcept {
    open_.clear();
    payload_.reset();
    scanned_ = 0;
    message_bytes_ = 0;
    error_.clear();
  }

 private:
  static constexpr std::byte carriage_return{'\r'};
  static constexpr std::byte line_feed{'\n'};
  static constexpr std::size_t number_bytes = 20;  // of a sign and 19 digits, or of 20 digits

  parse_status fail(resp_errc reason) noexcept {
    error_ = reason;
    return parse_status::error;
  }

  // A whole line; sets payload_ if it begins a bulk string.
  template <byte_sequence S>
  parse_status read_line(sequence_reader<S>& in, resp_token& token) noexcept {
    const auto type = in.peek();
    if (!type) return parse_status::need_more;
    switch (std::to_integer<char>(*type)) {
      case '+':
        return read_text(in, resp_type::simple_string, token);
      case '-':
        return read_text(in, resp_type::error, token);
      case ':':
        return read_integer(in, token);
      case '$':
        return read_length(in, resp_type::bulk_string, token);
      case '*':
        return read_length(in, resp_type::array, token);
      default:
        return fail(resp_errc::unknown_type);
    }
  }

  template <byte_sequence S>
  parse_status read_text(sequence_reader<S>& in, resp_type type, resp_token& token) noexcept {
    extent content;
    if (const auto status = find_line(in, limits_.line, content); status != parse_status::message)
      return status;
    const auto text = annulus::subsequence(in.sequence(), content);
    if (annulus::find(text, carriage_return)) return fail(resp_errc::bare_carriage_return);
    in.skip(content.length + 3);
    return finish({type, content, 0, open_.size(), false}, token);
  }

  template <byte_sequence S>
  parse_status read_integer(sequence_reader<S>& in, resp_token& token) noexcept {
    number digits;
    if (const auto status = read_number(in, digits); status != parse_status::message) return status;
    const auto value = parse_decimal<std::int64_t>(digits.view());
    if (!value) return fail(resp_errc::bad_integer);
    return finish({resp_type::integer, {}, value.value, open_.size(), false}, token);
  }

  template <byte_sequence S>
  parse_status read_length(sequence_reader<S>& in, resp_type type, resp_token& token) noexcept {
    number digits;
    if (const auto status = read_number(in, digits); status != parse_status::message) return status;
    const bool is_array = type == resp_type::array;
    if (is_array && open_.size() == limits_.depth) return fail(resp_errc::too_deep);
    if (digits.is_minus_one()) {
      const auto null = is_array ? resp_type::null_array : resp_type::null_bulk;
      return finish({null, {}, 0, open_.size(), false}, token);
    }
    const auto n = parse_decimal<std::uint64_t>(digits.view());
    if (n.error == std::errc::invalid_argument) return fail(resp_errc::bad_length);
    if (digits.size > 1 && digits.bytes[0] == std::byte{'0'}) return fail(resp_errc::bad_length);
    if (!is_array) {
      if (!n || n.value > limits_.bulk) return fail(resp_errc::bulk_too_long);
      if (!count(n.value + 2)) return parse_status::error;
      payload_ = n.value;
      return parse_status::message;
    }
    if (!n || n.value > limits_.elements) return fail(resp_errc::too_many_elements);
    const resp_token begun{type, {}, static_cast<std::int64_t>(n.value), open_.size(), false};
    if (n.value == 0) return finish(begun, token);
    open_.push_back(n.value);
    token = begun;
    return parse_status::message;
  }

  template <byte_sequence S>
  parse_status read_payload(sequence_reader<S>& in, resp_token& token) noexcept {
    if (in.remaining() < *payload_ + 2) return parse_status::need_more;
    const extent text{in.position(), *payload_};
    in.skip(text.length);
    if (in.next() != carriage_return || in.next() != line_feed)
      return fail(resp_errc::missing_terminator);
    payload_.reset();
    return finish({resp_type::bulk_string, text, 0, open_.size(), false}, token);
  }

  struct number {
    std::array<std::byte, number_bytes> bytes;
    std::size_t size = 0;
    [[nodiscard]] bytes_view view() const noexcept { return bytes_view(bytes).first(size); }
    [[nodiscard]] bool is_minus_one() const noexcept {
      return size == 2 && bytes[0] == std::byte{'-'} && bytes[1] == std::byte{'1'};
    }
  };
  // The characters of a number, moving past its line.
  template <byte_sequence S>
  parse_status read_number(sequence_reader<S>& in, number& digits) noexcept {
    extent content;
    if (const auto status = find_line(in, number_bytes, content); status != parse_status::message)
      return status;
    in.skip(1);
    digits.size = content.length;
    in.read(bytes_span(digits.bytes).first(digits.size));
    in.skip(2);
    return parse_status::message;
  }

  // The content of the line at `in`, without its type and its end, if it is whole.
  template <byte_sequence S>
  parse_status find_line(const sequence_reader<S>& in, std::size_t most, extent& content) noexcept {
    const auto n = in.distance_to(line_feed, scanned_);
    // Not counting LF, but the type and CR; the same whether LF has come yet or not.
    if (n.value_or(in.remaining()) > most + 2) return fail(resp_errc::line_too_long);
    if (!n) {
      scanned_ = in.remaining();
      return parse_status::need_more;
    }
    scanned_ = 0;
    if (in.peek_at(*n - 1) != carriage_return) return fail(resp_errc::bare_line_feed);
    content = {in.position() + 1, *n - 2};
    return count(*n + 1) ? parse_status::message : parse_status::error;
  }

  // Counts bytes of the message before they are waited for.
  bool count(std::size_t n) noexcept {
    message_bytes_ += n;
    if (message_bytes_ <= limits_.message) return true;
    fail(resp_errc::message_too_long);
    return false;
  }

  // A value that is whole ends all the arrays whose last element it is.
  parse_status finish(const resp_token& value, resp_token& token) noexcept {
    token = value;
    while (!open_.empty() && --open_.back() == 0) open_.pop_back();
    token.last = open_.empty();
    if (token.last) message_bytes_ = 0;
    return parse_status::message;
  }

  resp_limits limits_;
  std::vector<std::uint64_t> open_;       // elements still to come of each array around
  std::optional<std::uint64_t> payload_;  // of a bulk string whose header has been consumed
  std::size_t scanned_ = 0;               // bytes of the line that are known to hold no LF
  std::size_t message_bytes_ = 0;
  std::error_code error_{};
};

}  // namespace annulus
