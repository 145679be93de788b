// The registered rings: a new line in variants/registry.cmake is measured without a change here.
#include <annulus/all.hpp>

#include "suites/rings/catalogue.hpp"
#include "suites/rings/contenders.hpp"

namespace annulus::bench {

std::vector<contender> our_contenders() {
  catalogue rings(side::ours);
  for (const auto& info : all_rings::infos) {
    all_rings::with(info.name, [&]<class Ring>(std::type_identity<Ring>) {
      rings.ring<Ring>(std::string(info.name));
    });
  }
  rings.memory("flat", [](std::size_t bytes) { return flat_storage(bytes); });
  rings.memory("flat-huge", [](std::size_t bytes) {
    return flat_storage(bytes, {.huge = huge_pages::attempt});
  });
  rings.memory("mirror", [](std::size_t bytes) { return mirrored_storage(bytes); });
  rings.memory("mirror-pooled", [pool = std::make_shared<mirror_pool>(std::size_t{1} << 30)](
                                    std::size_t bytes) { return mirrored_storage(*pool, bytes); });
  return std::move(rings).take();
}

}  // namespace annulus::bench
