#include "cli/standard_streams.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <annulus/error.hpp>
#include <cerrno>
#include <optional>
#include <span>
#include <utility>

#include "base/system_words.hpp"
#include "cli/command.hpp"
#include "cli/patient_writer.hpp"

namespace annulus::cli {
namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10U;

std::string why_not_written(std::error_code problem) {
  if (problem == errc::cancelled) return "interrupted while standard output waited for its reader";
  return fmt::format("standard output cannot be written: {}", harness::in_words(problem));
}

// Standard output, which is one for the process; used by the thread that runs the command.
class standard_output {
 public:
  static standard_output& instance() {
    static standard_output only;
    return only;
  }
  void add(std::string_view text) {
    text_ += text;
    if (text_.size() >= piece_bytes) flush({});
  }
  void flush(std::string_view done) {
    if (text_.empty()) return;
    if (!writer_) writer_.emplace(STDOUT_FILENO);
    const std::string text = std::exchange(text_, {});
    const auto problem = writer_->write(std::as_bytes(std::span(text)));
    if (!problem) return;
    const auto why = why_not_written(problem);
    throw failure(done.empty() ? why : fmt::format("{}, but {}", done, why));
  }

 private:
  std::string text_;
  std::optional<patient_writer> writer_;
};

}  // namespace

void open_standard_streams() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(number, F_GETFD) >= 0) continue;
    // The lowest free number, which is this one, and open for the other direction.
    [[maybe_unused]] const int opened =
        ::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

void require_output() {
  const int flags = fcntl(STDOUT_FILENO, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
    throw failure("standard output cannot be written: it is closed");
  }
  pollfd end{STDOUT_FILENO, POLLOUT, 0};
  if (poll(&end, 1, 0) > 0 && (end.revents & POLLERR) != 0) {
    throw failure("standard output cannot be written: nobody reads it");
  }
}

void print_text(std::string_view text) {
  standard_output::instance().add(text);
}

std::string json_line(const harness::json& value, int indent) {
  return value.dump(indent, ' ', true, harness::json::error_handler_t::replace) + '\n';
}

void print_json(const harness::json& value, int indent) {
  print_text(json_line(value, indent));
}

void flush_output(std::string_view done) {
  standard_output::instance().flush(done);
}

void warn(std::string_view sentence) noexcept {
  try {
    draw(fmt::format("annulus: {}\n", printable(sentence)));
  } catch (const std::bad_alloc&) {
    draw("annulus: memory ran out\n");
  }
}

void draw(std::string_view text) noexcept {
  try {
    static patient_writer writer(STDERR_FILENO);
    // There is no other place to say that it failed.
    [[maybe_unused]] const auto problem = writer.write(std::as_bytes(std::span(text)));
  } catch (const std::bad_alloc&) {
    return;
  }
}

}  // namespace annulus::cli
