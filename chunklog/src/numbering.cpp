#include "numbering.hpp"

#include <bitset>

namespace annulus::chunklog {
namespace {

constexpr std::size_t circle = 0x10000;
// A number is missing where a chunk was deleted; thousands are where one was renamed.
constexpr chunk_number most_bridged = 64;

using number_set = std::bitset<circle>;

number_set set_of(const std::vector<chunk_number>& numbers) {
  number_set all;
  for (const auto number : numbers) all.set(number);
  return all;
}

// Of those that want to keep their number, only the most that lie together do.
void forget_distant(std::vector<numbered_chunk>& chunks) {
  std::size_t best_begin = 0, best_end = 0, best = 0;
  std::size_t begin = 0, count = 0;
  std::optional<chunk_number> last;
  const auto close = [&](std::size_t end) {
    if (count > best) {
      best = count;
      best_begin = begin;
      best_end = end;
    }
  };
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (!chunks[i].keeps) continue;
    if (last && distance(*last, *chunks[i].keeps) > most_bridged) {
      close(i);
      begin = i;
      count = 0;
    }
    ++count;
    last = chunks[i].keeps;
  }
  close(chunks.size());
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (i < best_begin || i >= best_end) chunks[i].keeps.reset();
  }
}

// Beside those that stay where they are.
std::optional<std::vector<chunk_number>> around_kept(const std::vector<numbered_chunk>& chunks,
                                                     const number_set& needed) {
  std::vector<chunk_number> numbers(chunks.size());
  std::optional<std::size_t> kept;
  for (std::size_t i = 0; i < chunks.size() && !kept; ++i) {
    if (chunks[i].keeps) kept = i;
  }
  if (!kept) return std::nullopt;
  const auto origin = *chunks[*kept].keeps;
  for (std::size_t i = *kept; i-- > 0;) {
    numbers[i] = static_cast<chunk_number>(origin - (*kept - i));
    if (needed[numbers[i]]) return std::nullopt;
  }
  numbers[*kept] = origin;
  for (auto i = *kept + 1; i < chunks.size(); ++i) {
    const auto next = successor(numbers[i - 1]);
    numbers[i] = chunks[i].keeps.value_or(next);
    if (!chunks[i].keeps && needed[next]) return std::nullopt;
    // More chunks than numbers up to this one: the distance would go round the circle.
    if (distance(numbers[i - 1], numbers[i]) == 0 ||
        distance(numbers[i - 1], numbers[i]) > most_bridged + 1) {
      return std::nullopt;
    }
    for (auto between = next; between != numbers[i]; between = successor(between)) {
      if (needed[between]) return std::nullopt;
    }
  }
  std::size_t span = *kept;
  for (auto i = *kept + 1; i < chunks.size(); ++i) span += distance(numbers[i - 1], numbers[i]);
  return span < circle ? std::optional(std::move(numbers)) : std::nullopt;
}

// Behind all that are there.
std::optional<std::vector<chunk_number>> afresh(std::size_t count,
                                                const std::vector<chunk_number>& present) {
  const auto used = set_of(present);
  const auto order = in_written_order(present);
  auto next = order.empty() ? chunk_number{0} : successor(order.back());
  std::vector<chunk_number> numbers;
  for (; numbers.size() < count; next = successor(next)) {
    if (used[next] || numbers.size() == circle) return std::nullopt;
    numbers.push_back(next);
  }
  return numbers;
}

}  // namespace

std::optional<std::vector<chunk_number>> assign_numbers(std::vector<numbered_chunk> chunks,
                                                        const std::vector<chunk_number>& present,
                                                        const std::vector<chunk_number>& needed) {
  forget_distant(chunks);
  if (auto numbers = around_kept(chunks, set_of(needed))) return numbers;
  return afresh(chunks.size(), present);
}

}  // namespace annulus::chunklog
