#include "shapes.hpp"

#include "pipelines/metrics.hpp"

namespace annulus::bench {

const std::vector<shape_info>& all_shapes() {
  constexpr shown_metric rate{bytes_per_second, "GB/s", 1e-9};
  constexpr shown_metric messages{writes_per_second, "M writes/s", 1e-6};
  constexpr shown_metric calls{kernel_calls, "kernel calls/M writes"};
  static const std::vector<shape_info> shapes{
      {"a", "64 B writes, 64 KiB reads", {messages}},
      {"b", "64 B writes and reads", {messages}},
      {"c", "4 KiB writes and reads", {rate, calls}},
      {"d", "32 B + 128 KiB writes, 64 KiB reads", {rate}},
      {"e", "as d, in place on both ends", {rate}},
      {"f",
       "one byte there and back",
       {{round_trip_p50, "p50 ns"}, {round_trip_p99, "p99 ns"}, {round_trip_p999, "p99.9 ns"}}},
      {"g",
       "64 KiB blocks at 1 GiB/s, a consumer that stalls 2 ms every 50 ms",
       {rate, {cpu_per_gib, "CPU-s/GiB"}, {stall_p999, "p99.9 us a write"}}},
      {"h", "waiting for 1 s", {{reader_cpu, "% CPU, empty"}, {writer_cpu, "% CPU, full"}}},
      {"steady", "4 KiB writes and reads, neither full nor empty", {calls}},
      {"setup",
       "the memory of a ring made, and given back",
       {{setup_us, "us"}, {touched_us, "us with every page touched"}}},
      {"roof", "the limits of this machine, for a to e", {rate}},
  };
  return shapes;
}

const std::vector<shape_info>& pipelines_shapes() {
  static const std::vector<shape_info> shapes = [] {
    constexpr shown_metric rate{bytes_per_second, "GB/s", 1e-9};
    constexpr shown_metric cost{operation_ns, "ns/op"};
    constexpr shown_metric allocated{allocations_per_million, "allocations/M ops"};
    constexpr shown_metric locks{locks_per_operation, "locks/op"};
    constexpr shown_metric calls{kernel_calls, "kernel calls/M ops"};
    constexpr shown_metric commands{writes_per_second, "M commands/s", 1e-6};
    const std::vector costs{rate, cost, locks, calls, allocated};
    return std::vector<shape_info>{
        {"no-touch", "segments allocated, flushed, read, no byte touched", costs, false},
        {"copy-in", "segments copied in, a word of each looked at", costs},
        {"checksum", "segments made, copied in and checked in place", costs},
        {"parse",
         "RESP commands SET with values of 64 B, parsed and checked",
         {commands, rate, cost, locks, calls, allocated}},
    };
  }();
  return shapes;
}

}  // namespace annulus::bench
