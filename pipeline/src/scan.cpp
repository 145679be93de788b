#include "scan.hpp"

#include <algorithm>

#include "buffer.hpp"
#include "codeword.hpp"
#include "format.hpp"

namespace annulus::pipeline {
namespace {

class scanner {
 public:
  explicit scanner(found_object& object)
      : object_(object),
        shape_(object.meta.geometry),
        size_(object.meta.size),
        code_(shape_),
        seen_(object.copies.size()) {
    const auto longest =
        shape_.frame_size(static_cast<std::size_t>(std::min<std::uint64_t>(shape_.block, size_)));
    for (std::size_t i = 0; i < seen_.size(); ++i) frames_.emplace_back(longest);
  }

  scan_result run(const std::function<void(std::uint64_t, std::uint64_t)>& step) {
    const auto blocks = shape_.blocks(size_);
    // Nothing is read of what nobody has, whatever size is claimed.
    std::uint64_t end = 0;
    for (const auto& copy : object_.copies) end = std::max(end, copy.source->end());
    end = std::min(end, blocks);
    const auto total = end == blocks ? size_ : end * shape_.block;
    for (std::uint64_t block = 0; block < end; ++block) {
      step(block * shape_.block, total);
      take(block);
    }
    for (auto& one : seen_) note_bad(one, end, blocks - end);
    if (end < blocks) recoverable_ = false;
    return conclude(blocks);
  }

 private:
  struct seen_copy {
    std::uint64_t bad = 0, first_bad = 0;
  };

  static void note_bad(seen_copy& copy, std::uint64_t block, std::uint64_t count = 1) {
    if (copy.bad == 0) copy.first_bad = block;
    copy.bad += count;
  }

  void take(std::uint64_t block) {
    const auto frame = shape_.frame_size(shape_.block_length(block, size_));
    std::vector<bytes_view> shards(seen_.size());  // of each copy; none if its frame is bad
    std::vector<indexed_shard> first;              // of each shard that some copy has
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      auto& copy = object_.copies[i];
      if (!copy.source->read_frame(block, frames_[i].first(frame))) {
        note_bad(seen_[i], block);
        continue;
      }
      shards[i] = bytes_view(frames_[i].first(frame)).subspan(digest_bytes);
      const auto same = [&](const indexed_shard& one) { return one.index == copy.meta.shard; };
      if (std::none_of(first.begin(), first.end(), same))
        first.push_back({copy.meta.shard, shards[i]});
    }
    std::sort(first.begin(), first.end(),
              [](const auto& left, const auto& right) { return left.index < right.index; });
    const auto agreed = code_.agreeing(first);
    if (!agreed) return nothing_agrees(block, shards, first.size());
    std::erase_if(first, [&](const indexed_shard& one) {
      return !std::binary_search(agreed->begin(), agreed->end(), one.index);
    });
    compare(block, shards, first);
  }

  // Bound frames are what the put has written, whatever the code says: the data among them is
  // given.
  void nothing_agrees(std::uint64_t block, const std::vector<bytes_view>& shards,
                      std::size_t good) {
    const bool disagree = good >= shape_.data;
    disagree_ |= disagree;
    std::size_t bound = 0;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      bound += !shards[i].empty() && object_.copies[i].meta.bound ? 1 : 0;
      if (disagree && !shards[i].empty()) note_bad(seen_[i], block);
    }
    if (bound < shape_.data) recoverable_ = false;
  }

  void compare(std::uint64_t block, const std::vector<bytes_view>& shards,
               const std::vector<indexed_shard>& right) {
    const auto is_right = [&](std::size_t i) {
      return std::any_of(right.begin(), right.end(), [&](const indexed_shard& one) {
        return one.index == object_.copies[i].meta.shard && one.bytes.data() == shards[i].data();
      });
    };
    std::span<const bytes_view> all;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      if (shards[i].empty() || is_right(i)) continue;
      if (all.empty()) all = code_.complete(right);
      const auto expected = all[object_.copies[i].meta.shard];
      if (!std::equal(shards[i].begin(), shards[i].end(), expected.begin(), expected.end()))
        note_bad(seen_[i], block);
    }
  }

  scan_result conclude(std::uint64_t blocks) {
    scan_result result{.state = {.name = object_.meta.name,
                                 .size = size_,
                                 .data = shape_.data,
                                 .parity = shape_.parity}};
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      auto& copy = object_.copies[i];
      copy.fault = seen_[i].bad > 0 ? formatted("rotten: {} of {} frames, the first is {}",
                                                seen_[i].bad, blocks, seen_[i].first_bad)
                                    : copy.source->fault_beside_frames(blocks);
    }
    result.holders = choose_holders();
    auto& state = result.state;
    state.whole_shards =
        static_cast<unsigned>(std::count_if(result.holders.begin(), result.holders.end(),
                                            [](const auto& holder) { return holder.has_value(); }));
    state.recoverable = recoverable_ && object_.usable() >= shape_.data;
    state.disagree = disagree_;
    describe_disks(result);
    return result;
  }

  // A copy under the name, on the disk of its place in the list, before others.
  std::vector<std::optional<std::size_t>> choose_holders() {
    std::vector<std::optional<std::size_t>> holders(shape_.shards());
    const auto rank = [this](std::size_t i) {
      const auto& copy = object_.copies[i];
      return (copy.staged.empty() ? 2 : 0) + (copy.disk == copy.meta.shard ? 1 : 0);
    };
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      auto& holder = holders[object_.copies[i].meta.shard];
      if (object_.copies[i].fault.empty() && (!holder || rank(i) > rank(*holder))) holder = i;
    }
    return holders;
  }

  void describe_disks(scan_result& result) {
    for (std::size_t d = 0; d < object_.disks.size(); ++d) {
      auto& disk = object_.disks[d];
      shard_state state{.disk = disk.path};
      bool holds = false;
      std::string fault;
      for (std::size_t i = 0; i < seen_.size(); ++i) {
        const auto& copy = object_.copies[i];
        if (copy.disk != d) continue;
        holds |= result.holders[copy.meta.shard] == i;
        state.unbound |= result.holders[copy.meta.shard] == i && !copy.meta.bound;
        if (state.bad_frames == 0) state.bad_frames = seen_[i].bad;
        if (fault.empty())
          fault = copy.fault.empty() ? formatted("a second copy of shard {}", copy.meta.shard)
                                     : copy.fault;
      }
      if (holds) {
        disk.fault.clear();
        state.bad_frames = 0;
      } else if (!fault.empty()) {
        disk.fault = fault;
      }
      state.fault = disk.fault;
      result.state.shards.push_back(std::move(state));
    }
  }

  found_object& object_;
  const geometry shape_;
  const std::uint64_t size_;
  codeword code_;
  std::vector<seen_copy> seen_;
  std::vector<buffer> frames_;  // of each copy
  bool recoverable_ = true;
  bool disagree_ = false;
};

}  // namespace

scan_result scan(found_object& object,
                 const std::function<void(std::uint64_t, std::uint64_t)>& step) {
  return scanner(object).run(step);
}

}  // namespace annulus::pipeline
