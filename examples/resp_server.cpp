// A server that speaks Redis's protocol: two pipes and one coroutine a connection, on one thread.
#include <sys/signalfd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>

#include "resp_server/server.hpp"

namespace {

constexpr int usage_status = 2;
constexpr int failure_status = 1;

constexpr auto examples = R"(Serves PING, ECHO, SET and GET on 127.0.0.1 until SIGINT or SIGTERM.

Examples:
  annulus_resp_server &
  redis-cli SET greeting hello
  redis-benchmark -t ping,set,get -P 16 -n 200000
  annulus_resp_server --port 0 --memory 1073741824 --clients 100

Exit status: 0 ended by a signal, 1 failure, 2 wrong usage.)";

/// SIGINT and SIGTERM as a descriptor to read from.
resp_server::unique_fd end_signals() {
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGINT);
  sigaddset(&watched, SIGTERM);
  sigprocmask(SIG_BLOCK, &watched, nullptr);
  resp_server::unique_fd fd(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) resp_server::throw_errno("signalfd");
  return fd;
}

int report(const char* sentence, int status) {
  std::fprintf(stderr, "annulus_resp_server: %s\n", sentence);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a client that has gone is an error like any other
  CLI::App app("Annulus pipelines as a Redis server.", "annulus_resp_server");
  app.footer(examples);
  resp_server::settings given;
  constexpr auto most = std::size_t{1} << 62;
  app.add_option("--port", given.port, "TCP port; 0 takes a free one and prints it")
      ->capture_default_str();
  app.add_option("--clients", given.clients, "Most clients at a time")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000000}))
      ->capture_default_str();
  app.add_option("--command", given.command, "Most bytes of one command")
      ->check(CLI::Range(std::size_t{1}, most))
      ->capture_default_str();
  app.add_option("--memory", given.memory,
                 "Most bytes of all keys and values, and of what clients hold beyond 64 KiB each")
      ->check(CLI::Range(std::size_t{1}, most))
      ->capture_default_str();
  auto idle = given.idle.count();
  app.add_option("--idle", idle, "Seconds after which a silent client is let go; 0: never")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 31))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
    given.idle = std::chrono::seconds(idle);
    auto signals = end_signals();
    resp_server::server server(given);
    std::printf("listening on 127.0.0.1:%u\n", unsigned{server.port()});
    std::fflush(stdout);
    server.run(std::move(signals));
    return 0;
  } catch (const CLI::Success& asked) {
    return app.exit(asked);  // --help
  } catch (const CLI::ParseError& wrong) {
    return report(wrong.what(), usage_status);
  } catch (const std::exception& problem) {
    return report(problem.what(), failure_status);
  }
}
