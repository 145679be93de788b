// Every place of a chunk at which a whole record begins, and what of it is the log.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "damage_search.hpp"

namespace annulus::chunklog {

/// Goes through a damaged part of a chunk, byte by byte, and joins whole records to stretches. A
/// record whose payload is rotten, but whose header is due and leads to what follows, joins two.
class record_scan {
 public:
  /// The part from `begin` to `end`, which the window has indexed. The record that should be at
  /// `begin` is `due`; 0: unknown.
  /// Content can be nothing but records that do not connect: of more than `most_chains`, those are
  /// forgotten that would not be chosen so far.
  record_scan(chunk_window& chunk, std::uint64_t begin, std::uint64_t end, std::uint64_t due,
              const id_limits& limits, std::size_t most_chains = std::size_t{1} << 20U);

  /// False if `stop` came first.
  bool run(const std::stop_token& stop);

  /// The stretches that are the log's: in order, their IDs rising, with a lost record between each
  /// two. One that ends where the chunk ends, with the ID that goes on elsewhere (or, if none does,
  /// with any), or that meets the durable mark, is one of them; beside it those that leave the
  /// fewest records lost, or the most bytes whole if nothing bounds the IDs.
  [[nodiscard]] std::vector<stretch> choose() const;

 private:
  static constexpr std::size_t none = ~std::size_t{0};

  /// The last stretch of those that rotten records join, and the sum of them all.
  struct chain {
    stretch last{};
    std::uint64_t begin = 0;
    std::uint64_t first_id = 0;
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    std::size_t before = none;  ///< the chain up to the rotten record
    bool went_on = false;       ///< it is before another one
    bool doubtful = false;      ///< has IDs beyond the limits
    bool early = false;         ///< begins with an ID that the chunk before it begins with, or less
    bool marked = false;        ///< has the ID at the durable mark that the ledger says
  };
  struct expectation {
    std::size_t chain = none;
    std::uint64_t id = 0;
  };
  using expected_at = std::unordered_multimap<std::uint64_t, expectation>;

  void stand_at(std::uint64_t at, std::uint64_t due);
  void look(std::uint64_t at, bytes_view header);
  [[nodiscard]] bool ends_at(std::uint64_t at);
  void pass(std::uint64_t at, std::uint64_t id);
  [[nodiscard]] bool may_begin(std::uint64_t at, std::uint64_t id) const;
  [[nodiscard]] bool within_limits(std::uint64_t at, std::uint64_t id) const;
  [[nodiscard]] bool within_bytes(std::uint64_t at, std::uint64_t id) const;
  [[nodiscard]] bool begins_with_marker() const;
  expected_at::iterator expected(std::uint64_t at, std::uint64_t id);
  void take(std::uint64_t at, std::uint64_t end, std::uint64_t id, std::uint64_t next_id);
  void settle(std::uint64_t at);
  [[nodiscard]] std::vector<std::size_t> chosen_chains() const;
  [[nodiscard]] static bool is_before(const chain& one, const chain& next);
  [[nodiscard]] bool connected(const chain& one) const;
  [[nodiscard]] bool may_end_there(const chain& one) const;
  [[nodiscard]] bool misplaced() const;
  [[nodiscard]] bool credible(const chain& one, bool place_known) const;
  [[nodiscard]] std::vector<std::size_t> credible_chains() const;
  [[nodiscard]] std::optional<std::size_t> anchor(const std::vector<std::size_t>& among) const;
  [[nodiscard]] std::vector<std::size_t> best(std::vector<std::size_t> among,
                                              bool by_records) const;

  chunk_window& chunk_;
  std::uint64_t begin_;
  const std::uint64_t end_;
  std::uint64_t due_;
  const id_limits& limits_;
  std::size_t most_chains_;
  std::uint64_t highest_ = 0;  // no record before `mark_` has a greater ID; 0: unknown
  std::uint64_t mark_ = 0;
  std::uint64_t before_ = 0;            // an ID that is not above is doubtful
  std::uint64_t content_end_ = 0;       // of the record at `begin_`, by its header
  bool cut_off_ = false;                // it would end behind the chunk
  std::uint64_t whole_end_ = 0;         // of what is whole so far: what ends before is its content
  std::uint64_t earliest_ = 0;          // no record begins before
  std::optional<record_header> own_{};  // of the record at `begin_`, if it may be right
  bool leaps_ = false;                  // a marker is rotten at `begin_`, so IDs can be far ahead
  std::vector<chain> chains_{};
  expected_at expected_{};
};

}  // namespace annulus::chunklog
