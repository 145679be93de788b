// Reed-Solomon over GF(2^8), polynomial 0x11D.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace annulus::pipeline {

/// The systematic code of the design: V[r][c] = r^c times the inverse of its top square, as
/// klauspost/reedsolomon and MinIO compute it; ISA-L does the arithmetic. Immutable after
/// construction, so safe from any thread.
class erasure_code {
 public:
  /// Throws error(bad_argument) as geometry::validate does. O(data^3).
  erasure_code(unsigned data, unsigned parity);

  /// Computes all parity shards of `length` bytes from all data shards of `length` bytes. O(data *
  /// parity * length).
  void encode(std::span<const std::byte* const> data, std::span<std::byte* const> parity,
              std::size_t length) const noexcept;

  /// Computes some shards from any `data` others.
  class decoder {
   public:
    /// `from[i]` and `to[i]` belong to the shards that the decoder was made for, each `length`
    /// bytes.
    void decode(std::span<const std::byte* const> from, std::span<std::byte* const> to,
                std::size_t length) const noexcept;

   private:
    friend erasure_code;
    unsigned from_ = 0;
    unsigned to_ = 0;
    std::vector<unsigned char> tables_;
  };

  /// A decoder of shards `to` from the `data` distinct shards `from`. Precondition: from.size() ==
  /// data, indices below data + parity. O(data^3).
  [[nodiscard]] decoder make_decoder(std::span<const unsigned> from,
                                     std::span<const unsigned> to) const;

 private:
  unsigned data_;
  unsigned parity_;
  std::vector<unsigned char> matrix_;  // (data + parity) x data, the top square is the identity
  std::vector<unsigned char> tables_;  // ISA-L's form of the parity rows
};

}  // namespace annulus::pipeline
