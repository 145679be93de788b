# The figure that shows at a glance what a run decides. harness/report/decision_plot.cpp says what it shows:
#   panels, rows, letters (of the longest name), marked; data, image, question, unit, baseline, machine
#   the arrays titles and headlines, of each panel
# and writes `data`, with three blocks a panel: see add() there.

# On white and on black alike, as figure.gp: no background, ink and colours of middling lightness.
ink = "#7a7a7a"
array colours[4] = ["#2b83c6", "#7a7a7a", "#d55e00", "#d55e00"]
colour(kind) = colours[1 + kind]

left = 24 + 8.0 * letters
right = 86.0
row = 25.0
head = 104.0
foot = 78.0
panel = 330.0
width = left + panels * (panel + right)
height = head + foot + rows * row

if (image[strlen(image) - 2:] eq "svg") {
  set terminal svg size width, height font "DejaVu Sans,13" noenhanced
  big = ",17"; bold = "DejaVu Sans Bold,13"; small = ",11"
} else {
  set terminal pngcairo size width, height font "DejaVu Sans,10" transparent noenhanced
  big = ",13"; bold = "DejaVu Sans Bold,10"; small = ",8"
}
set output image

# One scale for all panels: what a consumer costs is to be seen as well. A roof that lies beyond it is named.
most = 0
do for [n = 1:panels] {
  stats data index 3 * n - 3 using 5 nooutput
  most = STATS_max > most ? STATS_max : most
  stats data index 3 * n - 2 using 3 nooutput
  most = STATS_max > most ? STATS_max : most
}
most = 1.03 * most
set xrange [0 : most]
set yrange [rows - 0.4 : -0.6]

set border 1 lc rgb ink
set xtics nomirror out textcolor rgb ink autofreq
unset ytics
set grid xtics lc rgb ink lt 1 lw 0.3
unset key
set style fill transparent solid 0.4 noborder

at_x(n) = (left + (n - 1) * (panel + right)) / width
from_top(pixels) = 1 - pixels / height
set multiplot
set label 1 question \
    at screen 12.0 / width, screen from_top(24) left font big textcolor rgb ink
set label 2 sprintf("%s, and how many times %s.  Bar: median; line: its 95 %% interval; dot: a repetition%s; " . \
    "dotted: %s.", unit, baseline, marked ? "; cross: one in bad company" : "", baseline) \
    at screen 12.0 / width, screen 32.0 / height left font small textcolor rgb ink
set label 3 machine at screen 12.0 / width, screen 14.0 / height left font small textcolor rgb ink

do for [n = 1:panels] {
  first = 3 * (n - 1)
  set lmargin at screen at_x(n)
  set rmargin at screen at_x(n) + panel / width
  set tmargin at screen from_top(head)
  set bmargin at screen foot / height
  set label 4 titles[n] at screen at_x(n), screen from_top(60) left textcolor rgb ink
  set label 5 headlines[n] at screen at_x(n), screen from_top(82) left font bold textcolor rgb colours[3]
  # The names stand once, before the first panel; what is measured against the baseline behind each.
  plot for [kind = 0:3] data index first \
        using (0):($2 == kind ? $1 : NaN):(0):3:($1 - 0.36):($1 + 0.36) \
        with boxxyerror fs transparent solid (kind == 2 ? 0.65 : 0.3) noborder lc rgb colour(kind), \
      data index first + 2 using ($1 <= most ? $1 : NaN):(-0.6):(0):(rows + 0.2) \
        with vectors nohead lw 1.2 dt 2 lc rgb ink, \
      data index first + 2 using ($1 <= most ? $1 : NaN):(-0.6):("roof") \
        with labels center offset 0, 0.5 font small textcolor rgb ink, \
      data index first + 2 using ($1 > most ? most : NaN):(-0.6):(sprintf("roof %.0f →", $1)) \
        with labels right offset 0, 0.5 font small textcolor rgb ink, \
      data index first using ($2 == 1 ? $3 : NaN):(-0.6):(0):(rows + 0.2) \
        with vectors nohead lw 1.2 dt 3 lc rgb ink, \
      for [kind = 0:3] data index first using 3:($2 == kind ? $1 - 0.4 : NaN):(0):(0.8) \
        with vectors nohead lw 3 lc rgb colour(kind), \
      data index first using 4:1:($5 - $4):(0) with vectors nohead lw 2 lc rgb ink, \
      data index first + 1 using ($4 == 0 ? $3 : NaN):($1 + 0.55 * $2) \
        with points pt 7 ps 0.35 lc rgb ink, \
      data index first + 1 using ($4 == 1 ? $3 : NaN):($1 + 0.55 * $2) \
        with points pt 2 ps 0.45 lc rgb ink, \
      for [kind = 0:3] data index first using (most):($2 == kind ? $1 : NaN):7 \
        with labels left offset 0.6, 0 font (kind == 2 ? bold : "") textcolor rgb colour(kind), \
      data index first using (0):1:(n == 1 ? stringcolumn(6) : "") \
        with labels right offset -0.8, 0 textcolor rgb ink
  do for [label = 1:5] { unset label label }
}
unset multiplot
