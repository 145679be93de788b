#include "suites/pipeline/roofs.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <annulus/pipeline/bitrot.hpp>
#include <annulus/pipeline/erasure.hpp>
#include <annulus/pipeline/put.hpp>
#include <annulus/pipeline/sink.hpp>
#include <array>
#include <chrono>
#include <cstring>
#include <variant>

#include "base/error.hpp"
#include "suites/common/usage.hpp"
#include "suites/pipeline/geometry.hpp"

namespace annulus::suites {
namespace {

using bench::usage;
using harness::cell_request;
using harness::cell_result;

// Counts only what it is given to do.
class part_clock {
 public:
  template <class Part>
  void time(Part part) {
    const auto before = usage::now(counters_);
    const auto start = std::chrono::steady_clock::now();
    part();
    taken_ += std::chrono::steady_clock::now() - start;
    spent_ += usage::now(counters_) - before;
  }

  // Of a part of what `bytes` of the input take.
  [[nodiscard]] cell_result result(std::uint64_t bytes) const {
    cell_result out;
    out.verified = true;  // as far as the note of the suite says: else it had thrown
    out.bytes = out.amount = bytes;
    out.seconds = taken_.count();
    out.metrics[harness::bytes_per_second] = static_cast<double>(bytes) / out.seconds;
    bench::add_usage(out.metrics, spent_, bytes);
    return out;
  }

 private:
  const harness::hardware_counters counters_;
  std::chrono::duration<double> taken_{};
  usage spent_;
};

// The input, cut as a put cuts it.
class block_reader {
 public:
  explicit block_reader(const cell_request& cell)
      : shape_(geometry_of(cell)),
        from_(pipeline::input::open(cell.input)),
        code_(shape_.data, shape_.parity),
        memory_(shape_.shards() * shape_.shard_size(shape_.block)),
        shards_(shape_.shards()) {}

  // False at the end.
  bool next() {
    const auto got = from_.read(bytes_span(memory_).first(shape_.block), {});
    if (got.error) {
      throw harness::error(
          fmt::format("input {} cannot be read: {}", from_.name(), got.error.message()));
    }
    size_ = shape_.shard_size(got.bytes);
    std::fill_n(memory_.begin() + static_cast<std::ptrdiff_t>(got.bytes),
                shape_.data * size_ - got.bytes, std::byte{});
    for (std::size_t i = 0; i < shards_.size(); ++i) shards_[i] = memory_.data() + i * size_;
    bytes_ += got.bytes;
    return got.bytes > 0;
  }
  void encode() {
    code_.encode({shards_.data(), shape_.data}, std::span(shards_).subspan(shape_.data), size_);
  }
  [[nodiscard]] std::size_t shards() const noexcept { return shards_.size(); }
  [[nodiscard]] bytes_view shard(std::size_t i) const noexcept { return {shards_[i], size_}; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  const pipeline::geometry shape_;
  pipeline::input from_;
  const pipeline::erasure_code code_;
  std::vector<std::byte> memory_;
  std::vector<std::byte*> shards_;
  std::size_t size_ = 0;
  std::uint64_t bytes_ = 0;
};

cell_result encoding_alone(const cell_request& cell) {
  block_reader blocks(cell);
  part_clock clock;
  while (blocks.next()) clock.time([&] { blocks.encode(); });
  return clock.result(blocks.bytes());
}

cell_result hashing_alone(const cell_request& cell) {
  block_reader blocks(cell);
  part_clock clock;
  while (blocks.next()) {
    blocks.encode();
    clock.time([&] {
      for (std::size_t i = 0; i < blocks.shards(); ++i) pipeline::bitrot_hash(blocks.shard(i));
    });
  }
  return clock.result(blocks.bytes());
}

std::vector<pipeline::shard_sink> sinks_of(const cell_request& cell) {
  pipeline::object_meta meta{.name = "roof",
                             .id = pipeline::random_id(),
                             .geometry = geometry_of(cell),
                             .sink = pipeline::parse_sink(cell.word("sink")).value()};
  std::vector<pipeline::shard_sink> out;
  for (; meta.shard < meta.geometry.shards(); ++meta.shard) {
    const auto path = std::filesystem::path(cell.work) / fmt::format("s{}", meta.shard);
    std::filesystem::create_directories(path);
    const unique_fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    out.push_back(pipeline::make_sink(meta, directory.get(), path, cell.truth("sync")));
  }
  return out;
}

void refuse(const std::error_code& problem) {
  if (problem) throw harness::error(fmt::format("a sink failed: {}", problem.message()));
}

cell_result sink_alone(const cell_request& cell) {
  block_reader blocks(cell);
  auto sinks = sinks_of(cell);
  std::vector<pipeline::digest> hashes(sinks.size());
  part_clock clock;
  const auto to_each = [&](auto call) {
    clock.time([&] {
      for (std::size_t i = 0; i < sinks.size(); ++i)
        refuse(std::visit([&](auto& sink) { return call(sink, i); }, sinks[i]));
    });
  };
  while (blocks.next()) {
    blocks.encode();
    for (std::size_t i = 0; i < sinks.size(); ++i)
      hashes[i] = pipeline::bitrot_hash(blocks.shard(i));
    to_each([&](auto& sink, std::size_t i) {
      return sink.write(std::array{bytes_view(hashes[i]), blocks.shard(i)});
    });
  }
  to_each([&](auto& sink, std::size_t) { return sink.finish(cell.truth("sync")); });
  return clock.result(blocks.bytes());
}

cell_result whole_work(const cell_request& cell) {
  auto from = pipeline::input::open(cell.input);
  const auto shape = geometry_of(cell);
  std::vector<std::uint64_t> folds;
  part_clock clock;
  clock.time([&] { folds = pipeline::reference_folds(from, shape); });
  auto out = clock.result(std::filesystem::file_size(cell.input));
  out.verified = folds.size() == shape.shards();
  return out;
}

struct roof_kind {
  std::string_view mode;
  cell_result (*run)(const cell_request&);
};
constexpr std::array<roof_kind, 4> roof_kinds{{{roof_mode, whole_work},
                                               {encoding_mode, encoding_alone},
                                               {hashing_mode, hashing_alone},
                                               {sink_mode, sink_alone}}};

const roof_kind* find_roof(std::string_view mode) noexcept {
  const auto* const at = std::find_if(roof_kinds.begin(), roof_kinds.end(),
                                      [mode](const roof_kind& each) { return each.mode == mode; });
  return at == roof_kinds.end() ? nullptr : at;
}

}  // namespace

bool is_roof_mode(std::string_view mode) noexcept {
  return find_roof(mode) != nullptr;
}

cell_result run_pipeline_roof(const cell_request& cell) {
  return find_roof(cell.word("mode"))->run(cell);
}

}  // namespace annulus::suites
