// The example server, driven by Redis's own client and by clients that mean no good.
#include "server.hpp"

#include <fstream>
#include <list>

#include "support/thinned.hpp"

namespace annulus::interop {

class resp_server : public ::testing::Test {
 protected:
  void expect_served() const { EXPECT_EQ(at.cli("PING").out, "PONG\n"); }
  // Sends `bytes`, and expects an error, the end, and that others are still served.
  void expect_refused(std::string_view bytes, const std::string& why) const {
    const raw_client hostile(at.port());
    hostile.send(bytes);
    EXPECT_EQ(hostile.receive_all(), "-ERR Protocol error: " + why + "\r\n");
    expect_served();
  }
  static std::string set_command(std::string_view value) {
    return "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + std::to_string(value.size()) + "\r\n" +
           std::string(value) + "\r\n";
  }
  static constexpr std::string_view get_command = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
  static std::string bulk(std::string_view value) {
    return "$" + std::to_string(value.size()) + "\r\n" + std::string(value) + "\r\n";
  }
  // Every byte there is, in no order.
  static std::string binary(std::size_t n) {
    std::string value(n, '\0');
    std::uint32_t seed = 1;
    for (auto& c : value) c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
    return value;
  }

  server at;
};

TEST_F(resp_server, answers_redis_cli) {
  EXPECT_EQ(at.cli("PING").out, "PONG\n");
  EXPECT_EQ(at.cli("PING 'how do you do'").out, "how do you do\n");
  EXPECT_EQ(at.cli("ECHO hello").out, "hello\n");
  EXPECT_EQ(at.cli("GET k").out, "\n");
  EXPECT_EQ(at.cli("SET k one").out, "OK\n");
  EXPECT_EQ(at.cli("set k two").out, "OK\n");
  EXPECT_EQ(at.cli("GET k").out, "two\n");
  EXPECT_EQ(at.cli("SELECT 0").out, "OK\n");
  EXPECT_EQ(at.cli("CONFIG GET appendonly").out, "appendonly\nno\n");
  EXPECT_EQ(at.cli("QUIT").out, "OK\n");
}
TEST_F(resp_server, names_what_it_does_not_know) {
  EXPECT_EQ(at.cli("FLY away").out, "ERR unknown command 'FLY'\n\n");
  EXPECT_EQ(at.cli("GET").out, "ERR wrong number of arguments for 'GET' command\n\n");
  EXPECT_EQ(at.cli("SELECT 1").out, "ERR DB index is out of range\n\n");
}
TEST_F(resp_server, keeps_binary_values_and_keys) {
  EXPECT_EQ(at.cli("-x SET k", "printf 'a\\000b\\r\\n\\377' | ").out, "OK\n");
  const raw_client client(at.port());
  client.send(get_command);
  const auto wanted = bulk(std::string_view("a\0b\r\n\xff", 6));
  EXPECT_EQ(client.receive(wanted.size()), wanted);
}
TEST_F(resp_server, keeps_a_value_of_a_mebibyte) {
  const auto value = binary(std::size_t{1} << 20);
  const raw_client client(at.port());
  client.send(set_command(value));
  EXPECT_EQ(client.receive(5), "+OK\r\n");
  EXPECT_EQ(shell("redis-cli --raw -p " + std::to_string(at.port()) + " GET k").out, value + "\n");
}
TEST_F(resp_server, answers_a_value_that_is_replaced_meanwhile) {
  const auto first = binary(std::size_t{16} << 20);
  const std::string second(first.size(), 'x');
  const raw_client slow(at.port());
  slow.send(set_command(first));
  EXPECT_EQ(slow.receive(5), "+OK\r\n");
  slow.send(get_command);
  EXPECT_EQ(slow.receive(1), "$") << "the rest is more than sockets hold";
  const raw_client other(at.port());
  other.send(set_command(second));
  EXPECT_EQ(other.receive(5), "+OK\r\n");
  const auto wanted = bulk(first).substr(1);
  EXPECT_TRUE(slow.receive(wanted.size()) == wanted);
}
TEST_F(resp_server, takes_commands_split_anywhere) {
  const auto value = binary(40);
  const auto commands = "PING\r\n" + set_command(value) + std::string(get_command);
  const auto wanted = "+PONG\r\n+OK\r\n" + bulk(value);
  for (std::size_t split = 1; split < commands.size(); ++split) {
    const raw_client client(at.port());
    client.send(commands.substr(0, split));
    // Once the answer to the first is there, the server has seen what was sent with it.
    auto got = client.receive(split < 6 ? 0 : 7);
    client.send(commands.substr(split));
    got += client.receive(wanted.size() - got.size());
    ASSERT_EQ(got, wanted) << "split at " << split;
  }
  const raw_client bytewise(at.port());
  for (const char c : commands) bytewise.send({&c, 1});
  EXPECT_EQ(bytewise.receive(wanted.size()), wanted);
}
TEST_F(resp_server, answers_all_that_came_before_the_end) {
  const auto value = binary(100000);
  auto commands = set_command(value);
  auto wanted = std::string("+OK\r\n");
  for (int i = 0; i < 200; ++i) {
    commands += get_command;
    wanted += bulk(value);
  }
  const raw_client client(at.port());
  client.send(commands);
  client.send_no_more();
  EXPECT_TRUE(client.receive(wanted.size()) == wanted);
  EXPECT_EQ(client.receive_all(), "") << "and then the end";
}
TEST_F(resp_server, ends_a_client_that_quits) {
  const raw_client client(at.port());
  client.send("PING\r\nQUIT\r\nPING\r\n");
  EXPECT_EQ(client.receive_all(), "+PONG\r\n+OK\r\n");
}
TEST_F(resp_server, refuses_hostile_input_and_serves_others) {
  expect_refused("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$9223372036854775808\r\n",
                 "bulk string is longer than the limit");
  expect_refused("*2\r\n$99999999999999999999\r\n", "bulk string is longer than the limit");
  expect_refused("*9223372036854775807\r\n", "array has more elements than the limit");
  expect_refused("*1\r\n$-2\r\n", "length is neither a decimal nor -1");
  expect_refused("\"open\r\n", "quotes are not balanced");
  std::string nested;
  for (int i = 0; i < 100000; ++i) nested += "*1\r\n";
  expect_refused(nested, "element of a command is no bulk string");
  expect_refused(std::string(100000, 'x'), "line is longer than the limit");
}
TEST_F(resp_server, answers_in_order_before_a_protocol_error) {
  const raw_client client(at.port());
  client.send("PING\r\n*1\r\n:1\r\nPING\r\n");
  EXPECT_EQ(client.receive_all(),
            "+PONG\r\n-ERR Protocol error: element of a command is no bulk string\r\n");
}
TEST_F(resp_server, lets_idle_clients_go_when_it_is_told_to_end) {
  const raw_client idle(at.port());
  idle.send("PING\r\n");
  EXPECT_EQ(idle.receive(7), "+PONG\r\n");
  EXPECT_EQ(at.end(SIGTERM), 0);
  EXPECT_EQ(idle.receive_all(), "");
  EXPECT_EQ(server().end(SIGINT), 0);
}
TEST(resp_server_limits, bound_memory_commands_and_clients) {
  const server small({"--memory", "1000", "--command", "2000", "--clients", "2"});
  const raw_client client(small.port());
  const auto set = [&client](const std::string& key, std::size_t n) {
    client.send("SET " + key + " " + std::string(n, 'v') + "\r\n");
    std::string line;
    while (!line.ends_with("\n")) line += client.receive(1);
    return line;
  };
  EXPECT_EQ(set("a", 700), "+OK\r\n");
  EXPECT_EQ(set("b", 700), "-OOM command not allowed when used memory > 'maxmemory'\r\n");
  EXPECT_EQ(set("a", 1000), "-OOM command not allowed when used memory > 'maxmemory'\r\n");
  EXPECT_EQ(set("a", 10), "+OK\r\n");
  EXPECT_EQ(set("b", 600), "+OK\r\n");
  const raw_client second(small.port());
  second.send("PING\r\n");
  EXPECT_EQ(second.receive(7), "+PONG\r\n");
  const raw_client third(small.port());
  EXPECT_EQ(third.receive_all(), "-ERR max number of clients reached\r\n");
  second.send("*2\r\n$4\r\nECHO\r\n$2001\r\n");
  EXPECT_EQ(second.receive_all(), "-ERR Protocol error: bulk string is longer than the limit\r\n");
}
// What a web page can have a browser send to any port of this machine.
TEST_F(resp_server, ends_a_client_that_speaks_http) {
  for (const std::string_view request : {"POST / HTTP/1.1\r\n", "post /x HTTP/1.0\r\n",
                                         "*1\r\n$4\r\nPOST\r\n", "Host: 127.0.0.1\r\n"}) {
    const raw_client page(at.port());
    page.send(std::string(request) + "Content-Length: 16\r\n\r\nSET stolen yes\r\n");
    EXPECT_EQ(page.receive_all(), "") << request;
  }
  const raw_client page(at.port());
  page.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: y\r\n\r\nSET stolen yes\r\n");
  EXPECT_EQ(page.receive_all(), "-ERR wrong number of arguments for 'GET' command\r\n");
  EXPECT_EQ(at.cli("GET stolen").out, "\n");
}

namespace {

using support::sanitized;  // which keeps what is freed, and counts it

/// The most memory, or what there is now, of a process in KiB.
std::size_t kib_of(pid_t process, const std::string& field) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string name; status >> name; status.ignore(1000, '\n')) {
    std::size_t kib = 0;
    if (name == field && status >> kib) return kib;
  }
  throw std::runtime_error("no " + field);
}

}  // namespace

// Twenty values of 30 MB that never end are more than nine times the limit.
TEST(resp_server_limits, bound_what_all_clients_hold_and_give_it_back) {
  constexpr std::size_t limit = std::size_t{64} << 20;
  constexpr std::size_t slack_kib = 24 << 10;
  const server at({"--memory", std::to_string(limit)});
  const raw_client witness(at.port());
  const auto is_served = [&witness] {
    witness.send("PING\r\n");
    return witness.receive(7) == "+PONG\r\n";
  };
  const auto before = kib_of(at.pid(), "VmRSS:");
  const std::string begun = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$31000000\r\n";
  const std::string part(30'000'000, 'v');
  std::size_t told = 0;
  {
    std::list<raw_client> clients;
    for (int i = 0; i < 20; ++i) {
      clients.emplace_back(at.port());
      EXPECT_TRUE(clients.back().offer(begun)) << i;
      static_cast<void>(clients.back().offer(part));
      EXPECT_TRUE(is_served()) << i;
    }
    if (!sanitized) {
      EXPECT_LE(kib_of(at.pid(), "VmHWM:"), before + limit / 1024 + slack_kib);
    }
    for (const auto& each : clients) each.send_no_more();
    for (const auto& each : clients) {
      const auto got = each.receive_all();
      if (got == "-OOM command not allowed when used memory > 'maxmemory'\r\n") {
        ++told;
      } else {
        EXPECT_EQ(got, "");
      }
    }
  }
  EXPECT_GE(told, 17U) << "of 20, two fit";
  EXPECT_TRUE(is_served());
  if (!sanitized) {
    while (kib_of(at.pid(), "VmRSS:") > before + slack_kib) EXPECT_TRUE(is_served());
  }
  // Now there is room for one that ends.
  const raw_client last(at.port());
  last.send(begun + part + std::string(1'000'000, 'w') + "\r\n");
  EXPECT_EQ(last.receive(5), "+OK\r\n");
}
// A value that has been replaced counts until the last answer that sends it is gone.
TEST(resp_server_limits, bound_values_that_only_slow_clients_have) {
  const server at({"--memory", "40000000"});
  const raw_client slow(at.port());
  const auto set = [](char c) {
    return "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$16000000\r\n" + std::string(16'000'000, c) + "\r\n";
  };
  slow.send(set('a'));
  EXPECT_EQ(slow.receive(5), "+OK\r\n");
  slow.send("GET k\r\n");
  EXPECT_EQ(slow.receive(1), "$") << "the rest is more than sockets hold";
  const raw_client other(at.port());
  other.send(set('b'));
  std::string line;
  while (!line.ends_with("\n")) line += other.receive(1);
  EXPECT_EQ(line, "-OOM command not allowed when used memory > 'maxmemory'\r\n")
      << "the value, the one that is sent, and the command are 48 MB";
  const auto wanted = "16000000\r\n" + std::string(16'000'000, 'a') + "\r\n";
  EXPECT_TRUE(slow.receive(wanted.size()) == wanted);
  // The command's memory has gone with its answer, and the old value's is used again.
  other.send(set('b'));
  EXPECT_EQ(other.receive(5), "+OK\r\n");
}
TEST(resp_server_limits, end_idle_clients_whatever_they_wait_for) {
  const server at({"--idle", "1"});
  const raw_client silent(at.port());
  const raw_client halfway(at.port());
  halfway.send("*2\r\n$4\r\nECHO\r\n$10\r\nabc");
  const raw_client deaf(at.port());
  const std::string value(16'000'000, 'v');
  deaf.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$16000000\r\n" + value + "\r\n");
  EXPECT_EQ(deaf.receive(5), "+OK\r\n");
  deaf.send("GET k\r\n");
  EXPECT_EQ(silent.receive_all(), "");
  EXPECT_EQ(halfway.receive_all(), "");
  const raw_client late(at.port());  // ended after the deaf one, which is silent since before
  EXPECT_EQ(late.receive_all(), "");
  EXPECT_LT(deaf.receive(value.size()).size(), value.size());
  EXPECT_EQ(at.cli("PING").out, "PONG\n");
}
TEST(resp_server_options, are_checked) {
  const auto refused = [](const std::string& options) {
    return shell(std::string(ANNULUS_SERVER) + " " + options);
  };
  for (const auto* const wrong :
       {"--port 65536", "--port x", "--clients 0", "--idle -1", "--fast"}) {
    const auto got = refused(wrong);
    EXPECT_EQ(got.status, 2) << wrong;
    EXPECT_EQ(got.out.find('\n'), got.out.size() - 1) << "one sentence: " << got.out;
  }
  const server taken;
  const auto got = refused("--port " + std::to_string(taken.port()));
  EXPECT_EQ(got.status, 1);
  EXPECT_NE(got.out.find("in use"), std::string::npos) << got.out;
  EXPECT_NE(refused("--help").out.find("redis-benchmark"), std::string::npos);
}

}  // namespace annulus::interop
