// An example of a suite: how fast memory is filled. All that a new one takes is a folder like this
// in harness/suites/ and a line in harness/suites/CMakeLists.txt.
#include "measure/suite.hpp"

#include <algorithm>
#include <chrono>

namespace annulus::suites {
namespace {

using harness::json;

class fill final : public harness::suite {
 public:
  fill()
      : suite({.name = "fill",
               .description = "How fast memory is filled",
               .axes = {{"size", "Bytes that are filled", harness::sizes(), 1U << 20U},
                        {"value", "What they become", harness::words({"zero", "one"}), "zero"}},
               .metrics = {{harness::bytes_per_second, "GB/s", harness::better::higher, 1e-9}},
               .table = {.rows = {"value"}, .across = "size"}}) {}

  [[nodiscard]] std::vector<std::string> shown(const json& /*key*/) const override {
    return {harness::bytes_per_second};
  }
  [[nodiscard]] double seconds(const json& /*key*/) const override { return 0.01; }
  [[nodiscard]] harness::cell_result run(const harness::cell_request& cell) const override {
    using clock = std::chrono::steady_clock;
    const char value = cell.key.at("value") == "one" ? 1 : 0;
    std::vector<char> memory(cell.number("size"), 2);
    const auto began = clock::now();
    std::ranges::fill(memory, value);
    const std::chrono::duration<double> took = clock::now() - began;
    harness::cell_result out;
    out.verified = std::ranges::count(memory, value) == std::ssize(memory);
    out.bytes = out.amount = memory.size();
    out.seconds = took.count();
    out.metrics = {{harness::bytes_per_second, static_cast<double>(out.bytes) / out.seconds}};
    return out;
  }
};

}  // namespace

const harness::suite& fill_suite() {
  static const fill only;
  return only;
}

}  // namespace annulus::suites
