// Pages of Markdown whose tables are made from result sets, never by hand.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "measure/suite.hpp"

namespace annulus::harness {

/// In a page, each line of its own,
///
///   <!-- annulus table SET [section=VALUE] [only=AXIS:VALUE,…]… [figures=METRIC,…] -->
///   <!-- annulus decision SET… -->
///   <!-- annulus claims SET… [of=PREFIX] -->
///   <!-- annulus reference SUITE… -->
///
/// begins what was made of result sets, or of a suite's descriptors, and <!-- annulus end --> ends
/// it. A set is named from the root: results/MACHINE/RUN. `section` leaves one section, without its
/// heading; `only` the cells with one of these values, and their roofs; `figures` these columns,
/// of_roof and of_baseline among them; `of` the claims whose names begin so.
struct page {
  std::filesystem::path root;  ///< of the checkout: it has results/ and harness/claims/
  std::filesystem::path file;  ///< from there: "docs/benchmarks.md"
  std::string text;
};

/// The text with all that made anew: after a line that says which run it is of, when it was
/// measured, at which revision and on which machine. Throws `error`, which names file and line, if
/// a begin or an end is alone, a word is unknown, or a set is missing or damaged.
std::string made_anew(const page& from, const suite_list& suites);

/// What is wrong in it, a sentence each with file and line: a table that made_anew() would not have
/// made, or not so; a figure of plots/ in a page with such tables that is of none of their runs.
std::vector<std::string> wrong_in(const page& from, const suite_list& suites);

}  // namespace annulus::harness
