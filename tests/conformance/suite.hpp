// What every conformance test shares: the typed suite over all tested rings, and byte patterns.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <annulus/all.hpp>
#include <cstdint>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "support/stream.hpp"
#include "support/suite.hpp"

namespace annulus::testing {

using namespace std::chrono_literals;

/// One of the caller's own.
inline const auto some_error = std::make_error_code(std::errc::io_error);

}  // namespace annulus::testing
