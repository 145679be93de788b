// Reed-Solomon over GF(2^8) as in a textbook, sharing nothing with the code under test.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

namespace plain_field {

using row = std::vector<std::uint8_t>;
using matrix = std::vector<row>;

inline std::uint8_t multiply(unsigned a, unsigned b) {
  unsigned product = 0;
  for (; b != 0; b >>= 1) {
    if ((b & 1) != 0) product ^= a;
    a <<= 1;
    if ((a & 0x100) != 0) a ^= 0x11D;
  }
  return static_cast<std::uint8_t>(product);
}

inline std::uint8_t inverse(std::uint8_t a) {
  for (unsigned b = 1; b < 256; ++b) {
    if (multiply(a, b) == 1) return static_cast<std::uint8_t>(b);
  }
  throw std::domain_error("zero has no inverse");
}

// Gauss and Jordan.
inline matrix inverse(matrix left) {
  const auto n = left.size();
  matrix right(n, row(n));
  for (std::size_t i = 0; i < n; ++i) right[i][i] = 1;
  for (std::size_t c = 0; c < n; ++c) {
    auto pivot = c;
    while (left[pivot][c] == 0) ++pivot;
    std::swap(left[c], left[pivot]);
    std::swap(right[c], right[pivot]);
    const auto scale = inverse(left[c][c]);
    for (std::size_t i = 0; i < n; ++i) {
      left[c][i] = multiply(left[c][i], scale);
      right[c][i] = multiply(right[c][i], scale);
    }
    for (std::size_t r = 0; r < n; ++r) {
      const auto factor = r == c ? std::uint8_t{0} : left[r][c];
      for (std::size_t i = 0; i < n; ++i) {
        left[r][i] = static_cast<std::uint8_t>(left[r][i] ^ multiply(factor, left[c][i]));
        right[r][i] = static_cast<std::uint8_t>(right[r][i] ^ multiply(factor, right[c][i]));
      }
    }
  }
  return right;
}

/// The parity rows of the systematic matrix: V[r][c] = r^c times the inverse of its top square.
inline matrix parity_rows(std::size_t data, std::size_t parity) {
  matrix v(data + parity, row(data));
  for (std::size_t r = 0; r < v.size(); ++r) {
    std::uint8_t power = 1;
    for (std::size_t c = 0; c < data; ++c) {
      v[r][c] = power;
      power = multiply(power, static_cast<unsigned>(r));
    }
  }
  const auto top = inverse(matrix(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(data)));
  matrix rows(parity, row(data));
  for (std::size_t r = 0; r < parity; ++r) {
    for (std::size_t c = 0; c < data; ++c) {
      for (std::size_t i = 0; i < data; ++i) {
        rows[r][c] = static_cast<std::uint8_t>(rows[r][c] ^ multiply(v[data + r][i], top[i][c]));
      }
    }
  }
  return rows;
}

/// One parity shard from all data shards.
inline row parity_shard(const row& coefficients, const std::vector<row>& data) {
  row shard(data.front().size());
  for (std::size_t d = 0; d < data.size(); ++d) {
    for (std::size_t i = 0; i < shard.size(); ++i) {
      shard[i] = static_cast<std::uint8_t>(shard[i] ^ multiply(coefficients[d], data[d][i]));
    }
  }
  return shard;
}

}  // namespace plain_field
