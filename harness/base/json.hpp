// The JSON type of the harness: it keeps the order of keys, so that files read as they were
// written.
#pragma once

#include <nlohmann/json.hpp>

namespace annulus::harness {

using json = nlohmann::ordered_json;

}  // namespace annulus::harness
