// The registered rings: a new line in variants/registry.cmake is measured without a change here.
#include <annulus/all.hpp>

#include "contenders.hpp"
#include "ring_channel.hpp"
#include "stream.hpp"

namespace annulus::bench {
namespace {

template <byte_ring Ring>
void add(std::vector<contender>& all) {
  using channel = ring_channel<Ring>;
  const std::string name(variant<Ring>.name);
  const auto flow = [&]<class Shape>(Shape) {
    all.push_back({.shape = Shape::name, .channel = name, .run = stream<Shape, channel>});
  };
  flow(shape_a{});
  flow(shape_b{});
  flow(shape_c{});
  flow(shape_d{});
}

}  // namespace

std::vector<contender> our_contenders() {
  std::vector<contender> all;
  for (const auto& info : all_rings::infos) {
    all_rings::with(info.name, [&]<class Ring>(std::type_identity<Ring>) { add<Ring>(all); });
  }
  return all;
}

}  // namespace annulus::bench
