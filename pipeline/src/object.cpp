#include <sys/random.h>

#include <annulus/core/restarted.hpp>
#include <annulus/pipeline/bitrot.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/json_depth.hpp>
#include <annulus/pipeline/object.hpp>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>
#include <tuple>

#include "format.hpp"

namespace annulus::pipeline {
namespace {

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

// Format 1 was without generations and bindings, and wrote names as they were.
constexpr std::uint64_t unbound_format = 1, bound_format = 2;

nlohmann::json body_of(const object_meta& meta) {
  nlohmann::json body{
      {"format", meta.bound ? bound_format : unbound_format},
      {"name", meta.bound ? escaped(meta.name) : meta.name},
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
  if (meta.bound) body["generation"] = meta.generation;
  return body;
}

// Over the canonical dump: keys sorted, no white space.
std::string checksum_of(const nlohmann::json& body) {
  const auto text = body.dump();
  return hex(bitrot_hash(std::as_bytes(std::span(text))));
}

[[noreturn]] void refuse(const std::string& why) {
  throw error(error_kind::failed, why);
}

// Of what was read, each field by its own type and range.
class fields {
 public:
  explicit fields(const nlohmann::json& body) : body_(body) {
    if (!body.is_object()) refuse("it is no JSON object");
  }

  [[nodiscard]] std::uint64_t number(const char* key, std::uint64_t most) const {
    const auto& value = at(key);
    if (!value.is_number_unsigned()) refuse(formatted("its {} is no whole number", key));
    const auto found = value.get<std::uint64_t>();
    if (found > most) refuse(formatted("its {} is {}, more than {}", key, found, most));
    return found;
  }
  [[nodiscard]] const std::string& text(const char* key) const {
    const auto& value = at(key);
    if (!value.is_string()) refuse(formatted("its {} is no text", key));
    return value.get_ref<const std::string&>();
  }

 private:
  [[nodiscard]] const nlohmann::json& at(const char* key) const {
    const auto found = body_.find(key);
    if (found == body_.end()) refuse(formatted("it has no {}", key));
    return *found;
  }
  const nlohmann::json& body_;
};

object_meta meta_of(const fields& body) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  constexpr std::uint64_t most_shards = 256;
  object_meta meta;
  const auto format = body.number("format", most);
  if (format != unbound_format && format != bound_format) {
    refuse(
        formatted("format is {}, only {} and {} are known", format, unbound_format, bound_format));
  }
  meta.bound = format == bound_format;
  meta.name = body.text("name");
  if (meta.bound) {
    auto name = unescaped(meta.name);
    if (!name) refuse("its name is not written as put writes names");
    meta.name = std::move(*name);
    meta.generation = body.number("generation", most - 1);  // one can follow
  }
  check_object_name(meta.name);
  meta.id = body.text("id");
  if (!is_id(meta.id)) refuse("its id is not 32 hex digits");
  meta.created = body.number("created", most);
  meta.size = body.number("size", geometry::max_object);
  meta.geometry.block = body.number("block", geometry::max_block);
  meta.geometry.data = static_cast<unsigned>(body.number("data", most_shards));
  meta.geometry.parity = static_cast<unsigned>(body.number("parity", most_shards));
  meta.geometry.validate();
  const auto last_shard = meta.geometry.shards() - 1;
  meta.shard = static_cast<unsigned>(body.number("shard", last_shard));
  meta.stored = static_cast<unsigned>(body.number("stored", meta.geometry.shards()));
  const auto sink = parse_sink(body.text("sink"));
  if (!sink || *sink == sink_kind::null) refuse("its sink is neither dir nor chunks");
  meta.sink = *sink;
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
  return std::tie(id, name, generation, created, size, geometry, sink) ==
         std::tie(other.id, other.name, other.generation, other.created, other.size, other.geometry,
                  other.sink);
}

std::string serialise(const object_meta& meta) {
  auto body = body_of(meta);
  body["checksum"] = checksum_of(body);
  return body.dump(2) + "\n";
}

object_meta parse_meta(std::string_view text) {
  constexpr unsigned depth = 1;
  if (text.size() > max_meta_bytes)
    refuse(formatted("it has {} bytes, more than {}", text.size(), max_meta_bytes));
  if (nests_deeper(text, depth)) refuse("it nests deeper than put writes");
  object_meta meta;
  try {
    const auto body = nlohmann::json::parse(text);
    meta = meta_of(fields(body));
    if (serialise(meta) == text) return meta;
  } catch (const nlohmann::json::exception&) {
    refuse("it is not the JSON that put writes");
  } catch (const error& problem) {
    refuse(problem.what());
  }
  refuse("its checksum does not match, or it is not written as put writes it");
}

std::string random_id() {
  std::array<std::byte, 16> bytes{};
  if (detail::restarted([&] { return getrandom(bytes.data(), bytes.size(), 0); }) !=
      static_cast<ssize_t>(bytes.size())) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return hex(bytes);
}

bool is_id(std::string_view id) noexcept {
  return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void check_object_name(std::string_view name) {
  constexpr std::size_t longest = 255;
  const auto refuse = [&](std::string_view why) {
    throw error(error_kind::bad_argument, formatted("object name '{}' {}", escaped(name), why));
  };
  if (name.empty()) refuse("is empty");
  if (name.size() > longest)
    refuse(formatted("has {} bytes, at most {} are allowed", name.size(), longest));
  if (name.front() == '.') refuse("starts with a dot");
  if (name.find('/') != std::string_view::npos) refuse("contains '/'");
  if (name.find('\0') != std::string_view::npos) refuse("contains a zero byte");
}

}  // namespace annulus::pipeline
