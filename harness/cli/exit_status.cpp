#include "cli/exit_status.hpp"

#include <annulus/pipeline/escaped.hpp>
#include <csignal>
#include <sstream>
#include <stdexcept>

#include "base/system_words.hpp"
#include "cli/standard_streams.hpp"

namespace annulus::cli {
namespace {

// Runs `parse`; --help and --version are what it printed.
void run(const CLI::App& app, const std::function<void()>& parse) {
  try {
    parse();
  } catch (const CLI::Success& asked) {
    require_output();
    std::ostringstream text;
    app.exit(asked, text, text);
    print_text(std::move(text).str());
  }
}

}  // namespace

int exit_status(const CLI::App& app, const std::function<void()>& parse) {
  // Each is an error like any other then: a closed output, and a file as large as it may become.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  open_standard_streams();
  const auto failed = [](const std::string& sentence, int status) {
    try {
      flush_output();
    } catch (const failure&) {
      // One sentence is enough, and the other came first.
    }
    warn(sentence);
    return status;
  };
  try {
    run(app, parse);
    flush_output();
    return 0;
  } catch (const CLI::ParseError& wrong) {
    return failed(pipeline::escaped(std::string_view(wrong.what())), 2);
  } catch (const usage_error& wrong) {
    return failed(wrong.what(), 2);
  } catch (const bad_verdict& found) {
    return failed(found.what(), 3);
  } catch (const std::bad_alloc&) {
    return failed(harness::memory_ran_out(), 1);
  } catch (const std::length_error&) {
    return failed("more memory is needed than a process can have", 1);
  } catch (const std::exception& problem) {
    return failed(problem.what(), 1);
  }
}

}  // namespace annulus::cli
