#include "shapes.hpp"

namespace annulus::bench {

const std::vector<shape_info>& all_shapes() {
  constexpr shown_metric rate{bytes_per_second, "GB/s", 1e-9};
  constexpr shown_metric messages{writes_per_second, "M writes/s", 1e-6};
  static const std::vector<shape_info> shapes{
      {"a", "64 B writes, 64 KiB reads", {messages}},
      {"b", "64 B writes and reads", {messages}},
      {"c", "4 KiB writes and reads", {rate}},
      {"d", "32 B + 128 KiB writes, 64 KiB reads", {rate}},
      {"roof", "the limits of this machine", {rate}},
  };
  return shapes;
}

}  // namespace annulus::bench
