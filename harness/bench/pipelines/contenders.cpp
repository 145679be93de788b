// The pipe, and the ring that its copy-in is judged by.
#include "contenders.hpp"

#include <annulus/futex.hpp>

#include "pipelines/shapes.hpp"

namespace annulus::bench {

std::vector<contender> pipeline_contenders() {
  catalogue all(side::ours);
  add_pipe_shapes<pipe_channel>(all, "pipe");
  add_segment_shapes<ring_stream<futex_ring>>(all, "futex");
  return std::move(all).take();
}

}  // namespace annulus::bench
