// Accepts clients and serves each by a coroutine.
#pragma once

#include <arpa/inet.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <annulus/core/detached_task.hpp>
#include <annulus/parsers/resp_tokenizer.hpp>
#include <annulus/pipelines/memory_pool.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "budget.hpp"
#include "connection.hpp"
#include "guests.hpp"
#include "poller.hpp"
#include "store.hpp"

namespace resp_server {

struct settings {
  std::uint16_t port = 6379;  ///< of 127.0.0.1; 0 takes a free one
  std::size_t clients = 1000;
  std::size_t command = std::size_t{64} << 20;  ///< bytes of the longest command
  /// Bytes of all keys and values, and of what connections hold beyond 64 KiB of data each.
  std::size_t memory = std::size_t{1} << 30;
  std::chrono::seconds idle{300};  ///< after which a silent client is let go; 0: never
};

class server {
 public:
  /// Listens. Throws std::system_error, or std::runtime_error for more clients than the process
  /// may have descriptors.
  explicit server(const settings& given)
      : most_(checked(given.clients)),
        memory_(given.memory),
        guests_(given.idle),
        listener_(poller_, listen_on(given.port)) {
    limits_.bulk = limits_.message = given.command;
    limits_.elements = most_arguments;
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
    while (listening_ || guests_.size() > 0) {
      poller_.run_once(guests_.patience());
      guests_.each_silent([](const guests::guest& each) { hang_up(each.socket->fd()); });
      if (memory_.has_shrunk()) malloc_trim(0);  // to the system, not only to the heap
    }
  }

 private:
  // Places of arguments are kept with each connection, and no command takes more than a few.
  static constexpr std::size_t most_arguments = 1024;
  static constexpr std::string_view out_of_memory =
      "-OOM command not allowed when used memory > 'maxmemory'\r\n";

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
    hang_up(listener_.fd());
    for (const auto& each : guests_) hang_up(each.socket->fd());
  }
  static void hang_up(int fd) { shutdown(fd, SHUT_RDWR); }

  annulus::detached_task accept_clients() {
    listening_ = true;
    for (;;) {
      co_await listener_.ready(EPOLLIN);
      if (stopping_) break;
      unique_fd client(accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      // What fails is the client's business: there are descriptors enough.
      if (client) welcome(std::move(client));
    }
    listening_ = false;
  }
  void welcome(unique_fd client) noexcept {
    if (guests_.size() >= most_) {
      constexpr std::string_view full = "-ERR max number of clients reached\r\n";
      tell(client.get(), full);
      return;
    }
    try {
      set(client, IPPROTO_TCP, TCP_NODELAY);
      serve(std::move(client));
    } catch (const std::exception&) {
      // No memory for a client: it is not served, and the others are.
    }
  }

  static void tell(int fd, std::string_view last_words) {
    static_cast<void>(
        ::send(fd, last_words.data(), last_words.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  }

  annulus::detached_task serve(unique_fd fd) {
    try {
      poller::watched socket(poller_, std::move(fd));
      std::optional<connection> client(std::in_place, socket, values_, memory_, limits_, pool_);
      const seat here(guests_, socket, *client);
      while (client->receive() && client->step()) {
        make_room();
        co_await socket.ready(client->wanted());
        here.hear();
      }
      here.stop_serving();
      client.reset();
      // To close with bytes unread would take back answers that are on their way (RFC 1122,
      // 4.2.2.13).
      shutdown(socket.fd(), SHUT_WR);
      for (auto left = limits_.message; left > 0;) {
        co_await socket.ready(EPOLLIN);
        const auto n = recv(socket.fd(), nullptr, left, MSG_TRUNC);
        if (n == 0 || (n < 0 && errno != EAGAIN)) break;
        left -= static_cast<std::size_t>(std::max<ssize_t>(n, 0));
      }
    } catch (const std::exception&) {
      // As above; the parts that are there go in order.
    }
  }

  // Where a client stands among the guests.
  class seat {
   public:
    seat(guests& all, poller::watched& socket, connection& served)
        : all_(all), at_(all.add(socket, served)) {}
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;
    ~seat() { all_.remove(at_); }
    void hear() const noexcept { all_.hear(at_); }
    void stop_serving() const noexcept { at_->served = nullptr; }

   private:
    guests& all_;
    guests::place at_;
  };

  // Ends the connections that hold most, until all is within the budget or none holds anything.
  void make_room() {
    while (memory_.is_exceeded()) {
      auto* const most = guests_.largest();
      if (most == nullptr) break;
      if (most->served->give_up()) tell(most->socket->fd(), out_of_memory);
      most->socket->rouse();
    }
  }

  const std::size_t most_;
  budget memory_;
  store values_{memory_};
  annulus::resp_limits limits_;
  const std::shared_ptr<annulus::pipelines::memory_pool> pool_ =
      std::make_shared<annulus::pipelines::memory_pool>();
  poller poller_;
  guests guests_;
  poller::watched listener_;
  bool listening_ = false, stopping_ = false;
};

}  // namespace resp_server
