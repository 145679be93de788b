// The packaged queues that a user would take instead, each in the shapes that it can do.
#include "contenders.hpp"
#include "peers/boost_spsc.hpp"
#include "stream.hpp"

namespace annulus::bench {
namespace {

template <class Channel, class... Shapes>
void add(std::vector<contender>& all) {
  (all.push_back({.shape = Shapes::name,
                  .channel = Channel::name,
                  .whose = side::peer,
                  .run = stream<Shapes, Channel>}),
   ...);
}

}  // namespace

std::vector<contender> peer_contenders() {
  std::vector<contender> all;
  add<boost_spsc_bytes, shape_a, shape_b, shape_c, shape_d>(all);
  return all;
}

}  // namespace annulus::bench
