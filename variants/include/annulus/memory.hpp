// Memory as a policy wants it: NUMA nodes, huge pages, presence, lock; and what was obtained. Who
// gives a ring a policy, or asks for its memory(), includes this and links libnuma.
#pragma once

#include <annulus/core/flat_storage.hpp>
#include <annulus/core/mapping.hpp>
#include <annulus/core/memory_policy.hpp>
#include <annulus/core/page_census.hpp>
#include <annulus/core/pages.hpp>
#include <cstddef>
#include <memory>

namespace annulus {

inline flat_storage::flat_storage(std::size_t capacity, const memory_policy& policy)
    : capacity_(checked_capacity(capacity)) {
  auto owner = std::make_shared<mapping>(mapping::anonymous(capacity, policy));
  held_ = owner->bytes();
  data_ = owner->data();
  owned_ = std::shared_ptr<std::byte>(std::move(owner), data_);
}

inline void flat_storage::count(const page_census& census, memory_report& report) const {
  census.count({data_, held_}, {}, report);
}

inline memory_report flat_storage::memory() const {
  return report_of(*this);
}

}  // namespace annulus
