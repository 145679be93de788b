// Accepts clients and serves each by a coroutine.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <annulus/detached_task.hpp>
#include <annulus/parsers/resp_tokenizer.hpp>
#include <annulus/pipelines/memory_pool.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "connection.hpp"
#include "poller.hpp"
#include "store.hpp"

namespace resp_server {

struct settings {
  std::uint16_t port = 6379;  ///< of 127.0.0.1; 0 takes a free one
  std::size_t clients = 1000;
  std::size_t command = std::size_t{64} << 20;  ///< bytes of the longest command
  std::size_t memory = std::size_t{1} << 30;    ///< bytes of all keys and values
};

class server {
 public:
  /// Listens. Throws std::system_error, or std::runtime_error for more clients than the process
  /// may have descriptors.
  explicit server(const settings& given)
      : most_(checked(given.clients)),
        values_(given.memory),
        listener_(poller_, listen_on(given.port)) {
    limits_.bulk = limits_.message = given.command;
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server() = default;

  [[nodiscard]] std::uint16_t port() const {
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    if (getsockname(listener_.fd(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
      throw_errno("getsockname");
    return ntohs(bound.sin_port);
  }

  /// Serves until `stop` is readable, and then until every client is let go. Throws
  /// std::system_error.
  void run(unique_fd stop) {
    poller::watched stops(poller_, std::move(stop));
    await_stop(stops);
    accept_clients();
    while (!open_.empty()) poller_.run_once();
  }

 private:
  // For want of a descriptor a client could neither be accepted nor refused.
  static std::size_t checked(std::size_t clients) {
    constexpr std::size_t others = 16;
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) throw_errno("getrlimit");
    if (clients + others > files.rlim_max)
      throw std::runtime_error(std::to_string(clients) + " clients need " +
                               std::to_string(clients + others) + " descriptors, the limit is " +
                               std::to_string(files.rlim_max));
    files.rlim_cur = std::max<rlim_t>(files.rlim_cur, clients + others);
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) throw_errno("setrlimit");
    return clients;
  }
  static unique_fd listen_on(std::uint16_t port) {
    unique_fd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) throw_errno("socket");
    set(fd, SOL_SOCKET, SO_REUSEADDR);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw_errno("bind");
    if (listen(fd.get(), SOMAXCONN) != 0) throw_errno("listen");
    return fd;
  }
  static void set(const unique_fd& fd, int level, int option) {
    const int on = 1;
    if (setsockopt(fd.get(), level, option, &on, sizeof on) != 0) throw_errno("setsockopt");
  }

  annulus::detached_task await_stop(poller::watched& stops) {
    co_await stops.ready(EPOLLIN);
    stopping_ = true;
    // Each finds its socket at an end, the listener too.
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }

  annulus::detached_task accept_clients() {
    const auto place = open_.insert(open_.end(), listener_.fd());
    for (;;) {
      co_await listener_.ready(EPOLLIN);
      if (stopping_) break;
      unique_fd client(accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      // What fails is the client's business: there are descriptors enough.
      if (client) welcome(std::move(client));
    }
    open_.erase(place);
  }
  void welcome(unique_fd client) noexcept {
    if (open_.size() > most_) {
      constexpr std::string_view full = "-ERR max number of clients reached\r\n";
      static_cast<void>(::send(client.get(), full.data(), full.size(), MSG_NOSIGNAL));
      return;
    }
    try {
      set(client, IPPROTO_TCP, TCP_NODELAY);
      serve(std::move(client));
    } catch (const std::exception&) {
      // No memory for a client: it is not served, and the others are.
    }
  }

  annulus::detached_task serve(unique_fd fd) {
    const auto place = open_.insert(open_.end(), fd.get());
    try {
      poller::watched socket(poller_, std::move(fd));
      connection client(socket, values_, limits_, pool_);
      while (client.receive() && client.step()) co_await socket.ready(client.wanted());
      // To close with bytes unread would take back answers that are on their way (RFC 1122,
      // 4.2.2.13).
      shutdown(socket.fd(), SHUT_WR);
      for (auto left = limits_.message; left > 0;) {
        co_await socket.ready(EPOLLIN);
        const auto n = recv(socket.fd(), nullptr, left, MSG_TRUNC);
        if (n <= 0) break;
        left -= static_cast<std::size_t>(n);
      }
    } catch (const std::exception&) {
      // As above; the parts that are there go in order.
    }
    open_.erase(place);
  }

  const std::size_t most_;
  store values_;
  annulus::resp_limits limits_;
  const std::shared_ptr<annulus::pipelines::memory_pool> pool_ =
      std::make_shared<annulus::pipelines::memory_pool>();
  poller poller_;
  poller::watched listener_;
  std::list<int> open_;  // sockets that a coroutine waits for, the listener's first
  bool stopping_ = false;
};

}  // namespace resp_server
