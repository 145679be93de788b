// Text in aligned columns, for people.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace annulus::harness {

using text_row = std::vector<std::string>;

enum class column_style {
  plain,     ///< two blanks between columns
  markdown,  ///< a table of Markdown
};

/// Rows of equally many fields, their head first, as lines. The columns from number `numbers` on
/// are aligned to the right. A character counts as one column, whatever it takes in UTF-8.
std::string aligned(const std::vector<text_row>& rows, std::size_t numbers, column_style style);

}  // namespace annulus::harness
