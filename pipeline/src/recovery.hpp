// What killed puts and heals have left.
#pragma once

#include <annulus/pipeline/disk.hpp>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace annulus::pipeline {

/// Finishes or removes what killed puts and heals left staged on these disks: a put of which enough
/// shards are here gets its name everywhere, and what it replaced is removed, as is a second copy
/// of a shard; shards that a readable object might still need are left alone, and so is whatever
/// nothing proves to be of a put. Waits for other writers. Throws error as publication_lock does.
void recover(const std::vector<const disk*>& disks, const std::stop_token& stop);

/// The same, of disks by their paths.
void recover(const std::vector<std::filesystem::path>& disks, const std::stop_token& stop = {});

}  // namespace annulus::pipeline
