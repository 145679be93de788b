#include "measure/estimates.hpp"

#include "fixtures.hpp"

namespace annulus::harness {
namespace {

// One cell at these speeds, of which those of the `marked` repetitions were measured in bad
// company.
cell_samples cell_of(std::initializer_list<double> rates, const std::vector<int>& marked = {},
                     bool verified = true, const std::string& ring = "futex") {
  auto samples = fixed_cell(0, fixed_key(ring, "null"), rates, verified);
  for (const int repetition : marked)
    samples.at(static_cast<std::size_t>(repetition) - 1).fitness = {{"marks", {"others"}}};
  return by_cell(samples).at(0);
}

TEST(estimate_of, leaves_out_what_was_measured_in_bad_company) {
  const auto found = estimate_of(cell_of({1, 2, 3, 4, 5, 6, 900}, {7}), bytes_per_second);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->n, 6U);
  EXPECT_DOUBLE_EQ(found->median, 3.5e6);
}

TEST(estimate_of, falls_back_on_all_if_none_was_good) {
  EXPECT_DOUBLE_EQ(estimate_of(cell_of({1, 3}, {1, 2}), bytes_per_second)->median, 2e6);
}

TEST(estimate_of, is_nothing_without_the_figure) {
  EXPECT_FALSE(estimate_of(cell_of({1}), "wakes_per_gib"));
  EXPECT_FALSE(estimate_of(cell_samples{}, bytes_per_second));
}

TEST(ratio_of, compares_those_of_one_pass) {
  // Each pass is ten times as slow as the one before: only the pairs say that one is twice the
  // other.
  const auto fast = cell_of({2000, 200, 20, 2, 0.2, 0.02});
  const auto slow = cell_of({1000, 100, 10, 1, 0.1, 0.01});
  const auto found = ratio_of(fast, bytes_per_second, slow, bytes_per_second);
  ASSERT_TRUE(found);
  EXPECT_DOUBLE_EQ(found->median, 2);
  EXPECT_DOUBLE_EQ(found->low, 2);
  EXPECT_DOUBLE_EQ(found->high, 2);
  EXPECT_EQ(found->n, 6U);
}

TEST(ratio_of, leaves_out_a_pass_that_one_lacks) {
  const auto found =
      ratio_of(cell_of({4, 4, 4}), bytes_per_second, cell_of({1, 2, 4}, {2}), bytes_per_second);
  EXPECT_EQ(found->n, 2U);
  EXPECT_DOUBLE_EQ(found->median, 2.5);
  EXPECT_FALSE(ratio_of(cell_of({1}), bytes_per_second, cell_of({1}), "wakes_per_gib"));
  EXPECT_FALSE(ratio_of(cell_of({1}), bytes_per_second, cell_samples{}, bytes_per_second));
}

TEST(ratio_of, is_nothing_by_zero) {
  cell_samples none = cell_of({1});
  none.results.at(1).metrics[bytes_per_second] = 0;
  EXPECT_FALSE(ratio_of(cell_of({1}), bytes_per_second, none, bytes_per_second));
}

TEST(is_verified, asks_every_repetition) {
  EXPECT_TRUE(is_verified(cell_of({1, 2}, {1})));
  cell_samples one_bad = cell_of({1, 2}, {1});
  one_bad.marked.at(1).verified = false;
  EXPECT_FALSE(is_verified(one_bad));
}

TEST(roofs_of, are_those_that_were_measured) {
  const auto all = by_cell(fixed_samples());
  const suite& of = *fake_suites().front();
  const auto found = roofs_of(of, all.at(3), all);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]->key.at("ring"), "copy");
  EXPECT_TRUE(roofs_of(of, all.at(7), all).empty());
  EXPECT_TRUE(roofs_of(of, all.at(3), {all.at(3)}).empty());
}

class winners : public testing::Test {
 protected:
  std::optional<winner> found(std::vector<cell_samples> field, const char* by = bytes_per_second) {
    field_ = std::move(field);
    std::vector<const cell_samples*> pointers;
    for (const cell_samples& each : field_) pointers.push_back(&each);
    return winner_of(pointers, find_metric(*fake_suites().front(), by));
  }
  std::vector<cell_samples> field_;
  cell_samples slow_ = cell_of({10, 11, 12, 13, 14, 15});
  cell_samples fast_ = cell_of({20, 21, 22, 23, 24, 25}, {}, true, "spsc");
};

TEST_F(winners, is_the_best_alone_if_the_data_can_tell) {
  const auto best = found({slow_, fast_});
  ASSERT_TRUE(best);
  EXPECT_EQ(best->cell->key.at("ring"), "spsc");
  EXPECT_DOUBLE_EQ(best->value.median, 22.5e6);
  EXPECT_TRUE(best->ties.empty());
}

TEST_F(winners, ties_with_whom_it_cannot_be_told_from) {
  const auto best = found({slow_, fast_, cell_of({19, 20, 21, 22, 23, 24}, {}, true, "mutex")});
  ASSERT_EQ(best->ties.size(), 1U);
  EXPECT_EQ(best->ties[0]->key.at("ring"), "mutex");
  // Too few to have an interval.
  EXPECT_EQ(found({fast_, cell_of({1})})->ties.size(), 1U);
}

TEST_F(winners, may_be_the_least) {
  cell_samples frugal = slow_;
  for (auto& [repetition, result] : frugal.results) result.metrics[cpu_per_gib] = 1;
  const auto best = found({fast_, frugal}, cpu_per_gib);
  EXPECT_EQ(best->cell->key.at("ring"), "futex");
}

TEST_F(winners, are_neither_roofs_nor_unverified_nor_in_bad_company) {
  cell_samples roof = fast_;
  roof.is_roof = true;
  cell_samples wrong = fast_;
  wrong.results.at(1).verified = false;
  const auto disturbed = cell_of({20, 21}, {1, 2});
  EXPECT_EQ(found({roof, wrong, disturbed, slow_})->cell->key.at("ring"), "futex");
  EXPECT_FALSE(found({roof, wrong, disturbed}));
}

}  // namespace
}  // namespace annulus::harness
