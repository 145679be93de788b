// The descriptor owner of the layers below, under the harness's name.
#pragma once

#include <annulus/chunklog/unique_fd.hpp>

namespace annulus::harness {

using chunklog::unique_fd;

}  // namespace annulus::harness
