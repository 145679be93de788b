// The reference of what can be written in a matrix.
#pragma once

#include <string>

#include "measure/suite.hpp"

namespace annulus::harness {

/// A matrix of this suite with every key, each with what it is, what is allowed and its default:
/// valid TOML, made of the suite's descriptors.
std::string matrix_reference(const suite& of);

}  // namespace annulus::harness
