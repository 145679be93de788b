#include "suites/pipes/contenders.hpp"

#include <annulus/futex.hpp>

namespace annulus::bench {

std::vector<contender> pipes_contenders() {
  std::vector<contender> all;
  add_pipe_shapes<pipe_channel>(all, "pipe");
  add_segment_shapes<ring_stream<futex_ring>>(all, "futex");
  return all;
}

}  // namespace annulus::bench
