#include <annulus/bytes/byte_order.hpp>
#include <annulus/pipeline/bitrot.hpp>
#include <annulus/pipeline/frame_parser.hpp>

// The library's headers are not warning-free under our flags.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#include <highwayhash/highwayhash_target.h>
#include <highwayhash/instruction_sets.h>
#pragma GCC diagnostic pop

namespace annulus::pipeline {
namespace {

// 4be734fa8e238acd263e83e6bb968552040f935da39f441497e09d1322de36a0, read as four little-endian
// words.
constexpr highwayhash::HHKey key = {
    0xcd8a238efa34e74bULL,
    0x528596bbe6833e26ULL,
    0x14449fa35d930f04ULL,
    0xa036de22139de097ULL,
};

}  // namespace

digest bitrot_hash(bytes_view bytes) noexcept {
  highwayhash::HHResult256 lanes;
  highwayhash::InstructionSets::Run<highwayhash::HighwayHash>(
      key, reinterpret_cast<const char*>(bytes.data()), bytes.size(), &lanes);
  digest result;
  auto* to = result.data();
  for (const auto lane : lanes) {
    store_le(to, lane);
    to += sizeof lane;
  }
  return result;
}

bool frame_is_good(bytes_view frame) noexcept {
  const auto found = frame_parser(frame.size()).next(frame, true);
  return found.status == parse_status::message &&
         bitrot_hash(subsequence(frame, found.shard)) == found.hash;
}

}  // namespace annulus::pipeline
