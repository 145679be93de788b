// Bodies in chunked transfer coding, as HTTP/1.1 has them (RFC 9112, section 7.1).
#pragma once

#include <algorithm>
#include <annulus/bytes/algorithms.hpp>
#include <annulus/bytes/sequence_reader.hpp>
#include <annulus/parsers/chunked_error.hpp>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace annulus {

/// What a peer may make the decoder take; each 1 or more, at most 2^62.
struct chunked_limits {
  std::uint64_t body = std::uint64_t{1} << 62;  ///< bytes of all chunks together
  std::size_t header = 4096;                    ///< bytes of one chunk's size and extensions
  std::size_t trailer = std::size_t{16} << 10;  ///< bytes of all trailer fields
  /// Bytes of framing beyond 16 a chunk and as many as its data: what stops a peer that sends a
  /// long extension with each byte. (As Go's net/http since CVE-2023-39326.)
  std::size_t excess = std::size_t{16} << 10;
};

/// Throws std::system_error(chunked_errc::bad_limits), naming the limit, its bounds and its value.
inline void check(const chunked_limits& limits) {
  const auto bounded = [](const char* name, std::uint64_t value) {
    constexpr auto highest = std::uint64_t{1} << 62;
    if (value >= 1 && value <= highest) return;
    throw std::system_error(make_error_code(chunked_errc::bad_limits),
                            std::string("chunked_limits::") + name + " is " +
                                std::to_string(value) + ", must be 1 to " +
                                std::to_string(highest));
  };
  bounded("body", limits.body);
  bounded("header", limits.header);
  bounded("trailer", limits.trailer);
  bounded("excess", limits.excess);
}

enum class chunked_status {
  need_more,  ///< more bytes are needed
  body,       ///< `data` is the next part of the body, as much of a chunk as is there
  trailer,    ///< `name` and `value` are a trailer field
  end,        ///< the body ends; the byte behind what is consumed belongs to the next message
  error,      ///< the bytes are no chunked body; the same for ever, until reset
};

/// What `chunked_decoder::next` found; the places are in the bytes that it was given.
struct [[nodiscard]] chunked_result {
  chunked_status status = chunked_status::need_more;
  std::size_t consumed = 0;  ///< bytes that the next call must not be given again
  std::size_t examined = 0;  ///< consumed <= examined <= what was given
  extent data{};             ///< not empty if the status is body
  extent name{};             ///< of a trailer field, as it was sent
  extent value{};            ///< without the spaces around it; may be empty
  std::error_code error{};   ///< a chunked_errc, exactly if the status is error
};

/// Takes the chunks off a body, in memory of fixed size and without copying: each call gives one
/// part of the body, one trailer field, or the end. Chunk extensions are checked and dropped.
/// Strict, so that no other recipient can see another end of the body: CR LF ends every line, a
/// size has no sign or space, trailer fields have no space before their colon and no folded lines.
/// Chunk headers and data are consumed as they come, a trailer field when it is whole; each byte is
/// looked at once. Any split of the bytes gives the same body, fields and error. No call but the
/// constructor throws. Not for two threads at once.
class chunked_decoder {
 public:
  /// Throws as `check`.
  explicit chunked_decoder(const chunked_limits& limits = {}) : limits_(limits) { check(limits_); }

  /// What is next in `bytes`, which begin behind what was consumed. After `end`, always `end` with
  /// nothing consumed. O(1) for data, else O(bytes looked at), and O(pieces).
  template <byte_sequence S>
  chunked_result next(const S& bytes) noexcept {
    sequence_reader in(bytes);
    for (;;) {
      if (state_ == state::data && !in.at_end()) return take_data(in);
      if (state_ >= state::field_start && state_ <= state::field_end) return read_trailer(in);
      if (state_ == state::end) return {chunked_status::end, in.position(), in.position()};
      if (state_ == state::failed) break;
      const auto byte = in.next();
      if (!byte) return {chunked_status::need_more, in.position(), in.position()};
      take_framing(*byte);
    }
    return {chunked_status::error, 0, in.position(), {}, {}, {}, error_};
  }

  /// The bytes of the body so far.
  [[nodiscard]] std::uint64_t body_size() const noexcept { return body_ - left_; }
  [[nodiscard]] bool at_end() const noexcept { return state_ == state::end; }
  /// Forgets what came before: the next byte begins a body.
  void reset() noexcept { *this = chunked_decoder(limits_, 0); }

 private:
  // In the order in which they can follow each other.
  enum class state : std::uint8_t {
    size_start,       // the first digit of a chunk size
    size,             // more digits, or what ends them
    extension_space,  // behind the size, before ';'
    name_start,       // behind ';'
    name,             // of an extension
    name_space,       // behind it
    value_start,      // behind '='
    value,            // a token
    quoted,           // within a quoted string
    escaped,          // behind its backslash
    value_end,        // behind it
    header_end,       // LF of a chunk header
    data,
    data_cr,
    data_lf,
    field_start,  // of a trailer field, or the end of all
    field_name,
    field_space,  // before the value
    field_value,
    field_end,  // LF of a field, or of the last line
    end,
    failed,
  };

  chunked_decoder(const chunked_limits& checked, int) noexcept : limits_(checked) {}

  static constexpr std::byte carriage_return{'\r'};
  static constexpr std::byte line_feed{'\n'};

  static bool is_space(std::byte byte) noexcept {
    return byte == std::byte{' '} || byte == std::byte{'\t'};
  }
  // RFC 9110, section 5.6.2.
  static bool is_token(std::byte byte) noexcept {
    static constexpr auto table = [] {
      std::array<bool, 256> token{};
      for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                           "abcdefghijklmnopqrstuvwxyz"
                                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        token[static_cast<unsigned char>(c)] = true;
      return token;
    }();
    return table[std::to_integer<std::size_t>(byte)];
  }
  // What may stand in a field value or, but for '"' and '\', in a quoted string: no control
  // characters.
  static bool is_text(std::byte byte) noexcept {
    return byte == std::byte{'\t'} || (byte >= std::byte{' '} && byte != std::byte{0x7F});
  }

  void fail(chunked_errc reason) noexcept {
    error_ = reason;
    state_ = state::failed;
  }
  void expect(std::byte byte, std::byte wanted, state then, chunked_errc otherwise) noexcept {
    if (byte == wanted) {
      state_ = then;
    } else {
      fail(otherwise);
    }
  }

  // One byte of a chunk's header or of the line end behind its data.
  void take_framing(std::byte byte) noexcept {
    if (state_ == state::data_cr)
      return expect(byte, carriage_return, state::data_lf, chunked_errc::missing_line_end);
    if (state_ == state::data_lf)
      return expect(byte, line_feed, state::size_start, chunked_errc::missing_line_end);
    if (state_ == state::header_end) {
      expect(byte, line_feed, state::data, chunked_errc::bad_line_end);
      if (state_ == state::data) begin_chunk();
      return;
    }
    if (state_ == state::size_start) header_ = size_ = 0;
    if (byte != carriage_return && ++header_ > limits_.header)
      return fail(chunked_errc::header_too_long);
    if (state_ <= state::size) return take_size(byte);
    take_extension(byte);
  }

  void take_size(std::byte byte) noexcept {
    if (const auto digit = digit_value(byte); digit < 16) {
      if (size_ >> 60 != 0) return fail(chunked_errc::size_overflow);
      size_ = 16 * size_ + digit;
      state_ = state::size;
      return;
    }
    if (state_ == state::size_start) return fail(chunked_errc::bad_size);
    if (byte == carriage_return) {
      state_ = state::header_end;
    } else if (byte == std::byte{';'}) {
      state_ = state::name_start;
    } else if (is_space(byte)) {
      state_ = state::extension_space;
    } else {
      fail(byte == line_feed ? chunked_errc::bad_line_end : chunked_errc::bad_size);
    }
  }

  // chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ), the value a token or
  // a quoted string.
  void take_extension(std::byte byte) noexcept {
    switch (state_) {
      case state::quoted:
        if (byte == std::byte{'"'}) {
          state_ = state::value_end;
        } else if (byte == std::byte{'\\'}) {
          state_ = state::escaped;
        } else if (!is_text(byte)) {
          fail(chunked_errc::bad_extension);
        }
        return;
      case state::escaped:
        if (!is_text(byte)) return fail(chunked_errc::bad_extension);
        state_ = state::quoted;
        return;
      case state::name_start:
        if (is_token(byte)) return set(state::name);
        break;
      case state::name:
        if (is_token(byte)) return;
        if (byte == std::byte{'='}) return set(state::value_start);
        if (is_space(byte)) return set(state::name_space);
        return end_extension(byte);
      case state::name_space:
        if (byte == std::byte{'='}) return set(state::value_start);
        if (byte == std::byte{';'}) return set(state::name_start);
        break;
      case state::value_start:
        if (byte == std::byte{'"'}) return set(state::quoted);
        if (is_token(byte)) return set(state::value);
        break;
      case state::value:
        if (is_token(byte)) return;
        [[fallthrough]];
      case state::value_end:
        if (is_space(byte)) return set(state::extension_space);
        return end_extension(byte);
      default:  // extension_space
        if (byte == std::byte{';'}) return set(state::name_start);
        break;
    }
    // Between all of these there may be space.
    if (!is_space(byte)) bad_in_extension(byte);
  }
  void set(state next) noexcept { state_ = next; }
  void end_extension(std::byte byte) noexcept {
    if (byte == std::byte{';'}) return set(state::name_start);
    if (byte == carriage_return) return set(state::header_end);
    bad_in_extension(byte);
  }
  void bad_in_extension(std::byte byte) noexcept {
    fail(byte == line_feed ? chunked_errc::bad_line_end : chunked_errc::bad_extension);
  }

  // The size is known and its line has ended.
  void begin_chunk() noexcept {
    if (size_ > limits_.body - body_) return fail(chunked_errc::chunk_too_long);
    constexpr std::size_t free_framing = 16;
    excess_ += header_ + 4;  // two line ends
    excess_ -= std::min<std::uint64_t>(excess_, free_framing + size_);
    if (excess_ > limits_.excess) return fail(chunked_errc::too_much_framing);
    body_ += size_;
    left_ = size_;
    if (size_ == 0) state_ = state::field_start;
  }

  template <byte_sequence S>
  chunked_result take_data(sequence_reader<S>& in) noexcept {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.remaining()));
    const extent data{in.position(), n};
    left_ -= n;
    if (left_ == 0) state_ = state::data_cr;
    const auto end = data.offset + n;
    return {chunked_status::body, end, end, data};
  }

  // field-line = field-name ":" OWS field-value OWS CR LF, or CR LF alone, which ends the body. The
  // line begins where `in` is; its first scanned_ bytes have been looked at, and say state_, name_
  // and value_.
  template <byte_sequence S>
  chunked_result read_trailer(sequence_reader<S>& in) noexcept {
    const auto begin = in.position();
    in.skip(scanned_);
    while (const auto byte = in.next()) {
      ++scanned_;
      if (!ends_all(*byte) && scanned_ + trailer_ > limits_.trailer)
        fail(chunked_errc::trailer_too_long);
      if (state_ != state::failed) take_field(*byte);
      if (state_ == state::failed)
        return {chunked_status::error, 0, in.position(), {}, {}, {}, error_};
      if (state_ == state::end) {
        return {chunked_status::end, in.position(), in.position()};
      }
      if (scanned_ == 0) {  // the line is whole
        const extent name{begin, name_};
        const extent value{begin + value_.offset, value_.length};
        return {chunked_status::trailer, in.position(), in.position(), {}, name, value};
      }
    }
    return {chunked_status::need_more, begin, in.position()};
  }

  // Whether the byte is of the line that ends the trailer, which counts for no field.
  [[nodiscard]] bool ends_all(std::byte byte) const noexcept {
    return state_ == state::field_start ? byte == carriage_return
                                        : state_ == state::field_end && name_ == 0;
  }

  void take_field(std::byte byte) noexcept {
    const auto offset = scanned_ - 1;
    switch (state_) {
      case state::field_start:
        name_ = 0;
        value_ = {};
        if (byte == carriage_return) return set(state::field_end);
        if (is_token(byte)) return set(state::field_name);
        break;
      case state::field_name:
        name_ = offset;
        if (is_token(byte)) return;
        if (byte == std::byte{':'}) return set(state::field_space);
        break;
      case state::field_space:
        if (is_space(byte)) return;
        value_.offset = offset;
        set(state::field_value);
        [[fallthrough]];
      case state::field_value:
        if (byte == carriage_return) return set(state::field_end);
        if (!is_text(byte)) break;
        if (!is_space(byte)) value_.length = offset + 1 - value_.offset;
        return;
      default:  // field_end
        if (byte != line_feed) return fail(chunked_errc::bad_line_end);
        trailer_ += scanned_;
        scanned_ = 0;
        return set(name_ == 0 ? state::end : state::field_start);
    }
    fail(byte == line_feed ? chunked_errc::bad_line_end : chunked_errc::bad_trailer);
  }

  chunked_limits limits_;
  std::uint64_t body_ = 0;    // bytes of all chunks begun
  std::uint64_t size_ = 0;    // of the chunk whose header is read
  std::uint64_t left_ = 0;    // bytes of the chunk still to come
  std::uint64_t excess_ = 0;  // see chunked_limits
  std::size_t header_ = 0;    // bytes of the chunk's size and extensions
  std::size_t trailer_ = 0;   // bytes of the trailer fields that are whole
  std::size_t scanned_ = 0;   // bytes of the trailer field that is not
  std::size_t name_ = 0;      // its name's length
  extent value_{};            // its value, from its beginning
  std::error_code error_{};
  state state_ = state::size_start;
};

}  // namespace annulus
