// The packaged queues that a user would take instead, each in the shapes that it can do.
#include "suites/rings/catalogue.hpp"
#include "suites/rings/contenders.hpp"
#include "suites/rings/peers/boost_spsc.hpp"
#include "suites/rings/peers/ck_ring.hpp"
#include "suites/rings/peers/kernel_pipe.hpp"
#include "suites/rings/peers/moodycamel.hpp"
#include "suites/rings/peers/rte_ring.hpp"

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
