#include "shrink.hpp"

#include <algorithm>
#include <set>

namespace annulus::campaign {
namespace {

// Smaller ones than the plan, those that save most first.
std::vector<case_plan> smaller(const case_plan& plan) {
  std::vector<case_plan> all;
  const auto with = [&](auto change) {
    auto other = plan;
    change(other);
    if (!(other == plan)) all.push_back(std::move(other));
  };
  const auto count = plan.operations.size();
  if (count > 2) {
    with([&](case_plan& to) { to.operations.resize(count / 2); });
    with([&](case_plan& to) {
      to.operations.erase(to.operations.begin(),
                          to.operations.begin() + static_cast<std::ptrdiff_t>(count / 2));
    });
  }
  for (std::size_t i = 0; i < count && count > 1; ++i) {
    with([&](case_plan& to) {
      to.operations.erase(to.operations.begin() + static_cast<std::ptrdiff_t>(i));
    });
  }
  const auto& stored = plan.stored;
  with([&](case_plan& to) {
    for (auto& each : to.operations) each.disk %= stored.disks();
  });
  with([](case_plan& to) { to.stored.content = content_kind::random; });
  with([](case_plan& to) { to.stored.older_size = to.stored.size; });
  if (stored.data > 1) with([](case_plan& to) { --to.stored.data; });
  if (stored.parity > 1) with([](case_plan& to) { --to.stored.parity; });
  for (const auto blocks : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}}) {
    const auto size = blocks * stored.block;
    if (size < stored.size)
      with([&](case_plan& to) { to.stored.size = to.stored.older_size = size; });
  }
  if (stored.size > 1) with([](case_plan& to) { to.stored.size /= 2; });
  if (stored.block > 100) {
    with([](case_plan& to) {
      const auto blocks = to.stored.size / to.stored.block;
      to.stored.block = 100;
      to.stored.size = to.stored.older_size = 100 * blocks;
    });
  }
  with([](case_plan& to) { to.stored.seed = 1; });
  return all;
}

}  // namespace

case_plan shrink(case_plan plan, const std::function<bool(const case_plan&)>& violates,
                 unsigned attempts) {
  for (bool smaller_found = true; smaller_found && attempts > 0;) {
    smaller_found = false;
    for (auto& candidate : smaller(plan)) {
      if (attempts-- == 0) return plan;
      if (!violates(candidate)) continue;
      plan = std::move(candidate);
      smaller_found = true;
      break;
    }
  }
  return plan;
}

}  // namespace annulus::campaign
