# Every figure. harness/report/plot.cpp says what it shows and how large it is:
#   columns, rows, width, height, left, foot, slope, head, panels, series, logarithmic, has_legend
#   data, image, unit; the arrays titles and groups (of each panel), names (of each series) and captions
# and writes `data`, with three blocks a panel: see data_of there.

# On white and on black alike: no background, ink and colours of middling lightness. The colours are told apart by
# colour-blind readers (after Okabe and Ito).
ink = "#7a7a7a"
array colours[6] = ["#2b83c6", "#d55e00", "#009e73", "#b266a4", "#a88a00", "#7a7a7a"]
colour(s) = colours[1 + (s - 1) % 6]

if (image[strlen(image) - 2:] eq "svg") {
  set terminal svg size width, height font "DejaVu Sans,13" noenhanced
} else {
  set terminal pngcairo size width, height font "DejaVu Sans,11" transparent noenhanced
}
set output image

set border 3 lc rgb ink
set tics nomirror out textcolor rgb ink
set grid ytics lc rgb "#7a7a7a" lt 1 lw 0.4
set xtics scale 0 rotate by slope right
set key textcolor rgb ink
if (logarithmic) { set logscale y; set format y "%g" } else { set yrange [0:*] }

# Where a series stands within its group, and how wide its bar is.
share = 0.8 / series
place(s) = share * (s - (series + 1) / 2.0)
set boxwidth 0.86 * share
set style fill transparent solid 0.35 border

lines = |captions|
do for [n = 1:lines] {
  set label n captions[n] at screen 0.5, screen 1 - (n == 1 ? 22.0 : 26 + 18 * (n - 1)) / height center \
      font (n == 1 ? ",16" : "") textcolor rgb ink
}
set multiplot layout rows, columns margins left / width, 1 - 20.0 / width, \
    foot / height, 1 - head / height spacing left / width, (foot + 40) / height
do for [panel = 1:panels] {
  set title titles[panel] textcolor rgb ink
  set xrange [-0.6 : groups[panel] - 0.4]
  if ((panel - 1) % columns == 0) { set ylabel unit textcolor rgb ink } else { unset ylabel }
  if (panel == 1 && has_legend) {
    set key at screen left / width, screen 1 - (head - 62) / height left top horizontal Left reverse
  } else {
    unset key
  }
  bars = 3 * (panel - 1)
  # A bar has no meaningful foot on a logarithmic axis: there the median is a tick.
  plot for [s = 1:series] data index bars \
        using ($0 + place(s)):(logarithmic ? NaN : column(3 * s - 1)) \
        with boxes lc rgb colour(s) title (logarithmic ? "" : names[s]), \
      for [s = 1:series] data index bars \
        using ($0 + place(s) - 0.43 * share):(logarithmic ? column(3 * s - 1) : NaN):(0.86 * share):(0) \
        with vectors nohead lw 3 lc rgb colour(s) title (logarithmic ? names[s] : ""), \
      data index bars + 2 using 1:2 with lines lc rgb ink lw 1.2 dt 2 notitle, \
      for [s = 1:series] data index bars + 1 \
        using ($1 + place(s) + 0.6 * share * $3):($2 == s && $5 == 0 ? $4 : NaN) \
        with points pt 7 ps 0.45 lc rgb colour(s) notitle, \
      data index bars + 1 using ($1 + place($2) + 0.6 * share * $3):($5 == 1 ? $4 : NaN) \
        with points pt 2 ps 0.5 lc rgb ink notitle, \
      for [s = 1:series] data index bars \
        using ($0 + place(s)):(column(3 * s)):(0):(column(3 * s + 1) - column(3 * s)) \
        with vectors nohead lw 2 lc rgb ink notitle, \
      data index bars using ($0):(NaN):xtic(1) notitle
  do for [n = 1:lines] { unset label n }
}
unset multiplot
