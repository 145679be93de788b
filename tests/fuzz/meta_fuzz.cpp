// Any bytes as a meta.json: refused in a sentence, or just what `serialise` writes.
#include <gtest/gtest.h>

#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/object.hpp>
#include <string>

#include "campaign/metadata.hpp"
#include "fuzz/differential.hpp"

namespace annulus::fuzz {
namespace {

// Of the first byte: without it hardly any input gets past the checksum.
constexpr unsigned checksum_made_right = 1;

std::string text_of(std::string_view input) {
  const auto how = static_cast<unsigned char>(input.front());
  std::string text(input.substr(1));
  if ((how & checksum_made_right) == 0) return text;
  const auto body = campaign::body_of(text);
  return body ? campaign::with_checksum(*body) : text;
}

}  // namespace

void check(std::string_view input) {
  if (input.empty()) return;
  const auto text = text_of(input);
  try {
    EXPECT_EQ(pipeline::serialise(pipeline::parse_meta(text)), text);
  } catch (const pipeline::error& refusal) {
    EXPECT_STRNE(refusal.what(), "");
  }
}

}  // namespace annulus::fuzz
