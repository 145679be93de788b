// What a server answers, written into a pipe.
#pragma once

#include <annulus/bytes/buffer_writer.hpp>
#include <annulus/parsers/resp_writer.hpp>
#include <annulus/pipelines/pipe.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "store.hpp"

namespace resp_server {

/// One or more answers. They are in the pipe, uncommitted, once this is gone or flushed.
class reply {
 public:
  explicit reply(annulus::pipelines::pipe_writer& to) noexcept : to_(to), out_(to) {}

  void simple(std::string_view text) { write_resp_simple_string(out_, text); }
  /// `text` must begin with a word of upper case, as ERR.
  void error(std::string_view text) { write_resp_error(out_, text); }
  void bulk(std::string_view bytes) { write_resp_bulk(out_, annulus::bytes_of(bytes)); }
  template <annulus::byte_sequence S>
  void bulk(const S& bytes) {
    write_resp_bulk(out_, bytes);
  }
  void null_bulk() { write_resp_null_bulk(out_); }
  void array(std::size_t elements) { write_resp_array(out_, elements); }
  /// A value, without a copy if that is worth a segment of its own.
  void shared(std::shared_ptr<value> found) {
    constexpr std::size_t worth_it = 16384;
    if (found->bytes.size() < worth_it) return bulk(found->bytes);
    auto holds = std::make_unique<holder>(std::move(found));  // throws before a byte is written
    out_.write("$");
    out_.write_decimal((*holds)->bytes.size());
    out_.write("\r\n");
    append(std::move(holds));
    out_.write("\r\n");
  }

  /// The bytes of all answers, appended ones included.
  [[nodiscard]] std::size_t bytes() const noexcept { return out_.written() + appended_; }
  /// Those that were copied.
  [[nodiscard]] std::size_t copied() const noexcept { return out_.written(); }
  [[nodiscard]] std::error_code error() const noexcept { return error_ ? error_ : out_.error(); }
  void flush() { out_.flush(); }

 private:
  using holder = std::shared_ptr<value>;

  void append(std::unique_ptr<holder> holds) {
    out_.flush();
    const auto bytes = annulus::bytes_of((*holds)->bytes);
    const auto release = [](void* context, annulus::bytes_view) noexcept {
      std::unique_ptr<holder>(static_cast<holder*>(context)).reset();
    };
    if (const auto refused = to_.append({bytes, release, holds.get()})) {
      if (!error_) error_ = refused;
      return;
    }
    appended_ += bytes.size();
    static_cast<void>(holds.release());  // the pipe's, until it calls release
  }

  annulus::pipelines::pipe_writer& to_;
  annulus::buffer_writer<annulus::pipelines::pipe_writer> out_;
  std::size_t appended_ = 0;
  std::error_code error_{};
};

}  // namespace resp_server
