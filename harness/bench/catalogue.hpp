// Collects contenders: which shapes a kind of channel can do.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "idle.hpp"
#include "in_place.hpp"
#include "measurement.hpp"
#include "peers/item_channel.hpp"
#include "ping_pong.hpp"
#include "set_up.hpp"
#include "stalling.hpp"
#include "steady.hpp"
#include "stream.hpp"

namespace annulus::bench {

class catalogue {
 public:
  explicit catalogue(side whose) : whose_(whose) {}

  /// A stream of bytes: every shape that needs no more than writes and reads.
  template <class Channel>
  void bytes(const std::string& name) {
    flow<Channel, shape_a, shape_b, shape_c, shape_d>(name);
    add(shape_f::name, name, ping_pong<Channel>).any_size = false;
    add(shape_g::name, name, stalling<Channel>).timed_by_amount = false;
  }

  /// An end that waits for long.
  template <class Channel>
  void idler(const std::string& name) {
    contender& at = add(shape_h::name, name, idle<Channel>);
    at.any_size = at.timed_by_amount = false;
  }

  /// What only our contract has.
  template <byte_ring Ring>
  void contract(const std::string& name) {
    add(shape_e::name, name, in_place<Ring>);
    if (variant<Ring>.buffered) add(shape_steady::name, name, steady<Ring>);
  }

  /// A queue of items: 64 bytes each where all writes are of 64 bytes, and one for the round trip.
  template <template <std::size_t> class Queue>
  void items() {
    using message = item_channel<Queue<64>, 64>;
    using least = item_channel<Queue<1>, 1>;
    flow<message, shape_a, shape_b>(message::name);
    add(shape_f::name, least::name, ping_pong<least>).any_size = false;
  }

  /// A way to get the memory of a ring: `make(bytes)` gives a storage.
  template <class Make>
  void memory(const std::string& name, Make make) {
    add(shape_setup::name, name, [make](const setup& given) {
      return set_up(given, make);
    }).timed_by_amount = false;
  }

  contender& add(const char* shape, const std::string& channel,
                 std::function<measurement(const setup&)> run) {
    all_.push_back({.shape = shape, .channel = channel, .whose = whose_, .run = std::move(run)});
    return all_.back();
  }

  [[nodiscard]] std::vector<contender> take() && { return std::move(all_); }

 private:
  template <class Channel, class... Shapes>
  void flow(const std::string& name) {
    (add(Shapes::name, name, stream<Shapes, Channel>), ...);
  }

  side whose_;
  std::vector<contender> all_;
};

}  // namespace annulus::bench
