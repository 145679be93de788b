// The server as a process, clients of Redis's own, and a raw socket.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace annulus::interop {

struct result {
  int status;
  std::string out;
};

/// All that `command` of the shell prints, errors too.
inline result shell(const std::string& command) {
  FILE* const running = popen(("exec 2>&1; " + command).c_str(), "r");
  if (running == nullptr) throw std::runtime_error("popen failed");
  std::string out;
  std::array<char, 65536> some{};
  while (const auto n = std::fread(some.data(), 1, some.size(), running))
    out.append(some.data(), n);
  const int status = pclose(running);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, out};
}

/// A server at a free port, ended with SIGTERM at the latest by the destructor.
class server {
 public:
  explicit server(const std::vector<std::string>& options = {}) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      std::vector<char*> words{const_cast<char*>(ANNULUS_SERVER), const_cast<char*>("--port"),
                               const_cast<char*>("0")};
      for (const auto& option : options) words.push_back(const_cast<char*>(option.c_str()));
      words.push_back(nullptr);
      execv(words[0], words.data());
      _exit(127);
    }
    close(ends[1]);
    std::string line;
    for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';) line += c;
    close(ends[0]);
    constexpr std::string_view before = "listening on 127.0.0.1:";
    if (!line.starts_with(before)) throw std::runtime_error("the server did not start: " + line);
    port_ = static_cast<std::uint16_t>(std::stoi(line.substr(before.size())));
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server() {
    if (pid_ > 0) end(SIGTERM);
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// Its exit status, or minus the signal that killed it.
  int end(int signal) {
    int status = 0;
    kill(pid_, signal);
    waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  [[nodiscard]] result cli(const std::string& rest, const std::string& before = {}) const {
    return shell(before + "redis-cli -p " + std::to_string(port_) + " " + rest);
  }

 private:
  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
};

/// A client that sends what it likes.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
      throw std::runtime_error("connect failed");
  }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;
  ~raw_client() { close(fd_); }

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0) throw std::runtime_error("send failed");
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  /// As much as is taken of it. False if the connection has ended before that is all.
  [[nodiscard]] bool offer(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void send_no_more() const { shutdown(fd_, SHUT_WR); }
  /// The next `n` bytes, or fewer at the end.
  [[nodiscard]] std::string receive(std::size_t n) const {
    std::string got(n, '\0');
    std::size_t done = 0;
    while (done < n) {
      const auto more = recv(fd_, got.data() + done, n - done, 0);
      if (more < 0) throw std::runtime_error("recv failed");
      if (more == 0) break;
      done += static_cast<std::size_t>(more);
    }
    got.resize(done);
    return got;
  }
  [[nodiscard]] std::string receive_all() const { return receive(std::size_t{1} << 20); }

 private:
  int fd_;
};

}  // namespace annulus::interop
