// Good frames in the wrong place: each has a hash, and in a chunk log a CRC, that is right.
#include <algorithm>
#include <optional>

#include "chunklog/format.hpp"
#include "site.hpp"

namespace annulus::campaign {
namespace {

using frames = std::vector<std::string>;

// A chunk's payloads; none if they are not whole.
std::optional<frames> payloads(const std::string& chunk) {
  try {
    frames found;
    for (auto& each : independent::parse(chunk)) found.push_back(std::move(each.payload));
    return found;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::string chunk_of(const frames& all) {
  std::string chunk;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto body = independent::little(i + 1, 8) + all[i];
    const auto length = body.size() + 4;
    for (int shift = 24; shift >= 0; shift -= 8) chunk += static_cast<char>(length >> shift & 0xFF);
    chunk += independent::little(independent::crc32(body), 4) + body;
  }
  return chunk;
}

std::optional<frames> frames_in(const site& here, const std::string& bytes) {
  if (here.has_chunks()) return payloads(bytes);
  frames found;
  const auto size = here.stored().frame_bytes();
  for (std::size_t at = 0; at < bytes.size(); at += size) found.push_back(bytes.substr(at, size));
  return found;
}

std::optional<frames> frames_on(const site& here, unsigned disk) {
  const auto bytes = bytes_of(here.object_on(disk) / here.frames_name());
  return bytes ? frames_in(here, *bytes) : std::nullopt;
}

void write(const site& here, unsigned disk, const frames& all) {
  const auto path = here.object_on(disk) / here.frames_name();
  if (!bytes_of(path)) return;
  std::string bytes;
  for (const auto& each : all) bytes += each;
  overwrite(path, here.has_chunks() ? chunk_of(all) : bytes);
}

template <class Edit>
void edit_frames(site& here, Edit edit) {
  auto all = frames_on(here, here.disk_number());
  if (!all || all->empty()) return;
  edit(*all);
  write(here, here.disk_number(), *all);
}

void swap_frames(site& here) {
  edit_frames(here, [&](frames& all) { std::swap(here.one_of(all), here.one_of(all)); });
}

void reverse_frames(site& here) {
  edit_frames(here, [](frames& all) { std::reverse(all.begin(), all.end()); });
}

void repeat_frame(site& here) {
  edit_frames(here, [&](frames& all) {
    const auto again = here.one_of(all);
    here.one_of(all) = again;
  });
}

void repeat_one_everywhere(site& here) {
  edit_frames(here, [&](frames& all) {
    const auto again = here.one_of(all);
    std::fill(all.begin(), all.end(), again);
  });
}

void move_frame(site& here) {
  edit_frames(here, [&](frames& all) {
    const auto from = static_cast<std::ptrdiff_t>(here.below(all.size()));
    const auto moved = all[static_cast<std::size_t>(from)];
    all.erase(all.begin() + from);
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(here.below(all.size() + 1)), moved);
  });
}

void drop_frame(site& here) {
  edit_frames(here, [&](frames& all) {
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(here.below(all.size())));
  });
}

void append_frame(site& here) {
  edit_frames(here, [&](frames& all) { all.push_back(here.one_of(all)); });
}

void swap_frames_between(site& here) {
  const auto with = here.another_disk();
  auto mine = frames_on(here, here.disk_number());
  auto others = frames_on(here, with);
  if (!mine || !others || mine->empty() || others->empty()) return;
  const auto at = here.below(std::min(mine->size(), others->size()));
  std::swap((*mine)[at], (*others)[at]);
  write(here, here.disk_number(), *mine);
  write(here, with, *others);
}

// Frames of what another put stored, at their positions.
void take_frames(site& here, const version& from) {
  const auto& shard = from.shards[here.disk_number()];
  const auto found = shard.find(here.frames_name());
  if (found == shard.end()) return;
  const auto others = frames_in(here, found->second);
  edit_frames(here, [&](frames& all) {
    if (!others || others->empty()) return;
    const auto common = std::min(all.size(), others->size());
    for (auto n = 1 + here.below(common); n > 0; --n) {
      const auto at = here.below(common);
      all[at] = (*others)[at];
    }
  });
}

void stale_frames(site& here) {
  take_frames(here, here.stored().older);
}

void foreign_frames(site& here) {
  take_frames(here, here.stored().other);
}

// A frame whose hash is right and whose bytes are nobody's.
void invented_frame(site& here) {
  edit_frames(here, [&](frames& all) {
    auto& frame = here.one_of(all);
    if (frame.size() <= 32) return;
    const auto bytes = here.noise(frame.size() - 32);
    const auto hash = pipeline::bitrot_hash(std::as_bytes(std::span(bytes)));
    frame = std::string(reinterpret_cast<const char*>(hash.data()), hash.size()) + bytes;
  });
}

// The records of a chunk with their IDs in another order; frames otherwise.
void swap_records(site& here) {
  if (!here.has_chunks()) return swap_frames(here);
  const auto path = here.object() / here.frames_name();
  const auto bytes = bytes_of(path);
  const auto all = bytes ? payloads(*bytes) : std::nullopt;
  if (!all || all->size() < 2) return;
  const auto first = 16 + all->front().size();
  overwrite(path, bytes->substr(first) + bytes->substr(0, first));
}

constexpr named_change all_changes[] = {
    {"swap_frames", swap_frames},       {"reverse_frames", reverse_frames},
    {"repeat_frame", repeat_frame},     {"repeat_one_everywhere", repeat_one_everywhere},
    {"move_frame", move_frame},         {"drop_frame", drop_frame},
    {"append_frame", append_frame},     {"swap_frames_between", swap_frames_between},
    {"stale_frames", stale_frames},     {"foreign_frames", foreign_frames},
    {"invented_frame", invented_frame}, {"swap_records", swap_records},
};

}  // namespace

std::span<const named_change> changes_of_frames() {
  return all_changes;
}

}  // namespace annulus::campaign
