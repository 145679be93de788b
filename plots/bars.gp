# Grouped bars from zero, with error bars.
set style data histogram
set style histogram errorbars gap 1 lw 1.3
set style fill solid 0.85 border lc rgb "#444444"
set yrange [0 : *]
do for [panel = 1:panels] {
  set title "sink: ".word(panel_names, panel)
  if (panel == 1) {
    set ylabel value_label
    set key at screen 1 - 20.0 / width, screen 1 - 74.0 / height right top horizontal
  } else {
    unset key
    if (columns > 1) { unset ylabel }
  }
  plot for [s = 1:series] data index panel - 1 \
      using (column(3 * s - 1)):(column(3 * s)):(column(3 * s + 1)):xtic(1) \
      title word(series_names, s) lc rgb colours[s]
  unset label
}
