// The packaged queues that a user would take instead, each in the shapes that it can do.
#include "catalogue.hpp"
#include "contenders.hpp"
#include "peers/boost_spsc.hpp"
#include "peers/ck_ring.hpp"
#include "peers/kernel_pipe.hpp"
#include "peers/moodycamel.hpp"
#include "peers/rte_ring.hpp"

namespace annulus::bench {

std::vector<contender> peer_contenders() {
  catalogue peers(side::peer);
  peers.bytes<boost_spsc>(boost_spsc::name);
  peers.bytes<rte_stream>(rte_stream::name);
  peers.bytes<kernel_pipe>(kernel_pipe::name);
  peers.items<boost_spsc_queue>();
  peers.items<moodycamel_queue>();
  peers.items<ck_queue>();
  // One that spins and one that sleeps stand for the rest.
  peers.idler<boost_spsc>(boost_spsc::name);
  peers.idler<kernel_pipe>(kernel_pipe::name);
  return std::move(peers).take();
}

}  // namespace annulus::bench
