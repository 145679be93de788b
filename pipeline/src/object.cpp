#include <sys/random.h>

#include <annulus/pipeline/bitrot.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/object.hpp>
#include <array>
#include <nlohmann/json.hpp>
#include <system_error>
#include <tuple>

#include "format.hpp"

namespace annulus::pipeline {
namespace {

constexpr int format_version = 1;

constexpr std::array<std::pair<sink_kind, std::string_view>, 3> sink_names{{
    {sink_kind::null, "null"},
    {sink_kind::dir, "dir"},
    {sink_kind::chunks, "chunks"},
}};

std::string hex(bytes_view bytes) {
  std::string text;
  for (const auto byte : bytes) text += formatted("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

nlohmann::json body_of(const object_meta& meta) {
  return {
      {"format", format_version},
      {"name", meta.name},
      {"id", meta.id},
      {"created", meta.created},
      {"size", meta.size},
      {"block", meta.geometry.block},
      {"data", meta.geometry.data},
      {"parity", meta.geometry.parity},
      {"shard", meta.shard},
      {"stored", meta.stored},
      {"sink", std::string(to_string(meta.sink))},
      {"hash", "highwayhash256"},
  };
}

// Over the canonical dump: keys sorted, no white space.
std::string checksum_of(const nlohmann::json& body) {
  const auto text = body.dump();
  return hex(bitrot_hash(std::as_bytes(std::span(text))));
}

object_meta meta_of(const nlohmann::json& body) {
  object_meta meta;
  if (const auto format = body.at("format").get<int>(); format != format_version) {
    throw error(error_kind::failed,
                formatted("format is {}, only {} is known", format, format_version));
  }
  meta.name = body.at("name").get<std::string>();
  meta.id = body.at("id").get<std::string>();
  meta.created = body.at("created").get<std::uint64_t>();
  meta.size = body.at("size").get<std::uint64_t>();
  meta.geometry.block = body.at("block").get<std::size_t>();
  meta.geometry.data = body.at("data").get<unsigned>();
  meta.geometry.parity = body.at("parity").get<unsigned>();
  meta.shard = body.at("shard").get<unsigned>();
  meta.stored = body.at("stored").get<unsigned>();
  const auto sink = parse_sink(body.at("sink").get<std::string>());
  if (!sink) throw error(error_kind::failed, "its sink is unknown");
  meta.sink = *sink;
  meta.geometry.validate();
  if (meta.shard >= meta.geometry.shards()) {
    throw error(error_kind::failed,
                formatted("its shard is {} of {}", meta.shard, meta.geometry.shards()));
  }
  return meta;
}

}  // namespace

std::string_view to_string(sink_kind kind) noexcept {
  return sink_names[static_cast<std::size_t>(kind)].second;
}

std::optional<sink_kind> parse_sink(std::string_view name) noexcept {
  for (const auto& [kind, text] : sink_names) {
    if (text == name) return kind;
  }
  return std::nullopt;
}

bool object_meta::same_put(const object_meta& other) const noexcept {
  return std::tie(id, name, size, geometry, sink) ==
         std::tie(other.id, other.name, other.size, other.geometry, other.sink);
}

std::string serialise(const object_meta& meta) {
  auto body = body_of(meta);
  body["checksum"] = checksum_of(body);
  return body.dump(2) + "\n";
}

object_meta parse_meta(std::string_view text) {
  try {
    auto body = nlohmann::json::parse(text);
    const auto recorded = body.at("checksum").get<std::string>();
    body.erase("checksum");
    if (recorded != checksum_of(body))
      throw error(error_kind::failed, "its checksum does not match");
    return meta_of(body);
  } catch (const nlohmann::json::exception&) {
    throw error(error_kind::failed, "it is not the JSON that put writes");
  }
}

std::string random_id() {
  std::array<std::byte, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return hex(bytes);
}

void check_object_name(std::string_view name) {
  constexpr std::size_t longest = 255;
  const auto refuse = [&](std::string_view why) {
    throw error(error_kind::bad_argument, formatted("object name '{}' {}", name, why));
  };
  if (name.empty()) refuse("is empty");
  if (name.size() > longest)
    refuse(formatted("has {} bytes, at most {} are allowed", name.size(), longest));
  if (name.front() == '.') refuse("starts with a dot");
  if (name.find('/') != std::string_view::npos) refuse("contains '/'");
  if (name.find('\0') != std::string_view::npos) refuse("contains a zero byte");
}

}  // namespace annulus::pipeline
