#include "codeword.hpp"

#include <algorithm>
#include <numeric>

namespace annulus::pipeline {
namespace {

std::vector<unsigned> indices_of(std::span<const indexed_shard> shards) {
  std::vector<unsigned> indices;
  indices.reserve(shards.size());
  for (const auto& shard : shards) indices.push_back(shard.index);
  return indices;
}

// The next choice of as many of 0 to n-1 in lexicographic order; false after the last.
bool next_choice(std::vector<std::size_t>& chosen, std::size_t n) {
  const auto k = chosen.size();
  for (std::size_t i = k; i-- > 0;) {
    if (chosen[i] == n - k + i) continue;
    ++chosen[i];
    for (auto j = i + 1; j < k; ++j) chosen[j] = chosen[j - 1] + 1;
    return true;
  }
  return false;
}

}  // namespace

codeword::codeword(const geometry& shape)
    : shape_(shape), code_(shape.data, shape.parity), computed_(shape.shards()) {
}

// Shards `to` from a part of `data` others.
void codeword::compute(std::span<const indexed_shard> from, std::size_t offset,
                       const std::vector<unsigned>& to, std::size_t bytes) {
  std::vector<const std::byte*> sources;
  std::vector<std::byte*> targets;
  for (const auto& shard : from) sources.push_back(shard.bytes.data() + offset);
  for (const auto index : to) {
    computed_[index].resize(std::max(computed_[index].size(), bytes));
    targets.push_back(computed_[index].data());
  }
  // Inverting the matrix costs more than decoding a block, and the set of good shards rarely
  // changes.
  if (auto indices = indices_of(from); indices != from_ || to != to_) {
    decoder_ = code_.make_decoder(indices, to);
    from_ = std::move(indices);
    to_ = to;
  }
  decoder_.decode(sources, targets, bytes);
}

// Where one of the shards differs from what the first `data` make of it.
std::optional<std::size_t> codeword::first_difference(std::span<const indexed_shard> shards,
                                                      std::size_t from, std::size_t bytes) {
  const auto others = shards.subspan(shape_.data);
  compute(shards.first(shape_.data), from, indices_of(others), bytes);
  for (const auto& shard : others) {
    const auto there = shard.bytes.subspan(from, bytes);
    const auto [differs, rest] =
        std::mismatch(there.begin(), there.end(), computed_[shard.index].begin());
    static_cast<void>(rest);
    if (differs != there.end()) return from + static_cast<std::size_t>(differs - there.begin());
  }
  return std::nullopt;
}

std::optional<std::vector<unsigned>> codeword::agreeing(std::span<const indexed_shard> shards) {
  if (shards.size() < shape_.data) return std::nullopt;
  const auto size = shards.front().bytes.size();
  const auto at = first_difference(shards, 0, size);
  return at ? without_some(shards, *at) : indices_of(shards);
}

// A wrong shard shows where the first difference was found, so that most choices are judged by a
// few bytes. With `out` shards taken out, another set of as many that agree could exist only if
// fewer than `data + out` are left: two sets would share `data` shards, and those make the whole
// block.
std::optional<std::vector<unsigned>> codeword::without_some(std::span<const indexed_shard> shards,
                                                            std::size_t at) {
  constexpr std::size_t sample = 64;
  constexpr int most_choices = 2000;
  const auto n = shards.size();
  const auto size = shards.front().bytes.size();
  const auto bytes = std::min(sample, size - at);
  int tried = 0;
  for (std::size_t out = 1; n - out >= shape_.data + out; ++out) {
    std::vector<std::size_t> chosen(out);
    std::iota(chosen.begin(), chosen.end(), std::size_t{0});
    do {
      if (++tried > most_choices) return std::nullopt;
      std::vector<indexed_shard> rest;
      for (std::size_t i = 0; i < n; ++i) {
        if (std::find(chosen.begin(), chosen.end(), i) == chosen.end()) rest.push_back(shards[i]);
      }
      if (!first_difference(rest, at, bytes) && !first_difference(rest, 0, size))
        return indices_of(rest);
    } while (next_choice(chosen, n));
  }
  return std::nullopt;
}

std::span<const bytes_view> codeword::complete(std::span<const indexed_shard> shards) {
  const auto given = shards.first(shape_.data);
  const auto size = given.front().bytes.size();
  std::vector<bool> is_given(shape_.shards());
  for (const auto& shard : given) is_given[shard.index] = true;
  std::vector<unsigned> others;
  for (unsigned i = 0; i < shape_.shards(); ++i) {
    if (!is_given[i]) others.push_back(i);
  }
  compute(given, 0, others, size);
  views_.assign(shape_.shards(), {});
  for (const auto& shard : given) views_[shard.index] = shard.bytes;
  for (const auto index : others) views_[index] = {computed_[index].data(), size};
  return views_;
}

}  // namespace annulus::pipeline
