#include <isa-l/erasure_code.h>

#include <annulus/pipeline/erasure.hpp>
#include <annulus/pipeline/geometry.hpp>
#include <cassert>

namespace annulus::pipeline {
namespace {

using matrix = std::vector<unsigned char>;

// ISA-L's expansion of one coefficient.
constexpr std::size_t table_bytes = 32;

// V[r][c] = r^c, with 0^0 = 1.
matrix vandermonde(unsigned rows, unsigned columns) {
  matrix v(std::size_t{rows} * columns);
  for (unsigned r = 0; r < rows; ++r) {
    unsigned char power = 1;
    for (unsigned c = 0; c < columns; ++c) {
      v[std::size_t{r} * columns + c] = power;
      power = gf_mul(power, static_cast<unsigned char>(r));
    }
  }
  return v;
}

matrix inverse(matrix square, unsigned n) {
  matrix result(square.size());
  // ISA-L overwrites its input. A square of distinct Vandermonde rows is never singular.
  [[maybe_unused]] const auto singular =
      gf_invert_matrix(square.data(), result.data(), static_cast<int>(n));
  assert(singular == 0);
  return result;
}

matrix product(const matrix& left, const matrix& right, unsigned rows, unsigned inner) {
  matrix result(std::size_t{rows} * inner);
  for (unsigned r = 0; r < rows; ++r) {
    for (unsigned c = 0; c < inner; ++c) {
      unsigned char sum = 0;
      for (unsigned i = 0; i < inner; ++i) {
        sum ^= gf_mul(left[std::size_t{r} * inner + i], right[std::size_t{i} * inner + c]);
      }
      result[std::size_t{r} * inner + c] = sum;
    }
  }
  return result;
}

matrix expanded(unsigned columns, unsigned rows, matrix coefficients) {
  matrix tables(table_bytes * columns * rows);
  ec_init_tables(static_cast<int>(columns), static_cast<int>(rows), coefficients.data(),
                 tables.data());
  return tables;
}

void multiply(const matrix& tables, unsigned columns, unsigned rows,
              std::span<const std::byte* const> from, std::span<std::byte* const> to,
              std::size_t length) noexcept {
  if (length == 0 || rows == 0) return;
  // ISA-L's C interface lacks const; it only reads the tables and the sources.
  ec_encode_data(static_cast<int>(length), static_cast<int>(columns), static_cast<int>(rows),
                 const_cast<unsigned char*>(tables.data()),
                 reinterpret_cast<unsigned char**>(const_cast<std::byte**>(from.data())),
                 reinterpret_cast<unsigned char**>(const_cast<std::byte**>(to.data())));
}

}  // namespace

erasure_code::erasure_code(unsigned data, unsigned parity) : data_(data), parity_(parity) {
  geometry{.data = data, .parity = parity}.validate();
  const auto v = vandermonde(data + parity, data);
  const auto top = matrix(v.begin(), v.begin() + std::ptrdiff_t{data} * data);
  matrix_ = product(v, inverse(top, data), data + parity, data);
  tables_ =
      expanded(data, parity, matrix(matrix_.begin() + std::ptrdiff_t{data} * data, matrix_.end()));
}

void erasure_code::encode(std::span<const std::byte* const> data,
                          std::span<std::byte* const> parity, std::size_t length) const noexcept {
  multiply(tables_, data_, parity_, data, parity, length);
}

erasure_code::decoder erasure_code::make_decoder(std::span<const unsigned> from,
                                                 std::span<const unsigned> to) const {
  const auto row = [this](unsigned shard) {
    const auto begin = matrix_.begin() + std::ptrdiff_t{shard} * data_;
    return std::span(begin, data_);
  };
  matrix present;
  for (const auto shard : from) present.insert(present.end(), row(shard).begin(), row(shard).end());
  matrix wanted;
  for (const auto shard : to) wanted.insert(wanted.end(), row(shard).begin(), row(shard).end());
  decoder made;
  made.from_ = data_;
  made.to_ = static_cast<unsigned>(to.size());
  if (!to.empty()) {
    made.tables_ =
        expanded(data_, made.to_, product(wanted, inverse(present, data_), made.to_, data_));
  }
  return made;
}

void erasure_code::decoder::decode(std::span<const std::byte* const> from,
                                   std::span<std::byte* const> to,
                                   std::size_t length) const noexcept {
  multiply(tables_, from_, to_, from, to, length);
}

}  // namespace annulus::pipeline
