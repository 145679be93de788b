#include "metadata.hpp"

#include <fmt/format.h>

#include <annulus/pipeline/bitrot.hpp>
#include <span>

namespace annulus::campaign {

using nlohmann::json;

std::optional<json> body_of(const std::string& text) {
  // A hostile one may be nested deeper than its reader's stack is.
  constexpr std::size_t most = 65'536;
  if (text.size() > most || text.find("[[[[") != std::string::npos) return std::nullopt;
  auto body = json::parse(text, nullptr, false);
  if (!body.is_object()) return std::nullopt;
  body.erase("checksum");
  return body;
}

std::string with_checksum(json body) {
  const auto canonical = body.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string hex;
  for (const auto byte : pipeline::bitrot_hash(std::as_bytes(std::span(canonical)))) {
    hex += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  }
  body["checksum"] = hex;
  return body.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace annulus::campaign
