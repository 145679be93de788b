// The registered rings: one more in annulus/all.hpp is measured without a change here.
#include <annulus/all.hpp>

#include "suites/rings/catalogue.hpp"
#include "suites/rings/contenders.hpp"

namespace annulus {

// Of the combinations below, which are named where they are measured.
template <class Storage, class Waiting>
inline constexpr variant_info variant<basic_ring<Storage, Waiting>>{
    .name = "",
    .storage = Storage::name,
    .waiting = Waiting::name,
    .buffered = true,
    .contiguous = Storage::contiguous,
    .kernel_waits = Waiting::kernel_waits,
    .source = "",
};

}  // namespace annulus

namespace annulus::bench {

std::vector<contender> our_contenders() {
  catalogue rings(side::ours);
  for (const auto& info : all_rings::infos) {
    all_rings::with(info.name, [&]<class Ring>(std::type_identity<Ring>) {
      rings.ring<Ring>(std::string(info.name));
    });
  }
  // Those that have no name of their own.
  rings.policies<flat_storage, spin_waiting>("flat+spin");
  rings.policies<flat_storage, condvar_waiting>("flat+condvar");
  rings.policies<mirrored_storage, spin_waiting>("mirror+spin");
  rings.policies<mirrored_storage, yield_waiting>("mirror+yield");
  rings.policies<mirrored_storage, condvar_waiting>("mirror+condvar");
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
