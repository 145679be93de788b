#include "scene.hpp"

#include <fmt/format.h>

#include <annulus/pipeline/geometry.hpp>
#include <numeric>
#include <random>
#include <stdexcept>

#include "chunklog/format.hpp"
#include "metadata.hpp"

namespace annulus::campaign {
namespace {

std::string noise(std::uint64_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes;
  bytes.reserve(size + 8);
  while (bytes.size() < size) bytes += independent::little(random(), 8);
  bytes.resize(size);
  return bytes;
}

// What a chunk log would hold: records whose lengths, CRCs and IDs are right.
std::string records(std::uint64_t size, std::uint64_t seed) {
  std::string bytes;
  for (std::uint64_t id = 1; bytes.size() < size; ++id) {
    const auto body = independent::little(id, 8) + noise(1 + (seed + id) % 90, seed + id);
    const auto length = 4 + body.size();
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(length >> shift & 0xFF);
    bytes += independent::little(independent::crc32(body), 4) + body;
  }
  bytes.resize(size);
  return bytes;
}

// An array of one small 32-bit number, in either order of its bytes; the older version's is
// another.
std::string numbers(std::uint64_t size, std::uint64_t seed) {
  const std::uint32_t values[] = {1, 256, 65536, 1U << 24U};
  const auto value = independent::little(values[seed % 4], 4);
  std::string bytes;
  while (bytes.size() < size) bytes += value;
  bytes.resize(size);
  return bytes;
}

files files_in(const fs::path& directory) {
  files found;
  for (auto& [name, what] : list(directory)) {
    if (what.is_file()) found[name] = std::move(what.content);
  }
  return found;
}

// Else operations would come to nothing, and nobody would notice.
void check(const files& shard, const std::string& name) {
  const auto meta = shard.find("meta.json");
  const auto body = meta == shard.end() ? std::nullopt : body_of(meta->second);
  if (body && with_checksum(*body) == meta->second) return;
  throw std::runtime_error(
      fmt::format("the meta.json that put wrote for '{}' is not what is expected", name));
}

void put(const std::string& name, version& what, const stored_plan& plan,
         const std::string& command, const fs::path& root, const process_limits& limits) {
  const auto input = root / "input";
  overwrite(input, what.bytes);
  const auto result = run(put_words(command, plan, input, name, root), limits);
  fs::remove(input);
  if (result.status != 0) {
    throw std::runtime_error(fmt::format("put of '{}' ends with {}{}: {}", name, result.status,
                                         result.hung ? " (it hung)" : "", result.err));
  }
  for (unsigned i = 0; i < plan.disks(); ++i) {
    what.shards.push_back(files_in(disk_path(root, i) / name));
    check(what.shards.back(), name);
  }
}

}  // namespace

std::string content_of(content_kind kind, std::uint64_t size, std::uint64_t seed) {
  switch (kind) {
    case content_kind::random:
      return noise(size, seed);
    case content_kind::zeros:
      break;
    case content_kind::records:
      return records(size, seed);
    case content_kind::ones:
      return numbers(size, seed);
  }
  return std::string(size, '\0');
}

std::uint64_t scene::frame_bytes() const noexcept {
  return pipeline::geometry{plan.data, plan.parity, plan.block}.frame_size(plan.block);
}

scene store(const stored_plan& plan, const std::string& command, const workplace& place,
            const process_limits& limits) {
  const auto root = place.emptied("storing");
  scene made{.plan = plan, .newest = {}, .older = {}, .other = {}};
  made.older.bytes = content_of(plan.content, plan.older_size, plan.seed);
  made.newest.bytes = content_of(plan.content, plan.size, plan.seed + 1);
  made.other.bytes = content_of(plan.content, plan.size, plan.seed + 2);
  version neighbour{.bytes = "lives next door"};
  put(object_name, made.older, plan, command, root, limits);
  put(other_name, made.other, plan, command, root, limits);
  put(object_name, made.newest, plan, command, root, limits);
  put(neighbour_name, neighbour, plan, command, root, limits);
  made.disks = list(root);
  return made;
}

fs::path disk_path(const fs::path& root, unsigned disk) {
  return root / fmt::format("d{}", disk);
}

std::string disk_list(const fs::path& root, const std::vector<unsigned>& order) {
  std::string all;
  for (const auto disk : order) all += (all.empty() ? "" : ",") + disk_path(root, disk).string();
  return all;
}

std::string disk_list(const fs::path& root, unsigned count) {
  std::vector<unsigned> order(count);
  std::iota(order.begin(), order.end(), 0U);
  return disk_list(root, order);
}

words put_words(const std::string& command, const stored_plan& plan, const fs::path& input,
                const std::string& name, const fs::path& root) {
  return {command,
          "put",
          input.string(),
          "--name",
          name,
          "--disks",
          disk_list(root, plan.disks()),
          "--data",
          std::to_string(plan.data),
          "--parity",
          std::to_string(plan.parity),
          "--block",
          std::to_string(plan.block),
          "--ring-size",
          "64KiB",
          "--sink",
          std::string(pipeline::to_string(plan.sink)),
          "--no-sync"};
}

}  // namespace annulus::campaign
