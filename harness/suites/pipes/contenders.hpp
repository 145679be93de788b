// Every shape that a pipe, or a ring beside it, can do.
#pragma once

#include "suites/pipes/parse.hpp"
#include "suites/pipes/pipe_channel.hpp"
#include "suites/pipes/segments.hpp"

namespace annulus::bench {

/// The pipe, and the ring that its copy-in is judged by.
std::vector<contender> pipes_contenders();

/// The shapes that a pipe and a ring share.
template <class Channel>
void add_segment_shapes(std::vector<contender>& to, const std::string& name) {
  to.push_back({.shape = no_touch::name, .channel = name, .run = no_touch::run<Channel>});
  to.push_back({.shape = copy_in::name, .channel = name, .run = copy_in::run<Channel>});
  to.push_back({.shape = checksum::name, .channel = name, .run = checksum::run<Channel>});
}

/// And what needs a sink and cursors.
template <class Channel>
void add_pipe_shapes(std::vector<contender>& to, const std::string& name) {
  add_segment_shapes<Channel>(to, name);
  to.push_back({.shape = parse::name, .channel = name, .run = parse::run<Channel>});
}

}  // namespace annulus::bench
