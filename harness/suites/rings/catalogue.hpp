// Collects contenders: which shapes a kind of channel can do.
#pragma once

#include <annulus/basic_ring.hpp>
#include <string>
#include <utility>
#include <vector>

#include "suites/rings/any_stream.hpp"
#include "suites/rings/idle.hpp"
#include "suites/rings/peers/item_channel.hpp"
#include "suites/rings/ping_pong.hpp"
#include "suites/rings/set_up.hpp"
#include "suites/rings/steady.hpp"

namespace annulus::bench {

class catalogue {
 public:
  explicit catalogue(side whose) : whose_(whose) {}

  /// A stream of bytes: every shape that needs no more than writes and reads. Returns the contender
  /// of shape flow.
  template <class Channel>
  contender& bytes(const std::string& name) {
    streams<Channel, shape_a, shape_b, shape_c, shape_d>(name);
    round_trips_of<Channel>(name);
    add(shape_g, name, any_stream<Channel>);
    contender& any = add(shape_flow, name, any_stream<Channel>);
    any.unit = unit_of<Channel>;
    return any;
  }

  /// An end that waits for long.
  template <class Channel>
  void idler(const std::string& name) {
    add(shape_h, name, idle<Channel>);
  }

  /// One that keeps our contract: every shape.
  template <byte_ring Ring>
  void ring(const std::string& name) {
    using channel = ring_channel<Ring>;
    with_memory<Ring>(bytes<channel>(name));
    idler<channel>(name);
    add(shape_e, name, any_stream<channel>);
    if (variant<Ring>.buffered) add(shape_steady, name, steady<Ring>);
  }

  /// A storage under a waiting policy, for the shape flow, where what each of the two does is told
  /// apart: "flat+spin".
  template <class Storage, class Waiting>
  void policies(const std::string& name) {
    using Ring = basic_ring<Storage, Waiting>;
    with_memory<Ring>(add(shape_flow, name, any_stream<ring_channel<Ring>>));
  }

  /// A queue of items: 64 bytes each where all writes are of 64 bytes, and one for the round trip.
  template <template <std::size_t> class Queue>
  void items() {
    using message = item_channel<Queue<64>, 64>;
    using least = item_channel<Queue<1>, 1>;
    streams<message, shape_a, shape_b>(message::name);
    round_trips_of<least>(least::name);
  }

  /// A way to get the memory of a ring: `make(bytes)` gives a storage.
  template <class Make>
  void memory(const std::string& name, Make make) {
    add(shape_setup, name, [make](const setup& given) {
      return set_up(given, make);
    }).first_amount = 1;
  }

  contender& add(const char* shape, const std::string& channel,
                 std::function<measurement(const setup&)> run) {
    all_.push_back({.shape = shape, .channel = channel, .whose = whose_, .run = std::move(run)});
    return all_.back();
  }

  [[nodiscard]] std::vector<contender> take() && { return std::move(all_); }

 private:
  template <class Ring>
  static void with_memory(contender& any) {
    any.in_place = true;
    any.adapts = adapting_ring<Ring>;
    any.try_memory = [](std::size_t size, const memory_policy& policy) {
      const Ring tried(size, policy);
    };
  }
  // Where the ends share a CPU, a round trip may take a millisecond.
  template <class Channel>
  void round_trips_of(const std::string& name) {
    add(shape_f, name, ping_pong<Channel>).first_amount = 256;
  }
  template <class Channel, class... Shapes>
  void streams(const std::string& name) {
    (add(Shapes::name, name, stream<Shapes, Channel>), ...);
  }

  side whose_;
  std::vector<contender> all_;
};

}  // namespace annulus::bench
