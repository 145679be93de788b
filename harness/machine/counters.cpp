#include "machine/counters.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <span>

namespace annulus::harness {
namespace {

constexpr std::array hardware_fields{&hardware_counts::cycles, &hardware_counts::instructions,
                                     &hardware_counts::cache_misses};

// -1 where it is not permitted or not there.
int opened(std::uint64_t event) noexcept {
  perf_event_attr what{};
  what.type = PERF_TYPE_HARDWARE;
  what.size = sizeof what;
  what.config = event;
  what.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  what.inherit = 1;
  what.exclude_kernel = 1;
  what.exclude_hv = 1;
  return static_cast<int>(syscall(SYS_perf_event_open, &what, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

}  // namespace

hardware_counts& hardware_counts::operator+=(const hardware_counts& other) noexcept {
  for (const auto field : hardware_fields) {
    if (other.*field) this->*field = (this->*field).value_or(0) + *(other.*field);
  }
  return *this;
}

hardware_counts operator-(const hardware_counts& after, const hardware_counts& before) noexcept {
  hardware_counts out;
  for (const auto field : hardware_fields) {
    if (after.*field && before.*field) out.*field = *(after.*field) - *(before.*field);
  }
  return out;
}

std::optional<double> scaled_count(const raw_count& from) noexcept {
  if (from.enabled == 0) return 0;
  if (from.running == 0) return std::nullopt;
  return static_cast<double>(from.value) * static_cast<double>(from.enabled) /
         static_cast<double>(from.running);
}

hardware_counters::hardware_counters() noexcept
    : events_{unique_fd(opened(PERF_COUNT_HW_CPU_CYCLES)),
              unique_fd(opened(PERF_COUNT_HW_INSTRUCTIONS)),
              unique_fd(opened(PERF_COUNT_HW_CACHE_MISSES))} {
}

hardware_counts hardware_counters::now() const noexcept {
  hardware_counts out;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    raw_count raw;
    if (events_[i] && read(events_[i].get(), &raw, sizeof raw) == sizeof raw)
      out.*hardware_fields[i] = scaled_count(raw);
  }
  return out;
}

}  // namespace annulus::harness
