// The registered rings: a new line in variants/registry.cmake is measured without a change here.
#include <annulus/all.hpp>

#include "catalogue.hpp"
#include "contenders.hpp"

namespace annulus::bench {

std::vector<contender> our_contenders() {
  catalogue rings(side::ours);
  for (const auto& info : all_rings::infos) {
    all_rings::with(info.name, [&]<class Ring>(std::type_identity<Ring>) {
      rings.bytes<ring_channel<Ring>>(std::string(info.name));
      rings.idler<ring_channel<Ring>>(std::string(info.name));
      rings.contract<Ring>(std::string(info.name));
    });
  }
  return std::move(rings).take();
}

}  // namespace annulus::bench
