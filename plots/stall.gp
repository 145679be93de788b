# How long the slowest hundredth of a writer's waits last; a panel for each sink. Points: a bar has no
# meaningful foot on a logarithmic axis.
set label 1 "Writer stall, 99th percentile (median, 95 % interval; lower is better)"
set logscale y
set format y "%g"
offset(s) = 0.24 * (s - (series + 1) / 2.0)
do for [panel = 1:panels] {
  set title "sink: ".word(panel_names, panel)
  if (panel == 1) {
    set ylabel "microseconds (none drawn as 0.001)"
    set key at screen 1 - 20.0 / width, screen 1 - 74.0 / height right top horizontal
  } else {
    unset key
    if (columns > 1) { unset ylabel }
  }
  plot for [s = 1:series] data index panel - 1 \
      using ($0 + offset(s)):(column(3 * s - 1)):(column(3 * s)):(column(3 * s + 1)) \
      with yerrorbars pt 5 + 2 * (s - 1) ps 1.1 lw 1.5 lc rgb colours[s] title word(series_names, s), \
      data index panel - 1 using ($0):(NaN):xtic(1) notitle
  unset label
}
