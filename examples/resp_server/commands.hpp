// The commands that the server knows.
#pragma once

#include <algorithm>
#include <annulus/parsers/resp_command.hpp>
#include <array>
#include <cstddef>
#include <new>
#include <span>
#include <string>
#include <string_view>

#include "reply.hpp"
#include "store.hpp"

namespace resp_server {

/// Runs the command that `parser` has found in `bytes`, and answers it.
template <annulus::byte_sequence S>
class command {
 public:
  command(const annulus::resp_command_parser& parser, const S& bytes, store& values,
          reply& answer) noexcept
      : parser_(parser), bytes_(bytes), values_(values), answer_(answer) {}

  /// False if the connection is to end. Memory that runs out is an answer too.
  bool run() noexcept {
    try {
      return find_and_run();
    } catch (const std::bad_alloc&) {
      answer_.error("OOM out of memory");
      return true;
    }
  }

 private:
  struct known {
    std::string_view name;
    std::size_t fewest, most;  // arguments, the name included
    bool (command::*run)();
  };
  static constexpr std::size_t any = ~std::size_t{0};
  static constexpr std::size_t longest_name = 16;
  static constexpr std::size_t longest_shown = 64;

  bool find_and_run() {
    static constexpr std::array all{
        known{"GET", 2, 2, &command::get},        known{"SET", 3, 3, &command::set},
        known{"PING", 1, 2, &command::ping},      known{"ECHO", 2, 2, &command::echo},
        known{"SELECT", 2, 2, &command::select},  known{"CONFIG", 3, 3, &command::config},
        known{"COMMAND", 1, any, &command::list}, known{"QUIT", 1, any, &command::quit},
        known{"POST", 1, any, &command::end},     known{"HOST:", 1, any, &command::end},
    };
    std::array<char, longest_name> letters;
    const auto name = upper_name(letters);
    const auto* const found = std::find_if(all.begin(), all.end(),
                                           [name](const known& each) { return each.name == name; });
    if (found == all.end()) return refuse("ERR unknown command '" + printable_name() + "'");
    if (parser_.size() < found->fewest || parser_.size() > found->most)
      return refuse("ERR wrong number of arguments for '" + printable_name() + "' command");
    return (this->*found->run)();
  }

  bool get() {
    if (auto found = with_text(1, [this](std::string_view key) { return values_.get(key); })) {
      answer_.shared(std::move(found));
    } else {
      answer_.null_bulk();
    }
    return true;
  }
  bool set() {
    auto* const to = with_text(
        1, [this](std::string_view key) { return values_.set(key, parser_.argument_size(2)); });
    if (to == nullptr) return refuse("OOM command not allowed when used memory > 'maxmemory'");
    parser_.visit_argument(bytes_, 2, [to](const auto& value) {
      annulus::copy_to(value, std::as_writable_bytes(std::span(*to)));
    });
    answer_.simple("OK");
    return true;
  }
  bool ping() {
    if (parser_.size() == 2) return echo();
    answer_.simple("PONG");
    return true;
  }
  bool echo() {
    parser_.visit_argument(bytes_, 1, [this](const auto& text) { answer_.bulk(text); });
    return true;
  }
  bool select() {
    if (!parser_.argument_is(bytes_, 1, "0")) return refuse("ERR DB index is out of range");
    answer_.simple("OK");
    return true;
  }
  // Nothing is kept on a disk, which is what clients ask for.
  bool config() {
    if (!parser_.argument_is(bytes_, 1, "GET")) return refuse("ERR CONFIG knows GET only");
    const bool save = parser_.argument_is(bytes_, 2, "SAVE");
    if (!save && !parser_.argument_is(bytes_, 2, "APPENDONLY")) {
      answer_.array(0);
      return true;
    }
    answer_.array(2);
    answer_.bulk(save ? std::string_view("save") : "appendonly");
    answer_.bulk(save ? std::string_view() : "no");
    return true;
  }
  bool list() {
    answer_.array(0);
    return true;
  }
  bool quit() {
    answer_.simple("OK");
    return false;
  }

  // Lines of an HTTP request: a web page has a browser send what it wants to be run here. As Redis.
  bool end() { return false; }

  bool refuse(std::string_view why) {
    answer_.error(why);
    return true;
  }

  // Empty if it is longer than any.
  std::string_view upper_name(std::array<char, longest_name>& letters) const {
    const auto n = parser_.argument_size(0);
    if (n > letters.size()) return {};
    parser_.visit_argument(bytes_, 0, [&letters](const auto& name) {
      annulus::copy_to(name, std::as_writable_bytes(std::span(letters)));
    });
    std::transform(letters.begin(), letters.begin() + n, letters.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return {letters.data(), n};
  }
  // As much of it as an error may show.
  std::string printable_name() const {
    return parser_.visit_argument(bytes_, 0, [](const auto& name) {
      std::string text(std::min(longest_shown, annulus::length(name)), '\0');
      annulus::copy_to(name, std::as_writable_bytes(std::span(text)));
      std::replace_if(
          text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
      return text;
    });
  }
  // Calls `use` with argument `i` in one piece, copied only if it lies in several.
  template <class Use>
  auto with_text(std::size_t i, Use use) const {
    return parser_.visit_argument(bytes_, i, [&use](const auto& argument) {
      const auto pieces = annulus::pieces(argument);
      const auto first = pieces.begin() == pieces.end() ? annulus::bytes_view{} : *pieces.begin();
      if (first.size() == annulus::length(argument))
        return use({reinterpret_cast<const char*>(first.data()), first.size()});
      std::string whole(annulus::length(argument), '\0');
      annulus::copy_to(argument, std::as_writable_bytes(std::span(whole)));
      return use(whole);
    });
  }

  const annulus::resp_command_parser& parser_;
  const S& bytes_;
  store& values_;
  reply& answer_;
};

}  // namespace resp_server
