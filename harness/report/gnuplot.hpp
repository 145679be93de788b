// Figures by gnuplot, whatever they show.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace annulus::harness {

/// A string of gnuplot in which nothing means anything.
std::string gnuplot_text(std::string_view text);
/// "array NAME[2] = ['a', 'b']; "
std::string gnuplot_array(std::string_view name, const std::vector<std::string>& texts);

/// Something to draw.
struct drawable {
  std::filesystem::path definition;  ///< the script
  std::filesystem::path target;      ///< the directory that it goes to: absolute, and there
  std::string name;                  ///< of its files, which end in .dat, .svg and .png
  std::string data;                  ///< what the script finds in the file `data`
  std::string parameters;            ///< assignments, beside those of `data` and `image`
};

/// Returns the images. Throws `error` if a file cannot be written, gnuplot is not in PATH or fails,
/// or `stop_fd`, unless negative, became readable.
std::vector<std::filesystem::path> draw_figure(const drawable& what, int stop_fd);

}  // namespace annulus::harness
