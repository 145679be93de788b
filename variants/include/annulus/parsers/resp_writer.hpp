// RESP2 values written to any sink: what a server answers and a client sends.
#pragma once

#include <annulus/bytes/buffer_writer.hpp>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <string_view>

namespace annulus {

// Each writes one value, or an array's beginning. Errors are the buffer_writer's, sticky.

/// Precondition: `text` holds neither CR nor LF.
template <byte_sink Sink>
void write_resp_simple_string(buffer_writer<Sink>& out, std::string_view text) {
  assert(text.find_first_of("\r\n") == text.npos);
  out.write("+");
  out.write(text);
  out.write("\r\n");
}
/// Precondition: `text` holds neither CR nor LF.
template <byte_sink Sink>
void write_resp_error(buffer_writer<Sink>& out, std::string_view text) {
  assert(text.find_first_of("\r\n") == text.npos);
  out.write("-");
  out.write(text);
  out.write("\r\n");
}
template <byte_sink Sink, std::integral T>
void write_resp_integer(buffer_writer<Sink>& out, T value) {
  out.write(":");
  out.write_decimal(value);
  out.write("\r\n");
}
template <byte_sink Sink, byte_sequence S>
void write_resp_bulk(buffer_writer<Sink>& out, const S& bytes) {
  out.write("$");
  out.write_decimal(annulus::length(bytes));
  out.write("\r\n");
  out.write(bytes);
  out.write("\r\n");
}
template <byte_sink Sink>
void write_resp_null_bulk(buffer_writer<Sink>& out) {
  out.write("$-1\r\n");
}
/// The `elements` values that are written next are the array's.
template <byte_sink Sink>
void write_resp_array(buffer_writer<Sink>& out, std::size_t elements) {
  out.write("*");
  out.write_decimal(elements);
  out.write("\r\n");
}
template <byte_sink Sink>
void write_resp_null_array(buffer_writer<Sink>& out) {
  out.write("*-1\r\n");
}

}  // namespace annulus
