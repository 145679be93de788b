// Every shape of annulus bench pipelines that a channel can do.
#pragma once

#include "catalogue.hpp"
#include "pipelines/parse.hpp"
#include "pipelines/pipe_channel.hpp"
#include "pipelines/segments.hpp"

namespace annulus::bench {

/// The shapes that a pipe and a ring share.
template <class Channel>
void add_segment_shapes(catalogue& to, const std::string& name) {
  to.add(no_touch::name, name, no_touch::run<Channel>);
  to.add(copy_in::name, name, copy_in::run<Channel>);
  to.add(checksum::name, name, checksum::run<Channel>);
}

/// And what needs a sink and cursors.
template <class Channel>
void add_pipe_shapes(catalogue& to, const std::string& name) {
  add_segment_shapes<Channel>(to, name);
  to.add(parse::name, name, parse::run<Channel>);
}

}  // namespace annulus::bench
