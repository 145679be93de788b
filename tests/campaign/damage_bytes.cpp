// Rot: bytes of one file that are not what they were.
#include <algorithm>

#include "site.hpp"

namespace annulus::campaign {
namespace {

// Gives `edit` the bytes of one of the object's files on this disk.
template <class Edit>
void in_some_file(site& here, Edit edit) {
  const auto path = here.some_file();
  auto bytes = bytes_of(path);
  if (!bytes) return;
  edit(*bytes);
  overwrite(path, *bytes);
}

void flip_bit(site& here, std::string& bytes) {
  if (bytes.empty()) return;
  auto& byte = bytes[here.below(bytes.size())];
  byte = static_cast<char>(byte ^ 1 << here.below(8));
}

void flip(site& here) {
  in_some_file(here, [&](std::string& bytes) { flip_bit(here, bytes); });
}

void flip_many(site& here) {
  in_some_file(here, [&](std::string& bytes) {
    for (auto i = 2 + here.below(30); i > 0; --i) flip_bit(here, bytes);
  });
}

void overwrite_range(site& here) {
  in_some_file(here, [&](std::string& bytes) {
    const auto from = here.below(bytes.size());
    const auto size = std::min(1 + here.below(700), bytes.size() - from);
    const char values[] = {0, -1, 1};
    const char with = here.one_of(values);
    bytes.replace(from, size, here.chance(2) ? std::string(size, with) : here.noise(size));
  });
}

void truncate(site& here) {
  in_some_file(here, [&](std::string& bytes) { bytes.resize(here.below(bytes.size())); });
}

void extend(site& here) {
  in_some_file(here, [&](std::string& bytes) {
    const std::uint64_t sizes[] = {1, 31, 32, 100, 4096, 100'000};
    const auto size = here.one_of(sizes);
    bytes += here.chance(2) ? std::string(size, '\0') : here.noise(size);
  });
}

void empty_file(site& here) {
  in_some_file(here, [](std::string& bytes) { bytes.clear(); });
}

void remove_file(site& here) {
  if (const auto path = here.some_file(); !path.empty()) fs::remove(path);
}

void lose_the_beginning(site& here) {
  in_some_file(here, [&](std::string& bytes) { bytes.erase(0, 1 + here.below(40)); });
}

constexpr named_change all[] = {
    {"flip", flip},
    {"flip_many", flip_many},
    {"overwrite_range", overwrite_range},
    {"truncate", truncate},
    {"extend", extend},
    {"empty_file", empty_file},
    {"remove_file", remove_file},
    {"lose_the_beginning", lose_the_beginning},
};

}  // namespace

std::span<const named_change> changes_of_bytes() {
  return all;
}

}  // namespace annulus::campaign
