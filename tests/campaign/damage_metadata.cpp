// meta.json by a hostile hand: fields with a checksum that is right, and bytes that are no
// meta.json.
#include <nlohmann/json.hpp>

#include "metadata.hpp"
#include "site.hpp"

namespace annulus::campaign {
namespace {

using json = nlohmann::json;

json some_number(site& here, const json& old) {
  const auto value = old.is_number_unsigned() ? old.get<std::uint64_t>() : 0;
  const json values[] = {value + 1,
                         value - 1,
                         0,
                         1,
                         value * 2,
                         here.below(1000),
                         std::uint64_t{255},
                         std::uint64_t{1} << 30U,
                         std::uint64_t{1} << 32U,
                         std::uint64_t{1} << 53U,
                         std::uint64_t{1} << 63U,
                         ~std::uint64_t{0},
                         -1,
                         -9'000'000'000'000'000'000,
                         1.5,
                         1e300};
  return here.one_of(values);
}

json some_text(site& here, const json& old) {
  const auto value = old.is_string() ? old.get<std::string>() : "";
  const json values[] = {"",
                         "other",
                         "neighbour",
                         "..",
                         "../../outside",
                         "/",
                         "a\nb",
                         "\x1b[31m",
                         value + "x",
                         value.substr(0, value.size() / 2),
                         std::string(1, '\0'),
                         std::string(300, 'n'),
                         std::string(60'000, 'n'),
                         "dir",
                         "chunks",
                         "null",
                         here.id()};
  return here.one_of(values);
}

json something_else(site& here) {
  auto nested = json::array();
  for (int i = 0; i < 40; ++i) nested = json::array({nested});
  const json values[] = {nullptr, true, json::array(), json::object(), nested, "7", 7};
  return here.one_of(values);
}

// Another value for one key, sensible for its type more often than not.
json other_value(site& here, const json& old) {
  if (here.chance(5)) return something_else(here);
  return old.is_string() ? some_text(here, old) : some_number(here, old);
}

void change_field(site& here, json& body) {
  auto at = body.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(here.below(body.size())));
  if (here.chance(12)) {
    body.erase(at);
  } else if (here.chance(12)) {
    body["unknown"] = something_else(here);
  } else {
    *at = other_value(here, *at);
  }
}

void forge(site& here, unsigned fields) {
  const auto path = here.object() / "meta.json";
  const auto text = bytes_of(path);
  auto body = text ? body_of(*text) : std::nullopt;
  if (!body) return;
  for (unsigned i = 0; i < fields && !body->empty(); ++i) change_field(here, *body);
  overwrite(path, with_checksum(*body));
}

void forge_field(site& here) {
  forge(here, 1);
}

// What another shard says of itself, or a put that stored another number of them.
void forge_shard(site& here) {
  const auto path = here.object() / "meta.json";
  const auto text = bytes_of(path);
  auto body = text ? body_of(*text) : std::nullopt;
  if (!body) return;
  (*body)["shard"] = here.below(here.stored().plan.disks() + 1);
  overwrite(path, with_checksum(*body));
}

// As many disks as one likes, all with the same lie.
void forge_everywhere(site& here) {
  const auto seed = here.below(1'000'000'000);
  for (unsigned disk = 0; disk < here.stored().plan.disks(); ++disk) {
    const operation same{"", disk, seed};
    const surroundings none{here.disk().parent_path(), {}};
    site there(same, here.stored(), none);
    forge(there, 1);
  }
}

constexpr std::size_t deep = 300'000;

std::string raw_text(site& here, const std::string& old) {
  const auto nested = std::string(deep, '[') + std::string(deep, ']');
  switch (here.below(18)) {
    case 0:
      return std::string(deep, '[');
    case 1: {
      std::string objects;
      for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
      return objects;
    }
    case 2:
      return old + here.noise(100'000);
    case 3:
      return old + std::string(3'000'000, ' ');
    case 4:
      return old + old;
    case 5:
      return "{}";
    case 6:
      return "null";
    case 7:
      return std::string(5'000'000, '0');
    case 8:
      return "{\"format\": 1" + std::string(1'000'000, '0') + "}";
    case 9:
      return "\xEF\xBB\xBF" + old;
    case 10:
      return old.substr(0, old.size() - 1);
    case 11:
      return '\n' + old;
    case 12:
      // The same key twice.
      return old.empty() ? old : "{\n  \"size\": 1," + old.substr(1);
    case 13:
      return "\"" + std::string(200'000, '\\') + "\"";
    case 14:
      return std::string(old.size(), '\0');
    case 15:
      return nested;
    case 16:
      return old.empty() ? nested : "{\n  \"a\": " + nested + "," + old.substr(1);
    default:
      return here.noise(400);
  }
}

void raw_metadata(site& here) {
  const auto path = here.object() / "meta.json";
  const auto old = bytes_of(path);
  if (old) overwrite(path, raw_text(here, *old));
}

// The same JSON in other words.
void reworded_metadata(site& here) {
  const auto path = here.object() / "meta.json";
  const auto old = bytes_of(path);
  if (!old || !body_of(*old)) return;
  const auto read = json::parse(*old);
  overwrite(path, here.chance(2) ? read.dump() : read.dump(4) + "\n");
}

constexpr named_change all[] = {
    {"forge_field", forge_field},
    {"forge_shard", forge_shard},
    {"forge_everywhere", forge_everywhere},
    {"raw_metadata", raw_metadata},
    {"reworded_metadata", reworded_metadata},
};

}  // namespace

std::span<const named_change> changes_of_metadata() {
  return all;
}

}  // namespace annulus::campaign
