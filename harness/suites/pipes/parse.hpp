// The shape parse: a client's pipelined SET commands, written to a pipe and parsed out of it.
#pragma once

#include <annulus/bytes/buffer_writer.hpp>
#include <annulus/parsers/resp_command.hpp>
#include <annulus/parsers/resp_writer.hpp>

#include "suites/pipes/flow.hpp"

namespace annulus::bench {

/// SET commands with the one key that redis-benchmark uses and values of 64 bytes, cut out of the
/// stream; flushed whenever a segment's worth of them is written.
struct parse {
  static constexpr auto name = "parse";

  template <class Channel>
  static measurement run(const setup& given) {
    Channel channel(given.ring_size);
    const auto one = sample();
    const auto size = one.written().size();
    const auto commands = whole_blocks(given.amount, size) / size;
    resp_command_parser parser;
    (void)parser.parse(one.written());  // it keeps the memory that its first command takes
    return counted_flow(
        given, channel, values_at_once, commands * size, commands,
        [&](Channel& to, std::uint64_t, std::uint64_t, bytes_span values) {
          produce(to, commands, given.ring_size, values);
        },
        [&](Channel& from, std::uint64_t, std::uint64_t end) {
          return consume(from, parser, commands, end);
        });
  }

 private:
  static constexpr std::size_t value_size = 64;
  static constexpr std::size_t values_at_once = least_block;  // see there
  static constexpr std::string_view verb = "SET";
  static constexpr std::string_view key = "key:__rand_int__";

  template <byte_sink Sink>
  static void write_command(buffer_writer<Sink>& out, bytes_view value) {
    write_resp_array(out, 3);
    write_resp_bulk(out, bytes_of(verb));
    write_resp_bulk(out, bytes_of(key));
    write_resp_bulk(out, value);
  }
  static vector_sink sample() {
    vector_sink sink;
    buffer_writer out(sink);
    write_command(out, std::array<std::byte, value_size>{});
    out.flush();
    return sink;
  }

  template <class Channel>
  static void produce(Channel& to, std::uint64_t commands, std::size_t batch, bytes_span values) {
    constexpr auto at_once = values_at_once / value_size;
    buffer_writer out(to);
    std::size_t flushed = 0;
    for (std::uint64_t i = 0; i < commands; ++i) {
      const auto place = static_cast<std::size_t>(i % at_once);
      if (place == 0) fill(values, i * value_size);
      write_command(out, values.subspan(place * value_size, value_size));
      if (out.written() - flushed >= batch || i + 1 == commands) {
        out.flush();
        to.flush();
        flushed = out.written();
      }
    }
  }

  // Goes by bytes, not by commands, so that it comes to an end whatever they are.
  template <class Channel>
  static std::uint64_t consume(Channel& from, resp_command_parser& parser, std::uint64_t commands,
                               std::uint64_t end) {
    std::uint64_t parsed = 0;
    std::uint64_t seen = 0;
    for (std::uint64_t reached = 0; reached < end;) {
      const auto there = from.next();
      reached = there.finish().position();
      auto rest = there;
      auto found = parser.parse(rest);
      for (; found.status == parse_status::message; found = parser.parse(rest)) {
        seen |= mistakes(parser, rest, parsed++ * value_size);
        rest = rest.slice(found.consumed);
      }
      if (found.status == parse_status::error) {
        seen |= 1;
        rest = rest.slice(rest.size());
      }
      from.consume(rest.start(), there.finish());
    }
    return seen | (parsed ^ commands);
  }

  template <byte_sequence S>
  static std::uint64_t mistakes(const resp_command_parser& parser, const S& bytes,
                                std::uint64_t position) {
    if (parser.size() != 3 || !parser.argument_is(bytes, 0, verb)) return 1;
    if (parser.argument_size(2) != value_size) return 1;
    const bool same_key = parser.visit_argument(
        bytes, 1, [](const auto& argument) { return annulus::equal(argument, bytes_of(key)); });
    if (!same_key) return 1;
    return parser.visit_argument(bytes, 2, [position](const auto& value) {
      std::uint64_t seen = 0;
      auto at = position;
      for (const bytes_view piece : annulus::pieces(value)) {
        seen |= difference(piece, at);
        at += piece.size();
      }
      return seen;
    });
  }
};

}  // namespace annulus::bench
