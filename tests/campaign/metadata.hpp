// meta.json as docs/formats.md says it is written, so that a forged one has the right checksum.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace annulus::campaign {

/// All keys but the checksum; none if it is no JSON object.
std::optional<nlohmann::json> body_of(const std::string& text);
/// The text of a meta.json with these keys.
std::string with_checksum(nlohmann::json body);

}  // namespace annulus::campaign
