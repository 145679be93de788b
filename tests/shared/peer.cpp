// The process at the other end of a shared ring: peer RING SIDE ACTION [SEED]. Exit status 0 if all
// went as the action expects.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <tuple>

#include "support.hpp"

namespace annulus::shared_tests {
namespace {

constexpr std::uint64_t for_ever = ~std::uint64_t{0};

class actor {
 public:
  explicit actor(std::uint64_t seed) : random_(seed) {}

  /// Writes the stream up to `end` in pieces of up to `largest` bytes, in place and by copy.
  template <class Writer>
  bool write(Writer& writer, std::uint64_t end, std::size_t largest) {
    std::vector<std::byte> piece(largest);
    for (std::uint64_t at = 0; at < end; done_.record(at)) {
      const auto n = size(end - at, largest);
      if (n <= writer.limit() && random_() % 2 == 0) {
        const auto room = writer.reserve(n);
        if (room.error) return complain(room.error);
        const auto memory = room.memory.prefix(n);
        fill(memory.first, at);
        fill(memory.second, at + memory.first.size());
        if (const auto error = writer.commit(n)) return complain(error);
      } else {
        fill({piece.data(), n}, at);
        if (const auto error = writer.write({piece.data(), n}).error) return complain(error);
      }
      at += n;
    }
    return true;
  }

  /// Reads the stream in the same way until `end`, then expects its clean end.
  template <class Reader>
  bool read(Reader& reader, std::uint64_t end, std::size_t largest) {
    std::vector<std::byte> piece(largest);
    for (std::uint64_t at = 0; at < end; done_.record(at)) {
      const auto n = size(end - at, largest);
      if (n <= reader.limit() && random_() % 2 == 0) {
        const auto seen = reader.peek(n);
        if (seen.error) return complain(seen.error);
        const auto data = seen.data.prefix(n);
        if (!matches(data.first, at) || !matches(data.second, at + data.first.size()))
          return complain("wrong bytes");
        if (const auto error = reader.consume(n)) return complain(error);
      } else {
        if (const auto error = reader.read({piece.data(), n}, n).error) return complain(error);
        if (!matches({piece.data(), n}, at)) return complain("wrong bytes");
      }
      at += n;
    }
    std::byte more{};
    const auto error = reader.read({&more, 1}).error;
    return error == errc::end_of_stream || complain(error);
  }

  template <class Ring>
  bool write_side(std::string_view action) {
    auto writer = Ring::writer::attach(ring_descriptor);
    if (action == "stream") {
      if (!write(writer, stream_bytes, 100'000)) return false;
      writer.close();
      return true;
    }
    if (action == "abandon") return write(writer, 1000, 100);  // and go without a close
    if (action == "exit") {
      write(writer, 1000, 100);
      std::_Exit(0);  // no destructor runs
    }
    if (action == "fail") {
      writer.close(std::make_error_code(std::errc::no_space_on_device));
      return true;
    }
    if (action == "idle") {
      write(writer, 1000, 100);
      for (;;) pause();
    }
    if (action == "small") return write(writer, for_ever, 300);
    if (action == "large") return write(writer, for_ever, 300'000);
    return complain("unknown action");
  }

  template <class Ring>
  bool read_side(std::string_view action) {
    auto reader = Ring::reader::attach(ring_descriptor);
    if (action == "stream") {
      const auto good = read(reader, stream_bytes, 100'000);
      reader.close();
      return good;
    }
    if (action == "close") {
      reader.close();
      return true;
    }
    if (action == "idle") {
      std::byte one{};
      std::ignore = reader.read({&one, 1});
      for (;;) pause();
    }
    if (action == "small") return read(reader, for_ever, 300);
    if (action == "large") return read(reader, for_ever, 300'000);
    return complain("unknown action");
  }

 private:
  static constexpr std::uint64_t stream_bytes = std::uint64_t{5} << 20;

  std::size_t size(std::uint64_t left, std::size_t largest) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(left, 1 + random_() % largest));
  }
  static bool complain(const std::string& what) {
    std::fprintf(stderr, "peer: %s\n", what.c_str());
    return false;
  }
  static bool complain(std::error_code error) { return complain(error.message()); }

  std::mt19937_64 random_;
  ledger done_{owned(ledger_descriptor, "ledger")};
};

}  // namespace
}  // namespace annulus::shared_tests

int main(int count, char** arguments) try {
  using namespace annulus::shared_tests;
  if (count != 5) return 2;
  actor self(std::strtoull(arguments[4], nullptr, 10));
  bool good = false;
  with_ring(arguments[1], [&]<class Ring>(std::type_identity<Ring>) {
    good = std::string_view(arguments[2]) == "writer" ? self.template write_side<Ring>(arguments[3])
                                                      : self.template read_side<Ring>(arguments[3]);
  });
  return good ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "peer: %s\n", error.what());
  return 1;
}
